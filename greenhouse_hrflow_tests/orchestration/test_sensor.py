"""The incremental sensor: when a tick asks for a run, over what, and what it says if not."""

from __future__ import annotations

import json
import shutil
import time
from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from greenhouse_hrflow.errors import ConfigurationError, FatalError, TransientError
from greenhouse_hrflow.orchestration.resources import Storage
from greenhouse_hrflow.sandbox import Fault
from greenhouse_hrflow.windows import format_moment, parse_moment
from greenhouse_hrflow.workflow import Cadence, Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.convergence.clock import ruled_by
from greenhouse_hrflow_tests.support.stage import (
    CANDIDATES,
    TODAY,
    PromptGreenhouse,
    Stage,
    days_ago,
    failures,
    key,
    requested,
    skipped,
    utc_now,
)

AFTER = "greenhouse_hrflow/updated_after"
BEFORE = "greenhouse_hrflow/updated_before"
MINUTE = timedelta(minutes=1)


def window(result: dg.SensorResult) -> tuple[datetime, datetime]:
    """What a tick asked for."""
    tags = requested(result).tags
    return parse_moment(tags[AFTER]), parse_moment(tags[BEFORE])


def landed(stage: Stage, result: dg.SensorResult) -> str | None:
    """Run what a tick asked for, with success; the cursor after it."""
    assert stage.obey(result).success
    return result.cursor


def cursor_at(moment: datetime) -> str:
    """What an operator sets by hand."""
    return json.dumps({"watermark": format_moment(moment)})


@pytest.mark.parametrize("version", ["v3", "v1"])
def test_a_change_is_brought_to_hrflow_by_a_run_over_minutes(
    make_stage: MakeStage, version: str
) -> None:
    stage = make_stage(version=version)
    quiet = stage.person(first_name="Quiet")
    cursor = landed(stage, stage.tick())
    assert stage.outcomes(key()) == {quiet: "updated"}

    assert "Nothing has changed" in skipped(stage.tick(cursor))
    busy = stage.person(first_name="Busy")
    asked = stage.tick(cursor)

    after, before = window(asked)
    assert timedelta(minutes=10) <= before - after < timedelta(minutes=11)
    cursor = landed(stage, asked)
    assert stage.first_name(busy) == "Busy"
    assert stage.candidates(key()) == {quiet, busy}
    assert set(stage.outcomes(key())) == {quiet, busy}
    assert "Nothing has changed" in skipped(stage.tick(cursor))


def test_the_first_tick_without_any_history_begins_with_the_open_partition(stage: Stage) -> None:
    stage.person()

    asked = stage.tick()

    assert window(asked)[0] == TODAY
    assert requested(asked).partition_key == key()


def test_a_backfill_at_noon_and_then_the_sensor_leave_no_gap(stage: Stage) -> None:
    early = stage.person(days_ago(1), first_name="Early")
    assert stage.run(key(1), key()).success
    noon = utc_now()
    late = stage.person(first_name="Late")

    asked = stage.tick()

    after, before = window(asked)
    assert after <= noon < before
    assert noon - after < timedelta(minutes=11)
    landed(stage, asked)
    assert [stage.first_name(one) for one in (early, late)] == ["Early", "Late"]


def test_a_history_that_ended_days_ago_is_caught_up_over_a_range(stage: Stage) -> None:
    assert stage.run(key(3)).success
    missed, latest = stage.person(days_ago(1)), stage.person()

    asked = stage.tick()

    assert requested(asked).partition_key is None
    assert window(asked)[0] == days_ago(2, hour=0) - 10 * MINUTE
    landed(stage, asked)
    assert [stage.outcomes(key(days)) for days in (1, 0)] == [
        {missed: "updated"},
        {latest: "updated"},
    ]


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

    assert window(stage.tick())[0] == TODAY


def test_nothing_new_says_since_when_and_starts_nothing(stage: Stage) -> None:
    moment = utc_now()

    reason = skipped(stage.tick(cursor_at(moment)))

    assert format_moment(moment) in reason


