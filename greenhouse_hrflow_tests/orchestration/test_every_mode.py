"""The job on APIs that behave in any way that is thinkable: right, or failed with what to mend."""

from __future__ import annotations

import random
from typing import Any

import pytest

from greenhouse_hrflow.sandbox import GreenhouseModes, HrFlowModes
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.dagster_results import failures
from greenhouse_hrflow_tests.support.random_modes import random_modes
from greenhouse_hrflow_tests.support.stage import Stage, days_ago, key

ENOUGH = {"scopes": None, "lists": "open", "rate_limit": 300, "rate_window": 2.0}
WORKING_KEY = {"key": "reads_and_writes", "keeps_attachments": True, "longest_metadata": None}
RÉSUMÉ = {"type": "resume", "file_name": "original.pdf"}


def somebody(stage: Stage, **fields: Any) -> int:
    """A candidate of yesterday with a child record, and a profile that holds more than they do."""
    emails = [{"type": "personal", "value": "ada@example.com"}]
    candidate = stage.person(days_ago(1), email_addresses=emails, **fields)
    stage.clock.moment = days_ago(1, hour=13)
    stage.sandbox.greenhouse.add_education(
        candidate, school_name="Analytical School", start_at="2014-09-01T00:00:00.000Z"
    )
    stage.clock.moment = None
    stage.sandbox.hrflow.edit(
        str(candidate), lambda profile: profile.update(attachments=[RÉSUMÉ], shoe_size=44)
    )
    return candidate


def profile_of(stage: Stage, candidate: int) -> dict[str, Any]:
    profile = stage.sandbox.hrflow.profile(str(candidate))
    assert profile is not None
    return profile


def is_whole(profile: dict[str, Any]) -> bool:
    """Whether it holds all that it held before any run."""
    return (
        profile["info"]["gender"] == "female"
        and [skill["name"] for skill in profile["skills"]] == ["weaving"]
        and profile["attachments"] == [RÉSUMÉ]
        and profile["shoe_size"] == 44
    )


@pytest.mark.parametrize("seed", range(3))
def test_profiles_end_right_however_the_apis_behave(make_stage: MakeStage, seed: int) -> None:
    rng = random.Random(f"any mode {seed}")
    version = rng.choice(["v3", "v3", "v1"])
    more = ENOUGH | ({"v1": "open"} if version == "v1" else {})
    greenhouse = random_modes(rng, GreenhouseModes, **more)
    hrflow = random_modes(rng, HrFlowModes, **WORKING_KEY)
    stage = make_stage(version=version, greenhouse=greenhouse, hrflow=hrflow)
    shown = [somebody(stage) for _ in range(3)]
    private = somebody(stage, private=True)
    missing = stage.person(days_ago(1), profile=False)

    assert failures(stage.run(key(1))) == [], (greenhouse, hrflow)

    is_hidden = version == "v3" and greenhouse.private_candidates == "hidden"
    assert stage.outcomes(key(1))[missing] == "missing"
    for candidate in [*shown, private]:
        profile = profile_of(stage, candidate)
        assert is_whole(profile)
        if candidate == private and is_hidden:
            assert stage.first_name(candidate) == "nobody yet"
            continue
        assert profile["info"]["first_name"] == "Ada"
        assert profile["info"]["email"] == "ada@example.com"
        [education] = profile["educations"]
        assert education["school"] == "Analytical School"
        assert education["date_start"] == "2014-09-01T00:00:00"


@pytest.mark.parametrize(
    ("version", "greenhouse", "hrflow", "named"),
    [
        ("v3", {"lists": "refused"}, {}, ["harvest:candidates:list", "GREENHOUSE_USER_ID"]),
        ("v1", {"v1": "closed_401"}, {}, ["v3", "GREENHOUSE_HARVEST_VERSION"]),
        ("v1", {"v1": "closed_410"}, {}, ["v3", "GREENHOUSE_HARVEST_VERSION"]),
        ("v3", {}, {"key": "reads"}, ["HRFLOW_API_SECRET", "ask_"]),
        ("v3", {}, {"key": "writes"}, ["HRFLOW_API_SECRET", "ask_"]),
        ("v3", {}, {"keeps_attachments": False}, ["attachments", "no other profile was edited"]),
        ("v3", {}, {"longest_metadata": 100}, ["metadata", "no other profile was edited"]),
    ],
)
def test_where_it_cannot_work_the_run_says_what_to_mend(
    make_stage: MakeStage, version: str, greenhouse: Any, hrflow: Any, named: list[str]
) -> None:
    stage = make_stage(
        version=version, greenhouse=GreenhouseModes(**greenhouse), hrflow=HrFlowModes(**hrflow)
    )
    people = [somebody(stage) for _ in range(3)]

    [message] = failures(stage.run(key(1)))

    assert all(each in message for each in named), message
    assert stage.sandbox.environment()["HRFLOW_API_SECRET"] not in message
    whole = sum(is_whole(profile_of(stage, candidate)) for candidate in people)
    assert whole >= len(people) - 1


def test_of_lists_that_are_empty_nothing_is_concluded(make_stage: MakeStage) -> None:
    stage = make_stage(greenhouse=GreenhouseModes(lists="empty"))
    candidate = somebody(stage)

    assert failures(stage.run(key(1))) == []

    assert (stage.puts(), is_whole(profile_of(stage, candidate))) == (0, True)
