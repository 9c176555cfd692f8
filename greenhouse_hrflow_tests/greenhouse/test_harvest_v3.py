"""Harvest v3: children that move, the shape they are put in, pages that fail, tokens that end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import requests

from greenhouse_hrflow.errors import CredentialsRefused, FatalError, RequestRefused
from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow.windows import UpdateWindow
from greenhouse_hrflow_tests.greenhouse.account import EARLIER, STAMP, Account, row
from greenhouse_hrflow_tests.greenhouse.conftest import (
    LAST_WEEK,
    START,
    OpenReader,
    Read,
    SetClock,
)
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

CHILD_LISTS = {
    "application": "applications",
    "attachment": "attachments",
    "education": "candidate_educations",
    "employment": "candidate_employments",
}


# Changes


@pytest.mark.parametrize("kind", ["education", "employment", "attachment", "application"])
def test_a_child_alone_moves_its_candidate(
    kind: str, sandbox: Sandbox, read: Read, clock: SetClock
) -> None:
    store = sandbox.greenhouse
    one = next(each for each in store.candidate_ids() if store.children("application", each))
    if kind != "application":
        getattr(store, f"add_{kind}")(one)
    record = store.children(kind, one)[0]["id"]
    clock.now = START + timedelta(minutes=1)
    store.update_child(kind, record, touch=False)
    found = read(sandbox, window=UpdateWindow(clock.now))
    assert list(found) == [one]
    assert found[one].changed_at == clock.now
    updated_at = found[one].updated_at
    assert updated_at is not None
    assert updated_at < clock.now


def test_a_tag_alone_moves_its_candidate(sandbox: Sandbox, read: Read, clock: SetClock) -> None:
    one = sandbox.greenhouse.candidate_ids()[3]
    clock.now = START + timedelta(minutes=1)
    sandbox.greenhouse.add_tag(one, "Sailor", touch=False)
    found = read(sandbox, window=UpdateWindow(clock.now))
    assert list(found) == [one]
    assert "Sailor" in found[one].candidate["tags"]


def test_who_moves_on_during_the_walk_is_left_to_the_next_window(
    sandbox: Sandbox, read: Read, clock: SetClock
) -> None:
    clock.now = START + timedelta(minutes=1)
    everybody = read(sandbox)
    one = list(everybody)[5]

    def add_education(_method: str, path: str) -> None:
        if path.startswith("/v3/applied_candidate_tags?") and "updated_at" in path:
            sandbox.greenhouse.add_education(one, school_name="Late School", touch=False)

    sandbox.before_request(add_education)
    assert read(sandbox).keys() == everybody.keys() - {one}
    sandbox.before_request(None)
    assert list(read(sandbox, window=UpdateWindow(START))) == [one]


def test_a_list_switched_off_is_not_asked_and_reads_as_null(sandbox: Sandbox, read: Read) -> None:
    found = read(sandbox, children=["candidate_educations"])
    assert {name for name in sandbox.requests if "/v3/" in name} == {
        "GET /v3/candidates",
        "GET /v3/candidate_educations",
        "GET /v3/custom_field_options",
    }
    for one in found.values():
        assert one.candidate["applications"] is None
        assert one.candidate["application_ids"] is None
        assert one.candidate["employments"] is None
        assert isinstance(one.candidate["educations"], list)


def test_attachments_alone_still_find_their_candidates(sandbox: Sandbox, read: Read) -> None:
    found = read(sandbox, children=["attachments"])
    for each, one in found.items():
        files = sandbox.greenhouse.children("attachment", each)
        assert [file["filename"] for file in one.candidate["attachments"]] == [
            file["filename"] for file in files
        ]
        assert one.candidate["applications"] is None


def test_an_attachment_that_names_its_application_alone(read: Read) -> None:
    """Here `candidate_ids` does not find it, and it alone moved in the window."""
    with Account(
        candidates=[row(1), row(2)],
        applications=[row(11, candidate_id=1), row(12, candidate_id=2)],
        attachments=[
            row(21, candidate_id=None, application_id=11, filename="a.pdf", updated_at=STAMP),
            row(22, candidate_id=1, application_id=11, filename="b.pdf"),
            row(23, candidate_id=1, application_id=99, filename="c.pdf"),
            row(24, candidate_id=None, application_id=None, updated_at=STAMP),
        ],
    ) as account:
        found = read(account.url)
    assert list(found) == [1]
    candidate = found[1].candidate
    assert [file["filename"] for file in candidate["attachments"]] == ["a.pdf", "b.pdf", "c.pdf"]
    assert len(candidate["applications"][0]["attachments"]) == 2


def test_who_does_not_come_back_is_nobody(read: Read) -> None:
    with Account(
        candidates=[row(1, updated_at=STAMP)],
        candidate_educations=[row(5, candidate_id=404, updated_at=STAMP)],
    ) as account:
        assert list(read(account.url)) == [1]


# The shape


def test_names_are_asked_for_once_and_missing_ones_are_null(read: Read) -> None:
    educations = [
        row(
            30 + number,
            candidate_id=number,
            school_name_custom_field_option_id=501,
            degree_custom_field_option_id=502,
            discipline_custom_field_option_id=None,
        )
        for number in range(1, 61)
    ]
    with Account(
        candidates=[row(number, updated_at=STAMP) for number in range(1, 61)],
        candidate_educations=educations,
        custom_field_options=[{"id": 501, "name": "Old School", "active": False}],
        applications=[row(70, candidate_id=1, job_id=9, source_id=8)],
    ) as account:
        found = read(account.url)
        asked = [each.query["ids"] for each in account.asked if "options" in each.path]
    assert asked == ["501,502"]
    assert found[60].candidate["educations"][0] == {
        "id": 90,
        "school_name": "Old School",
        "degree": None,
        "discipline": None,
        "start_date": None,
        "end_date": None,
    }
    application = found[1].candidate["applications"][0]
    assert application["jobs"] == [{"id": 9, "name": None}]
    assert application["source"] == {"id": 8, "public_name": None}


@pytest.mark.parametrize(
    ("fields", "date"),
    [
        ({"start_at": "2012-08-15T00:00:00.000Z"}, "2012-08-15T00:00:00.000Z"),
        ({"start_date_year": 2012, "start_date_month": 8}, "2012-08-01T00:00:00.000Z"),
        ({"start_date_year": 2012, "start_date_month": None}, "2012-01-01T00:00:00.000Z"),
        ({"start_date_year": None, "start_date_month": 8}, None),
        ({"start_date_year": "2012"}, None),
    ],
)
def test_the_date_of_an_education(fields: Mapping[str, Any], date: str | None, read: Read) -> None:
    with Account(
        candidates=[row(1, updated_at=STAMP)],
        candidate_educations=[row(2, candidate_id=1, **fields)],
    ) as account:
        assert read(account.url)[1].candidate["educations"][0]["start_date"] == date


def test_an_application_in_the_v1_shape(read: Read) -> None:
    with Account(
        candidates=[
            row(1, updated_at=STAMP, private=True, last_activity_at=STAMP, time_zone="UTC")
        ],
        applications=[
            row(
                2,
                candidate_id=1,
                status="in_process",
                job_id=5,
                location_address="Oslo",
                recruiter_id=6,
                referrer_id=7,
                stage_id=8,
                stage_name="Offer",
                rejection_reason_id=9,
            ),
            row(3, candidate_id=1, status="hired", prospect=True, prospective_job_ids=[5, 6]),
        ],
        jobs=[{"id": 5, "name": "Cook"}],
    ) as account:
        candidate = read(account.url)[1].candidate
    assert candidate["is_private"] is True
    assert candidate["last_activity"] == STAMP
    assert candidate["time_zone"] == "UTC"
    assert "private" not in candidate
    assert candidate["application_ids"] == [2, 3]
    first, second = candidate["applications"]
    nobody = dict.fromkeys(("first_name", "last_name", "name", "employee_id"))
    assert first["status"] == "active"
    assert first["applied_at"] == EARLIER
    assert first["location"] == {"address": "Oslo"}
    assert first["recruiter"] == {"id": 6, **nobody}
    assert first["coordinator"] is None
    assert first["credited_to"] is None
    assert first["referrer_id"] == 7
    assert first["current_stage"] == {"id": 8, "name": "Offer"}
    assert first["rejection_reason"] == {"id": 9, "name": None, "type": None}
    assert first["jobs"] == [{"id": 5, "name": "Cook"}]
    assert second["status"] == "hired"
    assert second["jobs"] == [{"id": 5, "name": "Cook"}, {"id": 6, "name": None}]
    assert set(second["prospect_detail"]) == {"prospect_pool", "prospect_stage", "prospect_owner"}


def test_odd_rows_survive(read: Read) -> None:
    with Account(
        candidates=[
            row(1, updated_at=STAMP, custom_fields=None, tags=None, first_name="\udfff"),
            row(1, updated_at=STAMP, custom_fields={"a": 1, "b": {"value": "01"}}, brand_new=True),
        ],
        applications=[row(2, candidate_id=1, source_id="x", prospective_job_ids=3, prospect=None)],
        candidate_employments=[row(3, candidate_id=1, start_date="long ago"), row(4)],
    ) as account:
        candidate = read(account.url)[1].candidate
    assert candidate["custom_fields"] == {"a": 1, "b": "01"}
    assert candidate["brand_new"] is True
    assert candidate["employments"][0]["start_date"] == "long ago"
    assert len(candidate["employments"]) == 1


# Lists and pages


def test_what_is_sent(sandbox: Sandbox, read: Read) -> None:
    paths: list[str] = []
    sandbox.before_request(lambda _method, path: paths.append(path))
    read(sandbox)
    bounds = "updated_at=gte%7C2025-03-03T15%3A00%3A00.000Z%7Clt%7C2025-03-10T15%3A00%3A00.000Z"
    walks = [path for path in paths if "updated_at=" in path]
    assert len(walks) == 6
    assert all(path.split("?")[1].startswith(f"per_page=500&{bounds}&fields=") for path in walks)
    assert not [path for path in paths if "private=" in path]


def test_pages_are_followed_to_the_last(crowd: Sandbox, read: Read) -> None:
    window = UpdateWindow(START - timedelta(days=400), START)
    assert len(read(crowd, window=window)) == 1100
    assert crowd.requests["GET /v3/candidates"] >= 3 + 22


def test_without_a_lower_bound_the_candidates_alone_are_walked(crowd: Sandbox, read: Read) -> None:
    crowd.forget_requests()
    assert len(read(crowd, window=UpdateWindow(), children=[])) == 1100
    assert crowd.requests == {"POST /token": 1, "GET /v3/candidates": 3 + 22}


def test_a_refused_cursor_starts_its_list_again(crowd: Sandbox, read: Read) -> None:
    everybody = read(crowd)
    crowd.fail(Fault("422", path="cursor=", times=3))
    assert read(crowd).keys() == everybody.keys()
    crowd.fail(Fault("422", path="cursor=", times=None))
    with pytest.raises(RequestRefused, match="answered 422 to the list candidates"):
        read(crowd)
    crowd.heal()


def test_a_link_to_another_host_is_not_followed(crowd: Sandbox, read: Read) -> None:
    crowd.fail(Fault("foreign-link", path="^/v3/candidates"))
    with pytest.raises(FatalError, match="links to its next page on another host"):
        read(crowd)
    crowd.heal()


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/v3/candidates?cursor=x",
        "https://{host}/v3/candidates?cursor=x",
        "http://{host}@localhost/v3/candidates?cursor=x",
        "http://localhost\\@{host}/v3/candidates?cursor=x",
        "http://[",
    ],
)
def test_the_token_goes_to_our_host_alone(address: str, read: Read) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t"})
        host = account.url.removeprefix("http://")
        return Reply([], headers={"Link": f'<{address.format(host=host)}>; rel="next"'})

    with StandIn(answer) as account:
        with pytest.raises(FatalError, match="another host"):
            read(account.url)
        assert len(account.asked) == 2


def test_pages_in_a_circle_end(read: Read) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t"})
        return Reply([], headers={"Link": f'<{asked.path}?cursor=same>; rel="next"'})

    with StandIn(answer) as account, pytest.raises(FatalError, match="go in a circle"):
        read(account.url)


@pytest.mark.parametrize("content", ['{"message": "later"}', '"text"', "7", "null"])
def test_what_is_no_list_is_told(content: Any, read: Read) -> None:
    def answer(asked: Asked) -> Reply:
        return Reply({"access_token": "t"} if asked.path == "/token" else content)

    with StandIn(answer) as account, pytest.raises(RequestRefused, match="not a list of records"):
        read(account.url)


def test_a_missing_scope_is_named(clock: SetClock, read: Read) -> None:
    scopes = {"candidates", "applications", "attachments"}
    with (
        Sandbox(people=5, started_on=START, clock=clock, scopes=scopes) as sandbox,
        pytest.raises(CredentialsRefused, match=r"harvest:candidate_educations:list.*Site Admin"),
    ):
        read(sandbox)


def test_the_log_has_counts_and_no_values(
    sandbox: Sandbox, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        found = read(sandbox)
    assert f"v3: {len(found)} of " in caplog.text
    names = {one.candidate["last_name"] for one in found.values()} - {None, ""}
    assert names
    assert not [name for name in names if name in caplog.text]


# Tokens


@pytest.mark.parametrize("field", ["expires_at", "expires", "expires_in", "none"])
@pytest.mark.parametrize("lifetime", [30.0, 3600.0])
def test_a_token_that_ends_is_minted_again(field: Any, lifetime: float, read: Read) -> None:
    clock = SetClock()
    with Sandbox(
        people=60, started_on=START, clock=clock, token_lifetime=lifetime, token_field=field
    ) as sandbox:

        def pass_time(_method: str, _path: str) -> None:
            clock.now += timedelta(seconds=5)

        everybody = read(sandbox)
        assert sandbox.requests["POST /token"] == 1
        sandbox.before_request(pass_time)
        assert read(sandbox).keys() == everybody.keys()
    if lifetime == 30.0:
        assert sandbox.requests["POST /token"] > 3


@pytest.mark.parametrize(
    ("told", "mints"),
    [
        ({"expires_at": "2040-01-01T01:00:00Z"}, 1),
        ({"expires_at": "2040-01-01T01:00:00.000+0000", "expires_in": 0.0001}, 1),
        ({"expires_at": "2040-01-01T00:00:00.001Z"}, 8),
        ({"expires_in": 3600}, 1),
        ({"expires_in": "0.0001"}, 8),
        ({"expires_at": "soon", "expires_in": None}, 1),
        ({"expires_at": "2039-12-31T23:00:00Z"}, 1),
        ({"expires": "2040-01-01T00:00:00.001Z"}, 8),
        ({"expires": "2040-01-01T01:00:00Z", "expires_in": 0.0001}, 1),
        ({"expires_at": "2040-01-01T01:00:00Z", "expires": "2040-01-01T00:00:00.001Z"}, 1),
        ({"expires_at": None, "expires": "2040-01-01T00:00:00.001Z"}, 8),
        ({"expires_at": 5, "expires": {"a": 1}, "expires_in": []}, 1),
        ({"expires_at": dict.fromkeys("abcd"), "expires": [], "expires_in": 10**400}, 1),
        ({"expires_at": "9999-12-31T23:59:59Z", "expires_in": "nan"}, 1),
        ({"expires_in": "inf"}, 1),
        ({"expires_in": True}, 1),
    ],
)
def test_a_token_is_renewed_before_it_ends_by_its_own_clock(
    told: dict[str, Any], mints: int, read: Read
) -> None:
    """Greenhouse's clock is years ahead of ours; nothing here refuses a token that has ended."""
    ahead = {"Date": "Sun, 01 Jan 2040 00:00:00 GMT"}

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t", **told}, headers=ahead)
        return Reply([row(1)] if asked.path == "/v3/candidates" else [], headers=ahead)

    with StandIn(answer) as account:
        read(account.url, window=UpdateWindow(), parameters={"candidate_ids": [1]})
        data = [asked for asked in account.asked if asked.path != "/token"]
    assert len(account.asked) - len(data) == min(mints, len(data))


