"""Who is not in HrFlow now, and why: those whose latest push ended as rejected, failed or missing.

A report tells what one push of a partition made of its candidates; a candidate who has changed
since stands in the report of another one. This small table holds each once, as it is now: checks,
alerts and the job that sends the refused again read it. Without it they know nobody until the next
push.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import pyarrow as pa

from greenhouse_hrflow.read_version import ReadVersion
from greenhouse_hrflow.report import Outcome, ReportRow
from greenhouse_hrflow.storage.tables import MOMENT, TableStore, frame_of

_SCHEMA = pa.schema(
    [
        pa.field("candidate_id", pa.int64()),
        pa.field("reference", pa.string()),
        pa.field("table_partition", pa.string()),
        pa.field("outcome", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("since", MOMENT),
        pa.field("pushed_at", MOMENT),
        pa.field("run_id", pa.string()),
        pa.field("attempts", pa.int64()),
        pa.field("read_at", MOMENT),
        pa.field("changed_at", MOMENT),
        pa.field("functions", pa.string()),
    ]
)

_NOT_SENT = frozenset({Outcome.REJECTED, Outcome.FAILED, Outcome.MISSING})
_UNTOUCHED = frozenset({Outcome.STALE, Outcome.WOULD_UPDATE})
"""Outcomes that say nothing new of a candidate: a later read was pushed, or nothing was."""

_ALL = "all"


@dataclass(frozen=True, slots=True)
class NotSentRow:
    """One candidate whose profile does not follow.

    Attributes:
        table_partition: the partition of `greenhouse_candidates` that the candidate was read in.
        outcome: rejected, failed or missing.
        reason: as in the report.
        since: when the first of these pushes in a row ended, by our clock.
        attempts: in how many runs in a row HrFlow has failed for it.
        functions: the fingerprint of the logics and the format that it was pushed with.
    """

    candidate_id: int
    reference: str | None
    table_partition: str
    outcome: str
    reason: str | None
    since: datetime
    pushed_at: datetime
    run_id: str
    attempts: int
    read_at: datetime
    changed_at: datetime
    functions: str | None

    @property
    def version(self) -> ReadVersion:
        """The read of the candidate that was pushed."""
        return ReadVersion(self.read_at, self.changed_at)


class NotSent:
    """The table of one workflow."""

    def __init__(self, tables: TableStore, workflow_id: str) -> None:
        self._tables = tables
        self._table = ("not_sent", workflow_id)

    def rows(self) -> list[NotSentRow]:
        """Everybody who is not in HrFlow now, by candidate."""
        return [NotSentRow(**row) for row in self._tables.rows(self._table, _ALL)]

    def record(
        self,
        rows: Iterable[ReportRow],
        table_partitions: Mapping[int, str],
        functions: str | None = None,
    ) -> None:
        """Take in what a push made of its candidates; one push at a time, or one is overlooked.

        Args:
            table_partitions: the partition of `greenhouse_candidates`, by candidate id.
            functions: the fingerprint of the logics and the format.
        """
        before = {row.candidate_id: row for row in self.rows()}
        now = dict(before)
        for row in rows:
            known = now.get(row.candidate_id)
            version = ReadVersion(row.read_at, row.changed_at)
            # An old partition that is pushed again says nothing of what was read later.
            is_older = known is not None and known.version.is_later_than(version)
            if row.outcome in _UNTOUCHED or is_older:
                continue
            if row.outcome in _NOT_SENT:
                fresh = _not_sent(row, table_partitions.get(row.candidate_id, ""), functions)
                now[row.candidate_id] = replace(fresh, since=known.since) if known else fresh
            else:
                now.pop(row.candidate_id, None)
        if now != before:
            self._write(now)

    def note_tried(self, candidate_ids: Collection[int], functions: str) -> None:
        """Take it that these were pushed with these functions, though they cannot be had."""
        if candidate_ids:
            self._write(
                {
                    row.candidate_id: replace(row, functions=functions)
                    if row.candidate_id in candidate_ids
                    else row
                    for row in self.rows()
                }
            )

    def _write(self, rows: Mapping[int, NotSentRow]) -> None:
        in_order = [asdict(rows[candidate_id]) for candidate_id in sorted(rows)]
        self._tables.write(self._table, _ALL, frame_of(in_order, _SCHEMA))


def _not_sent(row: ReportRow, table_partition: str, functions: str | None) -> NotSentRow:
    return NotSentRow(
        candidate_id=row.candidate_id,
        reference=row.reference,
        table_partition=table_partition,
        outcome=row.outcome.value,
        reason=row.reason,
        since=row.pushed_at,
        pushed_at=row.pushed_at,
        run_id=row.run_id,
        attempts=row.attempts,
        read_at=row.read_at,
        changed_at=row.changed_at,
        functions=functions,
    )
