"""The incremental sensor's way from a run history to the present, in runs of a bounded size."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from greenhouse_hrflow.windows import format_moment
from greenhouse_hrflow.workflow import Cadence, Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.orchestration.ticks import (
    MINUTE,
    cursor_at,
    requested_window,
    run_requested,
)
from greenhouse_hrflow_tests.support.dagster_results import requested
from greenhouse_hrflow_tests.support.stage import CANDIDATES, TODAY, Stage, days_ago, key, utc_now


def test_the_first_tick_without_any_history_begins_with_the_open_partition(stage: Stage) -> None:
    stage.person()

    tick = stage.tick()

    assert requested_window(tick)[0] == TODAY
    assert requested(tick).partition_key == key()


def test_failed_dry_and_half_runs_are_no_history(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_stage()
    stage.person()
    stage.run(key(), only=CANDIDATES)
    with monkeypatch.context() as patch:
        patch.setenv("HRFLOW_API_SECRET", "ask_wrong")
        assert not stage.run(key()).success
    stage.workflow = Workflow(persist=False)
    assert stage.run(key()).success
    stage.workflow = Workflow()

    assert requested_window(stage.tick())[0] == TODAY


def test_a_backfill_at_noon_and_then_the_sensor_leave_no_gap(stage: Stage) -> None:
    early = stage.person(days_ago(1), first_name="Early")
    assert stage.run(key(1), key()).success
    noon = utc_now()
    late = stage.person(first_name="Late")

    tick = stage.tick()

    after, before = requested_window(tick)
    assert after <= noon < before
    assert noon - after < timedelta(minutes=11)
    run_requested(stage, tick)
    assert [stage.first_name(candidate) for candidate in (early, late)] == ["Early", "Late"]


def test_a_history_that_ended_days_ago_is_caught_up_over_a_range(stage: Stage) -> None:
    assert stage.run(key(3)).success
    missed, latest = stage.person(days_ago(1)), stage.person()

    tick = stage.tick()

    assert requested(tick).partition_key is None
    assert requested_window(tick)[0] == days_ago(2, hour=0) - 10 * MINUTE
    run_requested(stage, tick)
    assert [stage.outcomes(key(days)) for days in (1, 0)] == [
        {missed: "updated"},
        {latest: "updated"},
    ]


@pytest.mark.parametrize("partitions_per_run", [1, 4, 31])
def test_a_long_way_to_catch_up_is_done_in_runs_of_a_bounded_size(
    make_stage: MakeStage, partitions_per_run: int
) -> None:
    stage = make_stage(cadence=Cadence(partitions_per_run=partitions_per_run))
    assert stage.run(key(9)).success
    missed, latest = stage.person(days_ago(5)), stage.person()
    cursor, requests = None, 0
    while (tick := stage.tick(cursor)).run_requests:
        after, before = requested_window(tick)
        assert before - after <= timedelta(days=max(partitions_per_run, 2))
        if before < TODAY:
            assert "days are left" in requested(tick).tags["greenhouse_hrflow/cause"]
        cursor, requests = run_requested(stage, tick), requests + 1

    assert requests >= 9 // partitions_per_run
    assert [stage.first_name(candidate) for candidate in (missed, latest)] == ["Ada", "Ada"]


def test_a_window_too_long_for_one_run_is_cut_when_it_is_requested_again(
    stage: Stage,
) -> None:
    stage.person(days_ago(300))
    cursor = json.loads(stage.tick(cursor_at(days_ago(660))).cursor or "")
    cursor["requested"]["updated_before"] = format_moment(utc_now())

    repeated = stage.tick(json.dumps(cursor), now=utc_now() + 2 * MINUTE)

    after, before = requested_window(repeated)
    assert after == days_ago(660) - 10 * MINUTE
    assert before - after < timedelta(days=32)
    assert "Catching up" in requested(repeated).tags["greenhouse_hrflow/cause"]
