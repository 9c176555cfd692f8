"""Failed runs, by the work that they did not do: whatever is tried again is the same work.

The attempts at one window of the sensor share its beginning; other runs are known by their job and
their partitions. A run that a person canceled did not fail.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import dagster as dg

from greenhouse_hrflow.orchestration.alerts.condition import Cause, Condition
from greenhouse_hrflow.orchestration.alerts.look import Look
from greenhouse_hrflow.orchestration.keys import RANGE_END_TAG, RANGE_START_TAG, UPDATED_AFTER_TAG

_PARTITION_TAG = "dagster/partition"
_ASSET_JOB = "__ASSET_JOB"
"""Dagster's name for what is materialised from the asset graph."""

_LOOK_BACK = timedelta(days=1)
"""So far a look reaches back before the one before it: what it was not able to tell is not lost,
and what failed before alerts were switched on is not dug out."""

_MOST = 200
"""So many failed runs of a job are looked at, the newest first."""

_PAGES = 10
_AT_ONCE = 200
"""So many materialisations are fetched at a time, in search of those that made up for a failure."""


@dataclass(frozen=True)
class FailedWork:
    """What a failed run did not do.

    Attributes:
        tags: by which the runs that do the same are known.
        failed_at: when the newest of these runs failed, in seconds since 1970.
    """

    job: str
    tags: Mapping[str, str]
    run_id: str
    failed_at: float

    @property
    def identity(self) -> str:
        """The same for each try."""
        return _identity(self.job, self.tags)

    @property
    def is_of_sensor(self) -> bool:
        """Whether the sensor does it again by itself."""
        return UPDATED_AFTER_TAG in self.tags


def failed_runs(look: Look) -> Iterator[Condition]:
    """A condition for each piece of work that no run has done since one failed at it."""
    failed = {work.identity: work for work in _told_before(look)}
    for work in _newly_failed(look):
        known = failed.get(work.identity)
        if known is None or known.failed_at < work.failed_at:
            failed[work.identity] = work
    for identity in sorted(failed):
        if not _is_done(look, failed[identity]):
            yield _condition(failed[identity])


def _told_before(look: Look) -> Iterator[FailedWork]:
    for told in look.memory.told.values():
        # To delete a run in the UI is to have done with it.
        if told.cause is Cause.FAILED_RUN and look.instance.has_run(told.details["run_id"]):
            yield FailedWork(
                told.details["job"],
                told.details["tags"],
                told.details["run_id"],
                told.details["failed_at"],
            )


def _newly_failed(look: Look) -> Iterator[FailedWork]:
    since = (look.memory.looked_at or look.now) - _LOOK_BACK
    for job in sorted({*look.jobs, _ASSET_JOB}):
        records = look.instance.get_run_records(
            dg.RunsFilter(
                job_name=job, statuses=[dg.DagsterRunStatus.FAILURE], updated_after=since
            ),
            limit=_MOST,
        )
        for record in records:
            run, ended_at = record.dagster_run, _ended_at(record)
            if ended_at >= since.timestamp() and look.is_ours(run):
                yield FailedWork(run.job_name, _work_tags(run.tags), run.run_id, ended_at)


def _work_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that say what a run is to do."""
    names = (_PARTITION_TAG, RANGE_START_TAG, RANGE_END_TAG, UPDATED_AFTER_TAG)
    return {name: tags[name] for name in names if name in tags}


def _identity(job: str, tags: Mapping[str, str]) -> str:
    # A later attempt at a window may reach further, into another partition.
    after = tags.get(UPDATED_AFTER_TAG)
    parts = [after] if after else [tags[name] for name in sorted(tags)]
    return " ".join(["run", job, *parts])


def _is_done(look: Look, work: FailedWork) -> bool:
    return _is_done_by_another_try(look, work) or _are_partitions_green(look, work)


def _is_done_by_another_try(look: Look, work: FailedWork) -> bool:
    after = work.tags.get(UPDATED_AFTER_TAG)
    records = look.instance.get_run_records(
        dg.RunsFilter(
            job_name=work.job,
            statuses=[dg.DagsterRunStatus.SUCCESS],
            tags={UPDATED_AFTER_TAG: after} if after else work.tags,
            updated_after=_moment(work.failed_at) - timedelta(seconds=1),
        ),
        limit=_MOST,
    )
    return any(
        _ended_at(record) >= work.failed_at
        and _identity(work.job, _work_tags(record.dagster_run.tags)) == work.identity
        and look.is_ours(record.dagster_run)
        for record in records
    )


def _are_partitions_green(look: Look, work: FailedWork) -> bool:
    """Whether later runs that succeeded have pushed each of its partitions."""
    left = set(_partitions(look, work))
    if not left:
        return False
    wanted = dg.AssetRecordsFilter(
        look.pipeline.keys.profiles,
        asset_partitions=sorted(left) if len(left) <= _AT_ONCE else None,
        after_timestamp=work.failed_at,
    )
    cursor: str | None = None
    for _ in range(_PAGES):
        found = look.instance.fetch_materializations(wanted, limit=_AT_ONCE, cursor=cursor)
        succeeded = _successful(look, {record.run_id for record in found.records})
        left -= {record.partition_key for record in found.records if record.run_id in succeeded}
        if not left or not found.has_more:
            break
        cursor = found.cursor
    return not left


def _successful(look: Look, run_ids: Collection[str]) -> set[str]:
    if not run_ids:
        return set()
    runs = look.instance.get_runs(dg.RunsFilter(run_ids=sorted(run_ids)))
    # A run that failed as a whole may have left a green partition of an earlier version.
    return {run.run_id for run in runs if run.is_success and look.is_ours(run)}


def _partitions(look: Look, work: FailedWork) -> list[str]:
    if _PARTITION_TAG in work.tags:
        return [work.tags[_PARTITION_TAG]]
    if RANGE_START_TAG not in work.tags or RANGE_END_TAG not in work.tags:
        return []
    covered = dg.PartitionKeyRange(work.tags[RANGE_START_TAG], work.tags[RANGE_END_TAG])
    try:
        return list(look.pipeline.partitions.get_partition_keys_in_range(covered))
    except dg.DagsterError:
        # The partitions may be others by now.
        return []


def _condition(work: FailedWork) -> Condition:
    what = f"Run {work.run_id[:8]} of {_named(work.job)}{_over(work.tags)}"
    remedy = (
        "The sensor starts it again by itself; the run says what to mend."
        if work.is_of_sensor
        else "The run says what to mend; then re-execute it."
    )
    return Condition(
        work.identity,
        Cause.FAILED_RUN,
        f"{what} failed. {remedy}",
        f"{what} had failed, and a later run has done its work. Nothing is left to do.",
        f"/runs/{work.run_id}",
        counts={"runs": 1},
        run_id=work.run_id,
        details={
            "job": work.job,
            "tags": dict(work.tags),
            "run_id": work.run_id,
            "failed_at": work.failed_at,
        },
    )


def _named(job: str) -> str:
    return "the asset graph" if job == _ASSET_JOB else job


def _over(tags: Mapping[str, str]) -> str:
    if UPDATED_AFTER_TAG in tags:
        return f" over the changes since {tags[UPDATED_AFTER_TAG]}"
    if _PARTITION_TAG in tags:
        return f" over {tags[_PARTITION_TAG]}"
    if RANGE_START_TAG in tags and RANGE_END_TAG in tags:
        return f" over {tags[RANGE_START_TAG]} to {tags[RANGE_END_TAG]}"
    return ""


def _ended_at(record: dg.RunRecord) -> float:
    return record.end_time or record.update_timestamp.timestamp()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
