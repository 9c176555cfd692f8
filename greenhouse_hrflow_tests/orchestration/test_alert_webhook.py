"""A webhook that does not take a message: the tick is red, nothing is lost, nothing is sent twice,
and its address is shown nowhere.
"""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Iterator

import dagster as dg
import pytest

from greenhouse_hrflow import Alerts
from greenhouse_hrflow.definitions import definitions_from_environment
from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.orchestration.build import build_definitions
from greenhouse_hrflow.webhook import Webhook
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.orchestration.alert_ticks import Alarm, MakeAlarm, alarms
from greenhouse_hrflow_tests.support.stage import Stage, key
from greenhouse_hrflow_tests.support.webhook_server import PATH, webhook_server

ALERTS = "update_profiles_in_hrflow_alerts"
SECRETS = ("T0PSECRET", "hush-hush")


@pytest.fixture
def make_alarm() -> Iterator[MakeAlarm]:
    with alarms() as make:
        yield make


def fail_runs(stage: Stage, *days: int) -> None:
    """Runs over these days that failed."""
    for count in days:
        run = stage.instance.create_run_for_job(stage.job, tags={"dagster/partition": key(count)})
        for kind in (dg.DagsterEventType.RUN_START, dg.DagsterEventType.RUN_FAILURE):
            stage.report(run, kind)


def failure_of_tick(alarm: Alarm) -> str:
    """What a tick says that fails."""
    with pytest.raises(dg.Failure) as raised:
        alarm.tick()
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    return str(raised.value.description)


@pytest.mark.parametrize("status", [301, 400, 404, 500])
def test_a_webhook_that_takes_nothing_fails_the_tick_and_the_next_one_sends(
    stage: Stage, make_alarm: MakeAlarm, status: int
) -> None:
    fail_runs(stage, 1)
    alarm = make_alarm(stage)
    alarm.hook.status = status

    for asked in (1, 2):
        assert failure_of_tick(alarm) == f"The webhook at 127.0.0.1 answered {status}"
        assert alarm.hook.asked == asked
    alarm.hook.status = 204
    assert len(alarm.tick()) == 1
    assert alarm.tick() == []


def test_what_a_webhook_took_before_it_failed_is_not_sent_twice(
    stage: Stage, make_alarm: MakeAlarm
) -> None:
    fail_runs(stage, 1, 2, 3)
    alarm = make_alarm(stage)
    alarm.hook.answers = [200, 503, 503]

    assert len(alarm.tick()) == 1
    assert alarm.reasons == [
        "Open: 1 failed run. 1 message was sent. The webhook at 127.0.0.1 answered 503: the next "
        "tick sends the rest."
    ]
    assert "answered 503" in failure_of_tick(alarm)
    assert len(alarm.tick()) == 2
    assert alarm.tick() == []
    assert len({message["run_id"] for message in alarm.hook.taken}) == 3


