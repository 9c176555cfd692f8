"""Refused candidates are sent again once their cause is mended, and nobody else is touched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import dagster as dg

from greenhouse_hrflow.sandbox import Fault
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.orchestration.ticks import run_requested
from greenhouse_hrflow_tests.support.dagster_results import evaluation_of, requested, skipped
from greenhouse_hrflow_tests.support.stage import KEYS, PROFILES, QUIET, Stage, days_ago, key


def broken(candidate: dict[str, Any]) -> dict[str, Any]:
    """A format that fails for whoever has a company."""
    return {"info": {"first_name": candidate["first_name"] + ((candidate["company"] and 1) or "")}}


def mended(candidate: dict[str, Any]) -> dict[str, Any]:
    """The same, mended."""
    return {"info": {"first_name": candidate["first_name"]}}


def with_format(stage: Stage, format: Any) -> Stage:
    """The same stage after somebody has changed the format."""
    return replace(stage, workflow=Workflow(format=format))


def retry(stage: Stage, **config: str) -> dg.ExecuteInProcessResult:
    """Start the job that sends the refused again."""
    job = stage.definitions.resolve_job_def(KEYS.refused_job)
    return job.execute_in_process(
        instance=stage.instance,
        run_config={**QUIET, "ops": {"retry_refused": {"config": config}}},
        raise_on_error=False,
    )


def test_the_next_run_sends_those_whom_another_format_has_refused(make_stage: MakeStage) -> None:
    stage = make_stage(workflow=Workflow(format=broken))
    refused = stage.person(days_ago(2), company="Weavers")
    stage.run(key(2))
    assert stage.outcomes(key(2)) == {refused: "rejected"}
    stage.run(key(1))
    assert stage.outcomes(key(2)) == {refused: "rejected"}

    stage = with_format(stage, mended)
    result = stage.run(key(1))

    assert stage.outcomes(key(2)) == {refused: "updated"}
    assert stage.first_name(refused) == "Ada"
    assert evaluation_of(result, "no_candidate_is_rejected").passed
    assert stage.shown(PROFILES, key(2))["rejected"] == 0


def test_a_tick_starts_a_run_for_them_once(make_stage: MakeStage) -> None:
    stage = make_stage(workflow=Workflow(format=broken))
    refused = stage.person(company="Weavers")
    cursor = run_requested(stage, stage.tick())
    assert stage.outcomes(key()) == {refused: "rejected"}
    assert "Nothing has changed" in skipped(stage.tick(cursor))

    stage = with_format(stage, mended)
    tick = stage.tick(cursor)

    assert "1 were refused before" in requested(tick).tags["greenhouse_hrflow/cause"]
    cursor = run_requested(stage, tick)
    assert stage.outcomes(key()) == {refused: "updated"}
    assert "Nothing has changed" in skipped(stage.tick(cursor))


def test_the_job_sends_whom_its_filter_names_and_nobody_else(stage: Stage) -> None:
    first, second = stage.person(days_ago(3)), stage.person(days_ago(2))
    other = stage.person(days_ago(2))
    refusals = [Fault("400", method="PUT", body_contains=f'"{who}"', times=None)
                for who in (first, second)]  # fmt: skip
    for fault in refusals:
        stage.sandbox.fail(fault)
    stage.run(key(3), key(2))
    assert stage.outcomes(key(3)) == {first: "rejected"}
    stage.sandbox.heal()
    edits = stage.puts()
    stage.sandbox.forget_requests()

    result = retry(stage, reason="hrflow_refused_400", first_partition=key(2))

    assert result.success
    assert stage.outcomes(key(3)) == {first: "rejected"}
    assert stage.outcomes(key(2)) == {second: "updated", other: "updated"}
    assert stage.puts() == edits + 1
    assert not any("/greenhouse/" in what for what in stage.sandbox.requests)
    assert stage.shown(PROFILES, key(2))["rejected"] == 0

    assert retry(stage).success
    assert stage.outcomes(key(3)) == {first: "updated"}
    assert evaluation_of(stage.run(key(1)), "no_candidate_is_rejected").passed
    assert retry(stage).success


def test_a_partition_whose_push_has_failed_is_not_green_through_the_job(stage: Stage) -> None:
    people = [stage.person(days_ago(2)) for _ in range(12)]
    stage.sandbox.fail(Fault("400", method="PUT", times=None))
    assert not stage.run(key(2)).success
    stage.sandbox.heal()

    assert retry(stage).success

    assert stage.outcomes(key(2)) == dict.fromkeys(people, "updated")
    assert stage.status(PROFILES, key(2)) == ["FAILED"]
