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
    ]
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one reference.

    Attributes:
        table_partition: the partition of `greenhouse_candidates` that the candidate was read in.
        unsettled_since: since when its pushes have ended as failed or missing, by our clock.
        attempts: in how many runs in a row HrFlow has failed for it.
        compared_read_at, compared_changed_at: the latest read that was compared or written.
    """

    reference: str
    candidate_id: int
    table_partition: str
    pushed_at: datetime
    unsettled_since: datetime | None
    attempts: int
    compared_read_at: datetime | None
    compared_changed_at: datetime | None

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
    """The ledger of one workflow."""

    def __init__(self, tables: TableStore, workflow_id: str) -> None:
        self._tables = tables
        self._table = ("ledger", workflow_id)

    def history(self, since: datetime) -> History:
        """What pushes know that ran at `since` or later, or up to a day before."""
        entries = self._known_since(since).values()
        return History(
            compared={
                entry.reference: (entry.compared_read_at, entry.compared_changed_at)
                for entry in entries
                if entry.compared_read_at and entry.compared_changed_at
            },
            attempts={entry.reference: entry.attempts for entry in entries if entry.attempts},
        )

    def unsettled(self, since: datetime, most: int) -> list[Entry]:
        """The references whose last push ended as failed or missing, the oldest first.

        Only those that have so ended since `since`: a profile that nobody creates is given up.
        """
        entries = [
            (entry.unsettled_since, entry.reference, entry)
            for entry in self._known_since(since).values()
            if entry.unsettled_since and entry.unsettled_since >= since
        ]
        return [entry for _, _, entry in sorted(entries, key=lambda item: item[:2])[:most]]

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
                entry = _entry(row, row.reference, table_partition)
                known[row.reference] = _join(known, entry)
        self._tables.write(self._table, partition_key, _frame(known.values()))

    def _known_since(self, moment: datetime) -> dict[str, Entry]:
        # Moments are Greenhouse's; should its clock be ahead, ours still tells what is recent.
        recent = min(moment, datetime.now(timezone.utc))
        written_since = (recent - _CLOCKS_APART).timestamp()
        return _joined(
            entry
            for partition_key in self._tables.written_since(self._table, written_since)
            for entry in self._entries(partition_key)
        )

    def _entries(self, partition_key: str) -> Iterator[Entry]:
        frame = self._tables.read(self._table, partition_key)
        if frame is not None:
            for row in to_arrow(frame).to_pylist():
                yield Entry(**row)


def _entry(row: ReportRow, reference: str, table_partition: str) -> Entry:
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
    )


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
