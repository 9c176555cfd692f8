"""Harvest v1's numbered pages while candidates change, come and leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from greenhouse_hrflow.errors import FatalError
from greenhouse_hrflow.sandbox import Fault, GreenhouseModes, Sandbox
from greenhouse_hrflow.windows import UpdateWindow
from greenhouse_hrflow_tests.greenhouse.conftest import LAST_WEEK, START, Read, SetClock
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

TEN_DAYS = UpdateWindow(START - timedelta(days=10), START)


@pytest.fixture
def crowded(clock: SetClock) -> Iterator[Sandbox]:
    """Three pages of people, some of whom a test changes while they are read."""
    with Sandbox(
        people=1100,
        started_on=START,
        clock=clock,
        greenhouse=GreenhouseModes(children_touch_candidate=False),
    ) as sandbox:
        yield sandbox


def in_window(sandbox: Sandbox, window: UpdateWindow) -> set[int]:
    """The ids of the candidates whose own `updated_at` lies in the window."""
    store = sandbox.greenhouse
    after, before = (
        bound and bound.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for bound in (window.updated_after, window.updated_before)
    )
    return {
        candidate_id
        for candidate_id in store.candidate_ids()
        if (after is None or store.v1_updated_at(candidate_id) >= after)
        and (before is None or store.v1_updated_at(candidate_id) < before)
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
def test_none_that_stays_is_missed_when_others_leave(
    window: UpdateWindow, skip_count: bool, crowded: Sandbox, read: Read, clock: SetClock
) -> None:
    clock.now = START + timedelta(hours=1)
    members = in_window(crowded, window)
    assert len(members) > 900
    leaving = iter(sorted(members))

    def five_leave(_method: str, _path: str) -> None:
        # A later `updated_at` takes them out of a closed window, and the others behind them move
        # up: to pages that a walk forward would have left behind.
        clock.now += timedelta(seconds=1)
        for _ in range(5):
            crowded.greenhouse.update_candidate(next(leaving), title="Moved on")

    crowded.before_request(five_leave)
    candidates = read(crowded, "v1", window, {"skip_count": skip_count})
    stayed = set(leaving)
    assert stayed <= candidates.keys()
    assert len(stayed) > 900


def test_none_is_missed_when_somebody_applies_during_the_walk(
    crowded: Sandbox, read: Read, clock: SetClock
) -> None:
    store, job_id = crowded.greenhouse, 149_995
    ids = store.candidate_ids()
    for candidate_id in ids[100:700]:
        store.add_application(candidate_id, job_id=job_id)
    clock.now = START + timedelta(days=1)
    applicants = set(read(crowded, "v1", UpdateWindow(None, START), {"job_id": job_id}))
    assert set(ids[100:700]) <= applicants
    late = [candidate_id for candidate_id in ids[:100] if candidate_id not in applicants][:6]

    def somebody_applies(_method: str, _path: str) -> None:
        # Whoever comes in shifts those behind to later pages, which a walk back has read already.
        if late:
            store.add_application(late.pop(), job_id=job_id, touch=False)

    crowded.before_request(somebody_applies)
    assert applicants <= read(crowded, "v1", UpdateWindow(None, START), {"job_id": job_id}).keys()


def test_an_open_window_is_read_up_to_the_moment_at_which_reading_began(
    crowded: Sandbox, read: Read, clock: SetClock
) -> None:
    clock.now = START + timedelta(seconds=30)
    changed_id = crowded.greenhouse.candidate_ids()[0]

    def change(_method: str, path: str) -> None:
        if "page=2" in path:
            crowded.greenhouse.update_candidate(changed_id, title="Changed while pages were walked")

    crowded.before_request(change)
    candidates = read(crowded, "v1", UpdateWindow(TEN_DAYS.updated_after))
    assert candidates
    assert changed_id not in candidates
    assert max(candidate.changed_at for candidate in candidates.values()) < clock.now


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
    """Page 2 is read before page 1, to which a candidate of page 2 has shifted by then."""

    def record(number: int, title: str) -> dict[str, object]:
        stamp = "2025-03-05T00:00:00Z"
        return {"id": number, "title": title, "created_at": stamp, "updated_at": stamp}

    pages = {"1": [record(1, "a"), record(2, "newer")], "2": [record(2, "older"), record(3, "c")]}

    def answer(asked: Asked) -> Reply:
        link = f'<{v1.url}/v1/candidates?page=2>; rel="last", <{v1.url}/x>; rel="next"'
        return Reply(pages[asked.query["page"]], headers={"Link": link})

    with StandIn(answer) as v1:
        candidates = read(v1.url, "v1")
    titles = {candidate.id: candidate.candidate["title"] for candidate in candidates.values()}
    assert titles == {1: "a", 2: "newer", 3: "c"}


def test_a_link_to_another_host_is_not_followed(crowded: Sandbox, read: Read) -> None:
    crowded.fail(Fault("foreign-link", path="^/v1", times=None))
    with pytest.raises(FatalError, match="links to its next page on another host"):
        read(crowded, "v1", LAST_WEEK)
