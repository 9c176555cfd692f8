"""The check that says up to which moment all changes are in HrFlow. The sensor keeps it.

Dagster's own freshness looks at the newest materialisation of any partition, and would call a
backfill of an old year fresh.
"""

# Dagster compares the annotation of a context with its classes, so none may be a string.

from datetime import datetime, timedelta, timezone

import dagster as dg

from greenhouse_hrflow import clock
from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.orchestration.cursor import Cursor
from greenhouse_hrflow.orchestration.keys import FRESH_CHECK
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.run_history import newest_watermark, watermark_of_push

_TEXT = (
    "All changes in Greenhouse up to a moment are in HrFlow, and that moment is not older than "
    "the limit `fresh_within`. The sensor keeps this check with every tick; it is red while the "
    "sensor is off, fails, or waits for runs that do not succeed."
)

_KEPT_EVERY = timedelta(minutes=10)
"""While nothing else changes: each tick's evaluation would fill the event log."""


def build_freshness_check(pipeline: Pipeline) -> dg.AssetChecksDefinition:
    """The check as a run from the asset graph, or somebody by hand, carries it out."""

    @dg.asset_check(asset=pipeline.keys.profiles, name=FRESH_CHECK, description=_TEXT)
    def changes_have_arrived(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        instance, workflow = context.instance, pipeline.workflow
        known = (
            newest_watermark(instance, workflow),
            # The run that this is a step of has not succeeded yet, but its push has.
            watermark_of_push(instance, workflow, context.run),
            _told_by_sensor(instance, pipeline.keys.sensor),
        )
        until = max((moment for moment in known if moment is not None), default=None)
        passed, metadata = _evaluation(until, pipeline.limits.fresh_within, clock.utc_now())
        # A backfill of old days without the sensor is as old as they are: no more than a warning.
        return dg.AssetCheckResult(
            passed=passed, severity=dg.AssetCheckSeverity.WARN, metadata=metadata
        )

    return changes_have_arrived


def keep_freshness(
    instance: dg.DagsterInstance, pipeline: Pipeline, until: datetime | None, now: datetime
) -> None:
    """Let the check say up to when all changes are in HrFlow.

    Args:
        until: that moment; None where no run has ever succeeded, and nothing is known.
    """
    if until is None:
        return
    passed, metadata = _evaluation(until, pipeline.limits.fresh_within, now)
    key = dg.AssetCheckKey(pipeline.keys.profiles, FRESH_CHECK)
    if not _is_told(instance, key, passed, now):
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=passed,
                severity=dg.AssetCheckSeverity.ERROR,
                metadata=metadata,
            )
        )


def _told_by_sensor(instance: dg.DagsterInstance, name: str) -> datetime | None:
    """Up to when all changes are in HrFlow, as the sensor of this name remembers it."""
    for state in instance.all_instigator_state():
        data = state.sensor_instigator_data
        if state.instigator_name == name and data is not None:
            return arrived_until(data.cursor)
    return None


def arrived_until(cursor: str | None) -> datetime | None:
    """The same, told by a cursor; None for one that cannot be read: its ticks say so."""
    try:
        return Cursor.read(cursor).arrived_until
    except ConfigurationError:
        return None


def _evaluation(
    until: datetime | None, limit: timedelta, now: datetime
) -> tuple[bool, dict[str, dg.MetadataValue]]:
    limit_shown = dg.MetadataValue.float(_minutes(limit))
    if until is None:
        return False, {
            "summary": dg.MetadataValue.md("No run has succeeded yet."),
            "limit_minutes": limit_shown,
        }
    age = max(now - until, timedelta())
    told = f"All changes up to **{until:%Y-%m-%d %H:%M:%S} UTC** are in HrFlow."
    return age <= limit, {
        "summary": dg.MetadataValue.md(told),
        "all_changes_up_to": dg.MetadataValue.timestamp(until),
        "age_minutes": dg.MetadataValue.float(_minutes(age)),
        "limit_minutes": limit_shown,
    }


def _is_told(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey, passed: bool, now: datetime
) -> bool:
    """Whether the last evaluation says the same, and has been made just now."""
    storage = instance.event_log_storage
    record = storage.get_latest_asset_check_execution_by_key([key]).get(key)
    evaluation: object = record.evaluation if record is not None else None
    # Of a run that is yet to evaluate it, or was killed before, Dagster gives the plan to do so.
    if record is None or not isinstance(evaluation, dg.AssetCheckEvaluation):
        return False
    if evaluation.passed != passed:
        return False
    told_at = datetime.fromtimestamp(record.create_timestamp, timezone.utc)
    return now - told_at < _KEPT_EVERY


def _minutes(span: timedelta) -> float:
    return round(span.total_seconds() / 60, 1)
