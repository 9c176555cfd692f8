"""Candidates without a readable id or time: in which window they are, which are left out."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

import pytest

from greenhouse_hrflow.errors import BadRecord
from greenhouse_hrflow.storage.candidate_table import candidate_frame
from greenhouse_hrflow.windows import UpdateWindow
from greenhouse_hrflow_tests.greenhouse.account import EARLIER, STAMP, STAMPED_AT, Account, row
from greenhouse_hrflow_tests.greenhouse.conftest import LAST_WEEK, OpenReader, Read
from greenhouse_hrflow_tests.greenhouse.unreadable import NO_TIMES, unreadable_fields
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

NO_IDS = [None, "hemlig", "", "²", True, 1.5, 1e300, [1], {}, 2**63, 10**30, -3, "9" * 5000]


class V1(StandIn):
    """A v1 that answers these rows to whatever it is asked."""

    def __init__(self, *rows: Any) -> None:
        super().__init__(lambda _: Reply([*rows]))


def without(record: dict[str, Any], field: str) -> dict[str, Any]:
    """The record, in which this field does not even stand as null."""
    return {name: value for name, value in record.items() if name != field}


@pytest.mark.parametrize("time", NO_TIMES, ids=repr)
def test_a_candidate_without_a_time_is_placed_in_the_window(time: Any, read: Read) -> None:
    rows = [row(1, updated_at=time), row(2, updated_at=STAMP)]
    with Account(candidates=rows) as v3, V1(*rows) as v1:
        for candidates in (read(v3.url), read(v1.url, "v1")):
            assert unreadable_fields(candidates) == {1: "updated_at", 2: None}
            assert candidates[1].changed_at == LAST_WEEK.updated_after
            assert candidates[1].updated_at is None


def test_an_absent_time_is_no_time(read: Read) -> None:
    rows = [without(row(1), "updated_at"), without(row(2, updated_at=STAMP), "created_at")]
    with Account(candidates=rows) as v3, V1(*rows) as v1:
        for candidates in (read(v3.url), read(v1.url, "v1")):
            assert unreadable_fields(candidates) == {1: "updated_at", 2: None}


@pytest.mark.parametrize(
    ("window", "child_updated_at", "changed_at"),
    [
        (LAST_WEEK, EARLIER, LAST_WEEK.updated_after),
        (LAST_WEEK, STAMP, STAMPED_AT),
        (LAST_WEEK, "2025-03-10T15:00:00Z", None),
        (UpdateWindow(None, STAMPED_AT), EARLIER, STAMPED_AT - timedelta(milliseconds=1)),
    ],
)
def test_child_records_place_a_candidate_without_a_time(
    window: UpdateWindow, child_updated_at: str, changed_at: datetime | None, read: Read
) -> None:
    with Account(
        candidates=[row(1, updated_at=None)],
        candidate_educations=[row(5, candidate_id=1, updated_at=child_updated_at)],
    ) as account:
        candidates = read(account.url, window=window)
    expected = [] if changed_at is None else [changed_at]
    assert [candidate.changed_at for candidate in candidates.values()] == expected


def test_in_a_window_without_bounds_it_is_placed_at_the_moment_of_the_read(read: Read) -> None:
    rows = [row(1, updated_at=None)]
    with Account(candidates=rows) as v3, V1(*rows) as v1:
        for candidates in (read(v3.url, window=UpdateWindow()), read(v1.url, "v1", UpdateWindow())):
            assert candidates[1].changed_at == candidates[1].read_at


@pytest.mark.parametrize("time", NO_TIMES, ids=repr)
def test_an_unreadable_creation_matters_only_where_it_selects(time: Any, read: Read) -> None:
    rows = [
        row(1, updated_at=STAMP) | {"created_at": time},
        row(2, updated_at=STAMP),
        row(3, updated_at=STAMP) | {"created_at": "2020-01-01"},
    ]
    created = {"created_after": "2023-01-01"}
    with Account(candidates=rows) as v3, V1(*rows) as v1:
        for server, version in ((v3, "v3"), (v1, "v1")):
            candidates = read(server.url, version)
            assert unreadable_fields(candidates) == dict.fromkeys((1, 2, 3))
            assert candidates[1].candidate["created_at"] == time
            frame = candidate_frame(candidates.values(), "a-run")
            assert frame["created_at"].isna().tolist() == [True, False, False]
            selected = read(server.url, version, LAST_WEEK, created)
            assert unreadable_fields(selected) == {1: "created_at", 2: None}


@pytest.mark.parametrize("identifier", ["17", "0017", 17.0], ids=repr)
def test_a_candidate_whose_id_has_another_type_is_named(identifier: Any, read: Read) -> None:
    rows = [row(1, updated_at=STAMP, id=identifier)]
    with V1(*rows) as v1:
        assert unreadable_fields(read(v1.url, "v1")) == {17: "id"}
    account_rows = [*rows, row(2, updated_at=STAMP)]

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t"})
        return Reply(account_rows if asked.path == "/v3/candidates" else [])

    with StandIn(answer) as v3:
        assert unreadable_fields(read(v3.url)) == {2: None, 17: "id"}


@pytest.mark.parametrize(
    "odd", [*({"id": value} for value in NO_IDS), {}, None, 7, "x", [], [{}]], ids=repr
)
@pytest.mark.parametrize("version", ["v3", "v1"])
def test_a_candidate_without_a_usable_id_is_left_out_and_counted(
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
        assert unreadable_fields(read(server.url, version)) == {1: None}
    [warning] = [message for message in caplog.messages if "left out" in message]
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


@pytest.mark.parametrize(
    "odd",
    [None, 7, {}, {"number": None}, *({"updated_at": time} for time in NO_TIMES)],
    ids=repr,
)
@pytest.mark.parametrize("version", ["v3", "v1"])
def test_a_tick_of_the_sensor_sees_what_it_can_read(
    version: str, odd: Any, reader_of: OpenReader
) -> None:
    if isinstance(odd, dict) and odd:
        odd = row(**{"number": 1, "updated_at": STAMP, **odd})
    rows = [odd, row(2, updated_at=STAMP)]

    def answer(asked: Asked) -> Reply:
        return Reply({"access_token": "t"} if asked.path == "/token" else rows)

    with StandIn(answer) as server:
        records = reader_of(server.url, version).recent_records(LAST_WEEK)
    assert {(record.id, record.updated_at) for record in records} == {(2, STAMPED_AT)}
    assert len(records) == (6 if version == "v3" else 1)


def test_the_log_of_a_read_has_no_value(read: Read, caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        Account(
            candidates=[row(1, updated_at="hemlig", first_name="hemlig")],
            applications=[row("hemlig", candidate_id=1, updated_at="hemlig")],
        ) as account,
    ):
        assert unreadable_fields(read(account.url)) == {1: "updated_at"}
    assert "hemlig" not in caplog.text
