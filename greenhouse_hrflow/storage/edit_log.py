"""The edit log: a row for each edit that was ever made, never altered and never deleted.

One file a run, in a folder for the day on which it was written: `edit_log/day=2026-01-31/<run>
.parquet`. A day that is over never changes. `edit_journal` is what an edit is noted in first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import pyarrow as pa

from greenhouse_hrflow import clock
from greenhouse_hrflow.edit_record import EditRecord
from greenhouse_hrflow.storage.tables import MOMENT, TableStore, from_parquet, to_parquet

EDIT_LOG = "edit_log"

EDIT_SCHEMA = pa.schema(
    [
        pa.field("edited_at", MOMENT),
        pa.field("workflow", pa.string()),
        pa.field("run_id", pa.string()),
        pa.field("candidate_id", pa.int64()),
        pa.field("reference", pa.string()),
        pa.field("profile_key", pa.string()),
        pa.field("fields", pa.list_(pa.string())),
        pa.field("hash_before", pa.string()),
        pa.field("hash_after", pa.string()),
        pa.field("read_at", MOMENT),
        pa.field("changed_at", MOMENT),
    ]
)
"""A row an edit, with the fields of `EditRecord`."""

_DAY = timedelta(days=1)


class EditLog:
    """The edit log of a storage; all its workflows share it."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def append(self, run_id: str, edits: Iterable[EditRecord]) -> None:
        """Write down the edits of a run, each once however often this is called."""
        now = clock.utc_now()
        new = {edit.key: edit for edit in edits}
        # A run may end on another day than it began, or be ended by another one: what it has
        # written down already stays where it is.
        first = min((edit.edited_at for edit in new.values()), default=now)
        of_today: list[EditRecord] = []
        for day in _days(first, now):
            stored = self._read(day, run_id)
            of_today = stored if day == _day(now) else []
            for edit in stored:
                new.pop(edit.key, None)
        if new:
            rows = [asdict(edit) for edit in (*of_today, *new.values())]
            content = pa.Table.from_pylist(rows, schema=EDIT_SCHEMA)
            self._tables.write_file(place_of(_day(now), run_id), to_parquet(content))

    def _read(self, day: str, run_id: str) -> list[EditRecord]:
        content = self._tables.read_file(place_of(day, run_id))
        rows = [] if content is None else from_parquet(content).to_pylist()
        return [EditRecord.of(row) for row in rows]


def place_of(day: str, run_id: str) -> tuple[str, ...]:
    """Where what a run wrote down on a day lies."""
    return EDIT_LOG, f"day={day}", f"{run_id}.parquet"


def _days(first: datetime, last: datetime) -> Sequence[str]:
    count = max(0, (last.date() - first.date()).days)
    return [_day(last - _DAY * ago) for ago in range(count, -1, -1)]


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
