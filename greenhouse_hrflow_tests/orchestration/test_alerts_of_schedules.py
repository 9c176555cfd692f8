"""Alerts over what the instance holds of a schedule and a sensor, without a daemon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from dagster_shared.error import SerializableErrorInfo

from greenhouse_hrflow.orchestration.cursor import Cursor, RequestedWindow
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.orchestration.alert_ticks import MakeAlarm, alarms, all_text
from greenhouse_hrflow_tests.support.stage import KEYS, Stage, utc_now

HOUR = timedelta(hours=1)
_ERROR = SerializableErrorInfo("of Zoë Secretname", [], "ValueError")
REPOSITORY = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("ours"), "__repository__")


@pytest.fixture
def make_alarm() -> Iterator[MakeAlarm]:
    with alarms() as make:
        yield make


def stored_state(stage: Stage, name: str, data: Any, status: InstigatorStatus) -> InstigatorState:
    """Let the instance hold the state of a sensor or a schedule."""
    is_schedule = isinstance(data, ScheduleInstigatorData)
    state = InstigatorState(
        RemoteInstigatorOrigin(REPOSITORY, name),
        InstigatorType.SCHEDULE if is_schedule else InstigatorType.SENSOR,
        status,
        data,
    )
    return stage.instance.add_instigator_state(state)


def tick(stage: Stage, state: InstigatorState, status: TickStatus) -> None:
    """Let it have ticked a moment ago."""
    stage.instance.create_tick(
        TickData(
            state.instigator_origin_id,
            state.instigator_name,
            state.instigator_type,
            status,
            utc_now().timestamp(),
            run_ids=[],
            error=_ERROR if status is TickStatus.FAILURE else None,
            selector_id=state.selector_id,
        )
    )


def test_a_schedule_whose_tick_failed_is_told_until_it_ticks(
    stage: Stage, make_alarm: MakeAlarm
) -> None:
    alarm = make_alarm(stage)
    data = ScheduleInstigatorData("30 0 * * *", utc_now().timestamp())
    schedule = stored_state(stage, KEYS.schedule, data, InstigatorStatus.RUNNING)
    for status in (TickStatus.SUCCESS, TickStatus.FAILURE, TickStatus.STARTED):
        tick(stage, schedule, status)
        alarm.tick()
    assert alarm.hook.told() == [("failing_ticks", "begun")]
    assert f"schedule {KEYS.schedule} failed" in alarm.hook.taken[0]["text"]

    tick(stage, schedule, TickStatus.SUCCESS)
    alarm.tick()

    assert alarm.hook.told()[1:] == [("failing_ticks", "ended")]
    assert "Secretname" not in all_text(alarm.hook.taken) + (alarm.cursor or "")


def test_a_sensor_that_should_stand_on_and_was_stopped_is_told(
    make_stage: MakeStage, make_alarm: MakeAlarm
) -> None:
    stage = make_stage(workflow=Workflow(incremental=True))
    stored_state(stage, KEYS.sensor, SensorInstigatorData(), InstigatorStatus.STOPPED)
    alarm = make_alarm(stage)

    alarm.tick()
    alarm.tick()

    assert alarm.hook.told() == [("failing_ticks", "begun")]


@pytest.mark.parametrize(
    ("attempt", "requested", "is_told"),
    [(1, 0.1 * HOUR, False), (3, 0.1 * HOUR, True), (1, 3 * HOUR, True)],
)
def test_a_window_that_stays_undone_is_told_where_no_check_says_so(
    stage: Stage,
    make_alarm: MakeAlarm,
    attempt: int,
    requested: timedelta,
    is_told: bool,
) -> None:
    now = utc_now()
    window = RequestedWindow(now - 9 * HOUR, now - requested, attempt, now - requested)
    cursor = Cursor(now - 8 * HOUR, requested=window).write()
    data = SensorInstigatorData(cursor=cursor)
    sensor = stored_state(stage, KEYS.sensor, data, InstigatorStatus.RUNNING)
    tick(stage, sensor, TickStatus.SKIPPED)
    alarm = make_alarm(stage)

    alarm.tick()
    alarm.tick()

    assert alarm.hook.told() == ([("watermark_stands_still", "begun")] if is_told else [])
    # An old watermark without a window says that nothing has changed.
    stage.instance.update_instigator_state(
        sensor.with_data(SensorInstigatorData(cursor=Cursor(now - 8 * HOUR).write()))
    )
    alarm.tick()
    assert len(alarm.hook.taken) == (2 if is_told else 0)
