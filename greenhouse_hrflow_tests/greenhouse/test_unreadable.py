"""Records without a readable id or time: whom each costs, where they are placed, what is said."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from greenhouse_hrflow.errors import BadRecord
from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.greenhouse.settings import CHILDREN
from greenhouse_hrflow.storage.candidate_table import candidate_frame, read_candidates
from greenhouse_hrflow.windows import UpdateWindow
from greenhouse_hrflow_tests.greenhouse.account import EARLIER, STAMP, Account, row
from greenhouse_hrflow_tests.greenhouse.conftest import LAST_WEEK, OpenReader, Read
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

AT = datetime(2025, 3, 5, tzinfo=timezone.utc)
FAR_AHEAD = "9999-12-31T23:59:59Z"
NO_TIMES = [None, "hemlig", "", 5, True, [], dict.fromkeys("abcd"), FAR_AHEAD]
NO_IDS = [None, "hemlig", "", "²", True, 1.5, 1e300, [1], {}, 2**63, 10**30, -3, "9" * 5000]


class V1(StandIn):
    """A v1 that answers these rows to whatever it is asked."""

    def __init__(self, *rows: Any) -> None:
        super().__init__(lambda _: Reply([*rows]))


def without(record: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != field}


def told(found: dict[int, ReadCandidate]) -> dict[int, str | None]:
    """Whom was read, and what of them could not be."""
    back = list(read_candidates(candidate_frame(found.values(), "a-run")))
    assert [one.unreadable for one in back] == [one.unreadable for one in found.values()]
    assert [one.id for one in back] == list(found)
    return {each: one.unreadable for each, one in found.items()}


# Candidates


@pytest.mark.parametrize("time", NO_TIMES, ids=repr)
def test_a_candidate_without_a_time_is_placed_in_the_window(time: Any, read: Read) -> None:
    rows = [row(1, updated_at=time), row(2, updated_at=STAMP)]
    with Account(candidates=rows) as v3, V1(*rows) as v1:
        for found in (read(v3.url), read(v1.url, "v1")):
            assert told(found) == {1: "updated_at", 2: None}
            assert found[1].changed_at == LAST_WEEK.updated_after
            assert found[1].updated_at is None


def test_an_absent_time_is_no_time(read: Read) -> None:
    rows = [without(row(1), "updated_at"), without(row(2, updated_at=STAMP), "created_at")]
    with Account(candidates=rows) as v3, V1(*rows) as v1:
        for found in (read(v3.url), read(v1.url, "v1")):
            assert told(found) == {1: "updated_at", 2: None}


@pytest.mark.parametrize(
    ("window", "moved_at", "changed_at"),
    [
        (LAST_WEEK, EARLIER, LAST_WEEK.updated_after),
        (LAST_WEEK, STAMP, AT),
        (LAST_WEEK, "2025-03-10T15:00:00Z", None),
        (UpdateWindow(None, AT), EARLIER, AT - timedelta(milliseconds=1)),
    ],
)
def test_the_children_place_a_candidate_without_a_time(
    window: UpdateWindow, moved_at: str, changed_at: datetime | None, read: Read
) -> None:
    with Account(
        candidates=[row(1, updated_at=None)],
        candidate_educations=[row(5, candidate_id=1, updated_at=moved_at)],
    ) as account:
        found = read(account.url, window=window)
    assert [one.changed_at for one in found.values()] == ([changed_at] if changed_at else [])


def test_in_a_window_without_bounds_it_is_placed_where_it_was_read(read: Read) -> None:
    rows = [row(1, updated_at=None)]
    with Account(candidates=rows) as v3, V1(*rows) as v1:
        for found in (read(v3.url, window=UpdateWindow()), read(v1.url, "v1", UpdateWindow())):
            assert found[1].changed_at == found[1].read_at


@pytest.mark.parametrize("time", NO_TIMES, ids=repr)
def test_an_odd_creation_is_kept_and_hurts_who_selects_by_it(time: Any, read: Read) -> None:
    rows = [
        row(1, updated_at=STAMP) | {"created_at": time},
        row(2, updated_at=STAMP),
        row(3, updated_at=STAMP) | {"created_at": "2020-01-01"},
    ]
    created = {"created_after": "2023-01-01"}
    with Account(candidates=rows) as v3, V1(*rows) as v1:
        for server, version in ((v3, "v3"), (v1, "v1")):
            found = read(server.url, version)
            assert told(found) == dict.fromkeys((1, 2, 3))
            assert found[1].candidate["created_at"] == time
            frame = candidate_frame(found.values(), "a-run")
            assert frame["created_at"].isna().tolist() == [True, False, False]
            assert told(read(server.url, version, LAST_WEEK, created)) == {1: "created_at", 2: None}


@pytest.mark.parametrize("identifier", ["17", "0017", 17.0], ids=repr)
def test_a_candidate_whose_id_can_be_guessed_is_named(identifier: Any, read: Read) -> None:
    rows = [row(1, updated_at=STAMP, id=identifier)]
    with V1(*rows) as v1:
        assert told(read(v1.url, "v1")) == {17: "id"}
    account = [*rows, row(2, updated_at=STAMP)]

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t"})
        return Reply(account if asked.path == "/v3/candidates" else [])

    with StandIn(answer) as v3:
        assert told(read(v3.url)) == {2: None, 17: "id"}


@pytest.mark.parametrize(
    "odd", [*({"id": value} for value in NO_IDS), {}, None, 7, "x", [], [{}]], ids=repr
)
@pytest.mark.parametrize("version", ["v3", "v1"])
def test_a_record_that_names_nobody_is_left_out_and_counted(
    version: str, odd: Any, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    if isinstance(odd, dict):
        odd = {"updated_at": STAMP, "created_at": STAMP, "first_name": "hemlig", **odd}
    rows = [odd, row(1, updated_at=STAMP), odd]

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t"})
        if asked.path.endswith("/candidates"):
            return Reply(rows if "ids" not in asked.query else rows[1:2])
        return Reply([])

    with StandIn(answer) as server:
        assert told(read(server.url, version)) == {1: None}
    [warning] = [each for each in caplog.messages if "left out" in each]
    assert warning.startswith("Greenhouse gave 2 records of candidates ")
    assert "hemlig" not in caplog.text


@pytest.mark.parametrize("version", ["v3", "v1"])
@pytest.mark.parametrize(("count", "is_fatal"), [(9, False), (10, True)])
def test_a_list_of_which_nothing_can_be_read_is_an_error(
    count: int, is_fatal: bool, version: str, read: Read
) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t"})
        return Reply([{"id": "hemlig"}] * count)

    with StandIn(answer) as server:
        if not is_fatal:
            assert read(server.url, version) == {}
            return
        with pytest.raises(BadRecord, match="none of 10 records of candidates") as caught:
            read(server.url, version)
    assert "hemlig" not in str(caught.value)


# Children


@pytest.mark.parametrize("child", CHILDREN)
@pytest.mark.parametrize("time", [None, "hemlig", {}, FAR_AHEAD], ids=repr)
def test_a_child_without_a_time_has_not_moved(child: str, time: Any, read: Read) -> None:
    with Account(
        candidates=[row(1, updated_at=STAMP), row(2)],
        **{child: [row(4 + each, candidate_id=each, updated_at=time) for each in (1, 2)]},
    ) as account:
        found = read(account.url)
    assert told(found) == {1: None}
    assert found[1].changed_at == AT


@pytest.mark.parametrize("child", CHILDREN)
@pytest.mark.parametrize("identifier", [None, "hemlig", True, {}, 10**30, "17"], ids=repr)
def test_a_child_without_an_id_costs_its_owner(child: str, identifier: Any, read: Read) -> None:
    with Account(
        candidates=[row(1), row(2, updated_at=STAMP)],
        **{
            child: [
                row(5, candidate_id=1, updated_at=STAMP, id=identifier),
                row(6, candidate_id=2),
            ]
        },
    ) as account:
        assert told(read(account.url)) == {1: f"{child}.id", 2: None}


@pytest.mark.parametrize("child", CHILDREN)
def test_a_child_whose_owner_is_a_text_costs_that_owner(child: str, read: Read) -> None:
    with Account(
        candidates=[row(1), row(2, updated_at=STAMP)],
        **{child: [row(5, candidate_id="1", updated_at=STAMP), row(6, candidate_id=2)]},
    ) as account:
        assert told(read(account.url)) == {1: f"{child}.candidate_id", 2: None}


@pytest.mark.parametrize("child", CHILDREN)
@pytest.mark.parametrize("owner", [None, "hemlig", True, [1], 10**30], ids=repr)
def test_a_child_of_nobody_is_left_out_and_counted(
    child: str, owner: Any, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    children = [row(5, candidate_id=owner, updated_at=STAMP), None, 7]

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t"})
        if asked.path == "/v3/candidates":
            return Reply([row(1, updated_at=STAMP)])
        return Reply(children if asked.path == f"/v3/{child}" else [])

    with StandIn(answer) as account:
        assert told(read(account.url)) == {1: None}
    assert [each for each in caplog.messages if "left out" in each and f" of {child} " in each]
    assert "hemlig" not in caplog.text


def test_a_nameless_attachment_found_twice_is_one(read: Read) -> None:
    with Account(
        candidates=[row(1, updated_at=STAMP)],
        applications=[row(11, candidate_id=1), row(None, candidate_id=1)],
        attachments=[row(None, candidate_id=1, application_id=11, filename="a.pdf")],
    ) as account:
        found = read(account.url)
    assert told(found) == {1: "applications.id"}
    assert len(found[1].candidate["attachments"]) == 1
    assert found[1].candidate["application_ids"] == [11, None]


# Names


@pytest.mark.parametrize("option", [None, True, "hemlig", -3, 10**30, [1], {}], ids=repr)
def test_what_is_no_id_has_no_name_and_is_not_asked_for(option: Any, read: Read) -> None:
    with Account(
        candidates=[row(1, updated_at=STAMP)],
        candidate_educations=[row(5, candidate_id=1, school_name_custom_field_option_id=option)],
        applications=[
            row(6, candidate_id=1, job_id=option, source_id=option),
            row(7, candidate_id=1, prospect=True, prospective_job_ids=[option, option]),
        ],
    ) as account:
        found = read(account.url)
        asked = {each.path for each in account.asked}
    assert told(found) == {1: None}
    assert found[1].candidate["educations"][0]["school_name"] is None
    assert not asked & {"/v3/custom_field_options", "/v3/jobs", "/v3/sources"}


@pytest.mark.parametrize("odd", [None, 7, "x", {"name": "hemlig"}, {"id": None}], ids=repr)
def test_names_that_cannot_be_read_are_unknown(
    odd: Any, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t"})
        lists = {
            "/v3/candidates": [row(1, updated_at=STAMP)],
            "/v3/applications": [row(6, candidate_id=1, job_id=8, source_id=9)],
            "/v3/jobs": [odd, {"id": 8, "name": "Cook"}],
            "/v3/sources": [odd],
        }
        return Reply(lists.get(asked.path, []))

    with StandIn(answer) as account:
        found = read(account.url)
    assert told(found) == {1: None}
    [application] = found[1].candidate["applications"]
    assert application["jobs"] == [{"id": 8, "name": "Cook"}]
    assert application["source"] == {"id": 9, "public_name": None}
    assert [each for each in caplog.messages if "1 records of sources" in each]
    assert "hemlig" not in caplog.text


# A sensor's tick


@pytest.mark.parametrize(
    "odd",
    [None, 7, {}, {"number": None}, *({"updated_at": each} for each in NO_TIMES)],
    ids=repr,
)
@pytest.mark.parametrize("version", ["v3", "v1"])
def test_a_tick_sees_what_it_can_read(version: str, odd: Any, reader_of: OpenReader) -> None:
    if isinstance(odd, dict) and odd:
        odd = row(**{"number": 1, "updated_at": STAMP, **odd})
    rows = [odd, row(2, updated_at=STAMP)]

    def answer(asked: Asked) -> Reply:
        return Reply({"access_token": "t"} if asked.path == "/token" else rows)

    with StandIn(answer) as server:
        records = reader_of(server.url, version).recent_records(LAST_WEEK)
    assert {(record.id, record.updated_at) for record in records} == {(2, AT)}
    assert len(records) == (6 if version == "v3" else 1)


def test_the_log_of_a_tick_and_of_a_read_has_no_value(
    read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        Account(
            candidates=[row(1, updated_at="hemlig", first_name="hemlig")],
            applications=[row("hemlig", candidate_id=1, updated_at="hemlig")],
        ) as account,
    ):
        assert told(read(account.url)) == {1: "updated_at"}
    assert "hemlig" not in caplog.text
