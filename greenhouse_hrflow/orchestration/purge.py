"""The job that deletes old runs, and its schedule: Dagster itself keeps every run for ever.

With a run go its events. So none goes that anything still rests on: what the partitions show, the
watermark, the window that the sensor waits for, a backfill, or an alert that has not ended.
"""

# Dagster compares the annotation of an op's context with its classes, so it may not be a string.
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import dagster as dg
from dagster._core.execution.backfill import BulkActionsFilter, BulkActionStatus
from dagster._core.storage.dagster_run import FINISHED_STATUSES

from greenhouse_hrflow import clock
from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.orchestration.alerts.memory import Memory
from greenhouse_hrflow.orchestration.cursor import Cursor
from greenhouse_hrflow.orchestration.execution import as_failure
from greenhouse_hrflow.orchestration.keys import WORKFLOW_TAG
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.run_history import newest_done
from greenhouse_hrflow.progress import Progress

_SHORTEST = timedelta(days=2)
"""So far back the alert sensor looks for failed runs, twice over."""

_AT_ONCE = 500

_DAILY = "15 3 * * *"

_SHOWN_BY_PARTITIONS = (
    dg.DagsterEventType.ASSET_MATERIALIZATION,
    dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
)
"""The latest of each says whether a partition is green, and whether its latest attempt failed."""

_UNFINISHED = [BulkActionStatus.REQUESTED, BulkActionStatus.CANCELING, BulkActionStatus.FAILING]


def build_purge(
    pipeline: Pipeline, keep_runs_for: timedelta, jobs: Sequence[str]
) -> tuple[dg.JobDefinition, dg.ScheduleDefinition]:
    """The job and its schedule, which stands switched off.

    Args:
        jobs: the names of the jobs whose runs are deleted, beside its own.

    Raises:
        ConfigurationError: the time is too short.
    """
    if keep_runs_for < _SHORTEST:
        raise ConfigurationError(
            "keep_runs_for (GREENHOUSE_HRFLOW_KEEP_RUNS, in days) must be "
            f"{_SHORTEST.days} days or more."
        )
    keys, workflow_id = pipeline.keys, pipeline.workflow.workflow_id
    text = (
        f"Deletes runs that ended more than {keep_runs_for.days} days ago, with their events and "
        "compute logs. What partitions show, the watermark, a backfill or an alert still rests on "
        "stays."
    )

    @dg.op(name="purge_old_runs", description=text, out=dg.Out(dg.Nothing))
    def purge_old_runs(context: dg.OpExecutionContext) -> None:
        with as_failure(context, pipeline.retry_policy):
            _purge(context, pipeline, [*jobs, keys.purge_job], clock.utc_now() - keep_runs_for)

    @dg.job(
        name=keys.purge_job,
        description=text,
        executor_def=dg.in_process_executor,
        tags={WORKFLOW_TAG: workflow_id},
    )
    def purge_job() -> None:
        purge_old_runs()

    schedule = dg.ScheduleDefinition(
        name=keys.purge_schedule,
        job=purge_job,
        cron_schedule=_DAILY,
        execution_timezone="UTC",
        description=text,
        tags={WORKFLOW_TAG: workflow_id},
    )
    return purge_job, schedule


def _purge(
    context: dg.OpExecutionContext, pipeline: Pipeline, jobs: Sequence[str], before: datetime
) -> None:
    old = set(_ended_before(context.instance, jobs, before))
    kept = old.intersection(_still_needed(context.instance, pipeline))
    _delete(context, sorted(old - kept))
    context.add_output_metadata(
        {
            "runs_deleted": len(old) - len(kept),
            "old_runs_kept": len(kept),
            "ended_before": dg.MetadataValue.timestamp(before),
        }
    )


def _ended_before(
    instance: dg.DagsterInstance, jobs: Sequence[str], before: datetime
) -> Iterator[str]:
    for job in jobs:
        yield from instance.get_run_ids(
            dg.RunsFilter(job_name=job, statuses=FINISHED_STATUSES, updated_before=before)
        )


def _still_needed(instance: dg.DagsterInstance, pipeline: Pipeline) -> Iterator[str]:
    """The runs, old or not, that something rests on."""
    keys, workflow = pipeline.keys, pipeline.workflow
    for asset in (keys.candidates, keys.profiles, keys.preview):
        for kind in _SHOWN_BY_PARTITIONS:
            yield from _latest_of_partitions(instance, asset, kind)
    # A sensor without a cursor begins where this run began to read.
    done = newest_done(instance, workflow)
    if done is not None:
        yield done.run_id
    yield from _remembered_by_sensors(instance, pipeline)
    for backfill in instance.get_backfills(BulkActionsFilter(statuses=_UNFINISHED)):
        tags = {"dagster/backfill": backfill.backfill_id}
        yield from instance.get_run_ids(dg.RunsFilter(tags=tags))


def _remembered_by_sensors(instance: dg.DagsterInstance, pipeline: Pipeline) -> Iterator[str]:
    """The run that the sensor waits for, and those that an alert has told of."""
    keys, workflow = pipeline.keys, pipeline.workflow
    for state in instance.all_instigator_state():
        data = state.sensor_instigator_data
        if data is None:
            continue
        # In whichever location: to keep a run too many does no harm.
        if state.instigator_name == keys.sensor:
            requested = Cursor.read(data.cursor).requested
            if requested is not None:
                tags = requested.tags(workflow.workflow_id)
                yield from instance.get_run_ids(dg.RunsFilter(tags=tags))
        elif state.instigator_name == keys.alerts:
            told = Memory.read(data.cursor).told.values()
            yield from (each.run_id for each in told if each.run_id is not None)


def _latest_of_partitions(
    instance: dg.DagsterInstance, asset: dg.AssetKey, kind: dg.DagsterEventType
) -> Iterator[str]:
    """The runs of the latest event of a kind, partition by partition."""
    storage = instance.event_log_storage
    ids = sorted(storage.get_latest_storage_id_by_partition(asset, kind).values())
    for first in range(0, len(ids), _AT_ONCE):
        wanted = dg.EventRecordsFilter(
            kind, asset_key=asset, storage_ids=ids[first : first + _AT_ONCE]
        )
        for record in storage.get_event_records(wanted, limit=_AT_ONCE):
            yield record.run_id


def _delete(context: dg.OpExecutionContext, run_ids: Sequence[str]) -> None:
    instance = context.instance
    progress = Progress(context.log, "%d old runs are deleted so far")
    for count, run_id in enumerate(run_ids, start=1):
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        instance.delete_run(run_id)
        progress.note(count)
