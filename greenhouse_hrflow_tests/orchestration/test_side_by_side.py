"""Our definitions beside others: another workflow on the same storage, a location of the user's."""

from __future__ import annotations

import dataclasses

import dagster as dg
import pytest

from greenhouse_hrflow.orchestration.run_history import newest_watermark
from greenhouse_hrflow.sandbox import Fault
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.dagster_results import failures
from greenhouse_hrflow_tests.support.stage import CANDIDATES, PROFILES, QUIET, Stage, days_ago, key


def of_one(stage: Stage, candidate: int) -> Stage:
    """Another workflow on the same instance and storage, which reads one candidate only."""
    workflow = Workflow("one_candidate", pull_parameters={"candidate_ids": str(candidate)})
    return dataclasses.replace(stage, workflow=workflow)


def test_two_workflows_on_one_storage_keep_their_tables_apart(stage: Stage) -> None:
    people = [stage.person(days_ago(1)) for _ in range(3)]
    other = of_one(stage, people[0])
    assert stage.run(key(1)).success

    assert other.run(key(1)).success

    assert stage.candidates(key(1)) == set(people)
    assert stage.outcomes(key(1)) == dict.fromkeys(people, "updated")
    own = stage.store.read(("workflows", "one_candidate", *CANDIDATES.path), key(1))
    assert own is not None
    assert own["id"].tolist() == people[:1]
    report = stage.store.read(("workflows", "one_candidate", *PROFILES.path), key(1))
    assert report is not None
    assert report["candidate_id"].tolist() == people[:1]
    assert stage.run(key(1), only=PROFILES).success
    assert set(stage.outcomes(key(1))) == set(people)


def test_an_incremental_run_of_one_keeps_what_the_other_stored(stage: Stage) -> None:
    people = [stage.person(days_ago(1)) for _ in range(3)]
    other = of_one(stage, people[0])
    assert stage.run(key(1)).success
    since_noon = {"greenhouse_hrflow/updated_after": f"{key(1)}T13:00:00Z"}

    assert other.run(key(1), tags=since_noon).success
    assert stage.run(key(1), tags=since_noon).success

    assert stage.candidates(key(1)) == set(people)
    assert set(stage.outcomes(key(1))) == set(people)


def test_the_watermark_of_one_is_not_that_of_the_other(stage: Stage) -> None:
    person = stage.person(days_ago(1))
    other = of_one(stage, person)
    assert other.run(key(3), key(1)).success

    assert newest_watermark(stage.instance, stage.workflow) is None
    assert newest_watermark(stage.instance, other.workflow) == days_ago(0, hour=0)


def test_what_one_could_not_bring_is_not_tried_again_by_the_other(stage: Stage) -> None:
    unlucky = stage.person()
    other = of_one(stage, stage.person())
    stage.sandbox.fail(Fault("503", f"reference={unlucky}", times=None))
    assert stage.run(key()).success
    stage.sandbox.heal()

    assert other.run(key()).success

    assert stage.first_name(unlucky) == "nobody yet"


@dg.asset
def an_asset_of_the_user() -> str:
    return "theirs"


@pytest.mark.parametrize("executor", [None, dg.multiprocess_executor, dg.in_process_executor])
def test_the_executor_of_a_location_stays_its_owners(
    make_stage: MakeStage, executor: dg.ExecutorDefinition | None
) -> None:
    stage = make_stage()
    theirs = dg.Definitions(assets=[an_asset_of_the_user], executor=executor)
    candidate = stage.person()

    merged = dg.Definitions.merge(theirs, stage.definitions)

    assert merged.executor is executor
    job = merged.resolve_job_def(stage.workflow.job_name)
    assert job.executor_def.name == "in_process"
    result = job.execute_in_process(
        instance=stage.instance, partition_key=key(), run_config=QUIET, raise_on_error=False
    )
    assert failures(result) == []
    assert stage.outcomes(key()) == {candidate: "updated"}
