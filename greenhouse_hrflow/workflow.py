"""A `Workflow` as a Dagster code location: its assets, job, sensor, schedule and resources.

The parameters themselves are in `mission`, where no Dagster is needed.
"""

from __future__ import annotations

import dagster as dg

from greenhouse_hrflow.assets import build_assets
from greenhouse_hrflow.automation import build_job, build_schedule, build_sensor
from greenhouse_hrflow.cadence import Cadence
from greenhouse_hrflow.greenhouse.resource import GreenhouseResource
from greenhouse_hrflow.hrflow.resource import HrFlowResource
from greenhouse_hrflow.io_manager import ParquetTables, Storage
from greenhouse_hrflow.mission import Workflow
from greenhouse_hrflow.partitions import build_partitions

__all__ = ["Cadence", "Storage", "Workflow", "build_definitions"]

DEFAULT_START_DATE = "2024-01-01"
DEFAULT_PARTITIONS = "daily"
DEFAULT_CADENCE = Cadence()

RETRY_POLICY = dg.RetryPolicy(
    max_retries=2, delay=15, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)
"""Of each step, for faults that may pass; refused credentials are never tried again."""


def build_definitions(
    workflow: Workflow,
    *,
    greenhouse: GreenhouseResource | None = None,
    hrflow: HrFlowResource | None = None,
    storage: Storage | None = None,
    tables: dg.ConfigurableIOManager | None = None,
    partitions: str = DEFAULT_PARTITIONS,
    start_date: str = DEFAULT_START_DATE,
    cadence: Cadence = DEFAULT_CADENCE,
    retry_policy: dg.RetryPolicy = RETRY_POLICY,
) -> dg.Definitions:
    """Build everything that a workflow needs to run in Dagster.

    The job brings its own executor; that of the location is left to whoever merges these
    definitions with others.

    Args:
        greenhouse, hrflow: the credentials; what they leave open comes from the environment
            when a run begins.
        storage: where the tables and the ledger lie.
        tables: another IO manager for the tables of both assets.
        partitions: `daily`, `hourly` or a cron expression, in UTC.
        start_date: the first partition.
        cadence: how often the sensor and the schedule start runs, and how far each reaches.
        retry_policy: of both steps.

    Raises:
        ConfigurationError: the partitions cannot be made of what is given.
    """
    storage = storage or Storage()
    definition = build_partitions(partitions, start_date)
    job = build_job(workflow)
    automated = workflow.persist
    return dg.Definitions(
        assets=build_assets(workflow, definition, cadence, retry_policy),
        jobs=[job],
        # A dry run lands nothing: a sensor would start it again for ever.
        sensors=[build_sensor(workflow, definition, cadence, job)] if automated else [],
        schedules=[build_schedule(workflow, definition, cadence, job)] if automated else [],
        resources={
            "greenhouse": greenhouse or GreenhouseResource(),
            "hrflow": hrflow or HrFlowResource(),
            "storage": storage,
            "tables": tables or ParquetTables(url=storage.url, workflow_id=workflow.workflow_id),
        },
    )
