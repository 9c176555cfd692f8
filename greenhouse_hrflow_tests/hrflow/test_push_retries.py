"""Requests of a push that are retried within the run: which, after what wait, and at what risk."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest
from urllib3.util import Retry

from greenhouse_hrflow.errors import RateLimited
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow_tests.support.pushing import (
    CROWD,
    formatted,
    only_row,
    outcomes,
    profile_of,
    push,
    puts,
)

pytestmark = pytest.mark.usefixtures("in_either_way")

TRANSIENT = ["429-no-retry-after", "500", "502-html", "html-200", "broken-json", "drop", "code-500"]


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("kind", TRANSIENT)
def test_a_passing_fault_is_retried(sandbox: Sandbox, kind: Any, method: str) -> None:
    sandbox.fail(Fault(kind, method=method, times=2))
    result = push(sandbox, formatted())
    assert (outcomes(result), result.fault) == ({1: Outcome.UPDATED}, None)
    assert only_row(result).changed_fields == ("info.phone", "tags")
    assert len(sandbox.hrflow.puts) == 1


@pytest.mark.parametrize("kind", ["400", "422"])
def test_a_refusal_is_not_retried(sandbox: Sandbox, kind: Any) -> None:
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
    greenhouse_tags = [
        tag for tag in profile_of(sandbox)["tags"] if tag["name"] == "greenhouse_tag"
    ]
    assert len(greenhouse_tags) == 1


def test_a_recruiters_edit_between_two_attempts_stays(sandbox: Sandbox) -> None:
    put_requests: list[str] = []

    def recruit(method: str, _target: str) -> None:
        if method == "PUT":
            put_requests.append(method)
            if len(put_requests) == 1:
                sandbox.hrflow.edit("1", lambda p: p["info"].update(summary="by hand"))

    sandbox.before_request(recruit)
    sandbox.fail(Fault("500", method="PUT"))
    assert outcomes(push(sandbox, formatted())) == {1: Outcome.UPDATED}
    assert profile_of(sandbox)["info"]["summary"] == "by hand"


def test_retry_after_is_obeyed(sandbox: Sandbox) -> None:
    sandbox.fail(Fault("429", method="GET", retry_after=1))
    sandbox.fail(Fault("429", method="PUT", retry_after=1))
    began = time.monotonic()
    assert outcomes(push(sandbox, formatted())) == {1: Outcome.UPDATED}
    assert time.monotonic() - began >= 2.0


def test_a_wait_of_an_hour_ends_the_run(sandbox: Sandbox) -> None:
    sandbox.fail(Fault("429", retry_after=3600, times=None))
    result = push(sandbox, *[formatted(n) for n in CROWD])
    assert isinstance(result.fault, RateLimited)
    assert result.report.outcomes == {Outcome.FAILED: len(CROWD)}


def test_every_wait_is_logged_with_its_reason(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.fail(Fault("500", method="PUT", times=3))
    with caplog.at_level(logging.WARNING):
        push(sandbox, formatted(), retries=Retry(total=4, backoff_factor=0.01))
    warnings = [message for message in caplog.messages if "trying again in" in message]
    assert len(warnings) == 3
    assert all("HrFlow answered 500 to PUT" in message for message in warnings)
