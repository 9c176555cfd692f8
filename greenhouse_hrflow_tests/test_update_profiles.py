"""The mission as a function: the reference's keyword arguments on both API versions."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import greenhouse_hrflow
from greenhouse_hrflow import (
    Event,
    Greenhouse,
    Reason,
    RunResult,
    Status,
    update_profiles_in_hrflow,
)
from greenhouse_hrflow.profiles.last_applied import without_last_applied
from greenhouse_hrflow.profiles.normalize import JsonObject, is_empty
from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow.sandbox.moments import utc_now
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.pushing import puts
from greenhouse_hrflow_tests.support.stage import days_ago

PEOPLE = 60
GIVEN_BY_FORMAT = {"first_name", "last_name", "full_name", "email", "phone", "location", "urls"}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GREENHOUSE_", "HRFLOW_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(params=["replace", "merge"])
def sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(people=PEOPLE, put_mode=request.param) as sandbox:
        for name in ("GREENHOUSE_BASE_URL", "GREENHOUSE_TOKEN_URL", "HRFLOW_BASE_URL"):
            monkeypatch.setenv(name, sandbox.environment()[name])
        yield sandbox


def auth_of(sandbox: Sandbox, version: str) -> dict[str, str]:
    environment = sandbox.environment()
    if version == "v1":
        return {"auth": environment["GREENHOUSE_API_KEY"]}
    return {
        "client_id": environment["GREENHOUSE_CLIENT_ID"],
        "client_secret": environment["GREENHOUSE_CLIENT_SECRET"],
    }


def update(sandbox: Sandbox, version: str = "v3", **changed: Any) -> RunResult:
    """The mission's own call, with what a test changes of it."""
    environment = sandbox.environment()
    parameters: dict[str, Any] = {
        "workflow_id": "some_string_identifier",
        "connector_auth": auth_of(sandbox, version),
        "hrflow_auth": {
            "api_secret": environment["HRFLOW_API_SECRET"],
            "api_user": environment["HRFLOW_API_USER"],
        },
        "pull_parameters": {"skip_count": True},
        "push_parameters": {"source_key": environment["HRFLOW_SOURCE_KEY"]},
        "logics": [],
        "format": None,
        "callback": None,
        "persist": True,
        "incremental": False,
    }
    return Greenhouse.update_profiles_in_hrflow(**parameters | changed)


def profiles(sandbox: Sandbox) -> dict[str, JsonObject]:
    found = {reference: sandbox.hrflow.profile(reference) for reference in
             sandbox.hrflow.references()}  # fmt: skip
    return {reference: profile for reference, profile in found.items() if profile is not None}


def only_hrflows(profile: JsonObject) -> JsonObject:
    """What of a profile the default format has no business with."""
    info = {k: v for k, v in profile["info"].items() if k not in GIVEN_BY_FORMAT}
    beside = ("updated_at", "info", "experiences", "educations", "tags", "metadatas")
    positions = profile["experiences"] + profile["educations"]
    return {
        "info": info,
        "known": {e["key"]: (e["description"], e["skills"]) for e in positions if e["description"]},
        "metadatas": [
            entry
            for entry in without_last_applied(profile, "some_string_identifier")["metadatas"]
            if not entry["name"].startswith("greenhouse_")
        ],
        "tags": [tag for tag in profile["tags"] if tag["name"] != "greenhouse_tag"],
        **{k: v for k, v in profile.items() if k not in beside},
    }


@pytest.mark.parametrize("version", ["v1", "v3"])
def test_it_updates_what_differs_and_leaves_what_is_hrflows_own(
    sandbox: Sandbox, version: str
) -> None:
    before = profiles(sandbox)
    result = update(sandbox, version)
    after = profiles(sandbox)
    # A few people have no profile: for the reference that is a write_failure.
    assert (result.status, result.reason) == (Status.success_with_failures, Reason.none)
    assert result.events[Event.read_success] == PEOPLE
    written = len(sandbox.hrflow.puts)
    assert written > PEOPLE // 2
    assert {ref: only_hrflows(p) for ref, p in after.items()} == {
        ref: only_hrflows(p) for ref, p in before.items()
    }
    archived = [ref for ref, profile in before.items() if not is_empty(profile["archived_at"])]
    assert archived
    assert all(after[reference] == before[reference] for reference in archived)
    again = update(sandbox, version)
    assert again.events == result.events
    assert len(sandbox.hrflow.puts) == written


