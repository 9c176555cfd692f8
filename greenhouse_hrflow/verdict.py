"""Whether a run failed as a whole, judged over its rows: one bad candidate costs one candidate,
but no API, format or logic is fine that refuses most of them.

What ends a push at once (credentials, a quota, a wrong address) is not judged here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from greenhouse_hrflow.errors import ApiUnavailable, GreenhouseHrflowError, RequestRefused
from greenhouse_hrflow.report import Outcome, ReportRow, count_outcomes

FEWEST = 10
"""So many candidates at least must share a fault that is not their own."""

FAILED_SHARE = 0.01
"""More than this share that kept failing: then the API is at fault, and no candidate."""


def fault_of_hrflow(rows: Sequence[ReportRow]) -> GreenhouseHrflowError | None:
    """What HrFlow's answers to a whole push say against all of it."""
    failed = count_outcomes(rows)[Outcome.FAILED]
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


def none_is_found(rows: Iterable[ReportRow]) -> bool:
    """Whether HrFlow holds a profile of not a single one, of so many that it should."""
    counts = count_outcomes(rows)
    others = counts.keys() - {Outcome.MISSING, Outcome.FAILED}
    return counts[Outcome.MISSING] >= FEWEST and not others


def _are_most(count: int, of: int) -> bool:
    return count >= FEWEST and 2 * count > of
