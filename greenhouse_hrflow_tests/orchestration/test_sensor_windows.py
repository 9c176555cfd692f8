"""The incremental sensor: when a tick requests a run, and over which window."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from greenhouse_hrflow.windows import format_moment, parse_moment
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.orchestration.ticks import (
    MINUTE,
    cursor_at,
    requested_window,
    run_requested,
)
from greenhouse_hrflow_tests.support.dagster_results import requested, skipped
from greenhouse_hrflow_tests.support.stage import CANDIDATES, TODAY, Stage, days_ago, key, utc_now


@pytest.mark.parametrize("version", ["v3", "v1"])
def test_a_change_is_brought_to_hrflow_by_a_run_over_minutes(
    make_stage: MakeStage, version: str
) -> None:
    stage = make_stage(version=version)
    quiet = stage.person(first_name="Quiet")
    cursor = run_requested(stage, stage.tick())
    assert stage.outcomes(key()) == {quiet: "updated"}

    assert "Nothing has changed" in skipped(stage.tick(cursor))
    busy = stage.person(first_name="Busy")
    tick = stage.tick(cursor)

    after, before = requested_window(tick)
    assert timedelta(minutes=10) <= before - after < timedelta(minutes=11)
    cursor = run_requested(stage, tick)
    assert stage.first_name(busy) == "Busy"
    assert stage.candidates(key()) == {quiet, busy}
    assert set(stage.outcomes(key())) == {quiet, busy}
    assert "Nothing has changed" in skipped(stage.tick(cursor))


def test_nothing_new_says_since_when_and_starts_nothing(stage: Stage) -> None:
    moment = utc_now()

    reason = skipped(stage.tick(cursor_at(moment)))

    assert format_moment(moment) in reason


def test_a_record_that_became_visible_late_is_found_in_a_quiet_hour(stage: Stage) -> None:
    stage.person()
    cursor = run_requested(stage, stage.tick())
    until = parse_moment(json.loads(cursor or "")["requested"]["updated_before"])

    late = stage.person(until - 5 * MINUTE, first_name="Late")

    tick = stage.tick(cursor, now=utc_now() + timedelta(hours=1))
    assert requested_window(tick)[0] <= until - 5 * MINUTE
    run_requested(stage, tick)
    assert stage.first_name(late) == "Late"


def test_one_busy_minute_does_not_start_runs_for_ten(stage: Stage) -> None:
    for _ in range(5):
        stage.person()
    cursor = run_requested(stage, stage.tick())

    for minutes in (1, 5, 9, 11, 25):
        tick = stage.tick(cursor, now=utc_now() + minutes * MINUTE)
        assert "Nothing has changed" in skipped(tick)
        cursor = tick.cursor


def test_the_cursor_can_be_set_by_hand(stage: Stage) -> None:
    stage.person(days_ago(1))
    moment = parse_moment(format_moment(utc_now() - timedelta(hours=3)))
    recent = stage.person(moment + MINUTE)
    stage.run(key())

    tick = stage.tick(cursor_at(moment))

    assert requested_window(tick)[0] == moment - 10 * MINUTE
    run_requested(stage, tick)
    assert stage.first_name(recent) == "Ada"


def test_around_midnight_each_change_is_stored_in_its_own_day(stage: Stage) -> None:
    late = stage.person(TODAY - MINUTE)
    early = stage.person(TODAY + timedelta(milliseconds=1))
    assert stage.run(key(1), only=CANDIDATES).success
    cursor = cursor_at(TODAY - 20 * MINUTE)

    before_midnight = stage.tick(cursor, now=TODAY - timedelta(seconds=1))
    assert requested(before_midnight).partition_key == key(1)
    after_midnight = stage.tick(cursor, now=TODAY + timedelta(seconds=1))
    assert requested(after_midnight).partition_key is None

    run_requested(stage, after_midnight)
    assert stage.outcomes(key(1)) == {late: "updated"}
    assert stage.outcomes(key()) == {early: "updated"}


def test_what_the_users_own_bounds_leave_out_starts_no_run(make_stage: MakeStage) -> None:
    workflow = Workflow(pull_parameters={"updated_before": f"{key(5)}T00:00:00Z"})
    stage = make_stage(workflow=workflow)
    stage.person()

    assert "Nothing has changed" in skipped(stage.tick(cursor_at(utc_now() - MINUTE)))
    assert "Nothing has changed" in skipped(stage.tick())


def test_before_the_first_partition_a_tick_says_so(make_stage: MakeStage) -> None:
    stage = make_stage(start_date="2999-01-01")

    assert "first partition has not begun" in skipped(stage.tick())
    assert not stage.sandbox.requests


@pytest.mark.parametrize("minutes", [-45, -5, 5, 45])
def test_a_clock_that_goes_wrong_costs_neither_an_update_nor_a_run_a_tick(
    stage: Stage, minutes: int
) -> None:
    def our_time() -> datetime:
        return utc_now() + minutes * MINUTE

    cursor = cursor_at(utc_now() - timedelta(hours=1))
    first = stage.person(first_name="First")
    cursor = run_requested(stage, stage.tick(cursor, now=our_time()))
    assert stage.first_name(first) == "First"

    tick = stage.tick(cursor, now=our_time())
    assert "Nothing has changed" in skipped(tick)

    second = stage.person(first_name="Second")
    cursor = run_requested(stage, stage.tick(tick.cursor, now=our_time()))
    assert stage.first_name(second) == "Second"
    assert "Nothing has changed" in skipped(stage.tick(cursor, now=our_time()))
