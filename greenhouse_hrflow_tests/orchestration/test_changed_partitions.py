"""A start date or a grain that was changed after data exists: nobody's change waits for it."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta

import pytest

from greenhouse_hrflow.sandbox import Fault
from greenhouse_hrflow.workflow import Cadence
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.dagster_results import failures, requested
from greenhouse_hrflow_tests.support.stage import TODAY, Stage, key

HOUR = timedelta(hours=1)
GRAINS = ["daily", "hourly", "0 0 * * 0"]


def run_requested(stage: Stage, cursor: str | None = None) -> str | None:
    """A tick and its run, with success; the cursor after it."""
    result = stage.tick(cursor)
    assert requested(result)
    run = stage.obey(result)
    assert failures(run) == []
    return result.cursor


@pytest.mark.parametrize("before", GRAINS)
@pytest.mark.parametrize("after", GRAINS)
def test_what_waits_for_another_try_outlives_a_change_of_the_grain(
    make_stage: MakeStage, before: str, after: str
) -> None:
    stage = make_stage(partitions=before, cadence=Cadence(first_retry=timedelta()))
    missing, unlucky = stage.person(profile=False), stage.person(first_name="Unlucky")
    stage.sandbox.fail(Fault("503", f"reference={unlucky}", times=None))
    cursor = run_requested(stage)
    stage.sandbox.heal()
    changed = dataclasses.replace(stage, partitions=after)
    other = changed.person(first_name="Other")

    run_requested(changed, cursor)

    assert [changed.first_name(one) for one in (unlucky, other)] == ["Unlucky", "Other"]
    assert changed.sandbox.hrflow.profile(str(missing)) is None


@pytest.mark.parametrize("start_date", [key(400), key(20), key(0)])
@pytest.mark.parametrize("grain", GRAINS[:2])
def test_what_waits_for_another_try_outlives_a_change_of_the_start_date(
    make_stage: MakeStage, start_date: str, grain: str
) -> None:
    stage = make_stage(
        partitions=grain, start_date=key(60), cadence=Cadence(first_retry=timedelta())
    )
    unlucky = stage.person(TODAY - 30 * 24 * HOUR, first_name="Unlucky")
    stage.sandbox.fail(Fault("503", f"reference={unlucky}", times=None))
    first = key(30) if grain == "daily" else f"{key(30)}-00:00"
    assert stage.run(first).success
    stage.sandbox.heal()
    moved = dataclasses.replace(stage, start_date=start_date)
    moved.person()

    run_requested(moved, json.dumps({"watermark": TODAY.isoformat()}))

    assert moved.first_name(unlucky) == "Unlucky"


def test_what_is_no_longer_in_the_storage_is_passed_over(make_stage: MakeStage) -> None:
    stage = make_stage(partitions="hourly", cadence=Cadence(first_retry=timedelta()))
    unlucky = stage.person()
    stage.sandbox.fail(Fault("503", f"reference={unlucky}", times=None))
    cursor = run_requested(stage)
    stage.sandbox.heal()
    stage.forget("greenhouse_candidates")
    daily = dataclasses.replace(stage, partitions="daily")
    other = daily.person(first_name="Other")

    run_requested(daily, cursor)

    assert daily.first_name(other) == "Other"
