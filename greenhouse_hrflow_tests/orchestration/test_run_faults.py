"""Faults of an API during a run: what they fail, what stays, and how it is made good."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from greenhouse_hrflow.sandbox import Fault
from greenhouse_hrflow_tests.support.dagster_results import events_of, failures, metadata
from greenhouse_hrflow_tests.support.stage import CANDIDATES, PROFILES, Stage, days_ago, key


def test_a_fault_that_passes_is_retried_within_the_run(stage: Stage) -> None:
    candidate = stage.person()
    stage.sandbox.fail(Fault("500", "/v3/candidates", times=2))

    result = stage.run(key())

    assert result.success
    assert len(events_of(result, dg.DagsterEventType.STEP_UP_FOR_RETRY)) == 1
    assert stage.outcomes(key()) == {candidate: "updated"}


def test_one_failed_candidate_costs_one_candidate(stage: Stage) -> None:
    unlucky, lucky = stage.person(), stage.person()
    stage.sandbox.fail(Fault("500", f"reference={unlucky}", times=None))

    result = stage.run(key())

    assert result.success
    assert stage.outcomes(key()) == {unlucky: "failed", lucky: "updated"}
    assert metadata(result, PROFILES, key())["failed"] == 1


def test_a_fault_of_the_whole_fails_the_run_after_its_report_is_stored(stage: Stage) -> None:
    people = [stage.person() for _ in range(12)]
    stage.sandbox.fail(Fault("500", "/profile/indexing", "GET", times=None))

    result = stage.run(key())

    assert not result.success
    assert len(events_of(result, dg.DagsterEventType.STEP_UP_FOR_RETRY)) == 2
    [message] = failures(result)
    assert "HrFlow" in message
    assert stage.outcomes(key()) == dict.fromkeys(people, "failed")
    stage.sandbox.heal()
    assert stage.run(key(), only=PROFILES).success
    assert stage.outcomes(key()) == dict.fromkeys(people, "updated")


def test_a_refusal_of_everybody_fails_the_run_and_they_are_retried(stage: Stage) -> None:
    people = [stage.person(days_ago(1), first_name="Zoë") for _ in range(10)]
    stage.sandbox.fail(Fault("422", method="PUT", times=None))

    result = stage.run(key(1))

    assert not result.success
    assert any("HrFlow refused 10 of 10 profiles (422)" in message for message in failures(result))
    stage.sandbox.heal()
    assert stage.run(key(1)).success
    assert {stage.first_name(candidate) for candidate in people} == {"Zoë"}


@pytest.mark.parametrize("kind", ["401", "402", "403"])
def test_a_partition_whose_push_failed_is_red_until_it_is_pushed(stage: Stage, kind: Any) -> None:
    people = [stage.person(days_ago(1)) for _ in range(3)]
    stage.sandbox.fail(Fault(kind, "/profile/indexing", times=None))

    result = stage.run(key(2), key(1))

    assert not result.success
    assert stage.outcomes(key(1)) == dict.fromkeys(people, "failed")
    assert stage.status(PROFILES, key(2), key(1)) == ["FAILED", "FAILED"]
    assert stage.status(CANDIDATES, key(2), key(1)) == ["MATERIALIZED", "MATERIALIZED"]
    evaluated = result.get_asset_check_evaluations()
    assert {evaluation.asset_key for evaluation in evaluated} == {CANDIDATES}
    [failed] = events_of(result, dg.DagsterEventType.STEP_FAILURE)
    shown = failed.step_failure_data.user_failure_data.metadata
    assert shown["failed"].value == 3
    stage.sandbox.heal()
    assert stage.run(key(2), key(1)).success
    assert stage.status(PROFILES, key(2), key(1)) == ["MATERIALIZED", "MATERIALIZED"]


def test_a_green_partition_turns_red_where_its_push_fails_later(stage: Stage) -> None:
    person = stage.person(days_ago(1))
    assert stage.run(key(1)).success
    stage.change(person, days_ago(1), first_name="Grace")
    stage.sandbox.fail(Fault("402", "/profile/indexing", times=None))

    assert not stage.run(key(1)).success

    assert stage.status(PROFILES, key(1)) == ["FAILED"]


def test_an_incremental_run_turns_no_partition_green_that_was_never_pushed_whole(
    stage: Stage,
) -> None:
    early = stage.person(days_ago(1, hour=2), first_name="Early")
    stage.sandbox.fail(Fault("402", "/profile/indexing", times=None))
    assert not stage.run(key(1)).success
    stage.sandbox.heal()
    stage.forget("ledger")

    noon = {"greenhouse_hrflow/updated_after": f"{key(1)}T12:00:00Z"}
    assert stage.run(key(1), tags=noon).success

    assert stage.first_name(early) == "Early"
    assert stage.status(PROFILES, key(1)) == ["MATERIALIZED"]
