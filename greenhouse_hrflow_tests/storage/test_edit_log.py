"""The edit log: each edit once, whoever writes it down, and however often."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from greenhouse_hrflow.storage.edit_log import EDIT_LOG, EditLog
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow_tests.support.edits import NOW, edit_of, written_on

DAY = timedelta(days=1)


@pytest.fixture
def tables(tmp_path: Path) -> TableStore:
    return TableStore(str(tmp_path))


def logged(folder: Path) -> pd.DataFrame:
    """All that the log holds, as pandas reads its folder."""
    return pd.read_parquet(folder / EDIT_LOG)


def test_a_run_has_one_file_of_the_day_on_which_it_wrote(
    tables: TableStore, tmp_path: Path
) -> None:
    EditLog(tables).append("a-run", [edit_of(1), edit_of(2)])
    EditLog(tables).append("another", [edit_of(1, run="another")])

    files = sorted(path.relative_to(tmp_path).parts for path in tmp_path.rglob("*.parquet"))
    days = {day for _, day, _ in files}
    assert [name for _, _, name in files] == ["a-run.parquet", "another.parquet"]
    # A day may have begun since the test did.
    assert days <= {f"day={NOW:%Y-%m-%d}", f"day={NOW + DAY:%Y-%m-%d}"}


def test_an_edit_is_written_down_once_however_often_it_is_told(
    tables: TableStore, tmp_path: Path
) -> None:
    first, second = edit_of(1), edit_of(1, NOW + timedelta(seconds=1))
    for edits in ([first], [first, first], [first, second], [second]):
        EditLog(tables).append("a-run", edits)

    assert logged(tmp_path)["candidate_id"].tolist() == [1, 1]


def test_what_a_run_wrote_down_on_an_earlier_day_stays_there_and_is_not_repeated(
    tables: TableStore, tmp_path: Path
) -> None:
    early, late = edit_of(1, NOW - 2 * DAY), edit_of(2, NOW)
    written_on(tables, NOW - DAY, early)

    EditLog(tables).append("a-run", [early, late])

    rows = logged(tmp_path)
    by_day = {str(day): list(of["candidate_id"]) for day, of in rows.groupby("day", observed=True)}
    assert by_day[f"{NOW - DAY:%Y-%m-%d}"] == [1]
    assert sorted(rows["candidate_id"]) == [1, 2]


def test_nothing_is_written_where_nothing_was_edited(tables: TableStore, tmp_path: Path) -> None:
    EditLog(tables).append("a-run", [])

    assert list(tmp_path.iterdir()) == []


def test_names_of_fields_are_stored_and_never_a_value(tables: TableStore, tmp_path: Path) -> None:
    EditLog(tables).append("a-run", [edit_of(1)])

    [row] = logged(tmp_path).to_dict("records")
    assert set(row) == {
        "edited_at", "workflow", "run_id", "candidate_id", "reference", "profile_key", "fields",
        "hash_before", "hash_after", "read_at", "changed_at", "day",
    }  # fmt: skip
    assert list(row["fields"]) == ["tags", "info.phone"]
