"""Alerts of ticks that fail, stop or do not come, and of a watermark that stands still: over what
Dagster's own daemon keeps of the sensor.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import dagster as dg
import pytest
from dagster._core.remote_representation.external import RemoteSensor
from dagster._core.scheduler.instigation import InstigatorTick
from dagster._core.test_utils import freeze_time
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget
from dagster._daemon.controller import create_daemon_grpc_server_registry
from dagster._daemon.sensor import execute_sensor_iteration

from greenhouse_hrflow.orchestration.keys import FRESH_CHECK
from greenhouse_hrflow.sandbox import Fault
from greenhouse_hrflow_tests.orchestration.alert_ticks import Alarm, MakeAlarm, alarms
from greenhouse_hrflow_tests.support.stage import PROFILES, Stage, utc_now

MINUTES = timedelta(minutes=1)
SENSOR = "update_profiles_in_hrflow_incremental"
ALERTS = "update_profiles_in_hrflow_alerts"


@pytest.fixture
def make_alarm() -> Iterator[MakeAlarm]:
    with alarms() as make:
        yield make


@dataclass
class Daemon:
    """Dagster's sensor daemon, over the default code location, which ticks when it is told to."""

    instance: dg.DagsterInstance
    workspace: WorkspaceProcessContext
    sensor: RemoteSensor
    alerts: RemoteSensor | None
    now: datetime

    def start(self) -> None:
        """Switch the incremental sensor on."""
        with freeze_time(self.now):
            self.instance.start_sensor(self.sensor)

    def stop(self) -> None:
        """Switch it off."""
        self.instance.stop_sensor(
            self.sensor.get_remote_origin_id(), self.sensor.selector_id, self.sensor
        )

    def tick(self) -> str:
        """The sensor's next tick, five minutes later; its status."""
        self.now += 5 * MINUTES
        with freeze_time(self.now):
            list(execute_sensor_iteration(self.workspace, logging.getLogger("daemon"), None, None))
        return self.last_tick(self.sensor).status.value

    def last_tick(self, sensor: RemoteSensor) -> InstigatorTick:
        """The latest tick of a sensor, as the UI shows it."""
        [tick] = self.instance.get_ticks(sensor.get_remote_origin_id(), sensor.selector_id, limit=1)
        return tick

    def alarm(self, alarm: Alarm, more: timedelta = MINUTES) -> list[tuple[str, str]]:
        """A tick of the alert sensor, a minute after the last tick of the sensor."""
        later = self.now - utc_now() + more
        return [(each["cause"], each["state"]) for each in alarm.tick(later=later)]


@contextmanager
def daemon(instance: dg.DagsterInstance) -> Generator[Daemon]:
    """The daemon on an instance; no sensor is switched on yet."""
    target = ModuleTarget("greenhouse_hrflow.definitions", None, None, "ours")
    with create_daemon_grpc_server_registry(instance) as registry:
        with WorkspaceProcessContext(instance, target, grpc_server_registry=registry) as workspace:
            location = workspace.create_request_context().get_code_location("ours")
            [repository] = location.get_repositories().values()
            alerts = repository.get_sensor(ALERTS) if repository.has_sensor(ALERTS) else None
            yield Daemon(instance, workspace, repository.get_sensor(SENSOR), alerts, utc_now())
        registry.shutdown_all_processes()
        registry.wait_for_processes()


def evaluate_freshness(instance: dg.DagsterInstance, *, passed: bool) -> None:
    """What the incremental sensor reports of the watermark."""
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(asset_key=PROFILES, check_name=FRESH_CHECK, passed=passed)
    )


