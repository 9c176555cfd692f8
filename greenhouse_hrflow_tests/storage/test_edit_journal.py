"""The journal of a push: whatever kills a run, the edit log names each edit once."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from greenhouse_hrflow.edit_record import EditRecord
from greenhouse_hrflow.errors import StorageUnavailable
from greenhouse_hrflow.storage.edit_journal import UNFINISHED_EDITS, EditJournal
from greenhouse_hrflow.storage.edit_log import EDIT_LOG
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow_tests.support.edits import NOW, edit_of

ROOT = Path(__file__).resolve().parents[2]
LOG = logging.getLogger("journal")

KILLED = """
import logging, os, signal, sys
from greenhouse_hrflow.storage.edit_journal import EditJournal
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow_tests.support.edits import edit_of
journal = EditJournal(
    TableStore(sys.argv[1]), "ours", "killed", is_over=lambda run: True, log=logging.getLogger()
)
first, second = edit_of(1, run="killed"), edit_of(2, run="killed")
journal.note(first)
journal.settle(first, made=True)
journal.note(second)
os.kill(os.getpid(), signal.SIGKILL)
"""


def journal_of(
    folder: Path, run: str = "a-run", is_over: Callable[[str], bool] = lambda run: True
) -> EditJournal:
    return EditJournal(TableStore(str(folder)), "ours", run, is_over=is_over, log=LOG)


def logged(folder: Path) -> list[tuple[str, int]]:
    """The run and the candidate of each edit in the log."""
    if not (folder / EDIT_LOG).exists():
        return []
    rows = pd.read_parquet(folder / EDIT_LOG)
    return sorted(zip(rows["run_id"], rows["candidate_id"].astype(int), strict=True))


def unfinished(folder: Path) -> list[str]:
    return TableStore(str(folder)).names_in((UNFINISHED_EDITS, "ours"))


def test_what_was_made_is_in_the_log_and_what_was_not_is_nowhere(tmp_path: Path) -> None:
    journal = journal_of(tmp_path)
    for candidate, made in ((1, True), (2, False)):
        journal.note(edit_of(candidate))
        journal.settle(edit_of(candidate), made=made)

    journal.finish()
    journal.finish()

    assert logged(tmp_path) == [("a-run", 1)]
    assert unfinished(tmp_path) == []


def test_a_run_killed_between_sending_and_settling_is_told_by_the_next(tmp_path: Path) -> None:
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": paths},
        check=False,
        timeout=120,
    )
    assert ended.returncode == -signal.SIGKILL
    assert logged(tmp_path) == []
    asked: list[int] = []

    def was_made(edit: EditRecord) -> bool:
        asked.append(edit.candidate_id)
        return True

    recovered = journal_of(tmp_path).recover(was_made)

    assert {edit.candidate_id for edit in recovered} == {1, 2}
    # The first one was settled, which is on disk since the second was noted.
    assert asked == [2]
    assert logged(tmp_path) == [("killed", 1), ("killed", 2)]
    assert journal_of(tmp_path, "a-third").recover(was_made) == []
    assert logged(tmp_path) == [("killed", 1), ("killed", 2)]
    assert unfinished(tmp_path) == []


def test_one_that_hrflow_does_not_hold_was_never_made(tmp_path: Path) -> None:
    journal_of(tmp_path, "killed").note(edit_of(1, run="killed"))

    assert journal_of(tmp_path).recover(lambda edit: False) == []
    assert (logged(tmp_path), unfinished(tmp_path)) == ([], [])


def test_a_run_that_may_still_write_is_left_alone(tmp_path: Path) -> None:
    journal_of(tmp_path, "alive").note(edit_of(1, run="alive"))

    recovered = journal_of(tmp_path, is_over=lambda run: run != "alive").recover(lambda edit: True)

    assert recovered == []
    assert unfinished(tmp_path) == ["alive"]


def test_a_look_that_fails_leaves_the_rest_in_the_journal(tmp_path: Path) -> None:
    journal_of(tmp_path, "killed").note(edit_of(1, run="killed"))

    def not_now(edit: EditRecord) -> bool:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        journal_of(tmp_path).recover(not_now)
    assert len(journal_of(tmp_path).recover(lambda edit: True)) == 1
    assert logged(tmp_path) == [("killed", 1)]


def test_many_threads_share_few_writes_and_forget_nothing(tmp_path: Path) -> None:
    journal = journal_of(tmp_path)
    edits = [edit_of(each, NOW + timedelta(microseconds=each)) for each in range(1, 401)]

    def send(edit: EditRecord) -> bool:
        journal.note(edit)
        lines = b"".join(path.read_bytes() for path in tmp_path.rglob("*.jsonl"))
        is_there = f'"reference":"{edit.reference}"'.encode() in lines
        journal.settle(edit, made=True)
        return is_there

    with ThreadPoolExecutor(32) as pool:
        assert all(pool.map(send, edits))
    journal.finish()

    assert logged(tmp_path) == [("a-run", each) for each in range(1, 401)]
    assert unfinished(tmp_path) == []


def test_a_storage_that_fails_lets_no_edit_be_sent(tmp_path: Path) -> None:
    folder = tmp_path / "storage"
    folder.write_text("a file in the place of the folder")
    journal = journal_of(folder)

    with pytest.raises(StorageUnavailable, match="no edit is made"):
        journal.note(edit_of(1))

    folder.unlink()
    journal.note(edit_of(2))
    journal.settle(edit_of(2), made=True)
    journal.settle(edit_of(1), made=False)
    journal.finish()
    assert logged(folder) == [("a-run", 2)]


def test_a_run_that_recovers_itself_finishes_without_repeating_it(tmp_path: Path) -> None:
    """A step that is tried again in the same run."""
    journal_of(tmp_path).note(edit_of(1))
    again = journal_of(tmp_path)
    assert len(again.recover(lambda edit: True)) == 1
    later = edit_of(1, NOW + timedelta(seconds=1))
    again.note(later)
    again.settle(later, made=True)
    again.finish()

    assert logged(tmp_path) == [("a-run", 1), ("a-run", 1)]
    assert unfinished(tmp_path) == []
