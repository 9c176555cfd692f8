"""Tables of the storage: replaced whole or not at all, on a disk and on any other store."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from upath import UPath

from greenhouse_hrflow.storage.tables import TableStore

TABLE = ("ledger", "a workflow: of ours")
DAY = "2025-03-10"


@pytest.fixture(params=["disk", "memory"])
def tables(request: pytest.FixtureRequest, tmp_path: Path) -> TableStore:
    if request.param == "disk":
        return TableStore(str(tmp_path))
    return TableStore(f"memory://{tmp_path.name}")


def files(tables: TableStore) -> list[str]:
    base = UPath(str(tables))
    return [path.name for path in base.rglob("*") if path.is_file()]


def test_what_is_written_is_read_and_what_is_not_is_none(tables: TableStore) -> None:
    assert tables.read(TABLE, DAY) is None

    tables.write(TABLE, DAY, pd.DataFrame({"a": [1, 2]}))
    tables.write(TABLE, DAY, pd.DataFrame({"a": [3]}))

    frame = tables.read(TABLE, DAY)
    assert frame is not None
    assert frame["a"].tolist() == [3]
    assert files(tables) == ["a workflow: of ours.parquet"]


def test_a_write_that_breaks_off_leaves_the_former_table_and_nothing_beside_it(
    tables: TableStore,
) -> None:
    tables.write(TABLE, DAY, pd.DataFrame({"a": [1]}))
    # Arrow knows a record without fields, and Parquet does not: found out while it is written.
    unwritable = pd.DataFrame({"a": pd.Series([{}], dtype=pd.ArrowDtype(pa.struct([])))})

    with pytest.raises(pa.ArrowNotImplementedError):
        tables.write(TABLE, DAY, unwritable)

    frame = tables.read(TABLE, DAY)
    assert frame is not None
    assert frame["a"].tolist() == [1]
    assert files(tables) == ["a workflow: of ours.parquet"]


def test_partitions_written_since_a_moment_are_told(tmp_path: Path) -> None:
    tables = TableStore(str(tmp_path))
    assert list(tables.written_since(TABLE, 0)) == []
    for day, moment in (("2025-03-10", 1000), ("2025-03-11", 2000)):
        path = tables.write(TABLE, day, pd.DataFrame({"a": [1]}))
        os.utime(path.path, (moment, moment))
    UPath(tmp_path).joinpath(*TABLE, "2025-03-12").mkdir()

    assert list(tables.written_since(TABLE, 2000)) == ["2025-03-11"]
    assert set(tables.written_since(TABLE, 1000)) == {"2025-03-10", "2025-03-11"}


def test_a_store_that_tells_no_time_is_read(tmp_path: Path) -> None:
    tables = TableStore(f"memory://{tmp_path.name}")
    tables.write(TABLE, DAY, pd.DataFrame({"a": [1]}))

    assert list(tables.written_since(TABLE, 1000)) == [DAY]
