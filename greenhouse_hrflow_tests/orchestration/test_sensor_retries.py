"""The incremental sensor and the retries of candidates: when one is due, and when it ends."""

from __future__ import annotations

import shutil
from datetime import timedelta

from greenhouse_hrflow.sandbox import Fault
from greenhouse_hrflow.workflow import Cadence
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.convergence.clock import ruled_by
from greenhouse_hrflow_tests.orchestration.ticks import MINUTE, cursor_at, run_requested
from greenhouse_hrflow_tests.support.dagster_results import requested, skipped
from greenhouse_hrflow_tests.support.pushing import SECOND
from greenhouse_hrflow_tests.support.stage import Stage, days_ago, key, utc_now


def test_a_failed_candidate_is_retried_though_nothing_else_changes(stage: Stage) -> None:
    unlucky = stage.person()
    stage.sandbox.fail(Fault("503", f"reference={unlucky}", times=None))
    cursor = run_requested(stage, stage.tick())
    assert stage.outcomes(key()) == {unlucky: "failed"}
    stage.sandbox.heal()

    assert "1 candidate is to be tried again" in skipped(stage.tick(cursor))
    tick = stage.tick(cursor, now=utc_now() + 2 * MINUTE)

    assert "1 candidate is due" in requested(tick).tags["greenhouse_hrflow/cause"]


def test_a_retry_that_is_due_brings_the_candidate(make_stage: MakeStage) -> None:
    stage = make_stage(cadence=Cadence(first_retry=timedelta()))
    unlucky = stage.person()
    stage.sandbox.fail(Fault("503", f"reference={unlucky}", times=None))
    cursor = run_requested(stage, stage.tick())
    cursor = run_requested(stage, stage.tick(cursor))
    assert stage.outcomes(key()) == {unlucky: "failed"}
    stage.sandbox.heal()
    cursor = run_requested(stage, stage.tick(cursor))

    assert stage.outcomes(key()) == {unlucky: "updated"}
    assert "Nothing has changed" in skipped(stage.tick(cursor))


def test_a_missing_profile_is_looked_for_again_every_hour_for_seven_days(stage: Stage) -> None:
    stage.person(profile=False)
    cursor = run_requested(stage, stage.tick())

    assert "Nothing has changed" in skipped(stage.tick(cursor, now=utc_now() + 50 * MINUTE))
    due = stage.tick(cursor, now=utc_now() + 61 * MINUTE)
    assert "1 candidate is due" in requested(due).tags["greenhouse_hrflow/cause"]
    given_up = stage.tick(cursor, now=utc_now() + timedelta(days=8))
    assert "Nothing has changed" in skipped(given_up)


def test_a_retry_whose_table_is_gone_starts_no_run_a_tick(stage: Stage) -> None:
    # Not the hour that is usual: in the last one of a day, Dagster knows no partition of the next.
    stage.cadence = Cadence(last_retry=MINUTE)
    stage.person(days_ago(2), profile=False)
    assert stage.run(key(2)).success
    shutil.rmtree(stage.home / "greenhouse_hrflow" / "greenhouse_candidates")
    later = utc_now() + 61 * SECOND
    # The run takes the later time as well: from it the next retry is a minute away.
    with ruled_by(lambda: later):
        cursor = run_requested(stage, stage.tick(cursor_at(later - MINUTE), now=later))

    assert "Nothing has changed" in skipped(stage.tick(cursor, now=later + 50 * SECOND))
    assert requested(stage.tick(cursor, now=later + 61 * SECOND))
