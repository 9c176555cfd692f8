"""Asset checks whose latest evaluation did not pass.

A check that was not evaluated because its run failed is no failed check: the run is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import dagster as dg

from greenhouse_hrflow.orchestration.alerts.condition import Cause, Condition
from greenhouse_hrflow.orchestration.alerts.given_up import has_rejected_for_another_reason
from greenhouse_hrflow.orchestration.alerts.look import Look, path_of_asset
from greenhouse_hrflow.orchestration.keys import FRESH_CHECK, NONE_REJECTED_CHECK

_LATEST = 20
"""So many evaluations are looked at, in search of the latest of this workflow."""

_EVALUATED = ("SUCCEEDED", "FAILED")
_COUNT_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}")


def failed_checks(look: Look) -> Iterator[Condition]:
    """A condition for each check that failed, but for that of freshness: `watermark` has it."""
    for check in look.checks:
        if check.name == FRESH_CHECK:
            continue
        evaluation = latest_evaluation(look, check)
        if evaluation is not None and not evaluation.passed:
            yield _condition(look, check, evaluation)


def latest_evaluation(look: Look, check: dg.AssetCheckKey) -> dg.AssetCheckEvaluation | None:
    """The latest evaluation of a check by a run of this workflow, or outside any run."""
    found = latest_evaluation_at(look, check)
    return found[0] if found else None


def latest_evaluation_at(
    look: Look, check: dg.AssetCheckKey
) -> tuple[dg.AssetCheckEvaluation, float] | None:
    """The same, and when it was made, in seconds since 1970."""
    history = look.instance.event_log_storage.get_asset_check_execution_history(
        check, limit=_LATEST
    )
    for record in history:
        if record.status.value not in _EVALUATED or record.evaluation is None:
            continue
        run = look.instance.get_run_by_id(record.run_id) if record.run_id else None
        if run is None or look.is_ours(run):
            at = record.event.timestamp if record.event is not None else record.create_timestamp
            return record.evaluation, at
    return None


def _condition(
    look: Look, check: dg.AssetCheckKey, evaluation: dg.AssetCheckEvaluation
) -> Condition:
    name, asset = check.name, check.asset_key.to_user_string()
    counts = _counts(evaluation)
    shown = ", ".join(f"{key}: {value}" for key, value in counts.items())
    # A candidate that was given up fails this check, too: that is told once, as what it is.
    is_explained = name == NONE_REJECTED_CHECK and not has_rejected_for_another_reason(look)
    return Condition(
        f"check {asset} {name}",
        Cause.FAILED_CHECK,
        f"The check {name} of {asset} does not pass{f' ({shown})' if shown else ''}. Look at what "
        "it says in the UI, mend the cause, and materialise the partition again.",
        f"The check {name} of {asset} passes again. Nothing is left to do.",
        path_of_asset(check.asset_key, name),
        counts=counts,
        may_begin=not is_explained,
    )


def _counts(evaluation: dg.AssetCheckEvaluation) -> dict[str, int]:
    """The whole numbers of its metadata; texts may quote somebody."""
    return {
        name: value.value
        for name, value in sorted(evaluation.metadata.items())
        if isinstance(value, dg.IntMetadataValue)
        and value.value is not None
        and _COUNT_NAME.fullmatch(name)
    }
