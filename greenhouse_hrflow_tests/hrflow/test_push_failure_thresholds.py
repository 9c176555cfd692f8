"""Candidates that fail or are refused: what each costs, and how many fail the whole push."""

from __future__ import annotations

from typing import Any

import pytest

from greenhouse_hrflow.errors import ApiUnavailable, RequestRefused
from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow_tests.support.pushing import CROWD, formatted, only_row, push


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_candidate_that_always_fails_costs_no_other(sandbox: Sandbox, method: str) -> None:
    of_candidate_7: dict[str, Any] = (
        {"path": r"reference=7$"} if method == "GET" else {"body_contains": '"reference":"7"'}
    )
    sandbox.fail(Fault("500", method=method, times=None, **of_candidate_7))
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
def test_a_candidate_that_failed_in_five_runs_is_rejected(
    sandbox: Sandbox, runs_before: int, outcome: Outcome, reason: str, attempts: int
) -> None:
    sandbox.fail(Fault("500", path=r"reference=7$", times=None))
    history = History(attempts={"7": runs_before})
    result = push(sandbox, formatted(7), formatted(8), history=history)
    (row,) = [row for row in result.report.rows if row.candidate_id == 7]
    assert result.fault is None
    assert (row.outcome, row.reason, row.attempts) == (outcome, reason, attempts)


def test_a_success_resets_the_attempts(sandbox: Sandbox) -> None:
    row = only_row(push(sandbox, formatted(7), history=History(attempts={"7": 4})))
    assert (row.outcome, row.attempts) == (Outcome.UPDATED, 0)


def test_ten_failed_candidates_fail_the_push(sandbox: Sandbox) -> None:
    # Ten of sixty, while the others are answered.
    sandbox.fail(Fault("500", path=r"reference=1\d$", times=None))
    history = History(attempts={"10": 4})
    result = push(sandbox, *[formatted(n) for n in CROWD], history=history)
    assert isinstance(result.fault, ApiUnavailable)
    assert str(result.fault).startswith("HrFlow kept failing for 10 of 60 profiles")
    assert result.report.outcomes == {Outcome.UPDATED: 50, Outcome.FAILED: 10}
    # An outage counts as nobody's attempt.
    assert {row.candidate_id: row.attempts for row in result.report.rows if row.attempts} == {10: 4}


def test_nine_failed_candidates_do_not_fail_the_push(sandbox: Sandbox) -> None:
    sandbox.fail(Fault("500", path=r"reference=1[0-8]$", times=None))
    result = push(sandbox, *[formatted(n) for n in CROWD])
    assert result.fault is None
    assert result.report.outcomes[Outcome.FAILED] == 9


@pytest.mark.parametrize("kind", ["400", "422"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_most_candidates_refused_for_one_reason_fail_the_push(
    sandbox: Sandbox, kind: Any, method: str
) -> None:
    # 51 of the 60 that HrFlow holds a profile of.
    of_two_digits = r"reference=\d\d$" if method == "GET" else ""
    sandbox.fail(Fault(kind, method=method, path=of_two_digits, times=None))
    result = push(sandbox, *[formatted(n) for n in (*CROWD, 999)])
    refused = 51 if method == "GET" else 60
    assert isinstance(result.fault, RequestRefused)
    assert str(result.fault).startswith(f"HrFlow refused {refused} of 60 profiles ({kind})")
    outcomes = result.report.outcomes
    assert (outcomes[Outcome.REJECTED], outcomes[Outcome.MISSING]) == (refused, 1)
    sandbox.heal()
    healed = push(sandbox, *[formatted(n) for n in CROWD]).report.outcomes
    assert healed[Outcome.UPDATED] == refused


@pytest.mark.parametrize(
    ("candidate_ids", "refused", "count"),
    [(range(1, 10), r"\d$", 9), (range(1, 31), r"(1\d|2[0-4])$", 15)],
)
def test_nine_refused_candidates_or_half_of_them_do_not_fail_the_push(
    sandbox: Sandbox, candidate_ids: range, refused: str, count: int
) -> None:
    sandbox.fail(Fault("422", method="GET", path=f"reference={refused}", times=None))
    result = push(sandbox, *[formatted(n) for n in candidate_ids])
    assert result.fault is None
    assert result.report.outcomes[Outcome.REJECTED] == count


def test_candidates_that_could_not_be_refused_do_not_hide_that_most_are(sandbox: Sandbox) -> None:
    for reference in range(11, 61):
        sandbox.hrflow.archive(str(reference), archived=True)
    sandbox.fail(Fault("422", method="PUT", times=None))
    result = push(sandbox, *[formatted(n) for n in (*CROWD, *range(1000, 1100))])
    assert isinstance(result.fault, RequestRefused)
    assert result.report.outcomes == {
        Outcome.REJECTED: 10, Outcome.ARCHIVED: 50, Outcome.MISSING: 100
    }  # fmt: skip
