"""Faults of the whole: they end a push early, and every candidate that waits gets its row."""

from __future__ import annotations

import logging
import os
import signal
import socket
from typing import Any

import pytest

from greenhouse_hrflow.errors import ApiUnavailable, CredentialsRefused, QuotaExhausted
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow_tests.support.pushing import (
    CROWD,
    add_profiles,
    formatted,
    gets,
    push,
    puts,
)

pytestmark = pytest.mark.usefixtures("in_either_way")


@pytest.mark.parametrize("count", [1, 200])
def test_an_api_that_is_down_ends_the_run_with_all_rows(count: int) -> None:
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, *range(1, count + 1))
        sandbox.fail(Fault("500", path="/hrflow", times=None))
        result = push(sandbox, *[formatted(n) for n in range(1, count + 1)], workers=16)
        assert isinstance(result.fault, ApiUnavailable)
        assert result.report.outcomes == {Outcome.FAILED: count}
        assert {row.attempts for row in result.report.rows} == {0}
        assert sum(sandbox.requests.values()) < 200
        sandbox.heal()
        sandbox.forget_requests()
        healed = push(sandbox, *[formatted(n) for n in range(1, count + 1)])
        assert healed.report.outcomes == {Outcome.UPDATED: count}


def test_a_port_where_nobody_listens_ends_the_run() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
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
def test_refused_credentials_and_a_used_up_quota_end_the_run_at_once(
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


def test_a_wrong_secret_is_sent_once_and_shown_nowhere(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        result = push(sandbox, formatted(), secret="ask_wrong_hush")
    assert isinstance(result.fault, CredentialsRefused)
    assert gets(sandbox) == 1
    assert "wrong_hush" not in f"{caplog.text}{result}"


def test_an_interrupt_ends_the_push_soon(sandbox: Sandbox) -> None:
    add_profiles(sandbox, *range(1000, 1300))
    requests: list[str] = []

    def interrupt(method: str, _target: str) -> None:
        requests.append(method)
        if len(requests) == 20:
            os.kill(os.getpid(), signal.SIGINT)

    sandbox.before_request(interrupt)
    with pytest.raises(KeyboardInterrupt):
        push(sandbox, *[formatted(n) for n in range(1000, 1300)], workers=2)
    assert puts(sandbox) < 100
