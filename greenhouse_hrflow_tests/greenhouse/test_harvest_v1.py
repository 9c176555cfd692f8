"""Harvest v1's numbered pages while people change, come and go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from greenhouse_hrflow.errors import CredentialsRefused, FatalError, RequestRefused
from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow.windows import UpdateWindow
from greenhouse_hrflow_tests.greenhouse.conftest import LAST_WEEK, START, Read, SetClock
from greenhouse_hrflow_tests.support.stand_in import Reply, StandIn

TEN_DAYS = UpdateWindow(START - timedelta(days=10), START)


@pytest.fixture
def crowded(clock: SetClock) -> Iterator[Sandbox]:
    """Three pages of people, some of whom a test changes while they are read."""
    with Sandbox(
        people=1100, started_on=START, clock=clock, children_touch_candidate=False
    ) as sandbox:
        yield sandbox


def in_window(sandbox: Sandbox, window: UpdateWindow) -> set[int]:
    store = sandbox.greenhouse
    after, before = (
        bound and bound.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for bound in (window.updated_after, window.updated_before)
    )
    return {
        each
        for each in store.candidate_ids()
        if (after is None or store.v1_updated_at(each) >= after)
        and (before is None or store.v1_updated_at(each) < before)
    }


@pytest.mark.parametrize(
    ("window", "skip_count"),
    [
        (TEN_DAYS, False),
        (TEN_DAYS, True),
        (UpdateWindow(TEN_DAYS.updated_after), False),
        (UpdateWindow(), False),
    ],
    ids=str,
)
def test_none_that_stayed_is_missed_when_others_leave(
    window: UpdateWindow, skip_count: bool, crowded: Sandbox, read: Read, clock: SetClock
) -> None:
    clock.now = START + timedelta(hours=1)
    members = in_window(crowded, window)
    assert len(members) > 900
    leaving = iter(sorted(members))

    def five_leave(_method: str, _path: str) -> None:
        clock.now += timedelta(seconds=1)
        for _ in range(5):
            crowded.greenhouse.update_candidate(next(leaving), title="Moved on")

    crowded.before_request(five_leave)
    found = read(crowded, "v1", window, {"skip_count": skip_count})
    stayed = set(leaving)
    assert stayed <= found.keys()
    assert len(stayed) > 900


def test_none_is_missed_when_somebody_applies_during_the_walk(
    crowded: Sandbox, read: Read, clock: SetClock
) -> None:
    store, job = crowded.greenhouse, 149_995
    ids = store.candidate_ids()
    for each in ids[100:700]:
        store.add_application(each, job_id=job)
    clock.now = START + timedelta(days=1)
    before = set(read(crowded, "v1", UpdateWindow(None, START), {"job_id": job}))
    assert set(ids[100:700]) <= before
    late = [each for each in ids[:100] if each not in before][:6]

    def somebody_applies(_method: str, _path: str) -> None:
        if late:
            store.add_application(late.pop(), job_id=job, touch=False)

    crowded.before_request(somebody_applies)
    assert before <= read(crowded, "v1", UpdateWindow(None, START), {"job_id": job}).keys()


def test_an_open_window_is_read_up_to_the_moment_at_which_reading_began(
    crowded: Sandbox, read: Read, clock: SetClock
) -> None:
    clock.now = START + timedelta(seconds=30)
    one = crowded.greenhouse.candidate_ids()[0]

    def change(_method: str, path: str) -> None:
        if "page=2" in path:
            crowded.greenhouse.update_candidate(one, title="Changed while pages were walked")

    crowded.before_request(change)
    found = read(crowded, "v1", UpdateWindow(TEN_DAYS.updated_after))
    assert found
    assert one not in found
    assert max(each.changed_at for each in found.values()) < clock.now


def test_one_page_is_one_request_and_a_closed_window_is_walked_once(
    crowded: Sandbox, read: Read, clock: SetClock
) -> None:
    clock.now = START + timedelta(days=1)
    read(crowded, "v1", UpdateWindow(START - timedelta(days=1), START))
    assert crowded.requests == {"GET /v1/candidates": 1}
    crowded.forget_requests()
    read(crowded, "v1", TEN_DAYS)
    assert crowded.requests == {"GET /v1/candidates": 1 + 3}


def test_the_later_read_of_a_candidate_counts(read: Read) -> None:
    """Page 2 is read before page 1, and by then the candidate on it has shifted to page 1."""

    def row(number: int, title: str) -> dict[str, object]:
        stamp = "2025-03-05T00:00:00Z"
        return {"id": number, "title": title, "created_at": stamp, "updated_at": stamp}

    pages = {"1": [row(1, "a"), row(2, "newer")], "2": [row(2, "older"), row(3, "c")]}
    with StandIn(lambda asked: Reply(pages[asked.query["page"]], headers=link(asked.query))) as v1:

        def link(query: object) -> dict[str, str]:
            return {
                "Link": f'<{v1.url}/v1/candidates?page=2>; rel="last", <{v1.url}/x>; rel="next"'
            }

        found = read(v1.url, "v1")
    assert {each: one.candidate["title"] for each, one in found.items()} == {
        1: "a",
        2: "newer",
        3: "c",
    }


def test_null_and_odd_values_survive_and_unknown_keys_are_kept(read: Read) -> None:
    record = {
        "id": 1,
        "created_at": "2025-03-05T00:00:00+0000",
        "updated_at": "2025-03-05T00:00:00Z",
        "first_name": "\ud800",
        "last_name": "x" * 300_000,
        "applications": None,
        "educations": ["odd", None, {"id": 2, "new": True}],
        "recruiter": {"id": 3},
        "unheard_of": {"a": [1]},
    }
    with StandIn(lambda _: Reply([record, record])) as v1:
        candidate = read(v1.url, "v1")[1].candidate
    assert candidate["first_name"] == "\ud800"
    assert candidate["applications"] is None
    assert candidate["educations"][:2] == ["odd", None]
    assert candidate["educations"][2]["school_name"] is None
    assert candidate["educations"][2]["new"] is True
    assert candidate["recruiter"]["employee_id"] is None
    assert candidate["unheard_of"] == {"a": [1]}
    assert candidate["keyed_custom_fields"] is None


def test_a_link_to_another_host_is_not_followed(crowded: Sandbox, read: Read) -> None:
    crowded.fail(Fault("foreign-link", path="^/v1", times=None))
    with pytest.raises(FatalError, match="links to its next page on another host"):
        read(crowded, "v1", LAST_WEEK)


@pytest.mark.parametrize(
    ("status", "error", "other_cause"),
    [
        (401, CredentialsRefused, "GREENHOUSE_API_KEY"),
        (403, CredentialsRefused, "GREENHOUSE_API_KEY"),
        (404, RequestRefused, "GREENHOUSE_BASE_URL"),
        (410, RequestRefused, "GREENHOUSE_BASE_URL"),
    ],
)
def test_each_answer_that_the_end_of_v1_may_give_names_it_and_v3(
    status: int, error: type[Exception], other_cause: str, read: Read
) -> None:
    with StandIn(lambda _: Reply({}, status)) as v1, pytest.raises(error) as caught:
        read(v1.url, "v1")
    message = str(caught.value)
    for said in (
        f"answered {status} to Harvest v1",
        "31 August 2026, which has passed",
        "GREENHOUSE_HARVEST_VERSION=v3",
        "GREENHOUSE_CLIENT_ID",
        "GREENHOUSE_CLIENT_SECRET",
        other_cause,
    ):
        assert said in message


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("401", CredentialsRefused, "answered 401 to Harvest v1.*GREENHOUSE_API_KEY"),
        ("403", CredentialsRefused, "answered 403 to Harvest v1.*GREENHOUSE_API_KEY"),
        ("422", RequestRefused, "answered 422 to Harvest v1's list of candidates"),
    ],
)
def test_what_a_refusal_means(
    kind: str, error: type[Exception], message: str, sandbox: Sandbox, read: Read
) -> None:
    sandbox.fail(Fault(kind, path="^/v1"))  # type: ignore[arg-type]
    with pytest.raises(error, match=message):
        read(sandbox, "v1")
    assert sandbox.requests == {"GET /v1/candidates": 1}
