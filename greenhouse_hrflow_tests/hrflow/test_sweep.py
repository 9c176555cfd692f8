"""Reading profiles in pages: with how few requests, and that it costs nobody's edit."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from greenhouse_hrflow.hrflow import stored_profiles
from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.profiles.transform import FormattedCandidate
from greenhouse_hrflow.read_version import ReadVersion
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.sandbox.server.faults import Fault
from greenhouse_hrflow_tests.support.pushing import (
    CHANGED_AT,
    READ_AT,
    add_profiles,
    formatted,
    outcomes,
    outside_given,
    profile_of,
    push,
    puts,
)

IDS = range(1, 301)
DAY = timedelta(days=1)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, *IDS)
        yield sandbox


@pytest.fixture(autouse=True)
def _however_busy_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is never taken to cost more than its profiles."""
    monkeypatch.setattr(stored_profiles, "LEAST_SECONDS", 0.05)


def everybody() -> list[FormattedCandidate]:
    return [formatted(candidate_id) for candidate_id in IDS]


def lists(sandbox: Sandbox) -> int:
    return sandbox.requests["GET /hrflow/v1/storing/profiles"]


def edit_genders(sandbox: Sandbox, *ids: int) -> None:
    """A recruiter's edits, of what no format gives."""
    for candidate_id in ids:
        sandbox.hrflow.edit(str(candidate_id), lambda p: p["info"].update(gender="edited"))


def genders(sandbox: Sandbox) -> Counter[str]:
    return Counter(profile_of(sandbox, candidate_id)["info"]["gender"] for candidate_id in IDS)


@pytest.mark.parametrize("workers", [1, 16, 64])
def test_who_is_changed_costs_little_more_than_the_edit(sandbox: Sandbox, workers: int) -> None:
    before = {candidate_id: profile_of(sandbox, candidate_id) for candidate_id in IDS}
    result = push(sandbox, *everybody(), workers=workers)
    assert outcomes(result) == dict.fromkeys(IDS, Outcome.UPDATED)
    assert puts(sandbox) == len(IDS)
    assert sandbox.requests.total() < 1.1 * len(IDS)
    for candidate_id in IDS:
        after = profile_of(sandbox, candidate_id)
        assert after["info"]["phone"] == "+1 555 0100"
        assert outside_given(after) == outside_given(before[candidate_id])


def test_who_is_unchanged_costs_a_small_part_of_a_page(sandbox: Sandbox) -> None:
    push(sandbox, *everybody())
    sandbox.forget_requests()
    result = push(sandbox, *everybody())
    assert outcomes(result) == dict.fromkeys(IDS, Outcome.UNCHANGED)
    assert sandbox.requests.total() < 0.1 * len(IDS)
    assert "page by page: 3 pages of 100" in result.reading


def test_a_few_of_many_are_asked_for_alone(sandbox: Sandbox) -> None:
    result = push(sandbox, *everybody()[:20])
    assert lists(sandbox) == 0
    assert "each by itself" in result.reading


def test_a_source_far_larger_than_what_has_changed_is_not_swept() -> None:
    with Sandbox(people=0) as sandbox:
        sandbox.hrflow.list_limit = 2
        add_profiles(sandbox, *IDS)
        result = push(sandbox, *everybody()[:110])
        assert set(outcomes(result).values()) == {Outcome.UPDATED}
        assert lists(sandbox) == 1
        assert "each by itself: 110" in result.reading


def test_a_list_that_is_refused_is_no_fault(sandbox: Sandbox) -> None:
    sandbox.fail(Fault("403", "/storing/profiles", times=None))
    result = push(sandbox, *everybody())
    assert result.fault is None
    assert outcomes(result) == dict.fromkeys(IDS, Outcome.UPDATED)


def test_a_list_that_breaks_off_costs_nobody_their_edit(sandbox: Sandbox) -> None:
    sandbox.fail(Fault("500", r"/storing/profiles.*page=(2|3)", times=None))
    result = push(sandbox, *everybody())
    assert result.fault is None
    assert outcomes(result) == dict.fromkeys(IDS, Outcome.UPDATED)


def test_whom_the_list_does_not_show_is_asked_for_before_they_are_missing(
    sandbox: Sandbox,
) -> None:
    sandbox.hrflow.let_list_lag()
    add_profiles(sandbox, 301)
    result = push(sandbox, *everybody(), formatted(301), formatted(302))
    assert outcomes(result)[301] is Outcome.UPDATED
    assert outcomes(result)[302] is Outcome.MISSING


def test_whom_two_pages_show_is_pushed_once(sandbox: Sandbox) -> None:
    def move_to_the_end(_method: str, target: str) -> None:
        if "/storing/profiles" in target and "page=3" in target:
            for candidate_id in (1, 150):
                sandbox.hrflow.edit(
                    str(candidate_id), lambda p: p.update(created_at="2039-01-01T00:00:00+0000")
                )

    sandbox.before_request(move_to_the_end)
    result = push(sandbox, *everybody(), workers=1)
    sandbox.before_request(None)
    assert outcomes(result) == dict.fromkeys(IDS, Outcome.UPDATED)
    assert puts(sandbox) == len(IDS)


