"""The brake: a push that would edit too many profiles edits none, and says what it would do."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import pytest

from greenhouse_hrflow import Brake
from greenhouse_hrflow.errors import BrakeApplied, ConfigurationError, FatalError, QuotaExhausted
from greenhouse_hrflow.hrflow.braked_push import push_braked
from greenhouse_hrflow.hrflow.candidate_push import PushSettings
from greenhouse_hrflow.hrflow.push import PushResult
from greenhouse_hrflow.profiles.fields import EDITABLE
from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.profiles.transform import FormattedCandidate
from greenhouse_hrflow.report import Outcome, Report, ReportRow
from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow_tests.support.pushing import (
    AT_ONCE,
    CHANGED_AT,
    CROWD,
    GIVEN,
    READ_AT,
    SECOND,
    WORKFLOW,
    client_of,
    formatted,
    gets,
    outcomes,
    profile_of,
    push,
    puts,
)

OPEN = Brake(share=1, floor=1000)
"""Lets every push of these tests through, after it has compared."""


def pushed(
    sandbox: Sandbox,
    brake: Brake,
    candidates: Iterable[FormattedCandidate],
    history: History | None = None,
) -> PushResult:
    with client_of(sandbox) as client:
        return push_braked(
            [*candidates],
            brake,
            client,
            PushSettings(WORKFLOW, EDITABLE, "a run", retries=AT_ONCE),
            history=history,
            log=logging.getLogger("test"),
        )


def later(candidate_id: int, phone: str = "+1 555 0199") -> FormattedCandidate:
    """A later read of a candidate, with another phone than `GIVEN`."""
    profile: JsonObject = {**GIVEN, "info": {"first_name": "Ada", "phone": phone}}
    return formatted(candidate_id, profile, read_at=READ_AT + SECOND)


@pytest.mark.parametrize("share", [0, -0.1, 1.01, 20, float("nan"), "0.2", True, None])
def test_a_share_that_is_no_fraction_is_refused(share: Any) -> None:
    with pytest.raises(ConfigurationError, match="a share above 0"):
        Brake(share, 1)


@pytest.mark.parametrize("floor", [-1, 1.5, "1", True, None])
def test_a_floor_that_is_no_number_of_profiles_is_refused(floor: Any) -> None:
    with pytest.raises(ConfigurationError, match="a floor of 0"):
        Brake(0.2, floor)


@pytest.mark.parametrize(
    ("brake", "edits", "candidates", "stops"),
    [
        (Brake(0.2, 100), 101, 500, True),
        (Brake(0.2, 100), 100, 500, False),
        (Brake(0.2, 100), 101, 505, False),
        (Brake(0.2, 100), 100, 100, False),
        (Brake(0.2, 0), 1, 1, True),
        (Brake(0.2, 0), 0, 0, False),
        (Brake(1, 0), 60, 60, False),
        # In binary fractions, 0.29 * 100 is less than 29.
        (Brake(0.29, 0), 29, 100, False),
    ],
)
def test_it_stops_above_the_floor_and_above_the_share(
    brake: Brake, edits: int, candidates: int, stops: bool
) -> None:
    report = Report(
        [row(n, Outcome.WOULD_UPDATE if n < edits else Outcome.MISSING) for n in range(candidates)]
    )
    assert (brake.fault(report) is not None) == stops


def row(candidate_id: int, outcome: Outcome, *fields: str) -> ReportRow:
    """A row of a comparison."""
    reference = str(candidate_id)
    return ReportRow(
        candidate_id, reference, outcome, CHANGED_AT, READ_AT, READ_AT, "a run",
        changed_fields=fields,
    )  # fmt: skip


def test_it_says_how_many_and_which_fields() -> None:
    fields = ["info.phone", "tags", *"abcdefgh"]
    rows = [row(n, Outcome.WOULD_UPDATE, *fields[: 10 - n]) for n in range(4)]
    rows += [row(n, Outcome.UNCHANGED) for n in range(4, 8)]

    fault = Brake(0.125, 2).fault(Report(rows))

    assert isinstance(fault, FatalError)
    assert str(fault).startswith(
        "This run would edit 4 of 8 profiles, more than the brake allows (2, and 12.5 % of the "
        "candidates): 4 a, 4 b, 4 c, 4 d, 4 e, 4 info.phone, 4 tags, 3 f and 2 more. "
        "Nothing was edited. "
    )


@pytest.mark.usefixtures("in_either_way")
def test_a_push_above_it_edits_nothing(sandbox: Sandbox) -> None:
    before = {n: profile_of(sandbox, n) for n in CROWD}
    result = pushed(sandbox, Brake(0.5, 10), [formatted(n) for n in [*CROWD, 99]])

    assert isinstance(result.fault, BrakeApplied)
    assert "would edit 60 of 61 profiles" in str(result.fault)
    assert ": 60 info.phone, 60 tags. Nothing was edited." in str(result.fault)
    assert result.report.outcomes == {Outcome.WOULD_UPDATE: 60, Outcome.MISSING: 1}
    assert puts(sandbox) == 0
    assert {n: profile_of(sandbox, n) for n in CROWD} == before


@pytest.mark.usefixtures("in_either_way")
def test_a_push_below_it_ends_as_without_it(sandbox: Sandbox) -> None:
    push(sandbox, *[formatted(n) for n in CROWD])
    candidates = [later(n) if n <= 5 else formatted(n) for n in [*CROWD, 99]]
    result = pushed(sandbox, Brake(0.1, 0), candidates)

    assert result.fault is None
    expected = {n: Outcome.UPDATED if n <= 5 else Outcome.UNCHANGED for n in CROWD}
    assert outcomes(result) == expected | {99: Outcome.MISSING}
    assert profile_of(sandbox, 5)["info"]["phone"] == "+1 555 0199"
    assert puts(sandbox) == 60 + 5


def test_only_those_to_edit_are_read_twice(sandbox: Sandbox) -> None:
    push(sandbox, *[formatted(n) for n in CROWD])
    sandbox.forget_requests()

    result = pushed(sandbox, OPEN, [later(n) if n <= 5 else formatted(n) for n in CROWD])

    # The canary edit is read back as well.
    assert (gets(sandbox), puts(sandbox)) == (60 + 5 + 1, 5)
    assert "compared first" in result.reading


def test_where_nothing_is_to_be_edited_one_comparison_is_all(sandbox: Sandbox) -> None:
    push(sandbox, *[formatted(n) for n in CROWD])
    sandbox.forget_requests()

    result = pushed(sandbox, Brake(0.1, 0), [formatted(n) for n in CROWD])

    assert result.report.outcomes == {Outcome.UNCHANGED: 60}
    assert (gets(sandbox), puts(sandbox)) == (60, 0)


def test_one_that_failed_to_be_compared_is_pushed_all_the_same(sandbox: Sandbox) -> None:
    sandbox.fail(Fault("500", path=r"reference=7$", times=5))
    # With one more failed run it is rejected, and the comparison is none.
    history = History(attempts={"7": 4})

    result = pushed(sandbox, OPEN, [formatted(n) for n in CROWD], history)

    assert result.fault is None
    assert result.report.outcomes == {Outcome.UPDATED: 60}


@pytest.mark.parametrize(
    ("runs_before", "outcome", "attempts"), [(1, Outcome.FAILED, 2), (4, Outcome.REJECTED, 5)]
)
def test_one_run_counts_as_one_attempt(
    sandbox: Sandbox, runs_before: int, outcome: Outcome, attempts: int
) -> None:
    sandbox.fail(Fault("500", path=r"reference=7$", times=None))
    history = History(attempts={"7": runs_before})

    result = pushed(sandbox, OPEN, [formatted(n) for n in CROWD], history)

    (failed,) = [row for row in result.report.rows if row.candidate_id == 7]
    assert (failed.outcome, failed.attempts) == (outcome, attempts)


def test_a_stopped_run_counts_as_no_attempt(sandbox: Sandbox) -> None:
    sandbox.fail(Fault("500", path=r"reference=[78]$", times=None))
    history = History(attempts={"7": 4})

    result = pushed(sandbox, Brake(0.1, 0), [formatted(n) for n in CROWD], history)

    assert isinstance(result.fault, BrakeApplied)
    failed = {r.candidate_id: r.attempts for r in result.report.rows if r.outcome == "failed"}
    assert failed == {7: 4, 8: 0}


def test_a_fault_of_the_whole_ends_the_comparison(sandbox: Sandbox) -> None:
    sandbox.fail(Fault("402", times=None))
    result = pushed(sandbox, Brake(0.1, 0), [formatted(n) for n in CROWD])
    assert isinstance(result.fault, QuotaExhausted)
    assert puts(sandbox) == 0


def test_refusals_are_weighed_against_all_and_not_against_those_to_edit(sandbox: Sandbox) -> None:
    push(sandbox, *[formatted(n) for n in CROWD])
    sandbox.fail(Fault("422", method="PUT", times=10))

    result = pushed(sandbox, OPEN, [later(n) if n <= 12 else formatted(n) for n in CROWD])

    # Ten of the twelve to edit would be most of them; ten of sixty are ten candidates.
    assert result.fault is None
    assert result.report.outcomes == {
        Outcome.UNCHANGED: 48,
        Outcome.UPDATED: 2,
        Outcome.REJECTED: 10,
    }