def test_tokens_revoked_all_along(sandbox: Sandbox, read: Read) -> None:
    everybody = read(sandbox)
    count = 0

    def revoke(_method: str, _path: str) -> None:
        nonlocal count
        count += 1
        if count % 4 == 0:
            sandbox.tokens.revoke_all()

    sandbox.before_request(revoke)
    assert read(sandbox).keys() == everybody.keys()
    assert sandbox.requests["POST /token"] > 5


def test_another_process_that_mints_revokes_ours(clock: SetClock, read: Read) -> None:
    with Sandbox(people=60, started_on=START, clock=clock, single_active_token=True) as sandbox:
        everybody = read(sandbox)
        variables = sandbox.environment()
        credentials = (variables["GREENHOUSE_CLIENT_ID"], variables["GREENHOUSE_CLIENT_SECRET"])
        asked = 0

        def mint_in_the_gap(_method: str, path: str) -> None:
            """Between a mint of ours and the request after it: twice at first, then to a
            token that has worked, and twice more."""
            nonlocal asked
            asked += path.startswith("/v3/")
            if path.startswith("/v3/") and asked in (1, 2, 10, 11, 12):
                requests.post(
                    f"{sandbox.url}/token",
                    data={"grant_type": "client_credentials"},
                    auth=credentials,
                    timeout=5,
                )

        sandbox.before_request(mint_in_the_gap)
        assert read(sandbox).keys() == everybody.keys()


