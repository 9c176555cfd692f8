"""The pools: one push at a time, and no slot that stays taken by a run that is no more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from greenhouse_hrflow.orchestration.dead_runs import is_dead, tag_process
from greenhouse_hrflow.orchestration.keys import PROCESS_TAG
from greenhouse_hrflow.sandbox import Fault
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.dagster_results import events_of
from greenhouse_hrflow_tests.support.stage import INSTANCE, KEYS, QUIET, Stage, key

RUN = """
import sys
import dagster as dg
from greenhouse_hrflow_tests.support.stage import QUIET, default_job

with dg.DagsterInstance.get() as instance:
    default_job().execute_in_process(
        instance=instance, partition_key=sys.argv[1], run_config=QUIET, raise_on_error=False
    )
"""


def limits(stage: Stage) -> dict[str, int]:
    """The pools that have a limit of their own on this instance."""
    pools = stage.instance.event_log_storage.get_pool_limits()
    return {pool.name: pool.limit for pool in pools if not pool.from_default}


def holders(stage: Stage) -> set[str]:
    """The runs that hold a slot of the pool of pushes."""
    return stage.instance.event_log_storage.get_concurrency_info(KEYS.hrflow_pool).active_run_ids


def started_run(stage: Stage, ago: timedelta = timedelta()) -> dg.DagsterRun:
    """A run that has begun, and holds the slot of pushes."""
    storage = stage.instance.event_log_storage
    storage.set_concurrency_slots(KEYS.hrflow_pool, 1)
    run = stage.instance.create_run_for_job(stage.job)
    stage.report(run, dg.DagsterEventType.RUN_START, ago=ago)
    storage.claim_concurrency_slot(KEYS.hrflow_pool, run.run_id, "hrflow_profiles")
    assert holders(stage) == {run.run_id}
    return run


def fresh(stage: Stage, run: dg.DagsterRun) -> dg.DagsterRun:
    found = stage.instance.get_run_by_id(run.run_id)
    assert found is not None
    return found


def test_a_bare_instance_is_limited_to_one_push_and_told_so(stage: Stage) -> None:
    assert limits(stage) == {}

    result = stage.run(key())

    assert limits(stage) == {KEYS.hrflow_pool: 1}
    logged = [entry.user_message for entry in stage.instance.all_logs(result.run_id)]
    assert "This instance set no limit for the pool 'hrflow'; it is 1 now" in logged
    again = stage.run(key())
    assert "no limit" not in str(stage.instance.all_logs(again.run_id))


def test_a_limit_that_somebody_set_is_left_alone(stage: Stage) -> None:
    stage.instance.event_log_storage.set_concurrency_slots(KEYS.hrflow_pool, 3)

    stage.run(key())

    assert limits(stage) == {KEYS.hrflow_pool: 3}


def test_a_default_limit_of_the_instance_is_left_alone(home: Path, make_stage: MakeStage) -> None:
    (home / "dagster.yaml").write_text(f"{INSTANCE}concurrency:\n  pools:\n    default_limit: 2\n")
    stage = make_stage()
    with dg.DagsterInstance.from_config(str(home)) as stage.instance:
        assert stage.run(key()).success

        assert limits(stage) == {}
        assert (
            stage.instance.event_log_storage.get_concurrency_info(KEYS.hrflow_pool).slot_count == 2
        )


def test_the_slot_of_a_run_that_is_at_work_stays_taken(stage: Stage) -> None:
    run = started_run(stage)
    tag_process(stage.instance, run.run_id)

    assert not is_dead(stage.instance, fresh(stage, run))
    stage.tick()
    assert holders(stage) == {run.run_id}


@pytest.mark.parametrize("end", ["finished", "deleted", "silent", "process gone", "number reused"])
def test_the_slot_of_a_run_that_is_no_more_is_freed(stage: Stage, end: str) -> None:
    is_silent = end in ("silent", "number reused")
    run = started_run(stage, timedelta(minutes=31 if is_silent else 0))
    if end == "finished":
        stage.report(run, dg.DagsterEventType.RUN_FAILURE)
    elif end == "deleted":
        stage.instance.delete_run(run.run_id)
    elif end == "process gone":
        stage.tag_with_dead_process(run)
    elif end == "number reused":
        tag_process(stage.instance, run.run_id)

    assert stage.run(key()).success

    assert holders(stage) == set()


def test_a_tick_frees_it_too(stage: Stage) -> None:
    stage.tag_with_dead_process(started_run(stage))

    stage.tick()

    assert holders(stage) == set()


def test_a_copied_tag_says_nothing_of_the_run_that_it_was_copied_to(stage: Stage) -> None:
    parent, child = started_run(stage), stage.instance.create_run_for_job(stage.job)
    stage.tag_with_dead_process(parent)
    assert is_dead(stage.instance, fresh(stage, parent))

    copied = fresh(stage, parent).tags[PROCESS_TAG]
    stage.instance.add_run_tags(child.run_id, {PROCESS_TAG: copied})

    assert not is_dead(stage.instance, fresh(stage, child))


def test_after_a_run_was_killed_in_its_push_the_next_one_does_the_work(stage: Stage) -> None:
    candidate = stage.person(first_name="New")
    stage.run(key(1))
    stage.sandbox.fail(Fault("hang", "/hrflow/", times=None))
    is_pushing = threading.Event()
    stage.sandbox.before_request(lambda _, path: is_pushing.set() if "/hrflow/" in path else None)

    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", RUN, key()]) as process:
        assert is_pushing.wait(60)
        os.kill(process.pid, signal.SIGKILL)
    [killed] = holders(stage)
    stage.sandbox.before_request(None)
    stage.sandbox.heal()

    result = stage.run(key())

    assert result.success
    assert stage.outcomes(key()) == {candidate: "updated"}
    assert holders(stage) == set()
    assert events_of(result, dg.DagsterEventType.STEP_FAILURE) == []
    logged = [entry.user_message for entry in stage.instance.all_logs(result.run_id)]
    assert f"Freed the pool slots of run {killed}, which ended without doing so" in logged


def test_an_instance_that_cannot_limit_pools_is_warned_of(stage: Stage) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = stage.job.execute_in_process(
            instance=instance, partition_key=key(), run_config=QUIET
        )

        assert result.success
        logged = [entry.user_message for entry in instance.all_logs(result.run_id)]
    assert "This instance cannot limit pools: never let two runs push at once" in logged
