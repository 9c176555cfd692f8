"""How many requests a read of Harvest v3 costs; walking and asking by ids give the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from greenhouse_hrflow.errors import CredentialsRefused
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.sandbox import Fault, GreenhouseModes, Sandbox
from greenhouse_hrflow.windows import UpdateWindow, parse_moment
from greenhouse_hrflow_tests.greenhouse.conftest import START, OpenReader, Read, SetClock

LISTS = (
    "candidates",
    "applications",
    "attachments",
    "candidate_educations",
    "candidate_employments",
    "applied_candidate_tags",
)
EVER = UpdateWindow(START - timedelta(days=4000), START + timedelta(minutes=1))


def rows_of(sandbox: Sandbox, list_name: str) -> list[dict[str, Any]]:
    return [*sandbox.greenhouse.tables.rows[list_name].values()]


def pages_of(sandbox: Sandbox) -> int:
    """The fewest requests that show every row of the six lists."""
    return sum(-(-len(rows_of(sandbox, list_name)) // 500) for list_name in LISTS)


def list_requests(sandbox: Sandbox) -> int:
    return sum(sandbox.requests[f"GET /v3/{list_name}"] for list_name in LISTS)


def newest(sandbox: Sandbox, count: int) -> UpdateWindow:
    """The window of the candidates that changed last, without an end."""
    store = sandbox.greenhouse
    moments = sorted(store.changed_at(candidate_id) for candidate_id in store.candidate_ids())
    return UpdateWindow(parse_moment(moments[-count]))


def children_of(sandbox: Sandbox, candidate_id: int) -> dict[str, list[Any]]:
    """What a read has to show of a candidate's child records, by the tables."""

    def rows(kind: str) -> list[dict[str, Any]]:
        return sorted(sandbox.greenhouse.children(kind, candidate_id), key=lambda row: row["id"])

    return {
        "applications": [row["id"] for row in rows("application")],
        "educations": [row["id"] for row in rows("education")],
        "employments": [row["id"] for row in rows("employment")],
        "attachments": [row["filename"] for row in rows("attachment")],
    }


def shown_children(candidate: dict[str, Any]) -> dict[str, list[Any]]:
    return {
        "applications": [row["id"] for row in candidate["applications"]],
        "educations": [row["id"] for row in candidate["educations"]],
        "employments": [row["id"] for row in candidate["employments"]],
        "attachments": [row["filename"] for row in candidate["attachments"]],
    }


def test_a_window_of_everybody_costs_hardly_more_than_the_pages(crowd: Sandbox, read: Read) -> None:
    crowd.forget_requests()
    assert len(read(crowd, window=EVER)) == 1100
    # Of a child list the first page through the window's filter too, and a sample by ids.
    assert list_requests(crowd) <= pages_of(crowd) + 5 * 2
    assert sum(crowd.requests.values()) - list_requests(crowd) <= 1 + 3


def test_without_bounds_every_list_is_walked_once(crowd: Sandbox, read: Read) -> None:
    crowd.forget_requests()
    assert len(read(crowd, window=UpdateWindow())) == 1100
    assert list_requests(crowd) <= pages_of(crowd) + 5


def test_a_few_of_many_are_asked_for_by_ids(crowd: Sandbox, read: Read) -> None:
    crowd.forget_requests()
    assert len(read(crowd, window=newest(crowd, 40))) == 40
    # Twice each list, the applications of attachments that name nobody, a token and three names.
    assert sum(crowd.requests.values()) <= 6 + 6 + 1 + 1 + 3


