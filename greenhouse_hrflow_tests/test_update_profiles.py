"""The plain function on both API versions: the reference's keyword arguments, and what they do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

import greenhouse_hrflow
from greenhouse_hrflow import (
    Event,
    Greenhouse,
    Reason,
    Status,
    update_profiles_in_hrflow,
)
from greenhouse_hrflow.profiles.last_applied import without_last_applied
from greenhouse_hrflow.profiles.normalize import JsonObject, is_empty
from greenhouse_hrflow.sandbox import HrFlowModes, Sandbox
from greenhouse_hrflow.sandbox.moments import utc_now
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.pushing import puts
from greenhouse_hrflow_tests.support.stage import days_ago
from greenhouse_hrflow_tests.support.updating import (
    PEOPLE,
    WORKFLOW_ID,
    all_profiles,
    set_addresses,
    update,
)

GIVEN_BY_FORMAT = {"first_name", "last_name", "full_name", "email", "phone", "location", "urls"}


@pytest.fixture(params=["replace", "merge"])
def sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(people=PEOPLE, hrflow=HrFlowModes(put_mode=request.param)) as sandbox:
        set_addresses(monkeypatch, sandbox)
        yield sandbox


def outside_the_format(profile: JsonObject) -> JsonObject:
    """All of a profile that the default format never gives."""
    info = {k: v for k, v in profile["info"].items() if k not in GIVEN_BY_FORMAT}
    given_or_changing = ("updated_at", "info", "experiences", "educations", "tags", "metadatas")
    positions = profile["experiences"] + profile["educations"]
    return {
        "info": info,
        "known": {e["key"]: (e["description"], e["skills"]) for e in positions if e["description"]},
        "metadatas": [
            entry
            for entry in without_last_applied(profile, WORKFLOW_ID)["metadatas"]
            if not entry["name"].startswith("greenhouse_")
        ],
        "tags": [tag for tag in profile["tags"] if tag["name"] != "greenhouse_tag"],
        **{k: v for k, v in profile.items() if k not in given_or_changing},
    }


@pytest.mark.parametrize("version", ["v1", "v3"])
def test_it_updates_what_differs_and_leaves_what_is_hrflows_own(
    sandbox: Sandbox, version: str
) -> None:
    before = all_profiles(sandbox)
    result = update(sandbox, version)
    after = all_profiles(sandbox)
    # A few people have no profile: for the reference that is a write_failure.
    assert (result.status, result.reason) == (Status.success_with_failures, Reason.none)
    assert result.events[Event.read_success] == PEOPLE
    edits = len(sandbox.hrflow.puts)
    assert edits > PEOPLE // 2
    assert {reference: outside_the_format(profile) for reference, profile in after.items()} == {
        reference: outside_the_format(profile) for reference, profile in before.items()
    }
    archived = [
        reference for reference, profile in before.items() if not is_empty(profile["archived_at"])
    ]
    assert archived
    assert all(after[reference] == before[reference] for reference in archived)
    again = update(sandbox, version)
    assert again.events == result.events
    assert len(sandbox.hrflow.puts) == edits


def test_both_versions_give_the_same_profiles(sandbox: Sandbox) -> None:
    update(sandbox, "v1")
    puts_of_v1 = puts(sandbox)
    update(sandbox, "v3")
    # The listed differences of the two versions lie outside of what the format gives.
    assert puts(sandbox) - puts_of_v1 <= PEOPLE // 10


def test_a_phone_and_a_tag_withdrawn_in_greenhouse_go(sandbox: Sandbox) -> None:
    candidate_id = sandbox.greenhouse.candidate_ids()[0]
    only_candidate: dict[str, Any] = {"pull_parameters": {"candidate_ids": str(candidate_id)}}
    sandbox.greenhouse.update_candidate(
        candidate_id, phone_numbers=[{"value": "0123", "type": "mobile"}]
    )
    sandbox.greenhouse.add_tag(candidate_id, "urgent")
    assert update(sandbox, **only_candidate).status is Status.success
    profile = all_profiles(sandbox)[str(candidate_id)]
    assert profile["info"]["phone"] == "0123"
    assert {"name": "greenhouse_tag", "value": "urgent"} in profile["tags"]
    sandbox.hrflow.edit(str(candidate_id), lambda p: p["tags"].append({"name": "x", "value": "y"}))
    sandbox.greenhouse.update_candidate(candidate_id, phone_numbers=[])
    sandbox.greenhouse.remove_tag(candidate_id, "urgent")
    update(sandbox, **only_candidate)
    profile = all_profiles(sandbox)[str(candidate_id)]
    assert profile["info"]["phone"] is None
    assert "urgent" not in [tag["value"] for tag in profile["tags"]]
    assert {"name": "x", "value": "y"} in profile["tags"]


def test_the_window_selects(sandbox: Sandbox) -> None:
    since = utc_now() - timedelta(days=2)
    ids = sandbox.greenhouse.touched(since, utc_now())
    result = update(sandbox, pull_parameters={"updated_after": since.isoformat()})
    assert result.events[Event.read_success] == len(ids)
    assert 0 < len(ids) < PEOPLE
    assert {put.reference for put in sandbox.hrflow.puts} <= {str(n) for n in ids}


def test_logics_format_and_callback_of_the_user(sandbox: Sandbox) -> None:
    calls: list[Any] = []
    first = sandbox.greenhouse.candidate_ids()[0]
    result = update(
        sandbox,
        push_parameters={
            "source_key": sandbox.environment()["HRFLOW_SOURCE_KEY"],
            "only_edit_fields": ["tags"],
        },
        logics=[lambda item: item if item["id"] == first else None],
        format=lambda item: {"reference": item["id"], "tags": [{"name": "seen", "value": True}]},
        callback=lambda *arguments: calls.append(arguments),
    )
    assert (result.status, result.events[Event.logics_discard]) == (Status.success, PEOPLE - 1)
    assert all_profiles(sandbox)[str(first)]["tags"][-1] == {"name": "seen", "value": "true"}
    assert calls[0][1].only_edit_fields == ("tags",)
    assert result.events[Event.callback_executed] == 1


def test_persist_off_leaves_no_trace(sandbox: Sandbox) -> None:
    before = all_profiles(sandbox)
    update(sandbox, persist=False)
    assert all_profiles(sandbox) == before
    assert puts(sandbox) == 0


@pytest.mark.parametrize("version", ["v1", "v3"])
def test_a_missing_profile_is_looked_for_by_later_calls(
    make_stage: MakeStage, version: str
) -> None:
    stage = make_stage(version=version)
    people = [stage.person(days_ago(3), profile=False, first_name="Ada") for _ in range(60)]
    stage.person(days_ago(2))
    first = update_profiles_in_hrflow("outside", incremental=True)
    assert Counter(row.outcome for row in first.rows) == {"missing": 60, "updated": 1}

    for person in people[:55]:
        stage.profile(person)
    second = update_profiles_in_hrflow("outside", incremental=True)

    assert Counter(row.outcome for row in second.rows) == {"updated": 55, "missing": 5}
    assert stage.first_name(people[0]) == "Ada"
    assert second.incremental_token is not None
    log = pd.read_parquet(stage.home / "greenhouse_hrflow" / "edit_log")
    assert set(log["workflow"]) == {"outside"}
    assert Counter(log["run_id"].value_counts()) == {1: 1, 55: 1}


def test_the_reference_result_is_exported() -> None:
    assert {"Event", "Reason", "Status", "RunResult", "update_profiles_in_hrflow"} <= set(
        greenhouse_hrflow.__all__
    )
    assert Greenhouse.update_profiles_in_hrflow is greenhouse_hrflow.update_profiles_in_hrflow
