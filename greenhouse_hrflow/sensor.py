"""One tick of incremental mode: has anything moved that the last landed window did not hold?

A tick asks Greenhouse for a handful of first pages at most, and never crawls. What the runs did is
read in `landing`; what a run does with its window is in the assets.
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

from greenhouse_hrflow.cadence import Cadence
from greenhouse_hrflow.errors import TransientError
from greenhouse_hrflow.greenhouse.candidate import RecentRecord
from greenhouse_hrflow.greenhouse.pages import PER_PAGE
from greenhouse_hrflow.greenhouse.resource import GreenhouseResource
from greenhouse_hrflow.landing import AskedWindow, Cursor, Progress, newest_landing, progress_of
from greenhouse_hrflow.ledger import Ledger
from greenhouse_hrflow.mission import Workflow
from greenhouse_hrflow.partitions import (
    first_partitions,
    open_partition,
    partition_request,
    start_of_first_partition,
)
from greenhouse_hrflow.pools import release_slots_of_dead_runs
from greenhouse_hrflow.tables import TableStore
from greenhouse_hrflow.windows import MILLISECOND, UpdateWindow, format_moment

INCREMENTAL_TAGS = {
    # A run that waits behind a backfill's runs goes first.
    "dagster/priority": "10",
    # The sensor asks again, with what came since.
    "dagster/max_retries": "0",
}

CAUSE_TAG = "greenhouse_hrflow/cause"

FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=1)

FAULTS_BEFORE_FAILURE = 3
"""With so many ticks in a row that met a fault which may pass, the tick fails."""

_MINUTE = timedelta(minutes=1)

_TIMEOUT = (3.0, 5.0)
"""Seconds to connect and of silence, for seven requests at most: a tick has a minute in all."""


@dataclass(frozen=True)
class Tick:
    """What one tick works with."""

    workflow: Workflow
    partitions: dg.TimeWindowPartitionsDefinition
    cadence: Cadence
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
        release_slots_of_dead_runs(self.instance, self.log)
        cursor = Cursor.read(text)
        if self.now < start_of_first_partition(self.partitions):
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
        if cursor.asked is not None:
            progress = progress_of(self.instance, cursor.asked, self.workflow.workflow_id)
            if progress.landed_until is None:
                return self._not_landed(cursor, cursor.asked, progress)
            cursor = Cursor(progress.landed_until, cursor.asked.seen)
        if cursor.landed_until is not None:
            return self._look(cursor, cursor.landed_until - self.cadence.overlap)
        landed = newest_landing(self.instance, self.workflow)
        if landed is not None:
            return self._look(Cursor(landed), landed - self.cadence.overlap)
        start, _ = open_partition(self.partitions, self.now)
        return self._look(Cursor(start), start)

    def _not_landed(
        self, cursor: Cursor, asked: AskedWindow, progress: Progress
    ) -> dg.SensorResult:
        behind = _behind(asked.asked_at - asked.updated_before)
        if progress.in_flight is not None:
            reason = f"Run {progress.in_flight} over {asked.window} is under way."
            return _skip(cursor, f"{reason}{behind}")
        dead = "".join(
            f" Run {run_id} never ended and is presumed dead." for run_id in progress.presumed_dead
        )
        wait = min(FIRST_RETRY * 2 ** min(asked.attempt - 1, 10), LAST_RETRY)
        due = progress.ended_at + wait
        if self.now < due:
            return _skip(
                cursor,
                f"{asked.window} did not land (attempt {asked.attempt}); it is asked for again "
                f"at {format_moment(due)}.{dead}{behind}",
            )
        if dead:
            self.log.warning("%s", dead.strip())
        records = self._recent_records(asked.updated_after)
        attempt = asked.attempt + 1
        return self._ask(cursor, asked.updated_after, records, attempt, f"attempt {attempt}")

    def _look(self, cursor: Cursor, since: datetime) -> dg.SensorResult:
        """Ask for a run where a record shows that the last landed window did not hold, or where
        a candidate is to be tried again."""
        landed_until = cursor.landed_until or since
        records = self._recent_records(since)
        if landed_until > since and _is_cut_off(records):
            # After a bulk edit the first pages hold that alone: look past it as well.
            records += self._recent_records(landed_until)
        # What the tick saw that asked for the landed run, that run has read.
        new = [record for record in records if _digest(record) not in cursor.seen]
        pending = Ledger(self.tables, self.workflow.workflow_id, self.cadence).pending(self.now)
        due = sum(moment <= self.now for moment in pending)
        if not new and not due:
            later = f" {_candidates(len(pending))} to be tried again" if pending else ""
            later += f", the next at {format_moment(pending[0])}." if pending else ""
            landed = format_moment(landed_until)
            return _skip(cursor, f"Nothing has changed in Greenhouse since {landed}.{later}")
        causes = [f"{len(new)} records moved"] if new else []
        causes += [f"{_candidates(due)} due for another try"] if due else []
        return self._ask(cursor, since, records, 1, ", ".join(causes))

    def _recent_records(self, since: datetime) -> list[RecentRecord]:
        with self.greenhouse.open(
            self.log, retries=Retry(total=0), timeout=_TIMEOUT, max_wait=0.0
        ) as reader:
            bounds = self.workflow.pull_parameters.update_window
            return reader.recent_records(UpdateWindow(self._clipped(since), None).narrowed(bounds))

    def _ask(
        self,
        cursor: Cursor,
        since: datetime,
        records: Sequence[RecentRecord],
        attempt: int,
        cause: str,
    ) -> dg.SensorResult:
        newest = max((record.updated_at for record in records), default=self.now)
        # Greenhouse's clock may be ahead of ours; but no partition is there yet beyond its end.
        _, end = open_partition(self.partitions, self.now)
        until = min(max(self.now, newest + MILLISECOND), end)
        window = first_partitions(
            self.partitions,
            UpdateWindow(self._clipped(since), until),
            most=self.cadence.partitions_per_run,
            beyond=cursor.landed_until or since,
        )
        after, before = window.updated_after, window.updated_before
        if after is None or before is None or window.is_empty:
            return _skip(cursor, f"{window} has not begun yet.")
        # The next ticks look back behind the newest record by the overlap, to a second or so.
        remembered = UpdateWindow(newest - self.cadence.overlap - _MINUTE, before)
        seen = tuple(sorted(_digest(r) for r in records if r.updated_at in remembered))
        asked = AskedWindow(after, before, attempt, self.now, seen)
        cause = f"{cause}.{_behind(until - before)}"
        self.log.info("Asking for %s: %s", window, cause)
        tags = {**asked.tags(self.workflow.workflow_id), **INCREMENTAL_TAGS, CAUSE_TAG: cause}
        request = partition_request(
            self.partitions, after, before, run_key=f"{window} {attempt}", tags=tags
        )
        after_it = Cursor(cursor.landed_until, cursor.seen, asked)
        return dg.SensorResult(run_requests=[request], cursor=after_it.write())

    def _clipped(self, since: datetime) -> datetime:
        return max(since, start_of_first_partition(self.partitions))


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
    told = f"{record.list_name} {record.id} {format_moment(record.updated_at)}"
    return hashlib.sha256(told.encode()).hexdigest()[:10]