def test_both_versions_give_the_same_profiles(sandbox: Sandbox) -> None:
    update(sandbox, "v1")
    written = puts(sandbox)
    update(sandbox, "v3")
    # The listed differences of the two versions lie outside of what the format gives.
    assert puts(sandbox) - written <= PEOPLE // 10


def test_a_phone_and_a_tag_withdrawn_in_greenhouse_go(sandbox: Sandbox) -> None:
    candidate_id = sandbox.greenhouse.candidate_ids()[0]
    chosen: dict[str, Any] = {"pull_parameters": {"candidate_ids": str(candidate_id)}}
    sandbox.greenhouse.update_candidate(
        candidate_id, phone_numbers=[{"value": "0123", "type": "mobile"}]
    )
    sandbox.greenhouse.add_tag(candidate_id, "urgent")
    assert update(sandbox, **chosen).status is Status.success
    profile = profiles(sandbox)[str(candidate_id)]
    assert profile["info"]["phone"] == "0123"
    assert {"name": "greenhouse_tag", "value": "urgent"} in profile["tags"]
    sandbox.hrflow.edit(str(candidate_id), lambda p: p["tags"].append({"name": "x", "value": "y"}))
    sandbox.greenhouse.update_candidate(candidate_id, phone_numbers=[])
    sandbox.greenhouse.remove_tag(candidate_id, "urgent")
    update(sandbox, **chosen)
    profile = profiles(sandbox)[str(candidate_id)]
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
    assert profiles(sandbox)[str(first)]["tags"][-1] == {"name": "seen", "value": "true"}
    assert calls[0][1].only_edit_fields == ("tags",)
    assert result.events[Event.callback_executed] == 1


def test_persist_off_leaves_no_trace(sandbox: Sandbox) -> None:
    before = profiles(sandbox)
    update(sandbox, persist=False)
    assert profiles(sandbox) == before
    assert puts(sandbox) == 0


