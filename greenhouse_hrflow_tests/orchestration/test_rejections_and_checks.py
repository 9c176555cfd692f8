"""Candidates that cannot be pushed: the asset checks, the failed run, and what is shown of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.dagster_results import evaluation_of, failures
from greenhouse_hrflow_tests.support.stage import PROFILES, Stage, days_ago, key

THIS_FILE = Path(__file__).name


def test_a_rejected_candidate_turns_the_check_red_and_not_the_run(make_stage: MakeStage) -> None:
    def refuse_zoe(candidate: dict[str, Any]) -> dict[str, Any]:
        if candidate["first_name"] == "Zoë Secretname":
            raise ValueError(candidate["first_name"])
        return candidate

    stage = make_stage(workflow=Workflow(logics=[refuse_zoe]))
    zoe, ada = stage.person(first_name="Zoë Secretname"), stage.person()

    result = stage.run(key())

    assert result.success
    check = evaluation_of(result, "no_candidate_is_rejected")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert check.metadata["rejected"].value == 1
    line = refuse_zoe.__code__.co_firstlineno + 2
    reason = f"logic_0_raised:ValueError at refuse_zoe ({THIS_FILE}:{line})"
    assert check.metadata["a_candidate_for_each_reason"].value == {reason: zoe}
    assert stage.outcomes(key()) == {zoe: "rejected", ada: "updated"}
    assert "Secretname" not in "".join(str(event) for event in result.all_events)


@pytest.mark.parametrize("missing", [9, 10])
def test_a_source_that_holds_none_of_the_profiles_is_a_warning(stage: Stage, missing: int) -> None:
    for _ in range(missing):
        stage.person(days_ago(1), profile=False)

    result = stage.run(key(1))

    assert result.success
    check = evaluation_of(result, "profiles_are_found")
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert check.passed is (missing < 10)
    shown = {name: value.value for name, value in check.metadata.items()}
    assert shown == {"missing": missing, "candidates": missing}
    assert stage.sandbox.requests["GET /hrflow/v1/source"] == (missing >= 10)

    stage.person(days_ago(1))
    assert evaluation_of(stage.run(key(1)), "profiles_are_found").passed


@pytest.mark.parametrize("fine", [0, 9])
def test_a_format_that_fails_for_most_fails_the_run_after_the_others_are_pushed(
    make_stage: MakeStage, fine: int
) -> None:
    def failing_format(candidate: dict[str, Any]) -> dict[str, Any]:
        if candidate["last_name"] == "Fine":
            return {"info": {"first_name": "Fine"}}
        raise KeyError(f"{candidate['first_name']} Secretname")

    stage = make_stage(workflow=Workflow(format=failing_format))
    for _ in range(10):
        stage.person(days_ago(1))
    formatted = [stage.person(days_ago(1), last_name="Fine") for _ in range(fine)]

    result = stage.run(key(1))

    assert not result.success
    line = failing_format.__code__.co_firstlineno + 3
    [message] = failures(result)
    assert f"refused 10 of {10 + fine} candidates" in message
    assert f"format_raised:KeyError at failing_format ({THIS_FILE}:{line})" in message
    assert "Secretname" not in "".join(str(event) for event in result.all_events)
    assert {stage.first_name(candidate) for candidate in formatted} == ({"Fine"} if fine else set())
    assert len(result.get_step_failure_events()) == 1


def test_the_text_of_an_exception_stands_in_the_stored_report_alone(make_stage: MakeStage) -> None:
    def failing_format(candidate: dict[str, Any]) -> dict[str, Any]:
        raise ValueError(f"{candidate['first_name']} \ud800 {'x' * 100_000}")

    stage = make_stage(workflow=Workflow(format=failing_format))
    stage.person(days_ago(1), first_name="Zoë Secretname")

    assert stage.run(key(1)).success

    [detail] = stage.table(PROFILES, key(1))["detail"]
    assert detail.startswith("Zoë Secretname \\ud800 xxx")
    assert len(detail) < 600
