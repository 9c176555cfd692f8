"""What starts the work: the job over both assets, the incremental sensor, and the schedule of
closed partitions. All three, and a person in the UI, start the same job.
"""

from __future__ import annotations

from datetime import datetime, timezone

import dagster as dg

from greenhouse_hrflow.assets import CANDIDATES, PROFILES
from greenhouse_hrflow.cadence import Cadence
from greenhouse_hrflow.errors import GreenhouseHrflowError
from greenhouse_hrflow.landing import WORKFLOW_TAG
from greenhouse_hrflow.mission import Workflow
from greenhouse_hrflow.partitions import range_request
from greenhouse_hrflow.sensor import Tick

_AFTER_CLOSING = {"0 0 * * *": "30 0 * * *", "0 * * * *": "10 * * * *"}
"""When a closed partition is done again; where Greenhouse shows a record late, it is there then.
Partitions of another cron expression are done when they close."""


def build_job(workflow: Workflow) -> dg.UnresolvedAssetJobDefinition:
    """The job that pulls and then pushes. Both steps run in one process: they are a line, and a
    process for each costs more than most windows take."""
    return dg.define_asset_job(
        workflow.job_name,
        selection=[CANDIDATES, PROFILES],
        executor_def=dg.in_process_executor,
        description="Bring the candidates that changed in Greenhouse to their HrFlow profiles.",
    )


def build_sensor(
    workflow: Workflow,
    partitions: dg.TimeWindowPartitionsDefinition,
    cadence: Cadence,
    job: dg.UnresolvedAssetJobDefinition,
) -> dg.SensorDefinition:
    """The incremental sensor; switched on where the workflow is incremental."""
    running = dg.DefaultSensorStatus.RUNNING if workflow.incremental else None

    @dg.sensor(
        name=f"{workflow.job_name}_incremental",
        job=job,
        minimum_interval_seconds=cadence.sensor_interval,
        default_status=running or dg.DefaultSensorStatus.STOPPED,
        required_resource_keys={"greenhouse", "storage"},
        description="Starts a run over what has changed since the last window that landed.",
    )
    def incremental(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        try:
            tick = Tick(
                workflow,
                partitions,
                cadence,
                context.instance,
                context.resources.greenhouse,
                context.resources.storage.open(context.instance),
                context.log,
                datetime.now(timezone.utc),
            )
            return tick.evaluate(context.cursor)
        except GreenhouseHrflowError as error:
            failure = dg.Failure(str(error), allow_retries=False)
        raise failure

    return incremental


def build_schedule(
    workflow: Workflow,
    partitions: dg.TimeWindowPartitionsDefinition,
    cadence: Cadence,
    job: dg.UnresolvedAssetJobDefinition,
) -> dg.ScheduleDefinition:
    """The schedule that does the partitions again that have just closed, in full."""

    @dg.schedule(
        name=f"{workflow.job_name}_schedule",
        job=job,
        cron_schedule=_AFTER_CLOSING.get(partitions.cron_schedule, partitions.cron_schedule),
        execution_timezone="UTC",
        description="Does the last closed partitions again in full, and compares with HrFlow.",
    )
    def closed_partitions(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        keys = partitions.get_partition_keys(current_time=context.scheduled_execution_time)
        # The last one is open: it is there for incremental runs.
        closed = keys[:-1][-cadence.closed_partitions :]
        if not closed:
            return dg.SkipReason("No partition has closed yet.")
        return range_request(
            closed[0],
            closed[-1],
            run_key=f"closed {closed[0]} {closed[-1]}",
            tags={WORKFLOW_TAG: workflow.workflow_id},
        )

    return closed_partitions