def test_fresh_tokens_that_are_refused_end_the_read(sandbox: Sandbox, read: Read) -> None:
    sandbox.fail(Fault("401", path="^/v3/", times=None))
    with pytest.raises(
        CredentialsRefused, match="gives out access tokens for GREENHOUSE_CLIENT_ID"
    ):
        read(sandbox)
    assert sandbox.requests == {"POST /token": 3, "GET /v3/candidates": 3}


def test_threads_share_one_mint(sandbox: Sandbox, reader_of: OpenReader) -> None:
    reader = reader_of(sandbox)
    found: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(len(reader.recent_records(LAST_WEEK))), daemon=True
        )
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(set(found)) == 1
    assert len(found) == 6
    assert sandbox.requests["POST /token"] == 1


@pytest.mark.parametrize("user_id", [None, "4711"])
def test_the_user_is_named_only_when_it_is_set(user_id: str | None, read: Read) -> None:
    with Account() as account:
        read(account.url, user_id=user_id)
        token = account.asked[0]
    expected = b"grant_type=client_credentials" + (b"&sub=4711" if user_id else b"")
    assert (token.method, token.path, token.body) == ("POST", "/token", expected)
    assert token.headers["Authorization"].startswith("Basic ")
    assert {each.headers["Authorization"] for each in account.asked[1:]} == {"Bearer t"}


@pytest.mark.parametrize(
    ("reply", "error", "message"),
    [
        (Reply({"token": "t"}), RequestRefused, "answered 200 without an access token"),
        (Reply([]), RequestRefused, "GREENHOUSE_TOKEN_URL"),
        (Reply({}, status=404), RequestRefused, "answered 404 without an access token"),
        (Reply({"m": "client_id=a-client-1"}, status=400), CredentialsRefused, "CLIENT_SECRET"),
        (Reply({}, status=403), CredentialsRefused, "GREENHOUSE_USER_ID"),
    ],
)
def test_what_the_token_endpoint_may_answer(
    reply: Reply, error: type[Exception], message: str, read: Read
) -> None:
    with StandIn(lambda _: reply) as account:
        with pytest.raises(error, match=message) as caught:
            read(account.url)
        assert len(account.asked) == 1
    assert "a-client-1" not in str(caught.value)
    assert "hush" not in str(caught.value)
