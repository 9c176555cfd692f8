"""The brake in Dagster: what a stopped run leaves behind, and how it is let through once."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from greenhouse_hrflow import Brake, Workflow, build_definitions
from greenhouse_hrflow.definitions import definitions_from_environment
from greenhouse_hrflow.sandbox import Fault
from greenhouse_hrflow.windows import format_moment
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.dagster_results import events_of, failures, skipped
from greenhouse_hrflow_tests.support.stage import (
    CANDIDATES,
    PROFILES,
    QUIET,
    PromptGreenhouse,
    PromptHrFlow,
    Stage,
    days_ago,
    key,
)

BRAKE = Brake(share=0.5, floor=2)
LET_THROUGH = {"greenhouse_hrflow/let_through": "true"}


def braked_job() -> dg.JobDefinition:
    """The job of the plain workflow under the brake, for what Dagster loads by name."""
    definitions = build_definitions(
        Workflow(), greenhouse=PromptGreenhouse(), hrflow=PromptHrFlow(), brake=BRAKE
    )
    return definitions.resolve_job_def(Workflow().job_name)


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    return make_stage(brake=BRAKE)


@pytest.fixture
def people(stage: Stage) -> list[int]:
    """Three people of yesterday, each with a profile that is to be edited."""
    return [stage.person(days_ago(1), first_name="Ada") for _ in range(3)]


def configured(stage: Stage, **config: Any) -> dg.ExecuteInProcessResult:
    """A run of yesterday as the launchpad starts it, where fields are set."""
    return stage.job.execute_in_process(
        instance=stage.instance,
        partition_key=key(1),
        run_config={**QUIET, "ops": {"hrflow_profiles": {"config": config}}},
        raise_on_error=False,
    )


def test_a_run_above_it_fails_before_its_first_edit(stage: Stage, people: list[int]) -> None:
    result = stage.run(key(2), key(1))

    assert not result.success
    assert stage.puts() == 0
    [message] = failures(result)
    assert message.startswith(
        "This run would edit 3 of 3 profiles, more than the brake allows (2, and 50 % of the "
        "candidates): 3 info.first_name, "
    )
    assert "let_through: true" in message
    assert "greenhouse_hrflow/let_through" in message
    assert stage.outcomes(key(1)) == dict.fromkeys(people, "would_update")
    assert stage.status(PROFILES, key(2), key(1)) == ["FAILED", "FAILED"]
    assert stage.status(CANDIDATES, key(1)) == ["MATERIALIZED"]


def test_a_stopped_run_is_not_tried_again_by_itself(stage: Stage, people: list[int]) -> None:
    result = stage.run(key(1))

    assert events_of(result, dg.DagsterEventType.STEP_UP_FOR_RETRY) == []
    [failed] = events_of(result, dg.DagsterEventType.STEP_FAILURE)
    shown = failed.step_failure_data.user_failure_data.metadata
    assert shown["would_update"].value == len(people)


def test_it_is_let_through_once_by_the_launchpad(stage: Stage, people: list[int]) -> None:
    assert not stage.run(key(1)).success

    assert configured(stage, let_through=True).success

    assert stage.outcomes(key(1)) == dict.fromkeys(people, "updated")
    for person in people:
        stage.change(person, days_ago(1, hour=13), first_name="Eve")
    assert not configured(stage, compare_with_hrflow=True).success
    assert {stage.first_name(person) for person in people} == {"Ada"}


@pytest.mark.parametrize(
    ("value", "is_let_through"), [("true", True), ("True", True), ("false", False), ("", False)]
)
def test_it_is_let_through_by_a_tag(
    stage: Stage, people: list[int], value: str, is_let_through: bool
) -> None:
    tags = dict.fromkeys(LET_THROUGH, value)

    assert stage.run(key(2), key(1), tags=tags).success == is_let_through

    assert stage.puts() == (len(people) if is_let_through else 0)


def test_a_stopped_run_of_the_sensor_is_done_when_it_is_executed_again_with_the_tag(
    stage: Stage,
) -> None:
    people = [stage.person(first_name="Ada") for _ in range(3)]
    tick = stage.tick()
    stopped = stage.obey(tick)
    assert "No run over" in skipped(stage.tick(tick.cursor))

    again = dg.execute_job(
        dg.reconstructable(braked_job),
        instance=stage.instance,
        tags={**stopped.dagster_run.tags, **LET_THROUGH},
        run_config=QUIET,
        reexecution_options=dg.ReexecutionOptions.from_failure(stopped.run_id, stage.instance),
    )

    assert again.success
    assert {stage.first_name(person) for person in people} == {"Ada"}
    assert "Nothing has changed" in skipped(stage.tick(tick.cursor))


def test_a_run_below_it_is_a_run_like_any_other(stage: Stage) -> None:
    people = [stage.person(days_ago(1)) for _ in range(2)]
    assert stage.run(key(1)).success
    assert stage.outcomes(key(1)) == dict.fromkeys(people, "updated")


def test_a_candidate_that_is_due_for_another_try_stays_due(stage: Stage) -> None:
    missing = stage.person(days_ago(3), profile=False)
    assert stage.run(key(3)).success
    stage.profile(missing)
    others = [stage.person(days_ago(0, hour=0)) for _ in range(2)]
    incremental = {"greenhouse_hrflow/updated_after": format_moment(days_ago(0, hour=0))}
    assert not stage.run(key(), tags=incremental).success
    assert stage.outcomes(key(3)) == {missing: "missing"}

    assert stage.run(key(), tags={**incremental, **LET_THROUGH}).success

    assert {stage.first_name(person) for person in [missing, *others]} == {"Ada"}


def test_a_stopped_run_does_not_forget_how_often_hrflow_failed(stage: Stage) -> None:
    unlucky = stage.person(days_ago(1))
    stage.sandbox.fail(Fault("500", f"reference={unlucky}", times=None))
    assert stage.run(key(1)).success
    attempts = stage.table(PROFILES, key(1)).set_index("candidate_id")["attempts"]
    assert attempts[unlucky] == 1
    stage.sandbox.heal()
    for _ in range(2):
        stage.person(days_ago(1))
    assert not stage.run(key(1)).success
    stage.sandbox.fail(Fault("500", f"reference={unlucky}", times=None))

    assert stage.run(key(1), tags=LET_THROUGH).success

    attempts = stage.table(PROFILES, key(1)).set_index("candidate_id")["attempts"]
    assert attempts[unlucky] == 2


def test_a_dry_run_is_not_stopped(make_stage: MakeStage) -> None:
    stage = make_stage(brake=BRAKE, workflow=Workflow(persist=False))
    for _ in range(3):
        stage.person(days_ago(1))
    assert stage.run(key(1)).success


@pytest.mark.parametrize(("floor", "stops"), [("2", True), (None, False)])
def test_the_environment_sets_it_with_a_floor_of_a_hundred(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch, floor: str | None, stops: bool
) -> None:
    stage = make_stage()
    for _ in range(3):
        stage.person(days_ago(1))
    monkeypatch.setenv("GREENHOUSE_HRFLOW_BRAKE_SHARE", "0.5")
    if floor is not None:
        monkeypatch.setenv("GREENHOUSE_HRFLOW_BRAKE_FLOOR", floor)
    job = definitions_from_environment().resolve_job_def(Workflow().job_name)

    result = job.execute_in_process(
        instance=stage.instance, partition_key=key(1), run_config=QUIET, raise_on_error=False
    )

    assert result.success != stops
