"""Alerts of failed runs: one message a failure, whatever is retried, and one when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg
import pytest

from greenhouse_hrflow_tests.orchestration.alert_ticks import MakeAlarm, alarms, all_text
from greenhouse_hrflow_tests.orchestration.ticks import MINUTE
from greenhouse_hrflow_tests.support.stage import PROFILES, QUIET, Stage, days_ago, key, utc_now

BEGUN, ENDED = ("failed_run", "begun"), ("failed_run", "ended")


@pytest.fixture
def make_alarm() -> Iterator[MakeAlarm]:
    with alarms() as make:
        yield make


def failed_run(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, first: str, last: str | None = None
) -> dg.ExecuteInProcessResult:
    """A run that HrFlow refuses the credentials of."""
    with monkeypatch.context() as patch:
        patch.setenv("HRFLOW_API_SECRET", "ask_wrong")
        result = stage.run(first, last)
    assert not result.success
    return result


def test_a_failed_window_of_the_sensor_is_told_once_whatever_is_retried(
    stage: Stage, make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = make_alarm(stage)
    assert alarm.tick() == []
    assert alarm.reasons == ["Nothing is open."]
    person = stage.person(first_name="Zoë Secretname")
    tick = stage.tick()
    with monkeypatch.context() as patch:
        patch.setenv("HRFLOW_API_SECRET", "ask_wrong")
        first = stage.obey(tick)
        [message] = alarm.tick()
        # The sensor starts it again, with what came since, and it fails again.
        tick = stage.tick(tick.cursor, now=utc_now() + 2 * MINUTE)
        assert not stage.obey(tick).success
        assert alarm.tick() == alarm.tick() == []
    assert not first.success
    assert (message["cause"], message["state"]) == BEGUN
    assert message["run_id"] == first.run_id
    assert message["workflow"] == "update_profiles_in_hrflow"
    assert first.run_id[:8] in message["text"]
    assert "again by itself" in message["text"]
    assert alarm.reasons[-1] == "Open: 1 failed run."

    tick = stage.tick(tick.cursor, now=utc_now() + 4 * MINUTE)
    assert stage.obey(tick).success
    [end] = alarm.tick()

    assert (end["cause"], end["state"], end["run_id"]) == (*ENDED, first.run_id)
    assert alarm.tick() == []
    assert alarm.reasons[-2:] == ["Nothing is open. 1 message was sent.", "Nothing is open."]
    assert stage.first_name(person) == "Zoë Secretname"
    assert "Secretname" not in all_text(alarm.hook.taken) + (alarm.cursor or "")


def test_a_failed_range_ends_when_all_of_its_partitions_are_green(
    stage: Stage, make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days in (3, 2, 1):
        stage.person(days_ago(days))
    failed_run(stage, monkeypatch, key(3), key(1))
    alarm = make_alarm(stage)
    [message] = alarm.tick()
    assert f"over {key(3)} to {key(1)}" in message["text"]

    assert stage.run(key(3)).success
    assert stage.run(key(1)).success
    assert alarm.tick() == []
    assert stage.run(key(2)).success

    assert [each["state"] for each in alarm.tick()] == ["ended"]


def test_a_re_execution_ends_a_failure(
    stage: Stage, make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.person(days_ago(1))
    failed = failed_run(stage, monkeypatch, key(1))
    alarm = make_alarm(stage)
    assert len(alarm.tick()) == 1

    with stage.push_again(failed) as again:
        assert again.success

    assert [each["state"] for each in alarm.tick()] == ["ended"]


def test_a_run_of_the_asset_graph_is_watched_as_well(
    stage: Stage, make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.person(days_ago(1))
    graph = stage.definitions.resolve_implicit_global_asset_job_def()
    options: dict[str, Any] = {
        "instance": stage.instance,
        "partition_key": key(1),
        "run_config": QUIET,
        "raise_on_error": False,
        "asset_selection": [dg.AssetKey("greenhouse_candidates"), PROFILES],
    }
    with monkeypatch.context() as patch:
        patch.setenv("HRFLOW_API_SECRET", "ask_wrong")
        assert not graph.execute_in_process(**options).success
    alarm = make_alarm(stage)
    [message] = alarm.tick()
    assert f"of the asset graph over {key(1)} failed" in message["text"]

    assert graph.execute_in_process(**options).success

    assert [each["state"] for each in alarm.tick()] == ["ended"]


def test_a_canceled_run_is_no_failure(stage: Stage, make_alarm: MakeAlarm) -> None:
    run = stage.instance.create_run_for_job(stage.job, tags={"dagster/partition": key(1)})
    for kind in (dg.DagsterEventType.RUN_START, dg.DagsterEventType.RUN_CANCELED):
        stage.report(run, kind)

    assert make_alarm(stage).tick() == []


def test_what_failed_long_before_alerts_were_on_is_not_told(
    stage: Stage, make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.person(days_ago(1))
    failed_run(stage, monkeypatch, key(1))

    assert make_alarm(stage).tick(later=timedelta(hours=25)) == []


def test_a_failure_is_open_for_as_long_as_it_takes(
    stage: Stage, make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.person(days_ago(1))
    failed = failed_run(stage, monkeypatch, key(1))
    alarm = make_alarm(stage)
    assert len(alarm.tick()) == 1
    assert alarm.tick(later=timedelta(days=30)) == []

    # Who deletes the run has done with it.
    stage.instance.delete_run(failed.run_id)

    assert [each["state"] for each in alarm.tick()] == ["ended"]


def test_what_failed_and_was_done_between_two_ticks_is_not_told(
    stage: Stage, make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.person(days_ago(1))
    failed_run(stage, monkeypatch, key(1))
    assert stage.run(key(1)).success

    assert make_alarm(stage).tick() == []


def test_many_failures_at_once_are_one_message(stage: Stage, make_alarm: MakeAlarm) -> None:
    days = range(1, 8)
    for count in days:
        run = stage.instance.create_run_for_job(stage.job, tags={"dagster/partition": key(count)})
        for kind in (dg.DagsterEventType.RUN_START, dg.DagsterEventType.RUN_FAILURE):
            stage.report(run, kind)
    alarm = make_alarm(stage)
    [message] = alarm.tick()
    assert message["counts"] == {"runs": 7}
    assert alarm.tick() == []

    assert stage.run(key(7), key(1)).success

    [end] = alarm.tick()
    assert (end["state"], end["counts"]) == ("ended", {"runs": 7})
