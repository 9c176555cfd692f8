"""Dates that cannot be true: what is written for them, and what is believed of those written."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from requests.auth import HTTPBasicAuth

from greenhouse_hrflow import Greenhouse, RunResult
from greenhouse_hrflow.http import HttpSession
from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.profiles.last_applied import find_last_applied
from greenhouse_hrflow.read_version import ReadVersion
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.pushing import (
    GIVEN,
    WORKFLOW,
    add_profiles,
    formatted,
    only_row,
    profile_of,
    push,
)
from greenhouse_hrflow_tests.support.stage import CANDIDATES, Stage, days_ago, key, utc_now
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
ANOTHER = {**GIVEN, "info": {"first_name": "Ada", "phone": "+1 555 0999"}}


def a_date_that_is_off(by: timedelta, path: str = "/v[13]/", times: int | None = None) -> Fault:
    return Fault("date", path=path, times=times, seconds=by.total_seconds())


@pytest.mark.parametrize("version", ["v1", "v3"])
@pytest.mark.parametrize("path", ["/v[13]/", "candidates"])
def test_after_a_date_that_was_a_day_ahead_the_next_change_arrives(
    make_stage: MakeStage, version: str, path: str
) -> None:
    stage = make_stage(version=version)
    person = stage.person(first_name="Before")
    stage.sandbox.fail(a_date_that_is_off(DAY, path))
    assert stage.run(key()).success
    assert stage.first_name(person) == "Before"

    stage.sandbox.heal()
    stage.change(person, first_name="After")
    assert stage.run(key()).success

    assert stage.first_name(person) == "After"
    assert stage.outcomes(key()) == {person: "updated"}


@pytest.mark.parametrize("version", ["v1", "v3"])
def test_incremental_runs_go_on_after_a_date_that_was_a_day_ahead(
    make_stage: MakeStage, version: str
) -> None:
    stage = make_stage(version=version)
    cursor = json.dumps({"watermark": (utc_now() - MINUTE).isoformat()})
    person = stage.person(first_name="Before")
    asked = stage.tick(cursor)
    stage.sandbox.fail(a_date_that_is_off(DAY))
    assert stage.obey(asked).success
    assert stage.first_name(person) == "Before"

    stage.sandbox.heal()
    stage.change(person, first_name="After")
    assert stage.obey(stage.tick(asked.cursor)).success

    assert stage.first_name(person) == "After"


def _dated_ahead(stage: Stage, person: int) -> None:
    """As the state before wrote it: the table, the ledger and the profile are a day ahead."""
    ahead = utc_now() + DAY
    partition = key()
    for table in (tuple(CANDIDATES.path), ("ledger", stage.workflow.workflow_id)):
        frame = stage.store.read(table, partition)
        assert frame is not None
        names = [name for name in ("read_at", "compared_read_at") if name in frame]
        stage.store.write(table, partition, frame.assign(**dict.fromkeys(names, ahead)))

    def spoil(profile: dict[str, Any]) -> None:
        [entry] = [e for e in profile["metadatas"] if e["name"].startswith("greenhouse_hrflow:")]
        applied = json.loads(entry["value"])
        applied["read_at"] = ahead.isoformat()
        entry["value"] = json.dumps(applied)

    stage.sandbox.hrflow.edit(str(person), spoil)


@pytest.mark.parametrize("incremental", [False, True])
def test_what_was_written_a_day_ahead_does_not_stand_in_the_way(
    stage: Stage, incremental: bool
) -> None:
    person = stage.person(first_name="Before")
    assert stage.run(key()).success
    _dated_ahead(stage, person)

    stage.change(person, first_name="After")
    if incremental:
        cursor = json.dumps({"watermark": (utc_now() - MINUTE).isoformat()})
        assert stage.obey(stage.tick(cursor)).success
    else:
        assert stage.run(key()).success
    assert stage.first_name(person) == "After"

    profile = stage.sandbox.hrflow.profile(str(person))
    assert profile is not None
    applied = find_last_applied(profile, stage.workflow.workflow_id)
    assert applied is not None
    assert applied.version.read_at < utc_now() + 5 * MINUTE
    assert stage.table(CANDIDATES, key())["read_at"].max() < utc_now() + 5 * MINUTE


def test_an_older_partition_turns_back_nothing_that_was_written_a_day_ahead(stage: Stage) -> None:
    person = stage.person(days_ago(1), first_name="Old")
    assert stage.run(key(1), only=CANDIDATES).success
    stage.change(person, first_name="New")
    assert stage.run(key()).success
    _dated_ahead(stage, person)

    profiles = dg.AssetKey("hrflow_profiles")
    assert stage.run(key(1), only=profiles).success

    assert stage.first_name(person) == "New"
    assert stage.outcomes(key(1)) == {person: "stale"}


@pytest.mark.parametrize("known_by", ["last-applied", "history"])
@pytest.mark.parametrize(
    ("read_at", "changed_at", "ahead", "outcome"),
    [
        # A read that reaches the newest known change may be the later one.
        (-10 * MINUTE, -20 * MINUTE, DAY, Outcome.UPDATED),
        (-29 * MINUTE, -90 * MINUTE, DAY, Outcome.UPDATED),
        (-31 * MINUTE, -90 * MINUTE, DAY, Outcome.STALE),
        # Within the few minutes that two clocks may be apart, the moment is believed.
        (-10 * MINUTE, -20 * MINUTE, 4 * MINUTE, Outcome.STALE),
        (-10 * MINUTE, -20 * MINUTE, 6 * MINUTE, Outcome.UPDATED),
    ],
)
def test_what_is_believed_of_a_known_read(
    known_by: str, read_at: timedelta, changed_at: timedelta, ahead: timedelta, outcome: Outcome
) -> None:
    now = datetime.now(timezone.utc)
    known = ReadVersion(now + ahead, now - 30 * MINUTE)
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, 1)
        history = None
        if known_by == "last-applied":
            push(sandbox, formatted(read_at=known.read_at, changed_at=known.changed_at))
        else:
            history = History(compared={"1": known})
        one = formatted(1, ANOTHER, read_at=now + read_at, changed_at=now + changed_at)
        row = only_row(push(sandbox, one, history=history))
        assert row.outcome is outcome
        if outcome is Outcome.UPDATED:
            assert profile_of(sandbox)["info"]["phone"] == "+1 555 0999"
            applied = find_last_applied(profile_of(sandbox), WORKFLOW)
            assert applied is not None
            assert applied.version.read_at <= now


def test_of_a_read_that_is_not_believed_a_newer_one_of_the_same_second_is_the_later() -> None:
    second = datetime.now(timezone.utc).replace(microsecond=0)
    known = ReadVersion(second + DAY, second + timedelta(milliseconds=100)).believed()
    newer = ReadVersion(second, second + timedelta(milliseconds=900))
    assert newer.is_later_than(known)
    assert not known.is_later_than(newer)


def update(*, incremental: bool) -> RunResult:
    return Greenhouse.update_profiles_in_hrflow("wf", incremental=incremental)


@pytest.mark.parametrize("version", ["v1", "v3"])
def test_the_plain_function_goes_on_after_a_date_that_was_a_day_ahead(
    make_stage: MakeStage, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENHOUSE_HRFLOW_STORAGE", str(tmp_path))
    stage = make_stage(version=version)
    person = stage.person(first_name="Before")
    stage.sandbox.fail(a_date_that_is_off(DAY))
    token = update(incremental=True).incremental_token
    assert token is not None
    assert datetime.fromisoformat(token) < utc_now() + MINUTE
    assert stage.first_name(person) == "Before"

    stage.sandbox.heal()
    stage.change(person, first_name="After")
    update(incremental=True)
    assert stage.first_name(person) == "After"


def test_a_landing_of_the_plain_function_a_day_ahead_is_none(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENHOUSE_HRFLOW_STORAGE", str(tmp_path))
    person = stage.person(first_name="Before")
    update(incremental=True)
    store, table = type(stage.store)(str(tmp_path)), ("landed", "wf")
    frame = store.read(table, "outside_dagster")
    assert frame is not None
    store.write(table, "outside_dagster", frame.assign(landed_until=utc_now() + DAY))

    stage.change(person, first_name="After")
    token = update(incremental=True).incremental_token
    assert stage.first_name(person) == "After"
    assert token is not None
    assert datetime.fromisoformat(token) < utc_now() + MINUTE


AUTH = HTTPBasicAuth("user", "hush")
Answered = Callable[..., list[datetime]]


@pytest.fixture
def answered(caplog: pytest.LogCaptureFixture) -> Answered:
    """When answers with these Dates, as offsets from now, were given; as offsets from now."""

    def ask(*offsets: timedelta | None) -> list[datetime]:
        left = list(offsets)

        def answer(_asked: Asked) -> Reply:
            offset = left.pop(0)
            date = format_datetime(utc_now() + (offset or timedelta()), usegmt=True)
            return Reply([], headers={"Date": date if offset is not None else "no date"})

        with StandIn(answer) as server:
            session = HttpSession("Greenhouse", log=logging.getLogger("session"))
            try:
                return [session.request("GET", server.url, auth=AUTH).answered_at for _ in offsets]
            finally:
                session.close()

    return ask


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [
        ([timedelta(), DAY, timedelta()], [timedelta()] * 3),
        ([DAY], [timedelta()]),
        ([4 * MINUTE, 6 * MINUTE, timedelta()], [4 * MINUTE, timedelta(), timedelta()]),
        ([timedelta(), -DAY, timedelta()], [timedelta()] * 3),
        ([timedelta(), -4 * MINUTE], [timedelta(), -4 * MINUTE]),
        # Our own clock may be the one that is wrong: it moves no moment on.
        ([-DAY, -DAY], [-DAY, -DAY]),
        ([-DAY, timedelta(), -DAY], [-DAY, timedelta(), timedelta()]),
        ([None], [timedelta()]),
    ],
)
def test_a_date_is_bounded_by_our_clock_and_by_earlier_answers(
    answered: Answered, offsets: list[timedelta], expected: list[timedelta]
) -> None:
    before = utc_now()
    moments = answered(*offsets)
    off = [moment - before for moment in moments]
    slack = timedelta(seconds=5)
    assert all(abs(found - right) < slack for found, right in zip(off, expected, strict=True))


def test_a_date_that_is_not_believed_is_told_once(
    answered: Answered, caplog: pytest.LogCaptureFixture
) -> None:
    answered(DAY, DAY, DAY)
    [warning] = [record.getMessage() for record in caplog.records]
    assert "Greenhouse dates an answer" in warning
    caplog.clear()
    answered(timedelta(), 4 * MINUTE, -MINUTE)
    assert not caplog.records
