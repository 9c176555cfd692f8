"""The asset checks of a push: what somebody should look at, though the run succeeded."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from greenhouse_hrflow.deliver import Delivery
from greenhouse_hrflow.orchestration.keys import NONE_REJECTED_CHECK, PROFILES_FOUND_CHECK
from greenhouse_hrflow.report import Outcome, Report

_PROFILES_FOUND_TEXT = (
    "The source holds a profile of at least one of the candidates. Where it holds none of ten or "
    "more, HRFLOW_SOURCE_KEY may name another source than the one that the résumés go to, or the "
    "format's references may be others than the profiles'."
)


def check_specs(profiles: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """The checks of the profiles' asset."""
    return [
        dg.AssetCheckSpec(NONE_REJECTED_CHECK, asset=profiles),
        dg.AssetCheckSpec(PROFILES_FOUND_CHECK, asset=profiles, description=_PROFILES_FOUND_TEXT),
    ]


def check_results(delivery: Delivery) -> Iterator[dg.AssetCheckResult]:
    """Their results."""
    yield _none_rejected(delivery.report)
    yield _profiles_found(delivery)


def _none_rejected(report: Report) -> dg.AssetCheckResult:
    rejected = [row for row in report.rows if row.outcome is Outcome.REJECTED]
    reasons = {row.reason or "": row.candidate_id for row in rejected}
    return dg.AssetCheckResult(
        check_name=NONE_REJECTED_CHECK,
        passed=not rejected,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"rejected": len(rejected), "a_candidate_for_each_reason": reasons},
    )


def _profiles_found(delivery: Delivery) -> dg.AssetCheckResult:
    report = delivery.report
    return dg.AssetCheckResult(
        check_name=PROFILES_FOUND_CHECK,
        passed=not delivery.none_found,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"missing": report.outcomes[Outcome.MISSING], "candidates": len(report.rows)},
    )