@pytest.mark.parametrize(
    ("changed", "reason", "message"),
    [
        ({"pull_parameters": {"updated_after": "yesterday"}}, "origin", "updated_after"),
        ({"pull_parameters": {"candidate_ids": ",".join("1" * 51)}}, "none", ""),
        ({"pull_parameters": {"candidate_ids": list(range(1, 52))}}, "origin", "51 ids"),
        ({"pull_parameters": {"job": 1}}, "origin", "job"),
        ({"connector_auth": {"key": "hush"}}, "origin", "connector_auth has no key"),
        ({"connector_auth": {"auth": "hush", "client_id": "hush"}}, "origin", "not both"),
        ({"connector_auth": {"auth": ""}}, "origin", "auth must be a text"),
        ({"connector_auth": "hush"}, "origin", "connector_auth must be a dict"),
        ({"connector_auth": None}, "origin", "GREENHOUSE_CLIENT_ID"),
        ({"logics": 5}, "origin", "logics must be a list of functions"),
        ({"format": "hush"}, "origin", "format must be a function"),
        ({"workflow_id": ""}, "origin", "workflow_id"),
        ({"push_parameters": {"only_edit_fields": ["phone"]}}, "target", "no field of a profile"),
        ({"push_parameters": {}}, "target", "HRFLOW_SOURCE_KEY is not set"),
        ({"hrflow_auth": None}, "target", "HRFLOW_API_SECRET is not set"),
        ({"hrflow_auth": {"api_key": "hush"}}, "target", "hrflow_auth has no api_key"),
        ({"hrflow_auth": {"api_secret": "hush"}}, "target", "HRFLOW_API_USER is not set"),
    ],
)
def test_bad_parameters_are_fatal_before_any_request(
    changed: dict[str, Any], reason: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Sandbox(people=3) as sandbox, pytest.MonkeyPatch.context() as environment:
        for name in ("GREENHOUSE_BASE_URL", "GREENHOUSE_TOKEN_URL", "HRFLOW_BASE_URL"):
            environment.setenv(name, sandbox.environment()[name])
        result = update(sandbox, **changed)
        asked = sum(sandbox.requests.values())
    if reason == "none":
        assert result.status is not Status.fatal
        return
    assert (result.status, result.reason) == ("fatal", f"bad_{reason}_parameters")
    assert asked == 0
    assert message in caplog.text
    assert "hush" not in caplog.text
    assert not +result.events


@pytest.mark.parametrize(
    ("version", "auth"),
    [("v1", {"auth": "hush-1"}), ("v3", {"client_id": "client-1", "client_secret": "hush"})],
)
def test_a_wrong_greenhouse_secret_is_fatal_and_shown_nowhere(
    sandbox: Sandbox, version: str, auth: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        result = update(sandbox, connector_auth=auth)
    assert (result.status, result.reason) == (Status.fatal, Reason.read_failure)
    assert result.events[Event.read_failure] == 1
    assert sum(sandbox.requests.values()) == 1
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1
    assert "GREENHOUSE_" in caplog.text
    assert "hush" not in caplog.text


def test_a_wrong_hrflow_secret_is_fatal_and_shown_nowhere(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        result = update(sandbox, hrflow_auth={"api_secret": "ask_hush", "api_user": "me@x.org"})
    assert (result.status, result.reason) == (Status.fatal, Reason.write_failure)
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert "HRFLOW_API_SECRET" in errors[0].getMessage()
    assert "ask_hush" not in caplog.text


def test_greenhouse_failing_for_good_is_a_read_failure(sandbox: Sandbox) -> None:
    sandbox.fail(Fault("403", path="/v3", times=None))
    result = update(sandbox)
    assert (result.status, result.reason) == (Status.fatal, Reason.read_failure)
    assert puts(sandbox) == 0


def test_no_log_carries_personal_data_or_secrets(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Every kind of failure at once, with all logs of all libraries on."""
    people = [sandbox.greenhouse.v1_candidate(n) for n in sandbox.greenhouse.candidate_ids()]
    ids = [person["id"] for person in people]
    sandbox.fail(Fault("422", method="PUT", times=3))
    sandbox.fail(Fault("429", method="PUT", retry_after=0))
    sandbox.fail(Fault("drop", path=f"reference={ids[5]}"))

    def logic(item: JsonObject) -> JsonObject:
        if item["id"] == ids[1]:
            raise ValueError(f"{item}")
        return item

    def callback(*arguments: Any) -> None:
        raise ValueError(f"{arguments}")

    def formatted(item: JsonObject) -> JsonObject:
        if item["id"] == ids[2]:
            raise KeyError(item["email_addresses"])
        wrong = {"info": item["first_name"] or "x"} if item["id"] == ids[3] else {}
        return greenhouse_hrflow.format_candidate(item) | wrong

    with caplog.at_level(logging.DEBUG):
        result = update(sandbox, logics=[logic], format=formatted, callback=callback)
    assert result.status is Status.success_with_failures
    assert result.events[Event.logics_failure] == 1
    assert result.events[Event.format_failure] == 2
    assert result.events[Event.write_failure] >= 3
    assert result.events[Event.callback_failure] == 1
    told = caplog.text + repr(result)
    secrets = [
        value
        for name, value in sandbox.environment().items()
        if name.endswith(("SECRET", "API_KEY", "API_USER"))
    ]
    assert not [secret for secret in secrets if secret in told]
    assert not [value for person in people for value in _personal(person) if value in told]


def _personal(person: JsonObject) -> list[str]:
    lists = ("phone_numbers", "email_addresses", "addresses", "social_media_addresses")
    found = [entry["value"] for name in lists for entry in person[name] or []]
    if person["first_name"] != "Anonymized":
        found += [person["first_name"], person["last_name"]]
    return [value for value in found if value and len(value) > 3]


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


def test_the_reference_result_is_exported() -> None:
    assert {"Event", "Reason", "Status", "RunResult", "update_profiles_in_hrflow"} <= set(
        greenhouse_hrflow.__all__
    )
    assert Greenhouse.update_profiles_in_hrflow is greenhouse_hrflow.update_profiles_in_hrflow


def test_most_that_hrflow_refuses_are_fatal_and_tried_again(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GREENHOUSE_HRFLOW_STORAGE", str(tmp_path))
    sandbox.fail(Fault("422", method="PUT", times=None))
    result = update(sandbox, incremental=True)
    assert (result.status, result.reason) == (Status.fatal, Reason.write_failure)
    assert result.incremental_token is None
    sandbox.heal()
    again = update(sandbox, incremental=True)
    assert again.status is Status.success_with_failures
    assert len(sandbox.hrflow.puts) > PEOPLE // 2


def test_an_address_without_its_version_is_fatal(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    url = sandbox.environment()["HRFLOW_BASE_URL"]
    monkeypatch.setenv("HRFLOW_BASE_URL", url.removesuffix("/v1"))
    result = update(sandbox)
    assert (result.status, result.reason) == (Status.fatal, Reason.write_failure)
    [error] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "HRFLOW_BASE_URL" in error
    assert {row.outcome for row in result.rows} == {"failed", "anonymised"}


def refuse(item: JsonObject) -> JsonObject:
    raise KeyError(item["first_name"])


def give_true(_item: JsonObject) -> Any:
    return True


@pytest.mark.parametrize(
    ("changed", "reason", "told"),
    [
        ({"format": refuse}, Reason.format_failure, "format_raised:KeyError at refuse (test_"),
        ({"logics": [refuse]}, Reason.logics_failure, "logic_0_raised:KeyError at refuse (test_"),
        ({"logics": [give_true]}, Reason.logics_failure, "logic_0_gave_bool:give_true (test_"),
        ({"format": give_true}, Reason.format_failure, "format_gave_bool_not_a_dict:give_true (t"),
    ],
)
@pytest.mark.parametrize("only_one", [False, True])
def test_functions_that_fail_for_all_are_fatal_and_say_why(
    sandbox: Sandbox,
    changed: dict[str, Any],
    reason: Reason,
    told: str,
    only_one: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ids = sandbox.greenhouse.candidate_ids()[: 1 if only_one else 26]
    result = update(sandbox, pull_parameters={"candidate_ids": ids}, **changed)
    assert (result.status, result.reason) == (Status.fatal, reason)
    [error] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    [warning] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told in error
    assert told in warning
    # One of the 26 is anonymised.
    refused = [row for row in result.rows if row.outcome == "rejected"]
    assert len(refused) >= len(ids) - 1
    assert warning.startswith(f"{len(refused)} rejected: ")
    assert all(told in (row.reason or "") for row in refused)
    people = [sandbox.greenhouse.v1_candidate(n) for n in ids]
    shown = f"{caplog.text} {result}"
    assert not [value for person in people for value in _personal(person) if value in shown]


def test_nobody_found_is_fatal_with_its_reason(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    result = update(sandbox, format=lambda item: {"reference": f"x{item['id']}", "text": "t"})
    assert (result.status, result.reason) == (Status.fatal, Reason.write_failure)
    [error] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "no_profile_with_this_reference" in error


USER_SCRIPT = """
from greenhouse_hrflow import update_profiles_in_hrflow

def to_profile(candidate):
    return {"info": {"first_name": candidate["names"]["first"]}}

result = update_profiles_in_hrflow("wf", format=to_profile)
print(result)
print(result.rows[0].reason)
"""


def test_python_without_any_logging_set_up_shows_why(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(USER_SCRIPT)
    with Sandbox(people=26) as sandbox:
        done = subprocess.run(
            [sys.executable, str(script)],
            env={"PATH": os.environ["PATH"], **sandbox.environment()},
            capture_output=True,
            text=True,
            check=True,
        )
    reason = "format_raised:KeyError at to_profile (mine.py:5)"
    assert "Reason.format_failure" in done.stdout
    assert reason in done.stdout
    assert "refused" in done.stderr
    assert done.stderr.count(reason) == 2
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_shows_without_any_logging_set_up() -> None:
    call = "from greenhouse_hrflow import update_profiles_in_hrflow as f; print(f('wf').reason)"
    done = subprocess.run(
        [sys.executable, "-c", call],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "bad_origin_parameters" in done.stdout
    assert "GREENHOUSE_CLIENT_ID" in done.stderr
