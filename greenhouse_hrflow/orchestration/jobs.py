"""The jobs over the assets, and the schedule of closed partitions. The sensor, the schedule and a
person in the UI start the same main job. Sending the refused again is in `refused_job`.
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from greenhouse_hrflow.orchestration.keys import FRESH_CHECK, WORKFLOW_TAG
from greenhouse_hrflow.orchestration.partitions import range_request
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.run_config import comparing_all

_AFTER_CLOSING = {"0 0 * * *": "30 0 * * *", "0 * * * *": "10 * * * *"}
"""When a closed partition is done again; where Greenhouse shows a record late, it is there then.
Partitions of another cron expression are done when they close."""

_MAIN_TEXT = (
    "Brings the candidates that changed in Greenhouse to their HrFlow profiles. A partition, or a "
    "backfill over a range."
)
_PREVIEW_TEXT = (
    "Shows what would change, and changes nothing: counts by outcome and by field, and a table of "
    "candidates. A partition, or a backfill over any range."
)
_COMPARISON_TEXT = (
    "The main job, but every profile is compared with HrFlow, also those that the last report left "
    "as the format gives them: so what was edited in HrFlow since is noticed."
)


def build_main_job(pipeline: Pipeline) -> dg.UnresolvedAssetJobDefinition:
    """The job that the sensor and the schedule start; with persist off, the preview alone."""
    keys = pipeline.keys
    if not pipeline.workflow.persist:
        return _job(pipeline, keys.job, _PREVIEW_TEXT, [keys.preview])
    return _job(pipeline, keys.job, _MAIN_TEXT, [keys.candidates, keys.profiles])


def build_side_jobs(pipeline: Pipeline) -> list[dg.UnresolvedAssetJobDefinition]:
    """What a person starts now and then: the preview, and the comparison of all profiles."""
    keys = pipeline.keys
    both = [keys.candidates, keys.profiles]
    comparison = _job(
        pipeline, keys.comparison_job, _COMPARISON_TEXT, both, dg.RunConfig(**comparing_all(keys))
    )
    return [_job(pipeline, keys.preview_job, _PREVIEW_TEXT, [keys.preview]), comparison]


def _job(
    pipeline: Pipeline,
    name: str,
    text: str,
    assets: Sequence[dg.AssetKey],
    config: dg.RunConfig | None = None,
) -> dg.UnresolvedAssetJobDefinition:
    """A job over assets."""
    selection = dg.AssetSelection.assets(*assets)
    if pipeline.keys.profiles in assets:
        # The sensor keeps that check: within a run, which has not succeeded yet, it is too early.
        fresh = dg.AssetCheckKey(pipeline.keys.profiles, FRESH_CHECK)
        selection = selection - dg.AssetSelection.checks(fresh)
    return dg.define_asset_job(
        name,
        selection=selection,
        config=config,
        executor_def=pipeline.executor,
        description=text,
        tags={WORKFLOW_TAG: pipeline.workflow.workflow_id},
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
        description="Does the last closed partitions again in full, and compares every profile of "
        "them with HrFlow: what the day overlooked, or somebody edited, is found by night.",
        tags={WORKFLOW_TAG: pipeline.workflow.workflow_id},
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
