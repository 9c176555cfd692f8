"""Calls of the plain function that fail as a whole: the status, the reason and the logged error."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from greenhouse_hrflow import Event, Reason, Status
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.sandbox import Fault, HrFlowModes, Sandbox
from greenhouse_hrflow_tests.support.pushing import puts
from greenhouse_hrflow_tests.support.updating import (
    PEOPLE,
    personal_values,
    set_addresses,
    update,
)


@pytest.fixture(params=["replace", "merge"])
def sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(people=PEOPLE, hrflow=HrFlowModes(put_mode=request.param)) as sandbox:
        set_addresses(monkeypatch, sandbox)
        yield sandbox


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
        set_addresses(environment, sandbox)
        result = update(sandbox, **changed)
        requests = sum(sandbox.requests.values())
    if reason == "none":
        assert result.status is not Status.fatal
        return
    assert (result.status, result.reason) == ("fatal", f"bad_{reason}_parameters")
    assert requests == 0
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


def test_a_greenhouse_that_keeps_refusing_is_a_read_failure(sandbox: Sandbox) -> None:
    sandbox.fail(Fault("403", path="/v3", times=None))
    result = update(sandbox)
    assert (result.status, result.reason) == (Status.fatal, Reason.read_failure)
    assert puts(sandbox) == 0


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


def test_refusals_of_most_profiles_are_fatal_and_retried(
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


def test_candidates_without_any_profile_are_fatal_with_the_reason(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    result = update(sandbox, format=lambda item: {"reference": f"x{item['id']}", "text": "t"})
    assert (result.status, result.reason) == (Status.fatal, Reason.write_failure)
    [error] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "no_profile_with_this_reference" in error


def refuse(item: JsonObject) -> JsonObject:
    raise KeyError(item["first_name"])


def give_true(_item: JsonObject) -> Any:
    return True


@pytest.mark.parametrize(
    ("changed", "reason", "row_reason"),
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
    row_reason: str,
    only_one: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ids = sandbox.greenhouse.candidate_ids()[: 1 if only_one else 26]
    result = update(sandbox, pull_parameters={"candidate_ids": ids}, **changed)
    assert (result.status, result.reason) == (Status.fatal, reason)
    [error] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    [warning] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert row_reason in error
    assert row_reason in warning
    # One of the 26 is anonymised.
    rejected = [row for row in result.rows if row.outcome == "rejected"]
    assert len(rejected) >= len(ids) - 1
    assert warning.startswith(f"{len(rejected)} rejected: ")
    assert all(row_reason in (row.reason or "") for row in rejected)
    people = [sandbox.greenhouse.v1_candidate(n) for n in ids]
    shown = f"{caplog.text} {result}"
    assert not [value for person in people for value in personal_values(person) if value in shown]
