"""What the ledger knows of one reference, and when what did not reach HrFlow is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import pyarrow as pa

from greenhouse_hrflow.read_version import ReadVersion
from greenhouse_hrflow.report import LastEdit, Outcome, ReportRow
from greenhouse_hrflow.retry import growing_wait
from greenhouse_hrflow.storage.tables import MOMENT

LEDGER_SCHEMA = pa.schema(
    [
        pa.field("reference", pa.string()),
        pa.field("candidate_id", pa.int64()),
        pa.field("table_partition", pa.string()),
        pa.field("pushed_at", MOMENT),
        pa.field("unsettled_since", MOMENT),
        pa.field("attempts", pa.int64()),
        pa.field("compared_read_at", MOMENT),
        pa.field("compared_changed_at", MOMENT),
        pa.field("due_at", MOMENT),
        pa.field("written_read_at", MOMENT),
        pa.field("written_changed_at", MOMENT),
        pa.field("edited_at", MOMENT),
        pa.field("edit_run_id", pa.string()),
        pa.field("edited_fields", pa.list_(pa.string())),
    ]
)
_NEVER = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class RetryTimes:
    """When a candidate that did not reach HrFlow is tried again.

    Attributes:
        first: how long after its first failure; the wait doubles with each failure in a row.
        longest: the longest of these waits, and that of a candidate whose profile is missing.
        given_up_after: for how long it is tried.
    """

    first: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=1)
    given_up_after: timedelta = timedelta(days=7)

    def wait(self, row: ReportRow) -> timedelta:
        """How long until the next try of a candidate that failed or was missing."""
        if row.outcome is Outcome.MISSING:
            return self.longest
        return growing_wait(self.first, self.longest, row.attempts)


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
        written_read_at, written_changed_at: the latest read that was written; None in ledgers of
            version 0.1.0.
        edited_at, edit_run_id, edited_fields: the last edit, as far as it is known.
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
    written_read_at: datetime | None = None
    written_changed_at: datetime | None = None
    edited_at: datetime | None = None
    edit_run_id: str | None = None
    edited_fields: Sequence[str] | None = None

    @property
    def compared(self) -> ReadVersion | None:
        """The latest read that was compared or written; None where none ever was."""
        return _version(self.compared_read_at, self.compared_changed_at)

    @property
    def written(self) -> ReadVersion | None:
        """The latest read that was written; None where none ever was."""
        return _version(self.written_read_at, self.written_changed_at)

    @property
    def last_edit(self) -> LastEdit | None:
        """The last edit; None where none is known."""
        if self.edited_at is None or self.edit_run_id is None:
            return None
        return LastEdit(self.edited_at, self.edit_run_id, tuple(self.edited_fields or ()))

    def joined(self, other: Entry) -> Entry:
        """What both know: the later push's outcome, and the later of the compared reads."""
        first, last = sorted((self, other), key=lambda entry: entry.pushed_at)
        if last.unsettled_since and first.unsettled_since:
            since = min(first.unsettled_since, last.unsettled_since)
            last = replace(last, unsettled_since=since)
        # The later push may have compared an earlier read: an old partition that was done again.
        compared = _later(self.compared, other.compared)
        written = _later(self.written, other.written)
        edited = max(self, other, key=lambda entry: entry.edited_at or _NEVER)
        return replace(
            last,
            compared_read_at=compared and compared.read_at,
            compared_changed_at=compared and compared.changed_at,
            written_read_at=written and written.read_at,
            written_changed_at=written and written.changed_at,
            edited_at=edited.edited_at,
            edit_run_id=edited.edit_run_id,
            edited_fields=edited.edited_fields,
        )


def _version(read_at: datetime | None, changed_at: datetime | None) -> ReadVersion | None:
    if read_at is None or changed_at is None:
        return None
    return ReadVersion(read_at, changed_at).believed()


def _later(one: ReadVersion | None, other: ReadVersion | None) -> ReadVersion | None:
    return max((read for read in (one, other) if read is not None), default=None)
