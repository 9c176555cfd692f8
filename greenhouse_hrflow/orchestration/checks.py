"""The asset checks: what somebody should look at, though the run succeeded.

Those of the profiles tell what holds now, whichever run has pushed whom, and not what the last run
happened to touch. The check that the sensor keeps is in `freshness`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import dagster as dg
import pandas as pd

from greenhouse_hrflow.deliver import Delivery
from greenhouse_hrflow.orchestration.keys import (
    INSIDE_WINDOW_CHECK,
    NONE_FAILING_CHECK,
    NONE_MISSING_CHECK,
    NONE_REJECTED_CHECK,
    NONE_TWICE_CHECK,
    PARTITION_COLUMN,
    PROFILES_FOUND_CHECK,
)
from greenhouse_hrflow.orchestration.partitions import RunPartitions
from greenhouse_hrflow.orchestration.summary import not_sent_table
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.storage.not_sent import NotSentRow
from greenhouse_hrflow.workflow import Limits

_WARN, _ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR

_OF_PROFILES = {
    NONE_REJECTED_CHECK: (
        "Nobody is refused now: by a logic, by the format, or by HrFlow. Each of those who are "
        "needs somebody who mends the cause; then they are sent again by themselves. A warning; "
        "an error above the limit `rejected`."
    ),
    NONE_FAILING_CHECK: (
        "HrFlow answers for everybody. Those for whom it keeps failing are tried again by "
        "themselves, and are rejected after five runs. An error above the limit `failed`."
    ),
    NONE_MISSING_CHECK: (
        "The source has a profile of everybody who has changed. Who has none is looked for again "
        "for a week: this project creates no profile. An error above the limit `missing`, which "
        "is off by default."
    ),
    PROFILES_FOUND_CHECK: (
        "The source holds a profile of at least one of the candidates of the last run. Where it "
        "holds none of ten or more, HRFLOW_SOURCE_KEY may name another source than the one that "
        "the résumés go to, or the format's references may be others than the profiles'."
    ),
}
_OF_CANDIDATES = {
    INSIDE_WINDOW_CHECK: (
        "Every candidate changed last within the partition in which it stands. If not, a change "
        "may be missing from another partition."
    ),
    NONE_TWICE_CHECK: "No candidate stands twice in a partition.",
}


def check_specs(asset: dg.AssetKey, texts: dict[str, str]) -> list[dg.AssetCheckSpec]:
    """Checks of an asset, by name and description."""
    return [dg.AssetCheckSpec(name, asset=asset, description=text) for name, text in texts.items()]


def profiles_checks(profiles: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """The checks that a push keeps."""
    return check_specs(profiles, _OF_PROFILES)


def candidates_checks(candidates: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """The checks that a pull keeps."""
    return check_specs(candidates, _OF_CANDIDATES)


def profiles_results(
    delivery: Delivery, not_sent: Sequence[NotSentRow], limits: Limits
) -> Iterator[dg.AssetCheckResult]:
    """What the checks of the profiles say after a push.

    Args:
        not_sent: who is not in HrFlow now.
    """
    rejected = _of(not_sent, Outcome.REJECTED)
    severity = _ERROR if len(rejected) > limits.rejected else _WARN
    examples = {row.reason or "": row.candidate_id for row in reversed(rejected)}
    yield _result(
        NONE_REJECTED_CHECK, not rejected, severity, rejected, limits.rejected,
        a_candidate_for_each_reason=examples,
    )  # fmt: skip
    failed = _of(not_sent, Outcome.FAILED)
    is_few = len(failed) <= limits.failed
    yield _result(NONE_FAILING_CHECK, is_few, _ERROR, failed, limits.failed)
    missing = _of(not_sent, Outcome.MISSING)
    is_few = limits.missing is None or len(missing) <= limits.missing
    yield _result(NONE_MISSING_CHECK, is_few, _ERROR, missing, limits.missing)
    yield dg.AssetCheckResult(
        check_name=PROFILES_FOUND_CHECK,
        passed=not delivery.none_found,
        severity=_WARN,
        metadata={
            "missing": delivery.report.outcomes[Outcome.MISSING],
            "candidates": len(delivery.report.rows),
        },
    )


def candidates_results(
    frame: pd.DataFrame, covered: RunPartitions
) -> Iterator[dg.AssetCheckResult]:
    """What the checks of the candidates say of the partitions of a run."""
    outside = _outside(frame, covered)
    yield dg.AssetCheckResult(
        check_name=INSIDE_WINDOW_CHECK,
        passed=not outside,
        severity=_ERROR,
        metadata={"outside": len(outside), "candidate_ids": outside[:20]},
    )
    twice = frame.loc[frame.duplicated([PARTITION_COLUMN, "id"]), "id"].tolist()
    yield dg.AssetCheckResult(
        check_name=NONE_TWICE_CHECK,
        passed=not twice,
        severity=_ERROR,
        metadata={"twice": len(twice), "candidate_ids": twice[:20]},
    )


def _outside(frame: pd.DataFrame, covered: RunPartitions) -> list[int]:
    ends = (*covered.starts[1:], covered.end)
    bounds = zip(covered.keys, zip(covered.starts, ends, strict=True), strict=True)
    of_partition = dict(bounds)
    rows = zip(frame["id"], frame[PARTITION_COLUMN], frame["changed_at"], strict=True)
    return [
        int(candidate_id)
        for candidate_id, key, changed_at in rows
        if not of_partition[key][0] <= changed_at < of_partition[key][1]
    ]


def _of(rows: Iterable[NotSentRow], outcome: Outcome) -> list[NotSentRow]:
    return [row for row in rows if row.outcome == outcome.value]


def _result(
    name: str,
    passed: bool,
    severity: dg.AssetCheckSeverity,
    rows: Sequence[NotSentRow],
    limit: int | None,
    **more: Any,
) -> dg.AssetCheckResult:
    """A result that shows how many there are, why, and who."""
    outcome = {
        NONE_REJECTED_CHECK: "rejected", NONE_FAILING_CHECK: "failed", NONE_MISSING_CHECK: "missing"
    }[name]  # fmt: skip
    metadata: dict[str, Any] = {outcome: len(rows), **more}
    if limit is not None:
        metadata["limit"] = limit
    if rows:
        reasons = Counter(row.reason or row.outcome for row in rows)
        metadata["reasons"] = dict(reasons.most_common(20))
        shown = [
            {"candidate_id": row.candidate_id, "outcome": row.outcome, "reason": row.reason}
            for row in rows
        ]
        metadata["candidates"] = dg.MetadataValue.md(not_sent_table(shown))
    return dg.AssetCheckResult(check_name=name, passed=passed, severity=severity, metadata=metadata)
