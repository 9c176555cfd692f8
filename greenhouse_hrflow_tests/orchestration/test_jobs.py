"""The schedule of closed partitions, and the job that everything starts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import dagster as dg
import pytest
from dagster._core.definitions.schedule_definition import ScheduleExecutionData

from greenhouse_hrflow.orchestration.build import build_definitions
from greenhouse_hrflow.workflow import Cadence, Workflow
from greenhouse_hrflow_tests.support.stage import CANDIDATES, PROFILES, QUIET, Stage, days_ago, key

START = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
TICK = datetime(2025, 3, 10, tzinfo=timezone.utc)


def repository_of(partitions: str = "daily", closed: int = 1) -> dg.RepositoryDefinition:
    """A code location whose schedule does that many closed partitions again."""
    definitions = build_definitions(
        Workflow(),
        partitions=partitions,
        start_date="2025-03-01",
        cadence=Cadence(closed_partitions=closed),
    )
    return definitions.get_repository_def()


def evaluated(repository: dg.RepositoryDefinition, at: datetime) -> ScheduleExecutionData:
    """One tick of its schedule."""
    [schedule] = repository.schedule_defs
    with dg.build_schedule_context(
        scheduled_execution_time=at, repository_def=repository
    ) as context:
        return schedule.evaluate_tick(context)


def tick(repository: dg.RepositoryDefinition, at: datetime) -> dg.RunRequest:
    """The one run that a tick asks for."""
    [request] = evaluated(repository, at).run_requests or []
    return request


@pytest.mark.parametrize(
    ("partitions", "cron", "at", "closed"),
    [
        ("daily", "30 0 * * *", TICK + timedelta(minutes=30), "2025-03-09"),
        ("hourly", "10 * * * *", TICK + timedelta(minutes=10), "2025-03-09-23:00"),
        ("0 */8 * * *", "0 */8 * * *", TICK + timedelta(hours=8), "2025-03-10-00:00"),
        ("0 6 * * 1", "0 6 * * 1", TICK + timedelta(hours=6), "2025-03-03-06:00"),
    ],
)
def test_it_asks_for_the_partition_that_has_just_closed(
    partitions: str, cron: str, at: datetime, closed: str
) -> None:
    repository = repository_of(partitions)

    [schedule] = repository.schedule_defs
    assert schedule.cron_schedule == cron
    assert schedule.execution_timezone == "UTC"
    request = tick(repository, at)
    assert request.partition_key == closed
    assert request.run_key == f"closed {closed} {closed}"


def test_it_asks_for_as_many_as_it_is_set_to_as_one_run() -> None:
    request = tick(repository_of(closed=3), TICK + timedelta(minutes=30))

    assert request.partition_key is None
    assert [request.tags[name] for name in START] == ["2025-03-07", "2025-03-09"]
    assert request.run_key == "closed 2025-03-07 2025-03-09"


def test_a_tick_that_was_missed_asks_for_the_partition_of_its_own_time() -> None:
    repository = repository_of()
    ticks = [TICK + timedelta(days=days, minutes=30) for days in (-2, -1)]

    assert [tick(repository, at).partition_key for at in ticks] == ["2025-03-07", "2025-03-08"]


def test_before_the_first_partition_has_closed_it_says_so() -> None:
    result = evaluated(repository_of(), datetime(2025, 3, 1, 0, 30, tzinfo=timezone.utc))

    assert not result.run_requests
    assert result.skip_message == "No partition has closed yet."


def test_what_it_asks_for_compares_with_hrflow_itself(stage: Stage) -> None:
    candidate = stage.person(days_ago(1), first_name="Ada")
    stage.run(key(1))
    stage.sandbox.hrflow.edit(str(candidate), lambda p: p["info"].update(first_name="Eve"))
    # What is run again otherwise remembers how it left the profile, and asks nothing.
    assert stage.run(key(1)).success
    assert stage.first_name(candidate) == "Eve"

    request = tick(stage.definitions.get_repository_def(), days_ago(0, hour=1))
    result = stage.job.execute_in_process(
        instance=stage.instance,
        partition_key=request.partition_key,
        tags=request.tags,
        run_config={**QUIET, **request.run_config},
    )

    assert result.success
    assert request.partition_key == key(1)
    assert stage.first_name(candidate) == "Ada"


def test_the_job_and_its_company_carry_the_workflows_name() -> None:
    definitions = build_definitions(Workflow("sales-team.candidates"))
    repository = definitions.get_repository_def()
    name = "sales_team_candidates"

    assert Workflow("sales-team.candidates").job_name == name
    job = repository.get_job(name)
    assert set(job.asset_layer.selected_asset_keys) == {CANDIDATES, PROFILES}
    assert job.executor_def is dg.in_process_executor
    assert [sensor.name for sensor in repository.sensor_defs] == [f"{name}_incremental"]
    assert [schedule.name for schedule in repository.schedule_defs] == [f"{name}_schedule"]


def test_a_dry_run_is_started_by_nothing_but_a_person() -> None:
    repository = build_definitions(Workflow(persist=False)).get_repository_def()

    assert list(repository.sensor_defs) == []
    assert list(repository.schedule_defs) == []
    assert repository.has_job("update_profiles_in_hrflow")
