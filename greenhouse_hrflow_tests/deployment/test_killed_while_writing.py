"""A run that is killed while it writes to the object store costs nothing that was there."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pandas as pd

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.storage.edit_journal import UNFINISHED_EDITS
from greenhouse_hrflow.storage.edit_log import EDIT_LOG
from greenhouse_hrflow.storage.table_names import CANDIDATES, PROFILES
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow_tests.convergence.edits_told import edit_log
from greenhouse_hrflow_tests.deployment.estate import (
    MODULE,
    PEOPLE,
    SENSOR,
    first_names,
    host,
    rename_everybody,
    until,
)
from greenhouse_hrflow_tests.support.s3 import S3


def test_a_killed_write_leaves_what_it_was_to_replace_and_a_later_run_does_it_all(
    tmp_path: Path, database: str, bucket: S3, sandbox: Sandbox
) -> None:
    day = f"{datetime.now(timezone.utc):%Y-%m-%d}"
    one = host(tmp_path / "one", database, bucket, sandbox)
    tables = TableStore(bucket.url)
    one.do(*materialization(day))
    before = {name: stored(tables, name, day) for name in (CANDIDATES, PROFILES)}
    rename_everybody(sandbox, "After")

    # In the order in which a run writes them; nobody is there to notice that it died.
    for name in (CANDIDATES, UNFINISHED_EDITS, EDIT_LOG, PROFILES):
        is_writing = bucket.stop_writes_of(f"/{name}/")
        with one.command(*materialization(day)) as run:
            until(is_writing.is_set, f"a write to {name}")
            run.kill()
        bucket.let_writes_go_on()
        if name in before:
            pd.testing.assert_frame_equal(stored(tables, name, day), before[name])
        if name == CANDIDATES:
            # A pull gives back the pool of a dead push; that of a dead pull only a tick does.
            one.do("dagster", "sensor", "preview", SENSOR, "-m", MODULE)

    one.do(*materialization(day))
    assert first_names(sandbox) == ["After"] * PEOPLE
    report = stored(tables, PROFILES, day)
    assert sorted(report["candidate_id"]) == sandbox.greenhouse.candidate_ids()
    assert len(edit_log(tables)) == len(sandbox.hrflow.puts) == 2 * PEOPLE
    assert tables.names_in((UNFINISHED_EDITS,)) == []


def materialization(day: str) -> tuple[str, ...]:
    """The command for a run of both assets."""
    selection = f"{CANDIDATES},{PROFILES}"
    return ("dagster", "asset", "materialize", "-m", MODULE, "--select", selection,
            "--partition", day)  # fmt: skip


def stored(tables: TableStore, name: str, day: str) -> pd.DataFrame:
    frame = tables.read((name,), day)
    assert frame is not None
    return frame
