"""The check that says up to when all changes are in HrFlow."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from greenhouse_hrflow.orchestration.freshness import arrived_until, keep_freshness
from greenhouse_hrflow.orchestration.keys import FRESH_CHECK
from greenhouse_hrflow.orchestration.partitions import build_partitions
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow_tests.orchestration.ticks import cursor_at, run_requested
from greenhouse_hrflow_tests.support.stage import PROFILES, Stage, days_ago, key, utc_now

CHECK = dg.AssetCheckKey(PROFILES, FRESH_CHECK)
HOUR = timedelta(hours=1)


def told(stage: Stage) -> list[bool]:
    """What the check has said, the oldest first."""
    records = stage.instance.event_log_storage.get_asset_check_execution_history(CHECK, limit=100)
    said = [record.evaluation for record in reversed(records)]
    return [one.passed for one in said if isinstance(one, dg.AssetCheckEvaluation)]


def keep(stage: Stage, cursor: str | None, *, later: timedelta = timedelta()) -> None:
    """What a tick leaves behind."""
    partitions = build_partitions(stage.partitions, stage.start_date)
    pipeline = Pipeline(stage.workflow, partitions, stage.cadence, stage.retry_policy)
    keep_freshness(stage.instance, pipeline, arrived_until(cursor), utc_now() + later)


def test_a_quiet_source_is_fresh_as_long_as_ticks_look(stage: Stage) -> None:
    stage.person()
    cursor = run_requested(stage, stage.tick())
    for hours in range(1, 6):
        cursor = stage.tick(cursor, now=utc_now() + hours * HOUR).cursor
        keep(stage, cursor, later=hours * HOUR)

    assert told(stage)
    assert all(told(stage))


def test_a_watermark_that_stands_still_is_red_until_it_moves(stage: Stage) -> None:
    cursor = cursor_at(utc_now() - HOUR)
    keep(stage, cursor)
    keep(stage, cursor)
    keep(stage, cursor, later=2 * HOUR)
    keep(stage, cursor_at(utc_now() + 2 * HOUR), later=2 * HOUR)

    assert told(stage) == [True, False, True]


def test_ticks_go_on_while_a_run_is_yet_to_carry_out_the_check(stage: Stage) -> None:
    """As a backfill from the asset graph does when it ends, and never does where it is killed."""
    cursor = cursor_at(utc_now() - HOUR)
    keep(stage, cursor)
    check = stage.definitions.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection=set(), asset_check_selection={CHECK}
    )
    planned = stage.instance.create_run_for_job(check, status=dg.DagsterRunStatus.STARTED)
    last = stage.instance.event_log_storage.get_latest_asset_check_execution_by_key([CHECK])[CHECK]
    assert last.run_id == planned.run_id

    keep(stage, cursor)
    keep(stage, cursor, later=2 * HOUR)

    assert told(stage)[-2:] == [True, False]


def test_a_backfill_of_old_days_is_not_called_fresh(stage: Stage) -> None:
    stage.person(days_ago(3))
    assert stage.run(key(3)).success

    result = dg.materialize(
        [*stage.definitions.resolve_asset_graph().assets_defs],
        instance=stage.instance,
        selection=dg.AssetSelection.checks(CHECK),
    )
    [evaluation] = result.get_asset_check_evaluations()
    assert not evaluation.passed
    assert evaluation.severity is dg.AssetCheckSeverity.WARN
