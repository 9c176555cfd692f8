"""The access token of Harvest v3: how it is asked for, renewed and replaced, and refused."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import requests

from greenhouse_hrflow.errors import CredentialsRefused, RequestRefused
from greenhouse_hrflow.sandbox import Fault, GreenhouseModes, Sandbox
from greenhouse_hrflow.windows import UpdateWindow
from greenhouse_hrflow_tests.greenhouse.account import Account, row
from greenhouse_hrflow_tests.greenhouse.conftest import (
    LAST_WEEK,
    START,
    OpenReader,
    Read,
    SetClock,
)
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn


@pytest.mark.parametrize("field", ["expires_at", "expires", "expires_in", "none"])
@pytest.mark.parametrize("lifetime", [30.0, 3600.0])
def test_a_token_that_ends_is_minted_again(field: Any, lifetime: float, read: Read) -> None:
    clock = SetClock()
    with Sandbox(
        people=60,
        started_on=START,
        clock=clock,
        greenhouse=GreenhouseModes(token_lifetime=lifetime, token_field=field),
    ) as sandbox:

        def pass_time(_method: str, _path: str) -> None:
            # Each request costs a sixth of the short life, so a token ends in the middle of a read.
            clock.now += timedelta(seconds=5)

        everybody = read(sandbox)
        assert sandbox.requests["POST /token"] == 1
        sandbox.before_request(pass_time)
        assert read(sandbox).keys() == everybody.keys()
    if lifetime == 30.0:
        assert sandbox.requests["POST /token"] > 3


@pytest.mark.parametrize(
    ("lifetime", "mints"),
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
    lifetime: dict[str, Any], mints: int, read: Read
) -> None:
    """Greenhouse's clock is years ahead of ours; nothing here refuses a token that has ended."""
    ahead = {"Date": "Sun, 01 Jan 2040 00:00:00 GMT"}

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t", **lifetime}, headers=ahead)
        return Reply([row(1)] if asked.path == "/v3/candidates" else [], headers=ahead)

    with StandIn(answer) as account:
        read(account.url, window=UpdateWindow(), parameters={"candidate_ids": [1]})
        lists = [asked for asked in account.asked if asked.path != "/token"]
    assert len(account.asked) - len(lists) == min(mints, len(lists))


def test_tokens_revoked_all_along_are_replaced(sandbox: Sandbox, read: Read) -> None:
    everybody = read(sandbox)
    request_count = 0

    def revoke(_method: str, _path: str) -> None:
        nonlocal request_count
        request_count += 1
        # Seldom enough that each token works once, with as many requests in the air as there are.
        if request_count % 20 == 0:
            sandbox.tokens.revoke_all()

    sandbox.before_request(revoke)
    for _ in range(6):
        assert read(sandbox).keys() == everybody.keys()
    # Each reader mints one; the others stand for those that were revoked.
    assert sandbox.requests["POST /token"] > 1 + 6 + 2


def test_tokens_that_another_process_revokes_are_replaced(clock: SetClock, read: Read) -> None:
    with Sandbox(
        people=60,
        started_on=START,
        clock=clock,
        greenhouse=GreenhouseModes(single_active_token=True),
    ) as sandbox:
        everybody = read(sandbox)
        variables = sandbox.environment()
        credentials = (variables["GREENHOUSE_CLIENT_ID"], variables["GREENHOUSE_CLIENT_SECRET"])
        list_requests = 0

        def mint_in_between(_method: str, path: str) -> None:
            # Between a mint of ours and the first request with its token, twice: as often as
            # unused tokens may be refused. At 10 it revokes a token that has worked, at 11 and 12
            # two unused ones again.
            nonlocal list_requests
            list_requests += path.startswith("/v3/")
            if path.startswith("/v3/") and list_requests in (1, 2, 10, 11, 12):
                requests.post(
                    f"{sandbox.url}/token",
                    data={"grant_type": "client_credentials"},
                    auth=credentials,
                    timeout=5,
                )

        sandbox.before_request(mint_in_between)
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
    counts: list[int] = []
    # None of them has a token yet: each would mint one, if it did not wait for the first.
    threads = [
        threading.Thread(
            target=lambda: counts.append(len(reader.recent_records(LAST_WEEK))), daemon=True
        )
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(set(counts)) == 1
    assert len(counts) == 6
    assert sandbox.requests["POST /token"] == 1


@pytest.mark.parametrize("user_id", [None, "4711"])
def test_the_user_is_named_only_when_it_is_set(user_id: str | None, read: Read) -> None:
    with Account() as account:
        read(account.url, user_id=user_id)
        token_request, *list_requests = account.asked
    expected = b"grant_type=client_credentials" + (b"&sub=4711" if user_id else b"")
    assert (token_request.method, token_request.path) == ("POST", "/token")
    assert token_request.body == expected
    assert token_request.headers["Authorization"].startswith("Basic ")
    assert {asked.headers["Authorization"] for asked in list_requests} == {"Bearer t"}


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
def test_an_answer_without_a_token_ends_the_read(
    reply: Reply, error: type[Exception], message: str, read: Read
) -> None:
    with StandIn(lambda _: reply) as account:
        with pytest.raises(error, match=message) as caught:
            read(account.url)
        assert len(account.asked) == 1
    assert "a-client-1" not in str(caught.value)
    assert "hush" not in str(caught.value)
