"""The purge of old runs: what goes, and that nothing is shown or done otherwise after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from greenhouse_hrflow.definitions import definitions_from_environment
from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.orchestration.build import build_definitions
from greenhouse_hrflow.orchestration.run_history import newest_watermark
from greenhouse_hrflow.sandbox import Fault
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.convergence.clock import ruled_by
from greenhouse_hrflow_tests.orchestration.ticks import run_requested
from greenhouse_hrflow_tests.support.dagster_results import events_of, failures, skipped
from greenhouse_hrflow_tests.support.stage import (
    CANDIDATES,
    INSTANCE,
    PROFILES,
    QUIET,
    Stage,
    days_ago,
    key,
    utc_now,
)

KEPT_FOR = timedelta(days=30)
KEEP_RUNS = "GREENHOUSE_HRFLOW_KEEP_RUNS"


@pytest.fixture(params=["one database", "a database for each run"])
def stage(request: pytest.FixtureRequest, home: Path, make_stage: MakeStage) -> Iterator[Stage]:
    """On each of Dagster's two ways to keep events in SQLite."""
    stage = make_stage()
    if request.param == "one database":
        yield stage
        return
    (home / "dagster.yaml").write_text(INSTANCE.partition("event_log_storage")[0])
    with dg.DagsterInstance.from_config(str(home)) as instance:
        stage.instance = instance
        yield stage


def purge(stage: Stage, *, later: timedelta) -> dict[str, object]:
    """Let the job run so much later than now; what its step shows."""
    job = build_definitions(Workflow(), keep_runs_for=KEPT_FOR).resolve_job_def(
        "update_profiles_in_hrflow_purge"
    )
    moment = utc_now() + later
    with ruled_by(lambda: moment):
        result = job.execute_in_process(
            instance=stage.instance, run_config=QUIET, raise_on_error=False
        )
    assert result.success, failures(result)
    [output] = events_of(result, dg.DagsterEventType.STEP_OUTPUT)
    shown = output.event_specific_data.metadata
    return {name: value.value for name, value in shown.items()}


def events(stage: Stage, run_id: str) -> int:
    """How many events of a run there are."""
    return len(stage.instance.all_logs(run_id))


def test_what_is_shown_and_what_the_sensor_does_stay_the_same(stage: Stage) -> None:
    for day in (3, 2, 1):
        stage.person(days_ago(day))
    superseded = [stage.run(key(3), key(1)), stage.run(key(3))]
    latest = [stage.run(key(3)), stage.run(key(2), key(1))]
    stage.sandbox.fail(Fault("403", "/v3/candidates", times=None))
    failed = stage.run(key(2))
    stage.sandbox.heal()
    assert not failed.success
    stage.person()
    cursor = run_requested(stage, stage.tick())
    [incremental] = stage.instance.get_run_ids(limit=1)
    before = (
        stage.status(PROFILES, key(3), key(2), key(1), key()),
        stage.status(CANDIDATES, key(3), key(2), key(1), key()),
    )
    watermark = newest_watermark(stage.instance, stage.workflow)
    at = utc_now()
    forgetful = [r.run_key for r in stage.tick(now=at).run_requests or ()]

    shown = purge(stage, later=timedelta(days=31))

    gone = [result.run_id for result in superseded]
    kept = {*(result.run_id for result in latest), failed.run_id, incremental}
    assert [stage.instance.has_run(run_id) for run_id in gone] == [False, False]
    assert [events(stage, run_id) for run_id in gone] == [0, 0]
    assert kept < set(stage.instance.get_run_ids())
    assert all(events(stage, run_id) for run_id in kept)
    assert (shown["runs_deleted"], shown["old_runs_kept"]) == (2, 4)
    assert before[0] == ["MATERIALIZED", "FAILED", "MATERIALIZED", "MATERIALIZED"]
    after = (
        stage.status(PROFILES, key(3), key(2), key(1), key()),
        stage.status(CANDIDATES, key(3), key(2), key(1), key()),
    )
    assert after == before
    assert newest_watermark(stage.instance, stage.workflow) == watermark
    assert "Nothing has changed" in skipped(stage.tick(cursor))
    # One that remembers nothing looks at the overlap again, and begins where it would have begun.
    assert [r.run_key for r in stage.tick(now=at).run_requests or ()] == forgetful


def test_what_ended_lately_stays(make_stage: MakeStage) -> None:
    stage = make_stage()
    first, second = stage.run(key(1)), stage.run(key(1))

    shown = purge(stage, later=timedelta(days=29))

    assert shown["runs_deleted"] == 0
    assert {first.run_id, second.run_id} <= set(stage.instance.get_run_ids())


def test_the_newest_success_stays_where_later_runs_hide_it(make_stage: MakeStage) -> None:
    stage = make_stage()
    whole = stage.run(key(1))
    # No watermark comes of these, and each is the latest of its asset's partition.
    stage.run(key(1), only=CANDIDATES)
    stage.run(key(1), only=PROFILES)
    watermark = newest_watermark(stage.instance, stage.workflow)

    purge(stage, later=timedelta(days=31))

    assert stage.instance.has_run(whole.run_id)
    assert newest_watermark(stage.instance, stage.workflow) == watermark


def test_it_is_there_where_it_is_asked_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = definitions_from_environment().get_repository_def()
    assert not without.has_job("update_profiles_in_hrflow_purge")
    monkeypatch.setenv(KEEP_RUNS, "90")

    repository = definitions_from_environment().get_repository_def()

    schedule = repository.get_schedule_def("update_profiles_in_hrflow_purge_schedule")
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    assert schedule.job_name == "update_profiles_in_hrflow_purge"
    assert "90 days ago" in (repository.get_job(schedule.job_name).description or "")


@pytest.mark.parametrize("days", ["1", "0", "-3", "a month"])
def test_too_short_a_time_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, days: str
) -> None:
    monkeypatch.setenv(KEEP_RUNS, days)

    with pytest.raises(ConfigurationError, match=KEEP_RUNS):
        definitions_from_environment()
