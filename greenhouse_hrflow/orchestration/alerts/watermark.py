"""A watermark that stands still: changes in Greenhouse have waited longer than they may.

Most often a failed run or failing ticks are why, and have been told: then this is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timezone

import dagster as dg

from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.orchestration.alerts.condition import Cause, Condition
from greenhouse_hrflow.orchestration.alerts.failed_checks import latest_evaluation_at
from greenhouse_hrflow.orchestration.alerts.failing_ticks import SENSOR, state_of
from greenhouse_hrflow.orchestration.alerts.look import Look, path_of_asset
from greenhouse_hrflow.orchestration.cursor import Cursor
from greenhouse_hrflow.orchestration.keys import FRESH_CHECK, UPDATED_AFTER_TAG
from greenhouse_hrflow.windows import format_moment

IDENTITY = "watermark"


def explains(look: Look, condition: Condition) -> bool:
    """Whether a condition is why the watermark stands still: the sensor's run, or its ticks."""
    if condition.cause is Cause.FAILED_RUN:
        return UPDATED_AFTER_TAG in condition.details["tags"]
    is_of_ticks = condition.cause is Cause.FAILING_TICKS
    return is_of_ticks and condition.identity.endswith(f" {look.pipeline.keys.sensor}")


def standing_watermark(look: Look, others: Iterable[Condition]) -> Iterator[Condition]:
    """The condition, where it holds.

    Args:
        others: what else holds now.
    """
    evaluated = latest_evaluation_at(
        look, dg.AssetCheckKey(look.pipeline.keys.profiles, FRESH_CHECK)
    )
    cursor = _cursor(look)
    if evaluated is not None:
        evaluation, at = evaluated
        # A warning is no word of the sensor's, but of a run from the asset graph over old days.
        is_of_sensor = evaluation.severity is dg.AssetCheckSeverity.ERROR
        stands = is_of_sensor and not evaluation.passed
        evaluated_at = datetime.fromtimestamp(at, timezone.utc)
    else:
        stands, evaluated_at = _is_overdue(look, cursor), look.now
    if stands:
        is_explained = any(explains(look, condition) for condition in others)
        may_begin = not is_explained and _has_settled(look, evaluated_at)
        yield _condition(look, cursor.watermark, may_begin)


def _has_settled(look: Look, evaluated_at: datetime) -> bool:
    """Whether what explained it is over for long enough for the sensor to have looked again."""
    explained_at = look.memory.explained_at
    if explained_at is None:
        return True
    return evaluated_at > explained_at or look.now - explained_at > look.patience


def _is_overdue(look: Look, cursor: Cursor) -> bool:
    """Whether a requested window is not done, and the watermark is older than it may be.

    Without a window nothing waits: an old watermark then says that nothing has changed.
    """
    if cursor.requested is None:
        return False
    requested = cursor.requested
    latest = look.now - look.fresh_within
    # The first try over a window, just begun, may well come after a long time without a change.
    is_late = requested.attempt > 1 or requested.requested_at < latest
    return is_late and (cursor.watermark or requested.updated_after) < latest


def _cursor(look: Look) -> Cursor:
    """The incremental sensor's memory; that of one that never ticked where it cannot be read."""
    state = state_of(look, look.pipeline.keys.sensor, SENSOR)
    data = state.sensor_instigator_data if state is not None else None
    try:
        return Cursor.read(data.cursor if data is not None else None)
    except ConfigurationError:
        # Its ticks fail, which is told.
        return Cursor()


def _condition(look: Look, watermark: datetime | None, may_begin: bool) -> Condition:
    profiles = look.pipeline.keys.profiles
    since = f" since {format_moment(watermark)}" if watermark is not None else ""
    return Condition(
        IDENTITY,
        Cause.WATERMARK,
        f"The watermark stands still: what changed in Greenhouse{since} is not all in HrFlow. Look "
        f"at the check {FRESH_CHECK} of {profiles.to_user_string()}, the sensor's ticks and the "
        "latest runs.",
        "The watermark moves again: the changes have arrived in HrFlow. Nothing is left to do.",
        path_of_asset(profiles, FRESH_CHECK),
        may_begin=may_begin,
    )
