"""How many failed candidates make a failed run: one bad candidate costs one candidate, but no API,
format or logic is fine that refuses most of them.

What ends a push at once (credentials, a quota, a wrong address) is raised where it is met.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from greenhouse_hrflow import reasons
from greenhouse_hrflow.errors import (
    ApiUnavailable,
    FunctionsFailed,
    GreenhouseHrflowError,
    RequestRefused,
)
from greenhouse_hrflow.report import Outcome, Report, ReportRow

FEWEST = 10
"""So many candidates at least must share a fault that is not their own."""

FAILED_SHARE = 0.01
"""More than this share that kept failing: then the API is at fault, and no candidate."""

TRIES_BEFORE_REJECTED = 5
"""Runs in a row in which HrFlow fails for one candidate before it is rejected."""


def fault_of_hrflow(report: Report) -> GreenhouseHrflowError | None:
    """What HrFlow's answers to a whole push say against all of it."""
    rows, failed = report.rows, report.outcomes[Outcome.FAILED]
    if failed >= FEWEST and failed > FAILED_SHARE * len(rows):
        return ApiUnavailable(
            f"HrFlow kept failing for {failed} of {len(rows)} profiles, which is more than "
            "single candidates explain. The window is done again by the next run."
        )
    # Those that HrFlow could not have refused are no sign that it accepts any.
    not_asked = (Outcome.ARCHIVED, Outcome.STALE, Outcome.MISSING)
    asked = sum(row.outcome not in not_asked for row in rows)
    reasons = Counter(
        row.reason
        for row in rows
        if row.outcome is Outcome.REJECTED and row.reason and row.reason.startswith("hrflow_")
    )
    for reason, count in reasons.most_common(1):
        if _are_most(count, asked):
            why = reason.removeprefix("hrflow_refused_")
            return RequestRefused(
                f"HrFlow refused {count} of {asked} profiles ({why}), for one reason: that is no "
                "candidate's own fault. What it said stands in the report (detail); look there "
                "for a field that every profile is given. The window is done again by the next "
                "run."
            )
    return None


def fault_of_functions(settled: Sequence[ReportRow], pushed: int) -> FunctionsFailed | None:
    """What the workflow's logics and format say against themselves.

    Args:
        settled: the rows of the candidates that are not pushed.
        pushed: how many are.
    """
    refused = [row for row in settled if _is_refused_by_functions(row)]
    given = pushed + len(refused)
    if not _are_most(len(refused), given):
        return None
    return FunctionsFailed(
        f"The workflow's own logics and format refused {len(refused)} of {given} candidates: "
        f"{commonest(refused)}. What was raised stands in the report (detail). The others are "
        "pushed. Mend the function; the window is done again by the next run."
    )


def commonest(rows: Sequence[ReportRow]) -> str:
    """The commonest reason why candidates did not reach HrFlow, with their count and the id of one;
    empty where there are none."""
    not_in_hrflow = (Outcome.REJECTED, Outcome.MISSING, Outcome.FAILED)
    rows = [row for row in rows if row.outcome in not_in_hrflow]
    if not rows:
        return ""
    reasons = Counter(row.reason or str(row.outcome) for row in rows)
    (reason, count) = reasons.most_common(1)[0]
    example = next(r for r in rows if (r.reason or str(r.outcome)) == reason)
    return f"{count} by {reason} (candidate {example.candidate_id}, for example)"


def none_is_found(report: Report) -> bool:
    """Whether HrFlow holds a profile of not a single one, of so many that it should."""
    counts = report.outcomes
    others = counts.keys() - {Outcome.MISSING, Outcome.FAILED}
    return counts[Outcome.MISSING] >= FEWEST and not others


def _is_refused_by_functions(row: ReportRow) -> bool:
    """Also where the format gave one reference to several."""
    reason = row.reason or ""
    of_functions = ("logic_", "format_", "reference_claimed_")
    return row.outcome is Outcome.REJECTED and reason.startswith(of_functions)


def _are_most(count: int, of: int) -> bool:
    return count >= FEWEST and 2 * count > of


def rejected_after_enough_tries(row: ReportRow) -> ReportRow:
    """The row, rejected where HrFlow failed for it run after run while it answered for others."""
    if row.outcome is Outcome.FAILED and row.attempts >= TRIES_BEFORE_REJECTED:
        reason = reasons.GIVEN_UP.text(TRIES_BEFORE_REJECTED)
        return replace(row, outcome=Outcome.REJECTED, reason=reason)
    return row
