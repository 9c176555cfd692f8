"""What former pushes know of each reference, kept beside the reports and outliving them.

A report is replaced when its partition is pushed again, and a candidate that has moved on to
another partition leaves no row in it. The ledger keeps, for each partition that was pushed, how
the last push of a reference ended and the latest read that it was compared or written from. It
can be deleted at any time: the marks in the profiles stand for what was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, timezone

import pandas as pd
import pyarrow as pa

from greenhouse_hrflow.cadence import Cadence
from greenhouse_hrflow.clock import believed_read_at
from greenhouse_hrflow.push import History
from greenhouse_hrflow.report import COMPARED, Outcome, ReportRow
from greenhouse_hrflow.tables import TableStore, to_arrow, to_frame

_CLOCKS_APART = timedelta(days=1)
"""How far the storage's clock may be from Greenhouse's."""

_MOMENT = pa.timestamp("us", tz="UTC")
_SCHEMA = pa.schema(
    [
        pa.field("reference", pa.string()),
        pa.field("candidate_id", pa.int64()),
        pa.field("table_partition", pa.string()),
        pa.field("pushed_at", _MOMENT),
        pa.field("unsettled_since", _MOMENT),
        pa.field("attempts", pa.int64()),
        pa.field("compared_read_at", _MOMENT),
        pa.field("compared_changed_at", _MOMENT),
        pa.field("due_at", _MOMENT),
    ]
)
_PENDING_SCHEMA = pa.schema(
    [
        pa.field("reference", pa.string()),
        pa.field("due_at", _MOMENT),
        pa.field("unsettled_since", _MOMENT),
    ]
)
_PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one reference.

    Attributes:
        table_partition: the partition of `greenhouse_candidates` that the candidate was read in.
        unsettled_since: since when its pushes have ended as failed or missing, by our clock.
        attempts: in how many runs in a row HrFlow has failed for it.
        compared_read_at, compared_changed_at: the latest read that was compared or written.
        due_at: when it is to be tried again, by our clock; None where it is settled, and in
            ledgers of version 0.1.0.
    """

    reference: str
    candidate_id: int
    table_partition: str
    pushed_at: datetime
    unsettled_since: datetime | None
    attempts: int
    compared_read_at: datetime | None
    compared_changed_at: datetime | None
    due_at: datetime | None = None

    def joined(self, other: Entry) -> Entry:
        """What both know: the later push's outcome, and the later of the compared reads."""
        first, last = sorted((self, other), key=lambda entry: entry.pushed_at)
        if last.unsettled_since and first.unsettled_since:
            since = min(first.unsettled_since, last.unsettled_since)
            last = replace(last, unsettled_since=since)
        compared = [e for e in (self, other) if e.compared_read_at and e.compared_changed_at]
        if not compared:
            return last
        newest = max(compared, key=lambda e: (e.compared_read_at, e.compared_changed_at))
        return replace(
            last,
            compared_read_at=newest.compared_read_at,
            compared_changed_at=newest.compared_changed_at,
        )


