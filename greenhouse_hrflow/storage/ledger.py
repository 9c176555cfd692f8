"""The ledger: what former pushes know of each reference, and what is due for a retry.

A report is replaced when its partition is pushed again, and a candidate that has moved on to
another partition leaves no row in it. The ledger keeps, for each partition that was pushed, how
the last push of a reference ended and the latest read that it was compared or written from. It
can be deleted at any time: last-applied in the profiles stands for what was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime, timezone
from itertools import chain

from greenhouse_hrflow.clock import WRONG_CLOCK_APART
from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.report import COMPARED, LastEdit, Outcome, ReportRow
from greenhouse_hrflow.storage.ledger_entry import LEDGER_SCHEMA, Entry, RetryTimes
from greenhouse_hrflow.storage.pending_retries import PENDING, PENDING_SCHEMA, pending_table
from greenhouse_hrflow.storage.tables import TableStore, frame_of

_FILES_AT_ONCE = 8


class Ledger:
    """The ledger of one workflow, as one run or one tick of the sensor reads it.

    Args:
        retries: when what failed is tried again, and for how long.
    """

    def __init__(
        self, tables: TableStore, workflow_id: str, retries: RetryTimes | None = None
    ) -> None:
        self._tables = tables
        self._retries = retries or RetryTimes()
        self._table = ("ledger", workflow_id)
        self._pending = pending_table(workflow_id)
        self._put_off: set[str] = set()
        self._known: dict[str, Entry] = {}
        self._known_since: float | None = None

    def history(self, since: datetime) -> History:
        """What pushes know that ran at `since` or later, or up to a day before."""
        entries = self._load(since).values()
        return History(
            compared={e.reference: e.compared for e in entries if e.compared is not None},
            written={e.reference: e.written for e in entries if e.written is not None},
            attempts={entry.reference: entry.attempts for entry in entries if entry.attempts},
        )

    def last_edits(self, since: datetime) -> dict[int, LastEdit]:
        """The last edit of each candidate that pushes know of which `history` knows, by id."""
        entries = self._load(since).values()
        edits = ((entry.candidate_id, entry.last_edit) for entry in entries)
        return {candidate_id: edit for candidate_id, edit in edits if edit is not None}

    def due_retries(self, now: datetime, most: int) -> list[Entry]:
        """The references whose last push ended as failed or missing, and that a run should try
        again, at most so many, those that wait longest first.

        One for which HrFlow failed waits until it is due, or a busy hour would use up its tries.
        A missing one has none to use up: each run that is under way anyway looks for it.
        """
        entries = [
            entry for entry in self._unsettled(now) if entry.attempts == 0 or _due_at(entry) <= now
        ]
        return sorted(entries, key=lambda entry: (_due_at(entry), entry.reference))[:most]

    def put_off(self, references: Iterable[str]) -> None:
        """Those that are due, but cannot be had now, are due again after the longest wait: else
        every tick would start a run for them."""
        self._put_off.update(references)

    def note_pending(self, now: datetime) -> None:
        """Write down what is to be tried again, and when: a tick reads this one small table.

        Made anew from the whole ledger each time, so that what one run overlooks (another one
        pushed at the same time, where nothing limits the pool) the next one finds.
        """
        # Another push may have recorded since ours began: its retries must not be written over.
        self._known_since = None
        rows = [
            {
                "reference": entry.reference,
                "due_at": (
                    now + self._retries.longest
                    if entry.reference in self._put_off
                    else _due_at(entry)
                ),
                "unsettled_since": entry.unsettled_since,
            }
            for entry in self._unsettled(now)
        ]
        self._tables.write(self._pending, PENDING, frame_of(rows, PENDING_SCHEMA))

    def pending(self, now: datetime) -> list[datetime]:
        """When each failed or missing one is to be tried again, the earliest first."""
        frame = self._tables.read(self._pending, PENDING)
        if frame is None:
            # No run has written it since version 0.1.0.
            return sorted(_due_at(entry) for entry in self._unsettled(now))
        kept = frame[frame["unsettled_since"] >= self._given_up_before(now)]
        return sorted(moment.to_pydatetime() for moment in kept["due_at"])

    def _given_up_before(self, now: datetime) -> datetime:
        return now - self._retries.given_up_after

    def _unsettled(self, now: datetime) -> list[Entry]:
        """Those that failed or were missing last, but for those who have been so for too long: a
        profile that nobody creates is given up."""
        since = self._given_up_before(now)
        return [
            entry
            for entry in self._load(since).values()
            if entry.unsettled_since and entry.unsettled_since >= since
        ]

    def record(
        self, partition_key: str, rows: Iterable[ReportRow], table_partitions: Mapping[int, str]
    ) -> None:
        """Add what a push made of a partition's rows.

        Args:
            table_partitions: the partition of `greenhouse_candidates`, by candidate id.
        """
        known = _joined(self._entries(partition_key))
        for row in rows:
            # One that the brake kept from being edited was not tried: if it was due, it still is.
            if row.reference is not None and row.outcome is not Outcome.WOULD_UPDATE:
                table_partition = table_partitions.get(row.candidate_id, partition_key)
                entry = self._entry(row, row.reference, table_partition)
                known[row.reference] = _join(known, entry)
        self._tables.write(
            self._table,
            partition_key,
            frame_of([asdict(entry) for entry in known.values()], LEDGER_SCHEMA),
        )
        for reference, entry in known.items():
            self._known[reference] = _join(self._known, entry)

    def _load(self, moment: datetime) -> dict[str, Entry]:
        """What is known since a moment or from earlier; read once for all that is asked."""
        # The moment is Greenhouse's, the files' times are the storage's: should the one be ahead of
        # the other, this machine's still tells what is recent.
        recent = min(moment, datetime.now(timezone.utc))
        written_since = (recent - WRONG_CLOCK_APART).timestamp()
        if self._known_since is None or written_since < self._known_since:
            self._known_since = written_since
            written = self._tables.written_since(self._table, written_since)
            # A backfill writes hundreds of files, and an object store answers slowly.
            with ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
                self._known = _joined(chain.from_iterable(pool.map(self._entries, written)))
        return self._known

    def _entries(self, partition_key: str) -> list[Entry]:
        return [Entry(**row) for row in self._tables.rows(self._table, partition_key)]

    def _entry(self, row: ReportRow, reference: str, table_partition: str) -> Entry:
        compared = row.outcome in COMPARED
        written = row.outcome is Outcome.UPDATED
        unsettled = row.outcome in (Outcome.FAILED, Outcome.MISSING)
        edit = row.last_edit
        return Entry(
            reference=reference,
            candidate_id=row.candidate_id,
            table_partition=table_partition,
            pushed_at=row.pushed_at,
            unsettled_since=row.pushed_at if unsettled else None,
            attempts=row.attempts,
            compared_read_at=row.read_at if compared else None,
            compared_changed_at=row.changed_at if compared else None,
            due_at=row.pushed_at + self._retries.wait(row) if unsettled else None,
            written_read_at=row.read_at if written else None,
            written_changed_at=row.changed_at if written else None,
            edited_at=edit.edited_at if edit else None,
            edit_run_id=edit.run_id if edit else None,
            edited_fields=edit.fields if edit else None,
        )


def _due_at(entry: Entry) -> datetime:
    return entry.due_at or entry.pushed_at


def _join(known: Mapping[str, Entry], entry: Entry) -> Entry:
    before = known.get(entry.reference)
    return entry if before is None else before.joined(entry)


def _joined(entries: Iterable[Entry]) -> dict[str, Entry]:
    known: dict[str, Entry] = {}
    for entry in entries:
        known[entry.reference] = _join(known, entry)
    return known
