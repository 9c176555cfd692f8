"""Which runs are taken for dead: by the process that they live in, where that is one of this host.

That nothing was heard of a run for half an hour is in `test_pools`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest

from greenhouse_hrflow.orchestration.dead_runs import is_dead, place_of
from greenhouse_hrflow.orchestration.keys import PROCESS_TAG
from greenhouse_hrflow_tests.support.stage import Stage

LIVES = """
import os, sys
from greenhouse_hrflow.orchestration.dead_runs import place_of
print(place_of(sys.argv[1], os.getpid()), flush=True)
sys.stdin.read()
"""
# Process numbers begin at 1 in there: so many are given away before.
COUNTED_UP = 'i=2; while [ $i -lt "$0" ]; do /bin/true; i=$((i+1)); done; "$@"; exit 0'


def lives_in(stage: Stage, place: str, run: dg.DagsterRun) -> dg.DagsterRun:
    """The run, which says that it lives there."""
    stage.instance.add_run_tags(run.run_id, {PROCESS_TAG: place})
    found = stage.instance.get_run_by_id(run.run_id)
    assert found is not None
    return found


@pytest.fixture
def run(stage: Stage) -> dg.DagsterRun:
    """One that has just begun."""
    run = stage.instance.create_run_for_job(stage.job)
    stage.report(run, dg.DagsterEventType.RUN_START)
    return run


@contextmanager
def container(run_id: str, number: int) -> Generator[str]:
    """Where a run lives in a container of this machine, which has the machine's name."""
    own = ["--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        own += ["--user", "--map-root-user"]
    python = [sys.executable, "-W", "ignore", "-c", LIVES, run_id]
    command = ["unshare", *own, "sh", "-c", COUNTED_UP, str(number), *python]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout is not None
        yield process.stdout.readline().strip()


def test_a_living_run_in_a_container_of_the_same_name_is_not_taken_for_dead(
    stage: Stage, run: dg.DagsterRun
) -> None:
    absent = next(number for number in range(2, 32768) if not Path(f"/proc/{number}").exists())
    if subprocess.run(["unshare", "--pid", "--fork", "true"], check=False).returncode:
        pytest.skip("this machine lets nobody have process numbers of its own (unshare --pid)")

    with container(run.run_id, absent) as place:
        assert place.endswith(f":{absent}")
        assert not is_dead(stage.instance, lives_in(stage, place, run))


def test_the_run_of_an_ended_process_is_dead_also_where_its_number_is_anothers(
    stage: Stage, run: dg.DagsterRun
) -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        place = place_of(run.run_id, process.pid)
        assert not is_dead(stage.instance, lives_in(stage, place, run))
    assert is_dead(stage.instance, lives_in(stage, place, run))

    of_another = f"{place.rpartition(':')[0]}:{os.getpid()}"

    assert is_dead(stage.instance, lives_in(stage, of_another, run))


def test_the_run_of_a_process_that_ended_unnoticed_is_dead(
    stage: Stage, run: dg.DagsterRun
) -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        place = place_of(run.run_id, process.pid)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        # It ends, and nobody waits for it: a parent may be busy for ever.
        process.stdout.read()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

        assert is_dead(stage.instance, lives_in(stage, place, run))


def test_what_an_earlier_version_noted_says_nothing(stage: Stage, run: dg.DagsterRun) -> None:
    assert not is_dead(stage.instance, lives_in(stage, f"{run.run_id}@host:1", run))
