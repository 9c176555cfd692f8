"""The default code location: the workflow that the environment describes.

Only what shapes the definitions is read here; credentials are read when a run begins.
"""

from __future__ import annotations

from dataclasses import replace

import dagster as dg

from greenhouse_hrflow.environment import variable
from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.orchestration.build import (
    DEFAULT_CADENCE,
    DEFAULT_PARTITIONS,
    DEFAULT_START_DATE,
    build_definitions,
)
from greenhouse_hrflow.storage.table_names import DEFAULT_WORKFLOW_ID
from greenhouse_hrflow.workflow import Workflow


def _whole_number(name: str, default: int) -> int:
    text = variable(name) or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise ConfigurationError(f"{name} must be a whole number above 0.")
    return int(text)


def definitions_from_environment() -> dg.Definitions:
    """The definitions as `GREENHOUSE_HRFLOW_*` describes them."""
    workflow_id = variable("GREENHOUSE_HRFLOW_WORKFLOW_ID") or DEFAULT_WORKFLOW_ID
    cadence = replace(
        DEFAULT_CADENCE,
        partitions_per_run=_whole_number(
            "GREENHOUSE_HRFLOW_PARTITIONS_PER_RUN", DEFAULT_CADENCE.partitions_per_run
        ),
        sensor_interval=_whole_number(
            "GREENHOUSE_HRFLOW_SENSOR_INTERVAL", DEFAULT_CADENCE.sensor_interval
        ),
    )
    return build_definitions(
        Workflow(workflow_id, former_workflow_id=variable("GREENHOUSE_HRFLOW_FORMER_WORKFLOW_ID")),
        partitions=variable("GREENHOUSE_HRFLOW_PARTITIONS") or DEFAULT_PARTITIONS,
        start_date=variable("GREENHOUSE_HRFLOW_START_DATE") or DEFAULT_START_DATE,
        cadence=cadence,
    )


# Nothing else lives in this location, so its executor is ours to choose: what is materialised from
# the asset graph, without the job, runs in one process too.
defs = dg.Definitions.merge(
    definitions_from_environment(), dg.Definitions(executor=dg.in_process_executor)
)
