"""Child records, and the names they point to, of which something cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from greenhouse_hrflow.greenhouse.settings import CHILDREN
from greenhouse_hrflow_tests.greenhouse.account import STAMP, STAMPED_AT, Account, row
from greenhouse_hrflow_tests.greenhouse.conftest import Read
from greenhouse_hrflow_tests.greenhouse.unreadable import FAR_AHEAD, unreadable_fields
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn


@pytest.mark.parametrize("child", CHILDREN)
@pytest.mark.parametrize("time", [None, "hemlig", {}, FAR_AHEAD], ids=repr)
def test_a_child_record_without_a_time_selects_nobody(child: str, time: Any, read: Read) -> None:
    with Account(
        candidates=[row(1, updated_at=STAMP), row(2)],
        **{child: [row(4 + owner, candidate_id=owner, updated_at=time) for owner in (1, 2)]},
    ) as account:
        candidates = read(account.url)
    assert unreadable_fields(candidates) == {1: None}
    assert candidates[1].changed_at == STAMPED_AT


@pytest.mark.parametrize("child", CHILDREN)
@pytest.mark.parametrize("identifier", [None, "hemlig", True, {}, 10**30, "17"], ids=repr)
def test_a_child_record_without_an_id_makes_its_candidate_unreadable(
    child: str, identifier: Any, read: Read
) -> None:
    with Account(
        candidates=[row(1), row(2, updated_at=STAMP)],
        **{
            child: [
                row(5, candidate_id=1, updated_at=STAMP, id=identifier),
                row(6, candidate_id=2),
            ]
        },
    ) as account:
        assert unreadable_fields(read(account.url)) == {1: f"{child}.id", 2: None}


@pytest.mark.parametrize("child", CHILDREN)
def test_a_candidate_id_that_is_a_text_makes_that_candidate_unreadable(
    child: str, read: Read
) -> None:
    with Account(
        candidates=[row(1), row(2, updated_at=STAMP)],
        **{child: [row(5, candidate_id="1", updated_at=STAMP), row(6, candidate_id=2)]},
    ) as account:
        assert unreadable_fields(read(account.url)) == {1: f"{child}.candidate_id", 2: None}


@pytest.mark.parametrize("child", CHILDREN)
@pytest.mark.parametrize("owner", [None, "hemlig", True, [1], 10**30], ids=repr)
def test_a_child_record_of_nobody_is_left_out_and_counted(
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
        assert unreadable_fields(read(account.url)) == {1: None}
    assert [
        message
        for message in caplog.messages
        if "left out" in message and f" of {child} " in message
    ]
    assert "hemlig" not in caplog.text


def test_an_attachment_without_an_id_that_is_read_twice_is_kept_once(read: Read) -> None:
    with Account(
        candidates=[row(1, updated_at=STAMP)],
        applications=[row(11, candidate_id=1), row(None, candidate_id=1)],
        attachments=[row(None, candidate_id=1, application_id=11, filename="a.pdf")],
    ) as account:
        candidates = read(account.url)
    assert unreadable_fields(candidates) == {1: "applications.id"}
    assert len(candidates[1].candidate["attachments"]) == 1
    assert candidates[1].candidate["application_ids"] == [11, None]


@pytest.mark.parametrize("option", [None, True, "hemlig", -3, 10**30, [1], {}], ids=repr)
def test_the_name_of_what_is_no_id_is_null_and_not_asked_for(option: Any, read: Read) -> None:
    with Account(
        candidates=[row(1, updated_at=STAMP)],
        candidate_educations=[row(5, candidate_id=1, school_name_custom_field_option_id=option)],
        applications=[
            row(6, candidate_id=1, job_id=option, source_id=option),
            row(7, candidate_id=1, prospect=True, prospective_job_ids=[option, option]),
        ],
    ) as account:
        candidates = read(account.url)
        asked_paths = {asked.path for asked in account.asked}
    assert unreadable_fields(candidates) == {1: None}
    assert candidates[1].candidate["educations"][0]["school_name"] is None
    assert not asked_paths & {"/v3/custom_field_options", "/v3/jobs", "/v3/sources"}


@pytest.mark.parametrize("odd", [None, 7, "x", {"name": "hemlig"}, {"id": None}], ids=repr)
def test_names_that_cannot_be_read_are_null(
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
        candidates = read(account.url)
    assert unreadable_fields(candidates) == {1: None}
    [application] = candidates[1].candidate["applications"]
    assert application["jobs"] == [{"id": 8, "name": "Cook"}]
    assert application["source"] == {"id": 9, "public_name": None}
    assert [message for message in caplog.messages if "1 records of sources" in message]
    assert "hemlig" not in caplog.text
