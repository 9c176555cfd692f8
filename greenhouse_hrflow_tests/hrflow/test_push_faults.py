"""A push while HrFlow fails: what is tried again, what it costs, and when the whole run ends."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from urllib3.util import Retry

from greenhouse_hrflow.errors import (
    ApiUnavailable,
    CredentialsRefused,
    QuotaExhausted,
    RateLimited,
    RequestRefused,
)
from greenhouse_hrflow.profiles.edit_plan import History
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow_tests.support.pushing import (
    add_profiles,
    formatted,
    gets,
    only_row,
    outcomes,
    profile_of,
    push,
    puts,
)
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

CROWD = range(1, 61)
TRANSIENT = ["429-no-retry-after", "500", "502-html", "html-200", "broken-json", "drop", "code-500"]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, *CROWD)
        yield sandbox


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("kind", TRANSIENT)
def test_what_passes_is_tried_again(sandbox: Sandbox, kind: Any, method: str) -> None:
    sandbox.fail(Fault(kind, method=method, times=2))
    result = push(sandbox, formatted())
    assert (outcomes(result), result.fault) == ({1: Outcome.UPDATED}, None)
    assert only_row(result).changed_fields == ("info.phone", "tags")
    assert len(sandbox.hrflow.puts) == 1


@pytest.mark.parametrize("kind", ["400", "422"])
def test_a_refusal_is_not_tried_again(sandbox: Sandbox, kind: Any) -> None:
    sandbox.fail(Fault(kind, method="PUT", times=None))
    result = push(sandbox, formatted())
    row = only_row(result)
    assert (row.outcome, row.reason) == (Outcome.REJECTED, f"hrflow_refused_{kind}")
    assert (puts(sandbox), result.fault) == (1, None)


def test_an_edit_that_arrived_without_an_answer_is_not_made_twice(sandbox: Sandbox) -> None:
    sandbox.fail(Fault("drop-after", method="PUT"))
    row = only_row(push(sandbox, formatted()))
    assert (row.outcome, row.changed_fields) == (Outcome.UPDATED, ("info.phone", "tags"))
    assert len(sandbox.hrflow.puts) == 1
    greenhouse_tags = [t for t in profile_of(sandbox)["tags"] if t["name"] == "greenhouse_tag"]
    assert len(greenhouse_tags) == 1


def test_a_recruiters_edit_between_two_tries_stays(sandbox: Sandbox) -> None:
    tries: list[str] = []

    def recruit(method: str, _target: str) -> None:
        if method == "PUT":
            tries.append(method)
            if len(tries) == 1:
                sandbox.hrflow.edit("1", lambda p: p["info"].update(summary="by hand"))

    sandbox.before_request(recruit)
    sandbox.fail(Fault("500", method="PUT"))
    assert outcomes(push(sandbox, formatted())) == {1: Outcome.UPDATED}
    assert profile_of(sandbox)["info"]["summary"] == "by hand"


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_one_that_always_fails_costs_one(sandbox: Sandbox, method: str) -> None:
    which: dict[str, Any] = (
        {"path": r"reference=7$"} if method == "GET" else {"body_contains": '"reference": "7"'}
    )
    sandbox.fail(Fault("500", method=method, times=None, **which))
    result = push(sandbox, *[formatted(n) for n in CROWD])
    assert result.fault is None
    assert result.report.outcomes == {Outcome.UPDATED: len(CROWD) - 1, Outcome.FAILED: 1}
    (row,) = [row for row in result.report.rows if row.candidate_id == 7]
    assert (row.outcome, row.reason, row.attempts) == (Outcome.FAILED, "hrflow_kept_failing", 1)


@pytest.mark.parametrize(
    ("runs_before", "outcome", "reason", "attempts"),
    [
        (0, Outcome.FAILED, "hrflow_kept_failing", 1),
        (3, Outcome.FAILED, "hrflow_kept_failing", 4),
        (4, Outcome.REJECTED, "hrflow_failed_in_5_runs", 5),
        (9, Outcome.REJECTED, "hrflow_failed_in_5_runs", 10),
    ],
)
def test_after_five_runs_it_is_rejected(
    sandbox: Sandbox, runs_before: int, outcome: Outcome, reason: str, attempts: int
) -> None:
    sandbox.fail(Fault("500", path=r"reference=7$", times=None))
    history = History(attempts={"7": runs_before})
    result = push(sandbox, formatted(7), formatted(8), history=history)
    (row,) = [row for row in result.report.rows if row.candidate_id == 7]
    assert result.fault is None
    assert (row.outcome, row.reason, row.attempts) == (outcome, reason, attempts)


def test_one_that_is_answered_again_starts_from_nothing(sandbox: Sandbox) -> None:
    row = only_row(push(sandbox, formatted(7), history=History(attempts={"7": 4})))
    assert (row.outcome, row.attempts) == (Outcome.UPDATED, 0)


def test_too_many_that_fail_speak_against_the_whole(sandbox: Sandbox) -> None:
    # Ten of sixty, while the others are answered.
    sandbox.fail(Fault("500", path=r"reference=1\d$", times=None))
    history = History(attempts={"10": 4})
    result = push(sandbox, *[formatted(n) for n in CROWD], history=history)
    assert isinstance(result.fault, ApiUnavailable)
    assert str(result.fault).startswith("HrFlow kept failing for 10 of 60 profiles")
    assert result.report.outcomes == {Outcome.UPDATED: 50, Outcome.FAILED: 10}
    # What the API did to all is held against none.
    assert {row.candidate_id: row.attempts for row in result.report.rows if row.attempts} == {10: 4}


@pytest.mark.parametrize("kind", ["400", "422"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_most_that_are_refused_for_one_reason_speak_against_the_whole(
    sandbox: Sandbox, kind: Any, method: str
) -> None:
    # 51 of the 60 that HrFlow holds a profile of.
    of_two_digits = r"reference=\d\d$" if method == "GET" else ""
    sandbox.fail(Fault(kind, method=method, path=of_two_digits, times=None))
    result = push(sandbox, *[formatted(n) for n in (*CROWD, 999)])
    refused = 51 if method == "GET" else 60
    assert isinstance(result.fault, RequestRefused)
    assert str(result.fault).startswith(f"HrFlow refused {refused} of 60 profiles ({kind})")
    counts = result.report.outcomes
    assert (counts[Outcome.REJECTED], counts[Outcome.MISSING]) == (refused, 1)
    sandbox.heal()
    healed = push(sandbox, *[formatted(n) for n in CROWD]).report.outcomes
    assert healed[Outcome.UPDATED] == refused


@pytest.mark.parametrize(
    ("profiles", "refused"), [(range(1, 10), r"\d$"), (range(1, 31), r"(1\d|2[0-4])$")]
)
def test_fewer_than_ten_that_are_refused_or_no_more_than_half_do_not(
    sandbox: Sandbox, profiles: range, refused: str
) -> None:
    sandbox.fail(Fault("422", method="GET", path=f"reference={refused}", times=None))
    result = push(sandbox, *[formatted(n) for n in profiles])
    assert result.fault is None
    assert result.report.outcomes[Outcome.REJECTED] in (9, 15)


def test_those_that_cannot_be_refused_do_not_hide_that_most_are(sandbox: Sandbox) -> None:
    for reference in range(11, 61):
        sandbox.hrflow.archive(str(reference), archived=True)
    sandbox.fail(Fault("422", method="PUT", times=None))
    result = push(sandbox, *[formatted(n) for n in (*CROWD, *range(1000, 1100))])
    assert isinstance(result.fault, RequestRefused)
    assert result.report.outcomes == {
        Outcome.REJECTED: 10, Outcome.ARCHIVED: 50, Outcome.MISSING: 100
    }  # fmt: skip


SOURCE_ASKED = "GET /hrflow/v1/source"


def test_a_source_without_any_of_the_profiles_is_asked_for_once(sandbox: Sandbox) -> None:
    result = push(sandbox, *[formatted(n) for n in range(1000, 1030)])
    assert (result.fault, result.none_found) == (None, True)
    assert result.report.outcomes == {Outcome.MISSING: 30}
    assert sandbox.requests[SOURCE_ASKED] == 1


@pytest.mark.parametrize("candidates", [range(1000, 1009), range(60, 1080)])
def test_a_few_that_are_missing_or_one_that_is_found_ask_for_no_source(
    sandbox: Sandbox, candidates: range
) -> None:
    result = push(sandbox, *[formatted(n) for n in candidates])
    assert (result.fault, result.none_found) == (None, False)
    assert sandbox.requests[SOURCE_ASKED] == 0


@pytest.mark.parametrize(
    ("source", "is_known"),
    [
        (Reply({"code": 400, "message": "Invalid source fields", "data": None}, 400), False),
        (Reply({"code": 400, "message": "Unable to find object: source"}, 400), False),
        (Reply({"code": 401, "message": "Unauthorized Access to source key: k"}, 401), False),
        (Reply({"code": 200, "message": "Source info", "data": {"key": "k"}}), True),
        # These say nothing about the source, and every profile was said to be missing.
        (Reply({"code": 403, "message": "Forbidden", "data": None}, 403), True),
        (Reply("Not found", 404), True),
        (Reply("<html>", 503), True),
    ],
)
def test_only_a_source_that_hrflow_does_not_know_is_a_fault(source: Reply, is_known: bool) -> None:
    missing = {"code": 400, "message": "Invalid parameters. Unable to find object: profile"}

    def answer(asked: Asked) -> Reply:
        return source if asked.path == "/source" else Reply(missing, 400)

    with StandIn(answer) as server:
        result = push(server.url, *[formatted(n) for n in CROWD], retries=Retry(total=0))
        assert {a.query.get("key") for a in server.asked if a.path == "/source"} == {"a-source"}
    assert result.report.outcomes == {Outcome.MISSING: 60}
    assert result.none_found
    if is_known:
        assert result.fault is None
    else:
        assert isinstance(result.fault, RequestRefused)
        assert "HRFLOW_SOURCE_KEY" in str(result.fault)


@pytest.mark.parametrize("path", ["", "/v1/v1", "/v2"])
def test_an_address_that_is_not_the_apis_ends_the_run(sandbox: Sandbox, path: str) -> None:
    right = sandbox.environment()["HRFLOW_BASE_URL"]
    source_key = sandbox.environment()["HRFLOW_SOURCE_KEY"]
    url = right.removesuffix("/v1") + path
    result = push(url, *[formatted(n) for n in CROWD], workers=1, source_key=source_key)
    assert isinstance(result.fault, RequestRefused)
    assert "HRFLOW_BASE_URL" in str(result.fault)
    assert sum(sandbox.requests.values()) == 1


def test_fewer_than_ten_that_fail_do_not(sandbox: Sandbox) -> None:
    sandbox.fail(Fault("500", path=r"reference=1[0-8]$", times=None))
    result = push(sandbox, *[formatted(n) for n in CROWD])
    assert result.fault is None
    assert result.report.outcomes[Outcome.FAILED] == 9


@pytest.mark.parametrize("candidates", [1, 200])
def test_an_api_that_is_down_ends_the_run_with_all_rows(candidates: int) -> None:
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, *range(1, candidates + 1))
        sandbox.fail(Fault("500", path="/hrflow", times=None))
        result = push(sandbox, *[formatted(n) for n in range(1, candidates + 1)], workers=16)
        assert isinstance(result.fault, ApiUnavailable)
        assert result.report.outcomes == {Outcome.FAILED: candidates}
        assert {row.attempts for row in result.report.rows} == {0}
        assert sum(sandbox.requests.values()) < 200
        sandbox.heal()
        sandbox.forget_requests()
        healed = push(sandbox, *[formatted(n) for n in range(1, candidates + 1)])
        assert healed.report.outcomes == {Outcome.UPDATED: candidates}


def test_a_port_where_nobody_listens_ends_the_run() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    result = push(url, *[formatted(n) for n in range(100)], workers=16)
    assert isinstance(result.fault, ApiUnavailable)
    assert result.report.outcomes == {Outcome.FAILED: 100}
    assert "ConnectionError" in str(result.fault)


@pytest.mark.parametrize(
    ("kind", "fault", "message"),
    [
        ("401", CredentialsRefused, r"refused the credentials \(401\)\. Check HRFLOW_API_SECRET"),
        ("403", CredentialsRefused, r"refused the credentials \(403\)\. .*HRFLOW_API_USER"),
        ("402", QuotaExhausted, r"quota is used up \(402\)\. .*nothing is lost"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_what_concerns_everybody_ends_the_run_at_once(
    sandbox: Sandbox, kind: Any, fault: type[Exception], message: str, method: str
) -> None:
    sandbox.fail(Fault(kind, path="/hrflow", method=method, times=None))
    result = push(sandbox, *[formatted(n) for n in CROWD], workers=4)
    assert isinstance(result.fault, fault)
    with pytest.raises(fault, match=message):
        raise result.fault
    assert "ask_" not in str(result.fault).replace("ask_…", "")
    assert result.report.outcomes == {Outcome.FAILED: len(CROWD)}
    assert (gets(sandbox) <= 4) if method == "GET" else (puts(sandbox) == 1)


def test_a_wrong_secret_is_asked_once_and_shown_nowhere(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        result = push(sandbox, formatted(), secret="ask_wrong_hush")
    assert isinstance(result.fault, CredentialsRefused)
    assert gets(sandbox) == 1
    assert "wrong_hush" not in f"{caplog.text}{result}"


def test_an_unknown_source_ends_the_run(sandbox: Sandbox) -> None:
    result = push(sandbox, formatted(), source_key="nowhere")
    assert isinstance(result.fault, RequestRefused)
    assert str(result.fault) == (
        "HrFlow knows no source with the configured key. Check HRFLOW_SOURCE_KEY."
    )


def test_retry_after_is_obeyed(sandbox: Sandbox) -> None:
    sandbox.fail(Fault("429", method="GET", retry_after=1))
    sandbox.fail(Fault("429", method="PUT", retry_after=1))
    began = time.monotonic()
    assert outcomes(push(sandbox, formatted())) == {1: Outcome.UPDATED}
    assert time.monotonic() - began >= 2.0


def test_a_wait_of_an_hour_ends_the_run_instead(sandbox: Sandbox) -> None:
    sandbox.fail(Fault("429", retry_after=3600, times=None))
    result = push(sandbox, *[formatted(n) for n in CROWD])
    assert isinstance(result.fault, RateLimited)
    assert result.report.outcomes == {Outcome.FAILED: len(CROWD)}


def test_waits_grow_and_say_why(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    sandbox.fail(Fault("500", method="PUT", times=3))
    with caplog.at_level(logging.WARNING):
        push(sandbox, formatted(), retries=Retry(total=4, backoff_factor=0.01))
    told = [message for message in caplog.messages if "trying again in" in message]
    assert len(told) == 3
    assert all("HrFlow answered 500 to PUT" in message for message in told)


def test_an_interrupt_ends_the_push_soon(sandbox: Sandbox) -> None:
    add_profiles(sandbox, *range(1000, 1300))
    seen: list[str] = []

    def interrupt(method: str, _target: str) -> None:
        seen.append(method)
        if len(seen) == 20:
            os.kill(os.getpid(), signal.SIGINT)

    sandbox.before_request(interrupt)
    with pytest.raises(KeyboardInterrupt):
        push(sandbox, *[formatted(n) for n in range(1000, 1300)], workers=2)
    assert puts(sandbox) < 100
