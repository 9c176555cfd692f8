"""A run that is killed while it writes to the object store costs nothing that was there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pandas as pd
import pytest

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.sandbox.trial.process_group import ProcessGroup
from greenhouse_hrflow.storage.edit_journal import UNFINISHED_EDITS
from greenhouse_hrflow.storage.edit_log import EDIT_LOG
from greenhouse_hrflow.storage.table_names import CANDIDATES, PROFILES
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow_tests.convergence.edits_told import edit_log
from greenhouse_hrflow_tests.deployment.estate import (
    MODULE,
    SENSOR,
    Host,
    add_people,
    first_names,
    host,
    rename_everybody,
    until,
)
from greenhouse_hrflow_tests.support.s3 import S3

PEOPLE = 20


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=0) as sandbox:
        add_people(sandbox, PEOPLE, "Before")
        yield sandbox


def test_a_killed_write_leaves_what_it_was_to_replace_and_a_later_run_does_it_all(
    tmp_path: Path, database: str, bucket: S3, sandbox: Sandbox
) -> None:
    day = f"{datetime.now(timezone.utc):%Y-%m-%d}"
    one = host(tmp_path / "one", database, bucket, sandbox)
    tables = TableStore(bucket.url)
    materialize(one, day)
    before = {name: stored(tables, name, day) for name in (CANDIDATES, PROFILES)}
    rename_everybody(sandbox, "After")

    # In the order in which a run writes them; nobody is there to notice that it died.
    for name in (CANDIDATES, UNFINISHED_EDITS, EDIT_LOG, PROFILES):
        is_writing = bucket.stop_writes_of(f"/{name}/")
        with materialization(one, day) as run:
            until(is_writing.is_set, f"a write to {name}")
            run.kill()
        bucket.let_writes_go_on()
        if name in before:
            pd.testing.assert_frame_equal(stored(tables, name, day), before[name])
        if name == CANDIDATES:
            # A pull gives back the pool of a dead push; that of a dead pull only a tick does.
            one.do("dagster", "sensor", "preview", SENSOR, "-m", MODULE)

    materialize(one, day)
    assert first_names(sandbox) == ["After"] * PEOPLE
    report = stored(tables, PROFILES, day)
    assert sorted(report["candidate_id"]) == sandbox.greenhouse.candidate_ids()
    assert len(edit_log(tables)) == len(sandbox.hrflow.puts) == 2 * PEOPLE
    assert tables.names_in((UNFINISHED_EDITS,)) == []


def materialization(one: Host, day: str) -> ProcessGroup:
    """A run of both assets over a day."""
    selection = f"{CANDIDATES},{PROFILES}"
    arguments = ("-m", MODULE, "--select", selection, "--partition", day)
    return one.command("dagster", "asset", "materialize", *arguments)


def materialize(one: Host, day: str) -> None:
    with materialization(one, day) as run:
        until(lambda: run.exit_code is not None, "the end of the run")
        assert run.exit_code == 0, one.said


def stored(tables: TableStore, name: str, day: str) -> pd.DataFrame:
    frame = tables.read((name,), day)
    assert frame is not None
    return frame