@pytest.mark.parametrize("count", [60, 120, 275, 550, 800])
def test_never_twice_as_many_as_the_cheaper_way(count: int, crowd: Sandbox, read: Read) -> None:
    window = newest(crowd, count)
    crowd.forget_requests()
    assert len(read(crowd, window=window)) == count
    after = window.updated_after
    assert after is not None
    in_window = [
        sum(parse_moment(row["updated_at"]) >= after for row in rows_of(crowd, list_name))
        for list_name in LISTS
    ]
    selection = sum(max(1, -(-rows // 500)) for rows in in_window)
    by_ids = selection + 6 * -(-count // 50)
    # One more: the applications of attachments that name nobody.
    assert list_requests(crowd) <= 2 * min(by_ids, pages_of(crowd)) + 1


def test_what_a_read_learnt_spares_the_next_one_requests(
    crowd: Sandbox, reader_of: OpenReader
) -> None:
    reader = reader_of(crowd)
    costs: list[int] = []
    for _ in range(2):
        crowd.forget_requests()
        assert len(list(reader.read(newest(crowd, 300), PullParameters()))) == 300
        costs.append(sum(crowd.requests.values()))
    # The token and the names of three lists are there, and how long the lists are.
    assert costs[1] <= costs[0] - 4
    assert not crowd.requests["GET /v3/jobs"]


def test_both_ways_show_what_the_tables_hold(crowd: Sandbox, read: Read) -> None:
    chance = random.Random(7)
    store = crowd.greenhouse
    changed_at = {i: parse_moment(store.changed_at(i)) for i in store.candidate_ids()}
    moments = sorted(changed_at.values())
    for share in (0.02, 0.3, 0.6, 0.95):
        first = chance.randrange(int(len(moments) * (1 - share)) + 1)
        last = min(len(moments) - 1, first + int(len(moments) * share))
        window = UpdateWindow(moments[first], moments[last])
        candidates = read(crowd, window=window)
        assert candidates.keys() == {i for i, moment in changed_at.items() if moment in window}
        for candidate_id, shown in candidates.items():
            assert shown.changed_at == changed_at[candidate_id]
            assert shown_children(shown.candidate) == children_of(crowd, candidate_id)


@pytest.fixture
def many() -> Any:
    """Enough people that their lists are walked, whom a test may change."""
    clock = SetClock()
    with Sandbox(people=420, started_on=START, clock=clock) as sandbox:
        yield sandbox, clock


@pytest.mark.parametrize("days", [4000, 60, 2])
def test_a_record_without_a_time_is_missing_from_nobody(
    days: int, many: tuple[Sandbox, SetClock], read: Read
) -> None:
    """A filter by time does not show it; the candidate's other records say when it changed."""
    sandbox, _ = many
    chance = random.Random(days)
    store = sandbox.greenhouse
    kinds = ("application", "attachment", "education", "employment")
    for kind, list_name in zip(kinds, LISTS[1:5], strict=True):
        for candidate_id in store.candidate_ids():
            rows = store.children(kind, candidate_id)
            if len(rows) > 1:
                store.tables.rows[list_name][chance.choice(rows)["id"]]["updated_at"] = None
    window = UpdateWindow(START - timedelta(days=days), START + timedelta(minutes=1))
    candidates = read(sandbox, window=window)
    assert candidates
    for candidate_id, shown in candidates.items():
        assert shown_children(shown.candidate) == children_of(sandbox, candidate_id)


@pytest.mark.parametrize("end", [START, START + timedelta(days=1), None])
@pytest.mark.parametrize("days", [4000, 60])
def test_what_changes_during_a_walk_is_missing_from_nobody(
    days: int, end: Any, many: tuple[Sandbox, SetClock], read: Read
) -> None:
    """A record that is edited before the walk comes to it still lies where it lay."""
    sandbox, clock = many
    clock.now = START + timedelta(seconds=30)
    store = sandbox.greenhouse
    edited = [i for i in store.candidate_ids() if store.children("education", i)][:8]
    waiting = [store.children("education", i)[0]["id"] for i in edited]

    def edit(_method: str, path: str) -> None:
        is_walk = path.startswith("/v3/candidate_educations?") and "updated_at" not in path
        if is_walk and "candidate_ids" not in path:
            while waiting:
                store.update_child("education", waiting.pop(), touch=False)

    sandbox.before_request(edit)
    candidates = read(sandbox, window=UpdateWindow(START - timedelta(days=days), end))
    sandbox.before_request(None)
    assert len(candidates) > 200
    assert not waiting
    for candidate_id, shown in candidates.items():
        assert shown_children(shown.candidate) == children_of(sandbox, candidate_id)
    # Who was edited is read now, or by the next window, which begins where this read began.
    assert {*edited} <= read(sandbox, window=UpdateWindow(START + timedelta(seconds=30))).keys()


def test_attachments_that_name_their_application_alone_are_asked_for_once(
    crowd: Sandbox, read: Read
) -> None:
    ownerless = sum(row["candidate_id"] is None for row in rows_of(crowd, "attachments"))
    assert ownerless
    crowd.forget_requests()
    candidates = read(crowd, window=EVER, children=["attachments"])
    for candidate_id, shown in candidates.items():
        names = [row["filename"] for row in shown.candidate["attachments"]]
        assert names == children_of(crowd, candidate_id)["attachments"]
    assert crowd.requests["GET /v3/applications"] <= -(-ownerless // 50)


def test_a_walk_that_is_begun_again_shows_everything(crowd: Sandbox, read: Read) -> None:
    everybody = read(crowd, window=EVER)
    for list_name in LISTS:
        crowd.fail(Fault("422", path=f"/v3/{list_name}.cursor=", times=2))
        again = read(crowd, window=EVER)
        crowd.heal()
        assert again.keys() == everybody.keys()
        assert all(
            shown_children(again[i].candidate) == shown_children(everybody[i].candidate)
            for i in again
        )


@pytest.mark.parametrize("list_name", LISTS)
def test_a_list_that_fails_ends_the_read(
    list_name: str, clock: SetClock, read: Callable[..., Any]
) -> None:
    scopes = {*LISTS, "jobs", "sources", "custom_field_options"} - {list_name}
    with (
        Sandbox(
            people=30,
            started_on=START,
            clock=clock,
            greenhouse=GreenhouseModes(scopes=tuple(scopes)),
        ) as sandbox,
        pytest.raises(CredentialsRefused, match=f"403 to the list {list_name}"),
    ):
        read(sandbox)
