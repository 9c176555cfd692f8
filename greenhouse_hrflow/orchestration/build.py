"""A `Workflow` as Dagster definitions: its assets, job, sensor, schedule and resources.

The parameters themselves are in `workflow`, where no Dagster is needed.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from greenhouse_hrflow.alerts import Alerts
from greenhouse_hrflow.hrflow.brake import Brake
from greenhouse_hrflow.orchestration.alerts.sensor import build_alert_sensor
from greenhouse_hrflow.orchestration.assets import build_candidates, build_profiles
from greenhouse_hrflow.orchestration.described import outside_specs
from greenhouse_hrflow.orchestration.freshness import build_freshness_check
from greenhouse_hrflow.orchestration.io_manager import ParquetTables
from greenhouse_hrflow.orchestration.jobs import build_main_job, build_schedule, build_side_jobs
from greenhouse_hrflow.orchestration.partitions import build_partitions
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.preview import build_preview
from greenhouse_hrflow.orchestration.purge import build_purge
from greenhouse_hrflow.orchestration.refused_job import build_refused_job
from greenhouse_hrflow.orchestration.resources import GreenhouseResource, HrFlowResource, Storage
from greenhouse_hrflow.orchestration.sensor import build_sensor
from greenhouse_hrflow.orchestration.trace_job import build_trace_job
from greenhouse_hrflow.workflow import Cadence, Limits, Workflow

DEFAULT_START_DATE = "2024-01-01"
DEFAULT_PARTITIONS = "daily"
DEFAULT_CADENCE = Cadence()
DEFAULT_LIMITS = Limits()
DEFAULT_GROUP = "greenhouse_hrflow"

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
    limits: Limits = DEFAULT_LIMITS,
    group: str = DEFAULT_GROUP,
    owners: Sequence[str] = (),
    alerts: Alerts | None = None,
    brake: Brake | None = None,
    executor: dg.ExecutorDefinition = dg.in_process_executor,
    keep_runs_for: timedelta | None = None,
) -> dg.Definitions:
    """Build everything that a workflow needs to run in Dagster.

    The jobs bring their own executor; that of the location is left to whoever merges these
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
        limits: from where on the asset checks say that somebody should look.
        group: of the assets in the UI.
        owners: of the assets: e-mail addresses, or `team:` and a name.
        alerts: the webhook that is told what breaks; None for no alert sensor.
        brake: stops a run that would edit more profiles than it allows, before its first edit.
        executor: of the jobs over assets. Their steps are a line, so a process for each costs more
            than most windows take; one that starts them elsewhere needs a storage that all reach.
        keep_runs_for: adds a job that deletes runs that ended longer ago; None for no such job.

    Raises:
        ConfigurationError: the partitions cannot be made of what is given, or runs would be kept
            for too short a time.
    """
    pipeline = Pipeline(
        workflow, build_partitions(partitions, start_date), cadence, retry_policy,
        limits=limits, group=group, owners=tuple(owners), brake=brake,
        executor=executor,
    )  # fmt: skip
    resources = _resources(pipeline, greenhouse, hrflow, storage, tables)
    return _definitions(pipeline, resources, alerts, keep_runs_for)


def _resources(
    pipeline: Pipeline,
    greenhouse: GreenhouseResource | None,
    hrflow: HrFlowResource | None,
    storage: Storage | None,
    tables: dg.ConfigurableIOManager | None,
) -> dict[str, Any]:
    keys, workflow_id = pipeline.keys, pipeline.workflow.workflow_id
    storage = storage or Storage()
    return {
        keys.greenhouse: greenhouse or GreenhouseResource(),
        keys.hrflow: hrflow or HrFlowResource(),
        keys.storage: storage,
        keys.tables: tables
        or ParquetTables(url=storage.url, shared=storage.shared, workflow_id=workflow_id),
    }


def _definitions(
    pipeline: Pipeline,
    resources: Mapping[str, Any],
    alerts: Alerts | None,
    keep_runs_for: timedelta | None,
) -> dg.Definitions:
    job = build_main_job(pipeline)
    # A dry run moves no watermark: a sensor would start it again for ever.
    if not pipeline.workflow.persist:
        return dg.Definitions(assets=_assets(pipeline), jobs=[job], resources=resources)
    jobs = [job, *build_side_jobs(pipeline), build_trace_job(pipeline)]
    # It reads and writes the tables of both assets, which only the IO manager of ours shares.
    if isinstance(resources[pipeline.keys.tables], ParquetTables):
        jobs.append(build_refused_job(pipeline))
    schedules = [build_schedule(pipeline, job)]
    if keep_runs_for is not None:
        purge, daily = build_purge(pipeline, keep_runs_for, [each.name for each in jobs])
        jobs.append(purge)
        schedules.append(daily)
    sensors = [build_sensor(pipeline, job)]
    if alerts is not None:
        names = [each.name for each in jobs]
        sensors.append(build_alert_sensor(pipeline, alerts, names, pipeline.limits))
    return dg.Definitions(
        assets=_assets(pipeline),
        asset_checks=[build_freshness_check(pipeline)],
        jobs=jobs,
        sensors=sensors,
        schedules=schedules,
        resources=resources,
    )


def _assets(pipeline: Pipeline) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The assets of a workflow; with persist off, its preview alone."""
    with warnings.catch_warnings():
        # Backfill policies are beta, and Dagster says so each time the definitions are loaded.
        warnings.simplefilter("ignore", dg.BetaWarning)
        assets = [build_preview(pipeline)]
        if pipeline.workflow.persist:
            assets += [build_candidates(pipeline), build_profiles(pipeline)]
    return [*assets, *outside_specs(pipeline)]
