"""One partition, launched from the launchpad as Dagster fills it in."""

from __future__ import annotations

from greenhouse_hrflow_tests.browser.person import Person
from greenhouse_hrflow_tests.browser.trial import Trial


def test_a_launch_with_the_form_as_it_is_updates_the_profiles(person: Person, trial: Trial) -> None:
    before, day = trial.edits(), trial.day(-1)

    # Dagster puts "********" where a secret's value would stand, and sends it.
    person.open_launchpad()
    person.launch_from_launchpad(day)

    assert person.run_ended() == "Success"
    person.open_partition("hrflow_profiles", day)
    assert person.partition_status() == "Materialized"
    assert person.count("updated") == trial.edits() - before > 0
    assert person.check_status() == ("Succeeded", "Passed")
