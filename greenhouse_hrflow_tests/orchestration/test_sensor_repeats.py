"""The incremental sensor after a request: which run completes its window, when it is repeated."""

from __future__ import annotations

import re
from datetime import timedelta

import dagster as dg
import pytest

from greenhouse_hrflow_tests.orchestration.ticks import MINUTE, requested_window, run_requested
from greenhouse_hrflow_tests.support.dagster_results import failures, requested, skipped
from greenhouse_hrflow_tests.support.stage import CANDIDATES, Stage, key, utc_now


def unsuccessful_attempt(tick: dg.SensorResult) -> int:
    """The attempt at a window of which a tick says that no run has succeeded yet."""
    reason = skipped(tick)
    match = re.match(r"No run over \[.*\) has succeeded \(attempt (\d+)\)", reason)
    assert match, reason
    return int(match[1])


def test_while_a_run_is_in_flight_nothing_is_requested(stage: Stage) -> None:
    stage.person()
    tick = stage.tick()
    run = stage.instance.create_run_for_job(stage.job, tags=dict(requested(tick).tags))
    stage.sandbox.forget_requests()

    reason = skipped(stage.tick(tick.cursor))

    assert run.run_id in reason
    assert not stage.sandbox.requests


def test_a_window_without_a_successful_run_is_requested_again_after_growing_waits(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.person()
    tick = stage.tick()
    run_keys, now = {requested(tick).run_key}, utc_now()
    with monkeypatch.context() as patch:
        patch.setenv("HRFLOW_API_SECRET", "ask_wrong")
        assert not stage.obey(tick).success
    later = stage.person(first_name="Later")
    for attempt, minutes in enumerate((1, 2, 4, 8, 16, 32, 60, 60), start=1):
        # After the first attempt nothing runs: each request is taken for one whose run was
        # deleted, so that its wait counts from the request.
        ended = utc_now() if attempt == 1 else now
        waiting = stage.tick(tick.cursor, now=ended + minutes * MINUTE - MINUTE / 2)
        assert unsuccessful_attempt(waiting) == attempt
        after, _ = requested_window(tick)
        now = ended + minutes * MINUTE + MINUTE / 2
        tick = stage.tick(tick.cursor, now=now)
        assert requested_window(tick)[0] == after
        assert timedelta() <= requested_window(tick)[1] - now < timedelta(milliseconds=1)
        run_keys.add(requested(tick).run_key)

    assert len(run_keys) == 9
    run_requested(stage, tick)
    assert stage.first_name(later) == "Later"


def test_a_deleted_run_is_requested_again(stage: Stage) -> None:
    stage.person()
    tick = stage.tick()
    run = stage.obey(tick)
    stage.instance.delete_run(run.run_id)

    assert unsuccessful_attempt(stage.tick(tick.cursor)) == 1
    repeated = stage.tick(tick.cursor, now=utc_now() + 2 * MINUTE)

    assert requested(repeated).run_key != requested(tick).run_key


def test_a_successful_reexecution_completes_the_window(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = stage.person(first_name="New")
    tick = stage.tick()
    with monkeypatch.context() as patch:
        patch.setenv("HRFLOW_API_SECRET", "ask_wrong")
        failed = stage.obey(tick)
    assert failures(failed)

    reexecuted = stage.push_again(failed)

    assert reexecuted.success
    assert stage.first_name(candidate) == "New"
    assert "Nothing has changed" in skipped(stage.tick(tick.cursor))


def test_a_pull_alone_does_not_complete_its_window(stage: Stage) -> None:
    stage.person()
    tick = stage.tick()
    request = requested(tick)
    assert request.partition_key is not None

    assert stage.run(request.partition_key, tags=request.tags, only=CANDIDATES).success

    assert unsuccessful_attempt(stage.tick(tick.cursor)) == 1


def test_a_full_run_beside_it_completes_no_window_of_the_sensor(stage: Stage) -> None:
    stage.person()
    tick = stage.tick()
    assert stage.run(key()).success

    assert unsuccessful_attempt(stage.tick(tick.cursor)) == 1


def test_a_run_that_was_never_heard_of_again_is_presumed_dead(stage: Stage) -> None:
    stage.person()
    tick = stage.tick()
    run = stage.instance.create_run_for_job(stage.job, tags=dict(requested(tick).tags))
    stage.report(run, dg.DagsterEventType.RUN_START, ago=timedelta(minutes=29))
    assert "is under way" in skipped(stage.tick(tick.cursor))
    stage.instance.delete_run(run.run_id)
    run = stage.instance.create_run_for_job(stage.job, tags=dict(requested(tick).tags))
    stage.report(run, dg.DagsterEventType.RUN_START, ago=timedelta(minutes=31))
    now = utc_now()

    reason = skipped(stage.tick(tick.cursor, now=now))

    assert f"{run.run_id} never ended and is presumed dead" in reason
    assert requested(stage.tick(tick.cursor, now=now + 2 * MINUTE)).run_key


def test_a_run_whose_process_has_ended_is_presumed_dead_at_once(stage: Stage) -> None:
    stage.person()
    tick = stage.tick()
    run = stage.instance.create_run_for_job(stage.job, tags=dict(requested(tick).tags))
    stage.report(run, dg.DagsterEventType.RUN_START)
    stage.tag_with_dead_process(run)

    assert "presumed dead" in skipped(stage.tick(tick.cursor))
