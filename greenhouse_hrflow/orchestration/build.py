"""A `Workflow` as Dagster definitions: its assets, job, sensor, schedule and resources.

The parameters themselves are in `workflow`, where no Dagster is needed.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import dagster as dg

from greenhouse_hrflow.orchestration.assets import build_candidates, build_profiles
from greenhouse_hrflow.orchestration.dry_run import build_dry_run
from greenhouse_hrflow.orchestration.io_manager import ParquetTables
from greenhouse_hrflow.orchestration.jobs import build_job, build_schedule
from greenhouse_hrflow.orchestration.partitions import build_partitions
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.resources import GreenhouseResource, HrFlowResource, Storage
from greenhouse_hrflow.orchestration.sensor import build_sensor
from greenhouse_hrflow.orchestration.trace_job import build_trace_job
from greenhouse_hrflow.workflow import Cadence, Workflow

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
    pipeline = Pipeline(workflow, build_partitions(partitions, start_date), cadence, retry_policy)
    keys = pipeline.keys
    resources = {
        keys.greenhouse: greenhouse or GreenhouseResource(),
        keys.hrflow: hrflow or HrFlowResource(),
        keys.storage: storage,
        keys.tables: tables or ParquetTables(url=storage.url, workflow_id=workflow.workflow_id),
    }
    return _definitions(pipeline, resources)


def _definitions(pipeline: Pipeline, resources: Mapping[str, Any]) -> dg.Definitions:
    job = build_job(pipeline.keys)
    # A dry run moves no watermark: a sensor would start it again for ever.
    is_automated = pipeline.workflow.persist
    return dg.Definitions(
        assets=_assets(pipeline),
        jobs=[job, build_trace_job(pipeline)],
        sensors=[build_sensor(pipeline, job)] if is_automated else [],
        schedules=[build_schedule(pipeline, job)] if is_automated else [],
        resources=resources,
    )


def _assets(pipeline: Pipeline) -> list[dg.AssetsDefinition]:
    """Both assets of a workflow; with persist off, as one dry run that stores nothing."""
    with warnings.catch_warnings():
        # Backfill policies are beta, and Dagster says so each time the definitions are loaded.
        warnings.simplefilter("ignore", dg.BetaWarning)
        if not pipeline.workflow.persist:
            return [build_dry_run(pipeline)]
        return [build_candidates(pipeline), build_profiles(pipeline)]
