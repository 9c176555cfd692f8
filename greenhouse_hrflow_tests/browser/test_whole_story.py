"""What a recruiting-operations person does at the UI: look, preview, launch, and switch on."""

from __future__ import annotations

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow_tests.browser.person import Person
from greenhouse_hrflow_tests.browser.trial import Trial


def test_the_graph_reads_from_greenhouse_to_the_source(person: Person) -> None:
    person.open_graph()

    for asset in ("greenhouse", "greenhouse_candidates", "hrflow_profiles", "hrflow_source"):
        assert person.reads(asset)


def test_a_partition_tells_what_was_sent_in_words_and_numbers(person: Person, trial: Trial) -> None:
    day, before = trial.day(-3), trial.edits()

    person.open_launch_dialog()
    person.launch(day, day)

    assert person.run_ended() == "Success"
    person.open_partition("hrflow_profiles", day)
    edits = trial.edits() - before
    assert person.count("updated") == edits > 0
    told = person.shown("summary")
    assert f"{day}: {person.count('dagster/partition_row_count')} candidates" in told
    assert f"{edits} updated" in told
    person.open_partition("greenhouse_candidates", day)
    assert "changed last in" in person.shown("summary")


def test_a_preview_of_a_range_is_green_and_writes_nothing(person: Person, trial: Trial) -> None:
    first, last, before = trial.day(-7), trial.day(-6), trial.edits()

    person.open_launch_dialog_of("hrflow_profiles_preview")
    person.launch(first, last)

    assert person.backfill_ended() == "Succeeded"
    assert trial.edits() == before
    person.open_partition("hrflow_profiles_preview", first)
    assert f"A push of {first} would edit" in person.shown("summary")
    assert person.count("updated") == 0


def test_a_backfill_of_three_days_is_green(person: Person, trial: Trial) -> None:
    person.open_launch_dialog()
    person.launch(trial.day(-3), trial.day(-1))

    assert person.backfill_ended() == "Succeeded"
    person.open_partition("hrflow_profiles", trial.day(-1))
    assert person.partition_status() == "Materialized"


def test_the_sensor_ticks_and_says_why(person: Person) -> None:
    person.switch_sensor()
    try:
        assert person.reads_of_a_tick("Nothing has changed in Greenhouse since")
    finally:
        person.switch_sensor()


def test_the_launchpad_offers_what_makes_sense_and_no_secret(person: Person) -> None:
    person.open_launchpad()

    form = person.form()
    for name in ("compare_with_hrflow", "let_through"):
        assert name in form
    with Sandbox() as sandbox:
        secrets = [text for name, text in sandbox.environment().items() if "SECRET" in name]
    assert secrets
    assert not any(secret in form for secret in secrets)
