"""The default code location: the workflow that the environment describes.

Only what shapes the definitions is read here; credentials are read when a run begins.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import dagster as dg

from greenhouse_hrflow.alerts import FORM_VARIABLE, SLACK, UI_VARIABLE, WEBHOOK_VARIABLE, Alerts
from greenhouse_hrflow.environment import variable
from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.hrflow.brake import DEFAULT_FLOOR, Brake
from greenhouse_hrflow.orchestration.build import (
    DEFAULT_CADENCE,
    DEFAULT_GROUP,
    DEFAULT_LIMITS,
    DEFAULT_PARTITIONS,
    DEFAULT_START_DATE,
    build_definitions,
)
from greenhouse_hrflow.storage.table_names import DEFAULT_WORKFLOW_ID
from greenhouse_hrflow.workflow import Limits, Workflow

_BRAKE_SHARE = "GREENHOUSE_HRFLOW_BRAKE_SHARE"
_BRAKE_FLOOR = "GREENHOUSE_HRFLOW_BRAKE_FLOOR"
_KEEP_RUNS = "GREENHOUSE_HRFLOW_KEEP_RUNS"


def _whole_number(name: str, default: int, *, least: int = 1) -> int:
    text = variable(name) or str(default)
    if not text.isdecimal() or int(text) < least:
        raise ConfigurationError(f"{name} must be a whole number of at least {least}.")
    return int(text)


def _limits() -> Limits:
    missing = variable("GREENHOUSE_HRFLOW_MOST_MISSING")
    minutes = int(DEFAULT_LIMITS.fresh_within / timedelta(minutes=1))
    return Limits(
        _whole_number("GREENHOUSE_HRFLOW_MOST_REJECTED", DEFAULT_LIMITS.rejected, least=0),
        _whole_number("GREENHOUSE_HRFLOW_MOST_FAILED", DEFAULT_LIMITS.failed, least=0),
        _whole_number("GREENHOUSE_HRFLOW_MOST_MISSING", 0, least=0) if missing else None,
        timedelta(minutes=_whole_number("GREENHOUSE_HRFLOW_FRESH_WITHIN", minutes)),
    )


def _owners() -> list[str]:
    given = (variable("GREENHOUSE_HRFLOW_OWNERS") or "").split(",")
    return [owner.strip() for owner in given if owner.strip()]


def _alerts() -> Alerts | None:
    """Where alerts go; the webhook's address itself is read when the sensor ticks."""
    if variable(WEBHOOK_VARIABLE) is None:
        return None
    form: Any = variable(FORM_VARIABLE) or SLACK
    return Alerts(form=form, ui=variable(UI_VARIABLE))


def _brake() -> Brake | None:
    share = variable(_BRAKE_SHARE)
    if share is None:
        if variable(_BRAKE_FLOOR) is not None:
            # Else somebody would lean on a brake that is off.
            raise ConfigurationError(
                f"{_BRAKE_FLOOR} alone sets no brake: give {_BRAKE_SHARE} too, such as 0.2."
            )
        return None
    floor = _whole_number(_BRAKE_FLOOR, DEFAULT_FLOOR, least=0)
    try:
        return Brake(float(share), floor)
    except (ValueError, ConfigurationError):
        raise ConfigurationError(
            f"{_BRAKE_SHARE} must be a fraction above 0 and at most 1, such as 0.2."
        ) from None


def _keep_runs_for() -> timedelta | None:
    return timedelta(days=_whole_number(_KEEP_RUNS, 0)) if variable(_KEEP_RUNS) else None


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
        limits=_limits(),
        group=variable("GREENHOUSE_HRFLOW_GROUP") or DEFAULT_GROUP,
        owners=_owners(),
        alerts=_alerts(),
        brake=_brake(),
        keep_runs_for=_keep_runs_for(),
    )


# Nothing else lives in this location, so its executor is ours to choose: what is materialised from
# the asset graph, without the job, runs in one process too.
defs = dg.Definitions.merge(
    definitions_from_environment(), dg.Definitions(executor=dg.in_process_executor)
)