def test_a_record_that_became_visible_late_is_found_in_a_quiet_hour(stage: Stage) -> None:
    stage.person()
    cursor = landed(stage, stage.tick())
    until = parse_moment(json.loads(cursor or "")["asked"]["updated_before"])

    late = stage.person(until - 5 * MINUTE, first_name="Late")

    asked = stage.tick(cursor, now=utc_now() + timedelta(hours=1))
    assert window(asked)[0] <= until - 5 * MINUTE
    landed(stage, asked)
    assert stage.first_name(late) == "Late"


def test_one_busy_minute_does_not_start_runs_for_ten(stage: Stage) -> None:
    for _ in range(5):
        stage.person()
    cursor = landed(stage, stage.tick())

    for minutes in (1, 5, 9, 11, 25):
        result = stage.tick(cursor, now=utc_now() + minutes * MINUTE)
        assert "Nothing has changed" in skipped(result)
        cursor = result.cursor


def test_while_a_run_is_in_flight_nothing_is_asked(stage: Stage) -> None:
    stage.person()
    asked = stage.tick()
    job, request = stage.job, requested(asked)
    run = stage.instance.create_run_for_job(job, tags=dict(request.tags))
    stage.sandbox.forget_requests()

    reason = skipped(stage.tick(asked.cursor))

    assert run.run_id in reason
    assert not stage.sandbox.requests