def test_of_a_slow_source_fewer_profiles_are_listed_ahead_of_their_edits(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a fifth of a second each, 25 edits take five seconds."""
    monkeypatch.setattr(stored_profiles, "LEAST_SECONDS", 0.2)
    limits: list[int] = []

    def note(_method: str, target: str) -> None:
        limits.extend(int(limit) for limit in parse_qs(urlsplit(target).query).get("limit", ()))

    sandbox.before_request(note)
    result = push(sandbox, *everybody(), persist=False)
    sandbox.before_request(None)
    assert set(outcomes(result).values()) == {Outcome.WOULD_UPDATE}
    assert limits[0] == len(IDS)
    assert set(limits[1:]) == {25}
    assert "12 pages of 25" in result.reading


@pytest.mark.parametrize("workers", [1, 16])
def test_what_was_listed_too_long_ago_is_read_by_itself(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    """While the first edit is under way half a minute passes, and a recruiter edits the others."""
    clock, passed = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock() + passed[0])

    def recruit(method: str, _target: str) -> None:
        if method == "PUT" and not passed[0]:
            passed[0] = 31.0
            edit_genders(sandbox, *IDS)

    sandbox.before_request(recruit)
    result = push(sandbox, *everybody(), workers=workers)
    sandbox.before_request(None)
    assert outcomes(result) == dict.fromkeys(IDS, Outcome.UPDATED)
    # The first edit itself was on its way.
    assert genders(sandbox)["edited"] == len(IDS) - 1


@pytest.mark.parametrize("workers", [1, 16])
def test_no_edit_is_lost_to_a_list_that_lags(sandbox: Sandbox, workers: int) -> None:
    """A recruiter edits every profile, and the list does not show it yet."""
    sandbox.hrflow.let_list_lag()
    edit_genders(sandbox, *IDS)
    result = push(sandbox, *everybody(), workers=workers)
    assert outcomes(result) == dict.fromkeys(IDS, Outcome.UPDATED)
    assert genders(sandbox) == {"edited": len(IDS)}
    assert "the list lags" in result.reading


@pytest.mark.parametrize("workers", [1, 16])
def test_no_edit_is_lost_to_a_list_that_lags_for_a_few(sandbox: Sandbox, workers: int) -> None:
    """The pages look like single readings nearly everywhere; the push's own edit tells."""
    sandbox.hrflow.let_list_lag()
    edited = range(3, 300, 30)
    edit_genders(sandbox, *edited)
    result = push(sandbox, *everybody(), workers=workers)
    assert outcomes(result) == dict.fromkeys(IDS, Outcome.UPDATED)
    assert genders(sandbox)["edited"] == len(edited)
    assert "the list lags" in result.reading


def test_what_a_lagging_list_called_unchanged_is_looked_at_again(sandbox: Sandbox) -> None:
    push(sandbox, *everybody())
    sandbox.hrflow.let_list_lag()
    for candidate_id in IDS:
        sandbox.hrflow.edit(str(candidate_id), lambda p: p["info"].update(phone="another"))
    result = push(sandbox, *everybody())
    assert outcomes(result) == dict.fromkeys(IDS, Outcome.UPDATED)


def test_a_listed_profile_older_than_the_ledger_knows_is_read_by_itself(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one profile alone the list still shows what stood there before our last edit."""
    monkeypatch.setattr(stored_profiles.random, "choice", lambda profiles: profiles[0])
    push(sandbox, *everybody())
    sandbox.hrflow.let_list_lag()
    push(sandbox, formatted(250, {"info": {"phone": "later"}}, read_at=READ_AT + DAY))
    edit_genders(sandbox, 250)
    written = {str(n): ReadVersion(READ_AT, CHANGED_AT) for n in IDS}
    written["250"] = ReadVersion(READ_AT + DAY, CHANGED_AT)
    result = push(sandbox, *everybody(), history=History(written=written))
    assert outcomes(result)[250] is Outcome.STALE
    assert profile_of(sandbox, 250)["info"]["phone"] == "later"
    assert profile_of(sandbox, 250)["info"]["gender"] == "edited"


@pytest.mark.parametrize("workers", [16, 64])
def test_both_ways_come_to_the_same(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    ends: list[tuple[dict[int, Outcome], list[JsonObject]]] = []
    for fewest in (1, 10_000):
        monkeypatch.setattr(stored_profiles, "FEWEST", fewest)
        with Sandbox(people=0) as sandbox:
            add_profiles(sandbox, *IDS)
            push(sandbox, *(formatted(n, read_at=READ_AT + DAY) for n in IDS if n % 5 == 0))
            for candidate_id in IDS:
                if candidate_id % 7 == 0:
                    sandbox.hrflow.archive(str(candidate_id))
                if candidate_id % 11 == 0:
                    sandbox.hrflow.delete(str(candidate_id))
            sandbox.fail(Fault("drop-after", "/profile/indexing", method="PUT", times=3))
            became = outcomes(push(sandbox, *everybody(), workers=workers))
            left = [profile_of(sandbox, n)["info"] for n in IDS if n % 11]
        ends.append((became, left))
    assert ends[0] == ends[1]
    assert len(set(ends[0][0].values())) == 4
