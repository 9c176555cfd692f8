"""Candidates who are not tried again: HrFlow failed for them in too many runs, or their profile has
been missing for too long. All of them are one condition, which can grow.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from greenhouse_hrflow.orchestration.alerts.condition import Cause, Condition
from greenhouse_hrflow.orchestration.alerts.look import Look, path_of_asset
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.storage.not_sent import NotSentRow

IDENTITY = "candidates given up"
MOST_IDS = 5
"""So many candidates are named, by id."""

_HRFLOW_FAILED = "hrflow_failed_in_"


def given_up(look: Look) -> Iterator[Condition]:
    """The condition, where anybody is given up."""
    if look.not_sent is None:
        return
    failed = [row for row in look.not_sent if _was_failing(row)]
    missing = [row for row in look.not_sent if _is_long_missing(look, row)]
    number = len(failed) + len(missing)
    if not number:
        return
    days = look.pipeline.cadence.retry_days
    causes = [f"HrFlow failed for {len(failed)} in run after run"] if failed else []
    causes += [f"{len(missing)} had no profile for {days} days"] if missing else []
    candidates = "1 candidate is" if number == 1 else f"{number} candidates are"
    # Those who were given up last are those that nobody knows of yet.
    latest = sorted(failed + missing, key=lambda row: row.pushed_at, reverse=True)
    yield Condition(
        IDENTITY,
        Cause.GIVEN_UP,
        f"{candidates} not tried again: {' and '.join(causes)}. Look at them in Greenhouse and "
        "HrFlow, and push their partitions again once the cause is mended.",
        "No candidate is given up any more. Nothing is left to do.",
        path_of_asset(look.pipeline.keys.profiles),
        counts={"candidates": number, "hrflow_failed": len(failed), "missing": len(missing)},
        ids=tuple(row.candidate_id for row in latest[:MOST_IDS]),
        number=number,
    )


def has_rejected_for_another_reason(look: Look) -> bool:
    """Whether anybody is rejected who was not given up; so, too, where that is not known."""
    if look.not_sent is None:
        return True
    return any(
        row.outcome == Outcome.REJECTED.value and not _was_failing(row) for row in look.not_sent
    )


def _was_failing(row: NotSentRow) -> bool:
    is_rejected = row.outcome == Outcome.REJECTED.value
    return is_rejected and (row.reason or "").startswith(_HRFLOW_FAILED)


def _is_long_missing(look: Look, row: NotSentRow) -> bool:
    longest = timedelta(days=look.pipeline.cadence.retry_days)
    return row.outcome == Outcome.MISSING.value and look.now - row.since > longest
