"""A run that is killed while it writes to the object store costs nothing that was there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.storage.edit_log import EDIT_LOG
from greenhouse_hrflow.storage.table_names import CANDIDATES, PROFILES
from greenhouse_hrflow.storage.tables import TableStore, from_parquet
from greenhouse_hrflow_tests.deployment.estate import MODULE, Host, host, until
from greenhouse_hrflow_tests.support.s3 import S3

PEOPLE = 20


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=0) as sandbox:
        for _ in range(PEOPLE):
            candidate = sandbox.greenhouse.add_candidate(first_name="Before")
            sandbox.hrflow.add({"reference": str(candidate), "info": {"first_name": "Nobody"}})
        yield sandbox


def materialize(one: Host, day: str) -> Any:
    """A run of both assets over a day, as a command."""
    selection = f"{CANDIDATES},{PROFILES}"
    arguments = ("--select", selection, "--partition", day)
    return one.dagster("dagster", "asset", "materialize", "-m", MODULE, *arguments)


def succeeded(one: Host, day: str) -> bool:
    with materialize(one, day) as run:
        until(lambda: run.exit_code is not None, "the end of the run")
        return run.exit_code == 0


def rename_everybody(sandbox: Sandbox, name: str) -> None:
    for candidate in sandbox.greenhouse.candidate_ids():
        sandbox.greenhouse.update_candidate(candidate, first_name=name)


def names(sandbox: Sandbox) -> list[str]:
    return [profile["info"]["first_name"] for profile in sandbox.hrflow.profiles()]


def logged_edits(tables: TableStore) -> int:
    files = [
        tables.read_file((EDIT_LOG, day, name))
        for day in tables.names_in((EDIT_LOG,))
        for name in tables.names_in((EDIT_LOG, day))
    ]
    return sum(from_parquet(file).num_rows for file in files if file is not None)


def test_what_a_killed_write_was_to_replace_is_whole_and_the_next_run_does_it_all(
    tmp_path: Path, database: str, bucket: S3, sandbox: Sandbox
) -> None:
    day = f"{datetime.now(timezone.utc):%Y-%m-%d}"
    one = host(tmp_path / "one", database, bucket, sandbox)
    tables = TableStore(bucket.url)
    assert succeeded(one, day)
    for part in (CANDIDATES, "unfinished_edits", EDIT_LOG, PROFILES):
        before = {table: _table(tables, table, day) for table in (CANDIDATES, PROFILES)}
        rename_everybody(sandbox, f"Changed before {part}")
        is_writing = bucket.stop_writes_of(f"{part}/")
        with materialize(one, day) as run:
            assert is_writing.wait(60.0), part
            run.kill()
        bucket.let_writes_go_on()
        if part in before:
            pd.testing.assert_frame_equal(_table(tables, part, day), before[part])

        assert succeeded(one, day), part
        assert names(sandbox) == [f"Changed before {part}"] * PEOPLE
        report = _table(tables, PROFILES, day)
        assert sorted(report["candidate_id"]) == sorted(sandbox.greenhouse.candidate_ids())
        assert logged_edits(tables) == len(sandbox.hrflow.puts)
    assert len(sandbox.hrflow.puts) == 5 * PEOPLE


def _table(tables: TableStore, name: str, day: str) -> pd.DataFrame:
    frame = tables.read((name,), day)
    assert frame is not None
    return frame
