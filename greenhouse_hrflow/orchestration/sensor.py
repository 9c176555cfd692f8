"""The incremental sensor: is there anything that the watermark does not cover, or a retry due?

A tick asks Greenhouse for a handful of first pages at most, and never crawls. What it remembers is
in `cursor`, what the runs did in `run_history`; what a run does with its window, in the assets.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import dagster as dg
from urllib3.util import Retry

from greenhouse_hrflow import clock
from greenhouse_hrflow.errors import GreenhouseHrflowError, TransientError
from greenhouse_hrflow.greenhouse.candidate import RecentRecord
from greenhouse_hrflow.greenhouse.paging import PER_PAGE
from greenhouse_hrflow.orchestration.cursor import Cursor, RequestedWindow
from greenhouse_hrflow.orchestration.freshness import arrived_until, keep_freshness
from greenhouse_hrflow.orchestration.keys import CAUSE_TAG, WORKFLOW_TAG
from greenhouse_hrflow.orchestration.partitions import (
    first_partitions,
    open_partition,
    partition_request,
    start_of_first_partition,
)
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.pools import release_slots_of_dead_runs
from greenhouse_hrflow.orchestration.resources import GreenhouseResource
from greenhouse_hrflow.orchestration.retries import refused_by_others
from greenhouse_hrflow.orchestration.run_history import Progress, newest_watermark, progress_of
from greenhouse_hrflow.retry import growing_wait
from greenhouse_hrflow.storage.not_sent import NotSentRow
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow.windows import MILLISECOND, UpdateWindow, format_moment

INCREMENTAL_TAGS = {
    # A run that waits behind a backfill's runs goes first.
    "dagster/priority": "10",
    # The sensor requests it again, with what came since.
    "dagster/max_retries": "0",
}

FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=1)

FAULTS_BEFORE_FAILURE = 3
"""With so many ticks in a row that met a fault which may pass, the tick fails."""

_MINUTE = timedelta(minutes=1)

_TIMEOUT = (3.0, 5.0)
"""Seconds to connect and of silence, for seven requests at most: a tick has a minute in all."""


def build_sensor(pipeline: Pipeline, job: dg.UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """The incremental sensor; switched on where the workflow is incremental."""
    keys = pipeline.keys
    running = dg.DefaultSensorStatus.RUNNING if pipeline.workflow.incremental else None

    @dg.sensor(
        name=keys.sensor,
        job=job,
        minimum_interval_seconds=pipeline.cadence.sensor_interval,
        default_status=running or dg.DefaultSensorStatus.STOPPED,
        required_resource_keys={keys.greenhouse, keys.storage},
        description="Looks in Greenhouse for what the watermark does not cover, starts a run over "
        "it and for retries that are due, and says of every tick why.",
        tags={WORKFLOW_TAG: pipeline.workflow.workflow_id},
    )
    def incremental(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        now = clock.utc_now()
        try:
            tick = Tick(
                pipeline,
                context.instance,
                pipeline.greenhouse(context),
                pipeline.open_tables(context),
                context.log,
                now,
            )
            result = tick.evaluate(context.cursor)
        except GreenhouseHrflowError as error:
            # While ticks fail, what is in HrFlow grows older, and the check must say so.
            keep_freshness(context.instance, pipeline, arrived_until(context.cursor), now)
            failure = dg.Failure(str(error), allow_retries=False)
        else:
            keep_freshness(context.instance, pipeline, arrived_until(result.cursor), now)
            return result
        raise failure

    return incremental


@dataclass(frozen=True)
class Tick:
    """What one tick works with."""

    pipeline: Pipeline
    instance: dg.DagsterInstance
    greenhouse: GreenhouseResource
    tables: TableStore
    log: logging.Logger
    now: datetime

    def evaluate(self, text: str | None) -> dg.SensorResult:
        """Decide, from the cursor and what Greenhouse shows, whether a run is due.

        Raises:
            ConfigurationError: the cursor cannot be read, or a setting is missing or wrong.
            FatalError: Greenhouse refuses the credentials, a scope or the question.
            TransientError: Greenhouse has not answered for `FAULTS_BEFORE_FAILURE` ticks.
        """
        release_slots_of_dead_runs(self.instance, self.pipeline.keys, self.log)
        cursor = Cursor.read(text)
        if self.now < start_of_first_partition(self.pipeline.partitions):
            return _skip(cursor, "The first partition has not begun yet.")
        try:
            return self._decide(replace(cursor, faults=0))
        except TransientError as error:
            # A tick that fails keeps its cursor: the count stays where it is until one succeeds.
            faults = cursor.faults + 1
            if faults >= FAULTS_BEFORE_FAILURE:
                raise
            return _skip(
                replace(cursor, faults=faults),
                f"{error} (fault {faults}; from the {FAULTS_BEFORE_FAILURE}rd in a row on, ticks "
                "fail.)",
            )

    def _decide(self, cursor: Cursor) -> dg.SensorResult:
        workflow, overlap = self.pipeline.workflow, self.pipeline.cadence.overlap
        if cursor.requested is not None:
            progress = progress_of(self.instance, cursor.requested, workflow)
            if progress.watermark is None:
                return self._wait_or_repeat(cursor, cursor.requested, progress)
            cursor = Cursor(
                progress.watermark,
                cursor.requested.seen,
                nothing_new_until=cursor.nothing_new_until,
            )
        if cursor.watermark is not None:
            return self._look(cursor, cursor.watermark - overlap)
        watermark = newest_watermark(self.instance, workflow)
        if watermark is not None:
            return self._look(Cursor(watermark), watermark - overlap)
        start, _ = open_partition(self.pipeline.partitions, self.now)
        return self._look(Cursor(start), start)

    def _wait_or_repeat(
        self, cursor: Cursor, requested: RequestedWindow, progress: Progress
    ) -> dg.SensorResult:
        """Wait for the run of a window that is not done, or request it once more."""
        behind = _behind(requested.requested_at - requested.updated_before)
        if progress.in_flight is not None:
            reason = f"Run {progress.in_flight} over {requested.window} is under way."
            return _skip(cursor, f"{reason}{behind}")
        dead = "".join(
            f" Run {run_id} never ended and is presumed dead." for run_id in progress.presumed_dead
        )
        wait = growing_wait(FIRST_RETRY, LAST_RETRY, requested.attempt)
        due = progress.ended_at + wait
        if self.now < due:
            return _skip(
                cursor,
                f"No run over {requested.window} has succeeded (attempt {requested.attempt}); it "
                f"is started again at {format_moment(due)}.{dead}{behind}",
            )
        if dead:
            self.log.warning("%s", dead.strip())
        records = self._recent_records(requested.updated_after)
        attempt = requested.attempt + 1
        return self._request(
            cursor, requested.updated_after, records, attempt, f"attempt {attempt}"
        )

    def _look(self, cursor: Cursor, since: datetime) -> dg.SensorResult:
        """Request a run where a record shows that the watermark does not cover, or where a
        candidate's retry is due."""
        watermark = cursor.watermark or since
        records = self._recent_records(since)
        if watermark > since and _is_cut_off(records):
            # After a bulk edit the first pages hold that alone: look past it as well.
            records += self._recent_records(watermark)
        # What the tick saw that requested the last successful run, that run has read.
        new = [record for record in records if _digest(record) not in cursor.seen]
        pending = self.pipeline.ledger(self.tables).pending(self.now)
        due = sum(moment <= self.now for moment in pending)
        mended = len(refused_by_others(self._not_sent(), self.pipeline.functions))
        if not new:
            cursor = replace(cursor, nothing_new_until=self.now)
        if not new and not due and not mended:
            later = f" {_candidates(len(pending))} to be tried again" if pending else ""
            later += f", the next at {format_moment(pending[0])}." if pending else ""
            until = format_moment(watermark)
            return _skip(cursor, f"Nothing has changed in Greenhouse since {until}.{later}")
        causes = [f"{len(new)} records moved"] if new else []
        causes += [f"{_candidates(due)} due for another try"] if due else []
        if mended:
            causes.append(f"{mended} were refused before the logics or the format changed")
        return self._request(cursor, since, records, 1, ", ".join(causes))

    def _not_sent(self) -> list[NotSentRow]:
        return self.pipeline.not_sent(self.tables).rows()

    def _recent_records(self, since: datetime) -> list[RecentRecord]:
        with self.greenhouse.open(
            self.log, retries=Retry(total=0), timeout=_TIMEOUT, max_wait=0.0
        ) as reader:
            bounds = self.pipeline.workflow.pull_parameters.update_window
            return reader.recent_records(UpdateWindow(self._clipped(since), None).narrowed(bounds))

    def _request(
        self,
        cursor: Cursor,
        since: datetime,
        records: Sequence[RecentRecord],
        attempt: int,
        cause: str,
    ) -> dg.SensorResult:
        pipeline = self.pipeline
        newest = max((record.updated_at for record in records), default=self.now)
        # Greenhouse's clock may be ahead of ours; but no partition is there yet beyond its end.
        _, end = open_partition(pipeline.partitions, self.now)
        until = min(max(self.now, newest + MILLISECOND), end)
        window = first_partitions(
            pipeline.partitions,
            UpdateWindow(self._clipped(since), until),
            most=pipeline.cadence.partitions_per_run,
            beyond=cursor.watermark or since,
        )
        after, before = window.updated_after, window.updated_before
        if after is None or before is None or window.is_empty:
            return _skip(cursor, f"{window} has not begun yet.")
        # The next ticks look back behind the newest record by the overlap, to a second or so.
        remembered = UpdateWindow(newest - pipeline.cadence.overlap - _MINUTE, before)
        seen = tuple(sorted(_digest(r) for r in records if r.updated_at in remembered))
        requested = RequestedWindow(after, before, attempt, self.now, seen)
        cause = f"{cause}.{_behind(until - before)}"
        self.log.info("Requesting a run over %s: %s", window, cause)
        own_tags = requested.tags(pipeline.workflow.workflow_id)
        request = partition_request(
            pipeline.partitions,
            after,
            before,
            run_key=f"{window} {attempt}",
            tags={**own_tags, **INCREMENTAL_TAGS, CAUSE_TAG: cause},
        )
        after_it = replace(cursor, requested=requested)
        return dg.SensorResult(run_requests=[request], cursor=after_it.write())

    def _clipped(self, since: datetime) -> datetime:
        return max(since, start_of_first_partition(self.pipeline.partitions))


def _skip(cursor: Cursor, reason: str) -> dg.SensorResult:
    return dg.SensorResult(skip_reason=reason, cursor=cursor.write())


def _candidates(count: int) -> str:
    return "1 candidate is" if count == 1 else f"{count} candidates are"


def _behind(distance: timedelta) -> str:
    """How much a window leaves for the next ones, where one run could not do it all."""
    if distance < _MINUTE:
        return ""
    minutes = round(distance.total_seconds() / 60)
    left = f"{distance.days} days" if distance.days else f"{minutes} minutes"
    return f" Catching up: {left} are left after it."


def _is_cut_off(records: Sequence[RecentRecord]) -> bool:
    """Whether a list may hold more records than its first page shows."""
    return max(Counter(record.list_name for record in records).values(), default=0) >= PER_PAGE


def _digest(record: RecentRecord) -> str:
    text = f"{record.list_name} {record.id} {format_moment(record.updated_at)}"
    return hashlib.sha256(text.encode()).hexdigest()[:10]
