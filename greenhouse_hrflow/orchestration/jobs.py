"""The job over both assets, and the schedule of closed partitions. The sensor, the schedule and a
person in the UI start the same job.
"""

from __future__ import annotations

import dagster as dg

from greenhouse_hrflow.orchestration.keys import WORKFLOW_TAG, Keys
from greenhouse_hrflow.orchestration.partitions import range_request
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.run_config import comparing_all

_AFTER_CLOSING = {"0 0 * * *": "30 0 * * *", "0 * * * *": "10 * * * *"}
"""When a closed partition is done again; where Greenhouse shows a record late, it is there then.
Partitions of another cron expression are done when they close."""


def build_job(keys: Keys) -> dg.UnresolvedAssetJobDefinition:
    """The job that pulls and then pushes. Both steps run in one process: they are a line, and a
    process for each costs more than most windows take."""
    return dg.define_asset_job(
        keys.job,
        selection=[keys.candidates, keys.profiles],
        executor_def=dg.in_process_executor,
        description="Bring the candidates that changed in Greenhouse to their HrFlow profiles.",
    )


def build_schedule(
    pipeline: Pipeline, job: dg.UnresolvedAssetJobDefinition
) -> dg.ScheduleDefinition:
    """The schedule that does the partitions again that have just closed, in full."""
    partitions = pipeline.partitions

    @dg.schedule(
        name=pipeline.keys.schedule,
        job=job,
        cron_schedule=_AFTER_CLOSING.get(partitions.cron_schedule, partitions.cron_schedule),
        execution_timezone="UTC",
        description="Does the last closed partitions again in full, and compares with HrFlow.",
    )
    def closed_partitions(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        keys = partitions.get_partition_keys(current_time=context.scheduled_execution_time)
        # The last one is open: it is there for incremental runs.
        closed = keys[:-1][-pipeline.cadence.closed_partitions :]
        if not closed:
            return dg.SkipReason("No partition has closed yet.")
        return range_request(
            closed[0],
            closed[-1],
            run_key=f"closed {closed[0]} {closed[-1]}",
            tags={WORKFLOW_TAG: pipeline.workflow.workflow_id},
            run_config=comparing_all(pipeline.keys),
        )

    return closed_partitions
