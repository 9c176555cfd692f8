"""What the last report tells is not asked of HrFlow again, unless a run is to compare."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.stage import QUIET, Stage, days_ago, key


def edit_phone(stage: Stage, person: int, phone: str) -> None:
    """A recruiter's edit in HrFlow of what the format gives."""
    stage.sandbox.hrflow.edit(str(person), lambda profile: profile["info"].update(phone=phone))


def phone(stage: Stage, person: int) -> Any:
    profile = stage.sandbox.hrflow.profile(str(person))
    assert profile is not None
    return profile["info"]["phone"]


def hrflow_requests(stage: Stage) -> int:
    return sum(n for what, n in stage.sandbox.requests.items() if "/hrflow/" in what)


def run_comparing(stage: Stage, partition_key: str) -> dg.ExecuteInProcessResult:
    """As the launchpad starts it, where the field is set."""
    config = {"ops": {"hrflow_profiles": {"config": {"compare_with_hrflow": True}}}}
    return stage.job.execute_in_process(
        instance=stage.instance, partition_key=partition_key, run_config={**QUIET, **config}
    )


@pytest.mark.parametrize("version", ["v1", "v3"])
@pytest.mark.parametrize("days", [0, 1])
def test_the_same_window_again_asks_hrflow_nothing(
    make_stage: MakeStage, version: str, days: int
) -> None:
    stage = make_stage(version=version)
    people = [stage.person(days_ago(days, hour=0)) for _ in range(3)]
    for outcome in ("updated", "unchanged", "unchanged"):
        stage.sandbox.forget_requests()
        assert stage.run(key(days)).success
        assert stage.outcomes(key(days)) == dict.fromkeys(people, outcome)
        assert bool(hrflow_requests(stage)) == (outcome == "updated")


def test_who_changed_or_is_missing_is_asked_for(stage: Stage) -> None:
    same, changed = stage.person(days_ago(1)), stage.person(days_ago(1))
    missing = stage.person(days_ago(1), profile=False)
    assert stage.run(key(1)).success
    stage.change(changed, days_ago(1, hour=13), first_name="New")
    stage.profile(missing)

    assert stage.run(key(1)).success

    expected = {same: "unchanged", changed: "updated", missing: "updated"}
    assert stage.outcomes(key(1)) == expected
    assert stage.first_name(changed) == "New"


def test_a_run_that_is_to_compare_looks_at_every_profile(stage: Stage) -> None:
    numbers = [{"type": "mobile", "value": "+1 555 0100"}]
    person = stage.person(days_ago(1), phone_numbers=numbers)
    assert stage.run(key(1)).success
    given = phone(stage, person)
    edit_phone(stage, person, "")
    assert stage.run(key(1)).success
    assert phone(stage, person) == ""

    assert run_comparing(stage, key(1)).success

    assert phone(stage, person) == given
    assert stage.outcomes(key(1)) == {person: "updated"}


def test_a_report_that_is_gone_is_not_remembered(stage: Stage) -> None:
    person = stage.person(days_ago(1))
    assert stage.run(key(1)).success
    stage.forget("hrflow_profiles")
    stage.sandbox.forget_requests()

    assert stage.run(key(1)).success

    assert hrflow_requests(stage)
    assert stage.outcomes(key(1)) == {person: "unchanged"}