def test_a_webhook_that_is_down_is_named_by_its_host_alone(
    stage: Stage, make_alarm: MakeAlarm, caplog: pytest.LogCaptureFixture
) -> None:
    fail_runs(stage, 1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    alarm = make_alarm(stage)
    down = Alerts(f"http://127.0.0.1:{port}{PATH}?token=hush-hush", form="json")

    with caplog.at_level(logging.DEBUG):
        alarm.alerts = down
        said = failure_of_tick(alarm)
        alarm.alerts = Alerts(alarm.hook.url + "?token=hush-hush")
        alarm.hook.status = 404
        said += failure_of_tick(alarm)

    assert said.startswith("The webhook at 127.0.0.1 does not answer (ConnectionError)")
    shown = f"{said} {down!r} {caplog.text}"
    assert not any(secret in shown for secret in SECRETS)


def test_the_environment_s_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook_server() as hook:
        monkeypatch.setenv("http_proxy", hook.url.removesuffix(PATH))
        monkeypatch.setenv("no_proxy", "")
        hook.status = 407
        webhook = Webhook("http://hooks.example.com/hush-hush")
        with pytest.raises(ConfigurationError, match=r"proxy in the way to hooks\.example\.com"):
            webhook.post({})
        webhook.close()


def test_nothing_is_sent_where_nothing_is_new(stage: Stage, make_alarm: MakeAlarm) -> None:
    alarm = make_alarm(stage)
    alarm.tick()
    assert alarm.hook.asked == 0


@pytest.mark.parametrize("cursor", ["soon", "[]", '{"told": {"x": {}}}', "7"])
def test_an_unreadable_cursor_says_how_to_set_it(
    stage: Stage, make_alarm: MakeAlarm, cursor: str
) -> None:
    alarm = make_alarm(stage)
    alarm.cursor = cursor
    assert "leaving it empty" in failure_of_tick(alarm)


@pytest.mark.parametrize(
    "url",
    ["hooks.example.com/hush-hush", "ftp://x/hush-hush", "https://me:hush-hush@x/", "https://x:y/"],
)
def test_nonsense_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError, match="GREENHOUSE_HRFLOW_ALERT_WEBHOOK") as raised:
        Alerts(url)
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"form": "xml"}, "GREENHOUSE_HRFLOW_ALERT_FORM"),
        ({"every": 0}, "every"),
        ({"every": True}, "every"),
        ({"ui": "dagster"}, "GREENHOUSE_HRFLOW_UI"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Alerts("https://hooks.example.com/x", **options)  # type: ignore[arg-type]


@pytest.fixture
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GREENHOUSE_", "HRFLOW_"))]:
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("_empty_environment")
def test_the_default_location_has_an_alert_sensor_where_a_webhook_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not definitions_from_environment().get_repository_def().has_sensor_def(ALERTS)
    monkeypatch.setenv("GREENHOUSE_HRFLOW_ALERT_WEBHOOK", f"https://hooks.example.com{PATH}")
    monkeypatch.setenv("GREENHOUSE_HRFLOW_UI", "https://dagster.example.com")

    definitions = definitions_from_environment()

    sensor = definitions.get_repository_def().get_sensor_def(ALERTS)
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert sensor.minimum_interval_seconds == 60
    dg.Definitions.validate_loadable(definitions)
    monkeypatch.setenv("GREENHOUSE_HRFLOW_ALERT_FORM", "teams")
    with pytest.raises(ConfigurationError, match="GREENHOUSE_HRFLOW_ALERT_FORM"):
        definitions_from_environment()


def test_the_address_is_looked_up_when_it_is_needed(
    stage: Stage, make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_runs(stage, 1)
    alarm = make_alarm(stage)
    for url, name in (
        (None, "GREENHOUSE_HRFLOW_ALERT_WEBHOOK"),
        (dg.EnvVar("OWN_HOOK"), "OWN_HOOK"),
    ):
        monkeypatch.delenv(name, raising=False)
        alarm.alerts, alarm.cursor = Alerts(url), None
        assert "is not set" in failure_of_tick(alarm)
        monkeypatch.setenv(name, f" {alarm.hook.url}\n")
        [message] = alarm.tick()
        assert set(message) == {"text"}


def test_a_dry_run_has_no_alert_sensor() -> None:
    definitions = build_definitions(
        Workflow(persist=False), alerts=Alerts("https://hooks.example.com/x")
    )
    assert not definitions.get_repository_def().sensor_defs


def test_the_plain_form_is_what_the_readme_shows(stage: Stage, make_alarm: MakeAlarm) -> None:
    fail_runs(stage, 1)
    [message] = make_alarm(stage, ui="https://dagster.example.com").tick()
    assert list(message) == [
        "workflow", "cause", "state", "text", "counts", "ids", "run_id", "url", "at",
    ]  # fmt: skip
    assert message["url"] == f"https://dagster.example.com/runs/{message['run_id']}"
    assert json.dumps(message).isascii()
