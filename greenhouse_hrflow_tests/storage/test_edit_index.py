"""The index of the edit log, and the lists of ids: faster, and never another answer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from greenhouse_hrflow.edit_record import EditRecord
from greenhouse_hrflow.storage.edit_index import EDIT_INDEX, EditIndex
from greenhouse_hrflow.storage.id_lists import ID_LISTS, IdLists
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow_tests.support.edits import NOW, edit_of, written_on

DAY = timedelta(days=1)
FOLDER = ("hrflow_profiles",)


@pytest.fixture(params=["disk", "memory"])
def tables(request: pytest.FixtureRequest, tmp_path: Path) -> TableStore:
    if request.param == "disk":
        return TableStore(str(tmp_path))
    return TableStore(f"memory://{tmp_path.name}")


def a_week(tables: TableStore) -> list[EditRecord]:
    """Edits of candidate 7 on each of the last days, today too, among those of others."""
    ours: list[EditRecord] = []
    for ago in range(6, -1, -1):
        day = NOW - ago * DAY
        edits = [edit_of(candidate, day, run=f"run-{ago}") for candidate in (9, 7, 8)]
        written_on(tables, day, *edits)
        written_on(tables, day, edit_of(3, day, run=f"run-{ago}-later"))
        ours.append(edits[1])
    return ours


def days_ago(*days: int) -> list[str]:
    return [f"{NOW - ago * DAY:%Y-%m-%d}" for ago in days]


def test_every_edit_is_found_with_and_without_the_index(tables: TableStore) -> None:
    edits = a_week(tables)
    index = EditIndex(tables)

    assert index.edits_of(7) == edits
    assert len(index.index_closed_days(most=2)) == 2
    assert index.edits_of(7) == edits
    index.index_closed_days()
    assert index.edits_of(7) == edits
    assert [len(index.edits_of(candidate)) for candidate in (3, 8, 9, 10)] == [7, 7, 7, 0]


def test_today_is_not_indexed_and_a_day_is_indexed_once(tables: TableStore) -> None:
    a_week(tables)
    index = EditIndex(tables)

    indexed = index.index_closed_days()

    # Of yesterday it depends on the hour: it is indexed when it has been over for one.
    assert set(days_ago(2, 3, 4, 5, 6)) <= set(indexed) <= set(days_ago(1, 2, 3, 4, 5, 6))
    assert index.index_closed_days() in ([], days_ago(1))


def test_whoever_deletes_the_index_or_dies_while_it_is_written_loses_nothing(
    tables: TableStore,
) -> None:
    edits = a_week(tables)
    index = EditIndex(tables)
    index.index_closed_days()
    tables.remove((EDIT_INDEX, f"day={days_ago(4)[0]}.parquet"))
    # What a machine leaves that dies before a file is whole.
    tables.write_file((EDIT_INDEX, f".day={days_ago(4)[0]}.parquet.0123abcd"), b"PAR1 and no more")

    assert index.edits_of(7) == edits
    assert index.index_closed_days() == days_ago(4)
    tables.remove((EDIT_INDEX,))
    assert index.edits_of(7) == edits


def test_a_day_is_sorted_so_that_statistics_tell_candidates_apart(tmp_path: Path) -> None:
    tables = TableStore(str(tmp_path))
    day = NOW - 3 * DAY
    written_on(tables, day, *(edit_of(candidate, day) for candidate in range(5000, 0, -1)))
    EditIndex(tables).index_closed_days()

    file = tmp_path / EDIT_INDEX / f"day={days_ago(3)[0]}.parquet"
    metadata = pq.read_metadata(file)
    known = [metadata.row_group(group).column(3).statistics for group in range(3)]
    assert metadata.num_row_groups == 3
    assert [(each.min, each.max) for each in known] == [(1, 2000), (2001, 4000), (4001, 5000)]
    assert [edit.candidate_id for edit in EditIndex(tables).edits_of(4001)] == [4001]


def report(tables: TableStore, key: str, *candidates: int) -> tuple[str, ...]:
    tables.write(FOLDER, key, pd.DataFrame({"candidate_id": candidates}))
    return (*FOLDER, key, "hrflow_profiles.parquet")


def test_lists_of_ids_rule_files_out_until_these_are_replaced(tables: TableStore) -> None:
    first, second = report(tables, "2025-03-10", 1, 2), report(tables, "2025-03-11", 3)
    lists = IdLists(tables, FOLDER, "candidate_id")
    assert lists.files_that_may_hold(1) == [first, second]

    assert lists.list_new(most=1) == 1
    assert lists.files_that_may_hold(1) == [first]
    assert lists.list_new(most=9) == 1
    assert lists.list_new(most=9) == 0
    assert lists.files_that_may_hold(3) == [second]
    assert lists.files_that_may_hold(4) == []

    report(tables, "2025-03-11", 4)
    assert lists.files_that_may_hold(4) == [second]
    assert lists.list_new(most=9) == 1
    assert len(tables.names_in((ID_LISTS, *FOLDER))) == 2
    tables.remove((ID_LISTS,))
    assert lists.files_that_may_hold(9) == [first, second]
