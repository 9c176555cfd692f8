"""The index of the edit log: each day that is over as one file, in which a candidate is found fast.

The log has a file a run, up to 288 a day: too many to look through for one person. The index holds
`edit_index/day=2026-01-31.parquet`, with the columns of the log, sorted by candidate. All of it
comes from the log, which never changes once a day is over, so it may be deleted at any time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pyarrow as pa

from greenhouse_hrflow import clock
from greenhouse_hrflow.edit_record import EditRecord
from greenhouse_hrflow.storage.edit_log import EDIT_LOG, EDIT_SCHEMA
from greenhouse_hrflow.storage.id_lists import IdLists
from greenhouse_hrflow.storage.row_search import RowSearch
from greenhouse_hrflow.storage.tables import TableStore, from_parquet, to_parquet

EDIT_INDEX = "edit_index"

_OVER_FOR = timedelta(hours=1)
"""How long a day has been over before it is indexed: the clocks of the machines that write the log
may differ by as much."""

_ROWS_IN_GROUP = 2000
"""Rows that are read to find one; each group makes the footer longer, which is read in any case."""

_FILES_AT_ONCE = 8
_DAY = re.compile(r"day=(\d{4}-\d\d-\d\d)(?:\.parquet)?")


class EditIndex:
    """The index of a storage's edit log."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def index_closed_days(self, most: int = 31) -> list[str]:
        """Index the days of the log that are over and not indexed, the latest first.

        Two listings where there is nothing to do. Two at once do the same work, and no harm.

        Args:
            most: so many days at most; the others are left to the next call.

        Returns:
            The days that were indexed.
        """
        over = {day for day in self._days_of(EDIT_LOG) if _is_over(day)}
        indexed = self._days_of(EDIT_INDEX)
        todo = sorted(over - indexed, reverse=True)[:most]
        for day in todo:
            self._index(day)
        return todo

    def edits_of(self, candidate_id: int) -> list[EditRecord]:
        """Every edit of a candidate's profile, by any workflow, the oldest first."""
        # The index first: a day that is indexed meanwhile may be read twice, but is never missed.
        indexed = self._days_of(EDIT_INDEX)
        others = self._days_of(EDIT_LOG) - indexed
        lists = IdLists(self._tables, (EDIT_INDEX,), "candidate_id")
        places = lists.files_that_may_hold(candidate_id)
        places += [place for day in sorted(others) for place in self._files_of(day)]
        search = RowSearch(self._tables, "candidate_id", EDIT_SCHEMA.names)
        found = {EditRecord.of(row) for _, row in search.rows_of(candidate_id, places)}
        return sorted(found, key=lambda edit: (edit.edited_at, edit.run_id))

    def _index(self, day: str) -> None:
        with ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
            contents = pool.map(self._tables.read_file, self._files_of(day))
            runs = [from_parquet(content) for content in contents if content is not None]
        edits = pa.concat_tables([EDIT_SCHEMA.empty_table(), *runs])
        by_candidate = edits.sort_by([("candidate_id", "ascending"), ("edited_at", "ascending")])
        self._tables.write_file(
            (EDIT_INDEX, f"day={day}.parquet"),
            to_parquet(by_candidate, row_group_size=_ROWS_IN_GROUP),
        )

    def _files_of(self, day: str) -> Iterator[tuple[str, ...]]:
        folder = (EDIT_LOG, f"day={day}")
        return (
            (*folder, name) for name in self._tables.names_in(folder) if name.endswith(".parquet")
        )

    def _days_of(self, folder: str) -> set[str]:
        names = (_DAY.fullmatch(name) for name in self._tables.names_in((folder,)))
        return {match[1] for match in names if match}


def _is_over(day: str) -> bool:
    ended_at = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=timezone.utc) + timedelta(days=1)
    return clock.utc_now() >= ended_at + _OVER_FOR
