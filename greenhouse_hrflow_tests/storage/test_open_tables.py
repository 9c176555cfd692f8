"""Every stored table opens in pandas, DuckDB and polars with their defaults; old ones open here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from greenhouse_hrflow.storage.edit_index import EditIndex
from greenhouse_hrflow.storage.ledger import Ledger
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow.update_profiles import update_profiles_in_hrflow
from greenhouse_hrflow.windows import format_moment
from greenhouse_hrflow_tests.support.edits import edit_of, written_on
from greenhouse_hrflow_tests.support.stage import PROFILES, Stage, days_ago, key

READERS: dict[str, Callable[[Path], int]] = {
    "pandas": lambda path: len(pd.read_parquet(path)),
    "duckdb": lambda path: len(duckdb.read_parquet(str(path)).df()),
    "polars": lambda path: len(pl.read_parquet(path)),
}


def files_of(stage: Stage) -> list[Path]:
    """Every stored table."""
    return list((stage.home / "greenhouse_hrflow").rglob("*.parquet"))


def test_every_table_opens_with_the_defaults_of_every_reader(stage: Stage) -> None:
    stage.person(days_ago(1))
    stage.person(days_ago(1), profile=False)
    stage.run(key(1))
    update_profiles_in_hrflow("outside", incremental=True)

    files = {path.relative_to(stage.home).parts[1]: path for path in files_of(stage)}
    rows = {name: {count(path) for count in READERS.values()} for name, path in files.items()}
    assert rows == {
        "edit_log": {1},
        "greenhouse_candidates": {2},
        "hrflow_profiles": {2},
        "landed": {1},
        "ledger": {2},
        "not_sent": {1},
        "retries": {1},
    }
    report = pd.read_parquet(files["hrflow_profiles"])
    assert "info.first_name" in list(report.set_index("outcome")["changed_fields"]["updated"])
    assert str(report["read_at"].dt.tz) == "UTC"


def test_the_edit_log_opens_as_one_folder(tmp_path: Path) -> None:
    tables = TableStore(tmp_path)
    for ago in (3, 2):
        for run in ("a-run", "another"):
            written_on(tables, days_ago(ago), *(edit_of(each, run=run) for each in (1, 2)))
    EditIndex(tables).index_closed_days()
    log, index = tmp_path / "edit_log", tmp_path / "edit_index"

    read = pd.read_parquet(log)
    assert (len(read), set(map(str, read["day"]))) == (8, {key(3), key(2)})
    assert len(pl.read_parquet(log)) == 8
    counted = (
        duckdb.connect()
        .execute(f"SELECT day, count(*) FROM '{log}/*/*.parquet' GROUP BY day")
        .fetchall()
    )
    assert {(str(day), count) for day, count in counted} == {(key(3), 4), (key(2), 4)}
    for folder in (log / f"day={key(3)}", *index.iterdir()):
        assert len(pd.read_parquet(folder)) == len(pl.read_parquet(folder)) == 4


def test_tables_of_an_earlier_version_are_read_and_joined(stage: Stage) -> None:
    """They carry pandas' own metadata, in which the type of a list is a text no pandas reads."""
    same, changed = stage.person(days_ago(1)), stage.person(days_ago(1))
    stage.run(key(1))
    for path in files_of(stage):
        frame = pq.read_table(path).to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)

    stage.change(changed, days_ago(1, hour=20), first_name="Grace")
    since = {"greenhouse_hrflow/updated_after": format_moment(days_ago(1, hour=18))}
    result = stage.run(key(1), tags=since)

    assert result.success
    assert stage.candidates(key(1)) == {same, changed}
    assert stage.outcomes(key(1)) == {same: "updated", changed: "updated"}
    assert stage.first_name(changed) == "Grace"
    known = Ledger(stage.store, stage.workflow.workflow_id).history(days_ago(1)).compared
    assert set(known) == {str(same), str(changed)}
    report = stage.store.path(tuple(PROFILES.path), key(1))
    assert pq.read_schema(str(report)).metadata is None
