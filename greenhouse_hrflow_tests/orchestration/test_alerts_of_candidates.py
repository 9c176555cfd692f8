"""Alerts of failed checks and of candidates given up: one cause is one message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.orchestration.alert_ticks import (
    MakeAlarm,
    alarms,
    all_text,
    note_not_sent,
)
from greenhouse_hrflow_tests.support.stage import Stage, days_ago, key

GIVEN_UP = {"reason": "hrflow_failed_in_5_runs"}
EIGHT_DAYS = timedelta(days=8)


@pytest.fixture
def make_alarm() -> Iterator[MakeAlarm]:
    with alarms() as make:
        yield make


def refuse_zoe(candidate: dict[str, Any]) -> dict[str, Any]:
    """A logic that cannot do with one candidate, and says whom."""
    if candidate["first_name"] == "Zoë Secretname":
        raise ValueError(candidate["first_name"])
    return candidate


def test_a_failed_check_is_told_once_and_once_when_it_passes(
    make_stage: MakeStage, make_alarm: MakeAlarm
) -> None:
    stage = make_stage(workflow=Workflow(logics=[refuse_zoe]))
    zoe = stage.person(days_ago(1), first_name="Zoë Secretname")
    alarm = make_alarm(stage, ui="https://dagster.example.com/")
    assert stage.run(key(1)).success
    note_not_sent(stage, key(1))

    [message] = alarm.tick()
    assert stage.run(key(1)).success
    assert alarm.tick() == []

    assert (message["cause"], message["state"]) == ("failed_check", "begun")
    assert message["counts"]["rejected"] == 1
    assert "no_candidate_is_rejected of hrflow_profiles" in message["text"]
    assert message["url"] == (
        "https://dagster.example.com/assets/hrflow_profiles"
        "?view=checks&checkDetail=no_candidate_is_rejected"
    )
    assert alarm.reasons == ["Open: 1 failed check. 1 message was sent.", "Open: 1 failed check."]

    stage.change(zoe, days_ago(1), first_name="Zoë")
    assert stage.run(key(1)).success
    note_not_sent(stage, key(1))
    assert [each["state"] for each in alarm.tick()] == ["ended"]
    assert "Secretname" not in all_text(alarm.hook.taken) + (alarm.cursor or "")


def test_a_check_that_its_failed_run_left_open_is_no_failed_check(
    stage: Stage, make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.person(days_ago(1))
    monkeypatch.setenv("HRFLOW_API_SECRET", "ask_wrong")
    assert not stage.run(key(1)).success

    assert [each["cause"] for each in make_alarm(stage).tick()] == ["failed_run"]


def test_candidates_given_up_are_one_message_that_is_not_the_check_s(
    make_stage: MakeStage, make_alarm: MakeAlarm
) -> None:
    stage = make_stage(workflow=Workflow(logics=[refuse_zoe]))
    people = [stage.person(days_ago(1), first_name="Zoë Secretname") for _ in range(7)]
    # The check fails, and nobody is rejected but for whom HrFlow failed in run after run.
    assert stage.run(key(1)).success
    note_not_sent(stage, key(1), **GIVEN_UP)
    alarm = make_alarm(stage, form="slack")

    [message] = alarm.tick()
    assert alarm.tick() == []

    assert "7 candidates are not tried again: HrFlow failed for 7" in message["text"]
    assert message["text"].count("<https://app.greenhouse.io/people/") == 5
    assert "and 2 more" in message["text"]
    assert set(message) == {"text"}
    assert "Secretname" not in all_text(alarm.hook.taken) + (alarm.cursor or "")

    for person in people:
        stage.change(person, days_ago(1), first_name="Zoë")
    assert stage.run(key(1)).success
    note_not_sent(stage, key(1), reason=None)
    [end] = alarm.tick()
    assert "No candidate is given up any more" in end["text"]


def test_a_profile_that_stays_missing_is_given_up_and_more_of_them_are_told_within_the_hour(
    stage: Stage, make_alarm: MakeAlarm
) -> None:
    alarm = make_alarm(stage)
    first = stage.person(days_ago(2), profile=False)
    assert stage.run(key(2)).success
    note_not_sent(stage, key(2))
    assert alarm.tick() == []

    [message] = alarm.tick(later=EIGHT_DAYS)
    assert (message["cause"], message["state"]) == ("candidates_given_up", "begun")
    assert message["ids"] == [first]
    assert message["counts"] == {"candidates": 1, "hrflow_failed": 0, "missing": 1}
    assert "1 had no profile for 7 days" in message["text"]

    second = stage.person(days_ago(1), profile=False)
    assert stage.run(key(1)).success
    note_not_sent(stage, key(1))
    assert alarm.tick(later=EIGHT_DAYS + timedelta(minutes=30)) == []
    [more] = alarm.tick(later=EIGHT_DAYS + timedelta(minutes=61))
    assert (more["state"], more["counts"]["candidates"]) == ("begun", 2)
    assert set(more["ids"]) == {first, second}

    stage.profile(first)
    assert stage.run(key(2)).success
    note_not_sent(stage, key(2))
    assert alarm.tick(later=EIGHT_DAYS + timedelta(minutes=62)) == []
    stage.profile(second)
    assert stage.run(key(1)).success
    note_not_sent(stage, key(1))
    assert [each["state"] for each in alarm.tick(later=EIGHT_DAYS + timedelta(hours=3))] == [
        "ended"
    ]


def test_tables_that_cannot_be_read_end_nothing(
    stage: Stage, make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = make_alarm(stage)
    stage.person(days_ago(2), profile=False)
    assert stage.run(key(2)).success
    note_not_sent(stage, key(2))
    assert len(alarm.tick(later=EIGHT_DAYS)) == 1

    with monkeypatch.context() as patch:
        patch.setenv("GREENHOUSE_HRFLOW_STORAGE", "nowhere://hush-hush/tables")
        assert alarm.tick(later=EIGHT_DAYS) == []

    assert alarm.reasons[-1] == "Open: 1 set of candidates given up. The tables cannot be read."
    assert alarm.tick(later=EIGHT_DAYS) == []