def test_a_window_that_did_not_land_is_asked_for_again_with_growing_waits(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.person()
    asked = stage.tick()
    run_keys, now = {requested(asked).run_key}, utc_now()
    with monkeypatch.context() as patch:
        patch.setenv("HRFLOW_API_SECRET", "ask_wrong")
        assert not stage.obey(asked).success
    later = stage.person(first_name="Later")
    for attempt, minutes in enumerate((1, 2, 4, 8, 16, 32, 60, 60), start=1):
        # Nothing runs any more: each request is taken for one whose run was deleted.
        ended = utc_now() if attempt == 1 else now
        reason = skipped(stage.tick(asked.cursor, now=ended + minutes * MINUTE - MINUTE / 2))
        assert f"did not land (attempt {attempt})" in reason
        before = window(asked)
        now = ended + minutes * MINUTE + MINUTE / 2
        asked = stage.tick(asked.cursor, now=now)
        assert window(asked)[0] == before[0]
        assert timedelta() <= window(asked)[1] - now < timedelta(milliseconds=1)
        run_keys.add(requested(asked).run_key)

    assert len(run_keys) == 9
    landed(stage, asked)
    assert stage.first_name(later) == "Later"


def test_a_deleted_run_is_asked_for_again(stage: Stage) -> None:
    stage.person()
    asked = stage.tick()
    result = stage.obey(asked)
    stage.instance.delete_run(result.run_id)

    assert "did not land" in skipped(stage.tick(asked.cursor))
    again = stage.tick(asked.cursor, now=utc_now() + 2 * MINUTE)

    assert requested(again).run_key != requested(asked).run_key


def test_a_reexecution_that_succeeded_has_landed_the_window(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = stage.person(first_name="New")
    asked = stage.tick()
    with monkeypatch.context() as patch:
        patch.setenv("HRFLOW_API_SECRET", "ask_wrong")
        failed = stage.obey(asked)
    assert failures(failed)

    again = stage.push_again(failed)

    assert again.success
    assert stage.first_name(candidate) == "New"
    assert "Nothing has changed" in skipped(stage.tick(asked.cursor))


def test_a_pull_alone_does_not_land_its_window(stage: Stage) -> None:
    stage.person()
    asked = stage.tick()
    request = requested(asked)
    assert request.partition_key is not None

    assert stage.run(request.partition_key, tags=request.tags, only=CANDIDATES).success

    assert "did not land" in skipped(stage.tick(asked.cursor))


def test_a_full_run_beside_it_lands_no_window_of_the_sensor(stage: Stage) -> None:
    stage.person()
    asked = stage.tick()
    assert stage.run(key()).success

    assert "did not land" in skipped(stage.tick(asked.cursor))


def test_a_run_that_was_never_heard_of_again_is_presumed_dead(stage: Stage) -> None:
    stage.person()
    asked = stage.tick()
    run = stage.instance.create_run_for_job(stage.job, tags=dict(requested(asked).tags))
    stage.report(run, dg.DagsterEventType.RUN_START, ago=timedelta(minutes=29))
    assert "is under way" in skipped(stage.tick(asked.cursor))
    stage.instance.delete_run(run.run_id)
    run = stage.instance.create_run_for_job(stage.job, tags=dict(requested(asked).tags))
    stage.report(run, dg.DagsterEventType.RUN_START, ago=timedelta(minutes=31))
    now = utc_now()

    reason = skipped(stage.tick(asked.cursor, now=now))

    assert f"{run.run_id} never ended and is presumed dead" in reason
    assert requested(stage.tick(asked.cursor, now=now + 2 * MINUTE)).run_key


def test_a_run_whose_process_is_gone_is_dead_at_once(stage: Stage) -> None:
    stage.person()
    asked = stage.tick()
    run = stage.instance.create_run_for_job(stage.job, tags=dict(requested(asked).tags))
    stage.report(run, dg.DagsterEventType.RUN_START)
    stage.tag_with_dead_process(run)

    assert "presumed dead" in skipped(stage.tick(asked.cursor))


def test_the_cursor_can_be_set_by_hand(stage: Stage) -> None:
    stage.person(days_ago(1))
    moment = parse_moment(format_moment(utc_now() - timedelta(hours=3)))
    recent = stage.person(moment + MINUTE)
    stage.run(key())

    asked = stage.tick(cursor_at(moment))

    assert window(asked)[0] == moment - 10 * MINUTE
    landed(stage, asked)
    assert stage.first_name(recent) == "Ada"


@pytest.mark.parametrize(
    "cursor", ["yesterday", "[]", '{"watermark": "soon"}', '{"asked": {}}', "7"]
)
def test_an_unreadable_cursor_says_how_to_set_it(stage: Stage, cursor: str) -> None:
    with pytest.raises(ConfigurationError, match=r"watermark.*2024-12-15T03:55:00Z"):
        stage.tick(cursor)


@pytest.mark.parametrize("kind", ["hang", "429", "429-no-retry-after", "500", "drop"])
def test_a_tick_ends_soon_and_fails_from_the_third_on_where_greenhouse_does_not_answer(
    stage: Stage, kind: Any
) -> None:
    stage.sandbox.fail(Fault(kind, "/v3/", times=None, retry_after=7200))
    began = time.monotonic()
    cursor: str | None = cursor_at(utc_now())
    for _ in range(2):
        result = stage.tick(cursor)
        assert "Greenhouse" in skipped(result)
        cursor = result.cursor
    for _ in range(2):
        with pytest.raises(TransientError, match="Greenhouse"):
            stage.tick(cursor)

    assert time.monotonic() - began < 60
    assert sum(stage.sandbox.requests.values()) <= 4 * 8
    stage.sandbox.heal()
    result = stage.tick(cursor)
    assert "Nothing has changed" in skipped(result)
    stage.sandbox.fail(Fault(kind, "/v3/", times=None, retry_after=7200))
    assert "Greenhouse" in skipped(stage.tick(result.cursor))


@pytest.mark.parametrize("kind", ["401", "403", "422"])
@pytest.mark.parametrize("asked_before", [False, True])
def test_what_no_waiting_mends_fails_the_tick_at_once(
    stage: Stage, kind: Any, asked_before: bool
) -> None:
    stage.person()
    cursor = stage.tick().cursor if asked_before else None
    stage.sandbox.fail(Fault(kind, "/v3/", times=None))

    with pytest.raises(FatalError, match=kind):
        stage.tick(cursor, now=utc_now() + 2 * MINUTE)


def test_a_missing_credential_fails_the_tick(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GREENHOUSE_CLIENT_SECRET")

    with pytest.raises(ConfigurationError, match="GREENHOUSE_CLIENT_SECRET"):
        stage.tick()


def test_before_the_first_partition_a_tick_says_so(make_stage: MakeStage) -> None:
    stage = make_stage(start_date="2999-01-01")

    assert "first partition has not begun" in skipped(stage.tick())
    assert not stage.sandbox.requests


@pytest.mark.parametrize("partitions_per_run", [1, 4, 31])
def test_a_long_way_to_catch_up_is_gone_in_runs_of_a_bounded_size(
    make_stage: MakeStage, partitions_per_run: int
) -> None:
    stage = make_stage(cadence=Cadence(partitions_per_run=partitions_per_run))
    assert stage.run(key(9)).success
    missed, latest = stage.person(days_ago(5)), stage.person()
    cursor, asked_for = None, 0
    while (result := stage.tick(cursor)).run_requests:
        after, before = window(result)
        assert before - after <= timedelta(days=max(partitions_per_run, 2))
        if before < TODAY:
            assert "days are left" in requested(result).tags["greenhouse_hrflow/cause"]
        cursor, asked_for = landed(stage, result), asked_for + 1

    assert asked_for >= 9 // partitions_per_run
    assert [stage.first_name(one) for one in (missed, latest)] == ["Ada", "Ada"]


def test_a_window_too_long_for_one_run_is_cut_when_it_is_asked_for_again(
    stage: Stage,
) -> None:
    stage.person(days_ago(300))
    asked = json.loads(stage.tick(cursor_at(days_ago(660))).cursor or "")
    asked["asked"]["updated_before"] = format_moment(utc_now())

    again = stage.tick(json.dumps(asked), now=utc_now() + 2 * MINUTE)

    after, before = window(again)
    assert after == days_ago(660) - 10 * MINUTE
    assert before - after < timedelta(days=32)
    assert "Catching up" in requested(again).tags["greenhouse_hrflow/cause"]


def test_a_failed_candidate_is_tried_again_though_nothing_else_changes(stage: Stage) -> None:
    unlucky = stage.person()
    stage.sandbox.fail(Fault("503", f"reference={unlucky}", times=None))
    cursor = landed(stage, stage.tick())
    assert stage.outcomes(key()) == {unlucky: "failed"}
    stage.sandbox.heal()

    assert "1 candidate is to be tried again" in skipped(stage.tick(cursor))
    result = stage.tick(cursor, now=utc_now() + 2 * MINUTE)

    assert "1 candidate is due" in requested(result).tags["greenhouse_hrflow/cause"]


def test_a_retry_that_is_due_brings_the_candidate(make_stage: MakeStage) -> None:
    stage = make_stage(cadence=Cadence(first_retry=timedelta()))
    unlucky = stage.person()
    stage.sandbox.fail(Fault("503", f"reference={unlucky}", times=None))
    cursor = landed(stage, stage.tick())
    cursor = landed(stage, stage.tick(cursor))
    assert stage.outcomes(key()) == {unlucky: "failed"}
    stage.sandbox.heal()
    cursor = landed(stage, stage.tick(cursor))

    assert stage.outcomes(key()) == {unlucky: "updated"}
    assert "Nothing has changed" in skipped(stage.tick(cursor))


def test_a_missing_profile_is_looked_for_again_every_hour_for_seven_days(stage: Stage) -> None:
    stage.person(profile=False)
    cursor = landed(stage, stage.tick())

    assert "Nothing has changed" in skipped(stage.tick(cursor, now=utc_now() + 50 * MINUTE))
    due = stage.tick(cursor, now=utc_now() + 61 * MINUTE)
    assert "1 candidate is due" in requested(due).tags["greenhouse_hrflow/cause"]
    given_up = stage.tick(cursor, now=utc_now() + timedelta(days=8))
    assert "Nothing has changed" in skipped(given_up)


def test_a_retry_whose_table_is_gone_starts_no_run_a_tick(stage: Stage) -> None:
    stage.person(days_ago(2), profile=False)
    assert stage.run(key(2)).success
    shutil.rmtree(stage.home / "greenhouse_hrflow" / "greenhouse_candidates")
    later = utc_now() + 61 * MINUTE
    with ruled_by(lambda: later):
        cursor = landed(stage, stage.tick(cursor_at(later - MINUTE), now=later))

    assert "Nothing has changed" in skipped(stage.tick(cursor, now=later + 50 * MINUTE))
    assert requested(stage.tick(cursor, now=later + 61 * MINUTE))


@pytest.mark.parametrize("minutes", [-45, -5, 5, 45])
def test_a_clock_that_goes_wrong_costs_neither_an_update_nor_a_run_a_tick(
    stage: Stage, minutes: int
) -> None:
    def our_time() -> datetime:
        return utc_now() + minutes * MINUTE

    cursor = cursor_at(utc_now() - timedelta(hours=1))
    first = stage.person(first_name="First")
    cursor = landed(stage, stage.tick(cursor, now=our_time()))
    assert stage.first_name(first) == "First"

    result = stage.tick(cursor, now=our_time())
    assert "Nothing has changed" in skipped(result)

    second = stage.person(first_name="Second")
    cursor = landed(stage, stage.tick(result.cursor, now=our_time()))
    assert stage.first_name(second) == "Second"
    assert "Nothing has changed" in skipped(stage.tick(cursor, now=our_time()))


def test_around_midnight_each_change_lands_in_its_own_day(stage: Stage) -> None:
    late = stage.person(TODAY - MINUTE)
    early = stage.person(TODAY + timedelta(milliseconds=1))
    assert stage.run(key(1), only=CANDIDATES).success
    cursor = cursor_at(TODAY - 20 * MINUTE)

    before = stage.tick(cursor, now=TODAY - timedelta(seconds=1))
    assert requested(before).partition_key == key(1)
    after = stage.tick(cursor, now=TODAY + timedelta(seconds=1))
    assert requested(after).partition_key is None

    landed(stage, after)
    assert stage.outcomes(key(1)) == {late: "updated"}
    assert stage.outcomes(key()) == {early: "updated"}


def test_what_the_users_own_bounds_leave_out_starts_no_run(make_stage: MakeStage) -> None:
    workflow = Workflow(pull_parameters={"updated_before": f"{key(5)}T00:00:00Z"})
    stage = make_stage(workflow=workflow)
    stage.person()

    assert "Nothing has changed" in skipped(stage.tick(cursor_at(utc_now() - MINUTE)))
    assert "Nothing has changed" in skipped(stage.tick())


def test_incremental_runs_are_retried_by_the_sensor_alone_and_go_first(stage: Stage) -> None:
    stage.person()

    tags = requested(stage.tick()).tags

    assert tags["dagster/max_retries"] == "0"
    assert int(tags["dagster/priority"]) > 0


def test_dagster_evaluates_the_sensor(stage: Stage) -> None:
    candidate = stage.person(first_name="New")
    repository = stage.definitions.get_repository_def()
    sensor = repository.get_sensor_def("update_profiles_in_hrflow_incremental")
    assert sensor.default_status is dg.DefaultSensorStatus.STOPPED
    assert sensor.minimum_interval_seconds == 300

    resources = {KEYS.greenhouse: PromptGreenhouse(), KEYS.storage: Storage()}

    with dg.build_sensor_context(
        instance=stage.instance, repository_def=repository, resources=resources
    ) as context:
        tick = sensor.evaluate_tick(context)

    [request] = tick.run_requests or []
    asked = dg.SensorResult(run_requests=[request], cursor=tick.cursor)
    landed(stage, asked)
    assert stage.first_name(candidate) == "New"
    with (
        dg.build_sensor_context(
            instance=stage.instance,
            repository_def=repository,
            resources=resources,
            cursor="nonsense",
        ) as context,
        pytest.raises(dg.Failure, match=r"cursor cannot be read.*watermark"),
    ):
        sensor.evaluate_tick(context)


def test_the_sensor_stands_switched_on_where_the_workflow_is_incremental(
    make_stage: MakeStage,
) -> None:
    stage = make_stage(workflow=Workflow(incremental=True), cadence=Cadence(sensor_interval=60))
    [sensor] = stage.definitions.get_repository_def().sensor_defs

    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert sensor.minimum_interval_seconds == 60