class Ledger:
    """The ledger of one workflow, as one run or one tick of the sensor reads it.

    Args:
        cadence: when what failed is tried again, and for how long.
    """

    def __init__(
        self, tables: TableStore, workflow_id: str, cadence: Cadence | None = None
    ) -> None:
        self._tables = tables
        self._cadence = cadence or Cadence()
        self._table = ("ledger", workflow_id)
        self._pending = ("retries", workflow_id)
        self._put_off: set[str] = set()
        self._known: dict[str, Entry] = {}
        self._known_since: float | None = None

    def history(self, since: datetime) -> History:
        """What pushes know that ran at `since` or later, or up to a day before."""
        entries = self._load(since).values()
        return History(
            compared={
                entry.reference: (entry.compared_read_at, entry.compared_changed_at)
                for entry in entries
                if entry.compared_read_at and entry.compared_changed_at
            },
            attempts={entry.reference: entry.attempts for entry in entries if entry.attempts},
        )

    def to_try_again(self, now: datetime, most: int) -> list[Entry]:
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
        rows = [
            {
                "reference": entry.reference,
                "due_at": (
                    now + self._cadence.last_retry
                    if entry.reference in self._put_off
                    else _due_at(entry)
                ),
                "unsettled_since": entry.unsettled_since,
            }
            for entry in self._unsettled(now)
        ]
        table = pa.Table.from_pylist(rows, schema=_PENDING_SCHEMA)
        frame = table.to_pandas(types_mapper=pd.ArrowDtype)
        self._tables.write(self._pending, _PENDING, frame)

    def pending(self, now: datetime) -> list[datetime]:
        """When each failed or missing one is to be tried again, the earliest first."""
        frame = self._tables.read(self._pending, _PENDING)
        if frame is None:
            # No run has written it since version 0.1.0.
            return sorted(_due_at(entry) for entry in self._unsettled(now))
        kept = frame[frame["unsettled_since"] >= self._given_up_before(now)]
        return sorted(moment.to_pydatetime() for moment in kept["due_at"])

    def _given_up_before(self, now: datetime) -> datetime:
        return now - timedelta(days=self._cadence.taken_along_days)

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
            if row.reference is not None:
                table_partition = table_partitions.get(row.candidate_id, partition_key)
                entry = self._entry(row, row.reference, table_partition)
                known[row.reference] = _join(known, entry)
        self._tables.write(self._table, partition_key, _frame(known.values()))
        for reference, entry in known.items():
            self._known[reference] = _join(self._known, entry)

    def _load(self, moment: datetime) -> dict[str, Entry]:
        """What is known since a moment or from earlier; read once for all that is asked."""
        # Moments are Greenhouse's; should its clock be ahead, ours still tells what is recent.
        recent = min(moment, datetime.now(timezone.utc))
        written_since = (recent - _CLOCKS_APART).timestamp()
        if self._known_since is None or written_since < self._known_since:
            self._known_since = written_since
            self._known = _joined(
                entry
                for partition_key in self._tables.written_since(self._table, written_since)
                for entry in self._entries(partition_key)
            )
        return self._known

    def _entries(self, partition_key: str) -> Iterator[Entry]:
        frame = self._tables.read(self._table, partition_key)
        if frame is not None:
            for row in to_arrow(frame).to_pylist():
                yield _believed(Entry(**row))

    def _entry(self, row: ReportRow, reference: str, table_partition: str) -> Entry:
        compared = row.outcome in COMPARED
        unsettled = row.outcome in (Outcome.FAILED, Outcome.MISSING)
        return Entry(
            reference=reference,
            candidate_id=row.candidate_id,
            table_partition=table_partition,
            pushed_at=row.pushed_at,
            unsettled_since=row.pushed_at if unsettled else None,
            attempts=row.attempts,
            compared_read_at=row.read_at if compared else None,
            compared_changed_at=row.changed_at if compared else None,
            due_at=row.pushed_at + self._wait(row) if unsettled else None,
        )

    def _wait(self, row: ReportRow) -> timedelta:
        """How long until the next try: longer with each failure in a row."""
        longest = self._cadence.last_retry
        if row.outcome is Outcome.MISSING:
            return longest
        return min(self._cadence.first_retry * 2 ** min(max(row.attempts - 1, 0), 20), longest)


def _due_at(entry: Entry) -> datetime:
    return entry.due_at or entry.pushed_at


def _believed(entry: Entry) -> Entry:
    read_at, changed_at = entry.compared_read_at, entry.compared_changed_at
    if read_at is None or changed_at is None:
        return entry
    return replace(entry, compared_read_at=believed_read_at(read_at, changed_at))


def _join(known: Mapping[str, Entry], entry: Entry) -> Entry:
    before = known.get(entry.reference)
    return entry if before is None else before.joined(entry)


def _joined(entries: Iterable[Entry]) -> dict[str, Entry]:
    known: dict[str, Entry] = {}
    for entry in entries:
        known[entry.reference] = _join(known, entry)
    return known


def _frame(entries: Iterable[Entry]) -> pd.DataFrame:
    return to_frame(pa.Table.from_pylist([asdict(entry) for entry in entries], schema=_SCHEMA))
