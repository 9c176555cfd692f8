"""A push that failed as a whole, read by somebody who looks at the UI alone."""

from __future__ import annotations

import pytest

from greenhouse_hrflow_tests.browser.person import Person
from greenhouse_hrflow_tests.browser.trial import Trial

pytestmark = pytest.mark.usefixtures("used_up_quota")


def test_the_run_its_partition_and_its_check_are_red(person: Person, trial: Trial) -> None:
    day = trial.day(-2)

    person.open_launch_dialog()
    person.launch(day, day)

    assert person.run_ended() == "Failure"
    assert person.reads("HrFlow answered that the account's quota is used up (402)")
    person.open_partition("greenhouse_candidates", day)
    assert person.partition_status() == "Materialized"
    person.open_partition("hrflow_profiles", day)
    assert person.partition_status() == "Failed"
    assert person.check_status() in {("Failed", "Failed"), ("Failed", "Execution failed")}
    person.open_launch_dialog()
    assert person.offers("Failed and missing", day)
    assert person.offers("Failed", day)


def test_a_backfill_fails_and_is_offered_again_until_it_succeeds(
    person: Person, trial: Trial
) -> None:
    days = [trial.day(-6), trial.day(-5), trial.day(-4)]

    person.open_launch_dialog()
    person.launch(days[0], days[-1])
    assert person.backfill_ended() == "Failed"
    person.open_launch_dialog()
    assert person.offers("Failed and missing", *days)

    before = trial.edits()
    trial.heal()
    assert person.offers("Failed", *days)
    person.launch_what_is_offered()
    assert person.backfill_ended() == "Succeeded"
    assert trial.edits() > before
    person.open_partition("hrflow_profiles", days[1])
    assert person.partition_status() == "Materialized"
    assert person.check_status() == ("Succeeded", "Passed")