def closed_port() -> int:
    """A port of this host at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_failing_and_stopped_ticks_are_told_once_each(
    stage: Stage, make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The location's own alert sensor speaks to nobody: that is red, and shows no secret.
    dead = f"http://127.0.0.1:{closed_port()}/services/hush-hush"
    monkeypatch.setenv("GREENHOUSE_HRFLOW_ALERT_WEBHOOK", dead)
    alarm = make_alarm(stage, ui="https://dagster.example.com")
    with daemon(stage.instance) as dagster:
        assert dagster.alarm(alarm) == []
        dagster.start()
        stage.sandbox.fail(Fault("401", "/v3/", times=None))
        assert dagster.tick() == "FAILURE"

        assert dagster.alarm(alarm) == [("failing_ticks", "begun")]
        assert dagster.tick() == "FAILURE"
        assert dagster.alerts is not None
        red = dagster.last_tick(dagster.alerts)
        assert red.status.value == "FAILURE"
        assert "The webhook at 127.0.0.1 does not answer" in str(red.error)
        assert "hush" not in dg.serialize_value(red.tick_data)
        assert "hush" not in dg.serialize_value(dagster.alerts._sensor_snap)  # pyright: ignore[reportPrivateUsage]
        assert dagster.alarm(alarm) == []
        assert alarm.reasons[-1] == "Open: 1 sensor or schedule whose ticks fail or rest."

        stage.sandbox.heal()
        assert dagster.tick() == "SKIPPED"
        assert dagster.alarm(alarm) == [("failing_ticks", "ended")]

        dagster.stop()
        assert dagster.alarm(alarm) == [("failing_ticks", "begun")]
        assert dagster.alarm(alarm) == []
        assert "was stopped" in alarm.hook.taken[-1]["text"]

        dagster.start()
        assert dagster.tick() == "SKIPPED"
        assert dagster.alarm(alarm) == [("failing_ticks", "ended")]
        assert dagster.alarm(alarm) == []
    assert len(alarm.hook.taken) == 4


def test_a_sensor_that_does_not_tick_is_told_but_not_after_a_sleep_of_both(
    stage: Stage, make_alarm: MakeAlarm
) -> None:
    alarm = make_alarm(stage)
    with daemon(stage.instance) as dagster:
        dagster.start()
        assert dagster.tick() == "SKIPPED"
        assert dagster.alarm(alarm) == []
        for minutes in (9, 14):
            assert dagster.alarm(alarm, minutes * MINUTES) == []
        assert dagster.alarm(alarm, 16 * MINUTES) == [("failing_ticks", "begun")]
        assert "has not ticked since" in alarm.hook.taken[-1]["text"]
        assert dagster.alarm(alarm, 17 * MINUTES) == []
        # The ticks go on; then the daemon is down for the night, and both sensors sleep.
        dagster.now += 15 * MINUTES
        assert dagster.tick() == "SKIPPED"
        assert dagster.alarm(alarm) == [("failing_ticks", "ended")]
        assert dagster.alarm(alarm, 600 * MINUTES) == []
        dagster.now += 600 * MINUTES
        assert dagster.tick() == "SKIPPED"
        assert dagster.alarm(alarm) == []


def test_a_sensor_that_never_ran_is_meant_to_rest(stage: Stage, make_alarm: MakeAlarm) -> None:
    alarm = make_alarm(stage)
    assert alarm.tick() == alarm.tick(later=60 * MINUTES) == []


def test_a_watermark_that_stands_still_is_told_once(stage: Stage, make_alarm: MakeAlarm) -> None:
    alarm = make_alarm(stage)
    for passed in (True, False, False):
        evaluate_freshness(stage.instance, passed=passed)
        alarm.tick()
    assert alarm.hook.told() == [("watermark_stands_still", "begun")]

    evaluate_freshness(stage.instance, passed=True)
    alarm.tick()
    alarm.tick()
    assert alarm.hook.told()[1:] == [("watermark_stands_still", "ended")]


def test_what_a_failed_run_explains_is_told_only_where_it_outlasts_it(
    stage: Stage, make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = make_alarm(stage)
    stage.person()
    tick = stage.tick()
    with monkeypatch.context() as patch:
        patch.setenv("HRFLOW_API_SECRET", "ask_wrong")
        assert not stage.obey(tick).success
    alarm.tick()
    evaluate_freshness(stage.instance, passed=False)
    alarm.tick()
    assert alarm.hook.told() == [("failed_run", "begun")]
    # The run succeeds; the sensor, which has not ticked since, has not looked at it yet.
    assert stage.obey(tick).success
    alarm.tick()
    alarm.tick(later=5 * MINUTES)
    assert alarm.hook.told()[1:] == [("failed_run", "ended")]

    evaluate_freshness(stage.instance, passed=False)
    alarm.tick()

    assert alarm.hook.told()[2:] == [("watermark_stands_still", "begun")]
