"""Credentials of a run: what a wrong or missing one does, and that no secret is shown."""

from __future__ import annotations

import dagster as dg
import pytest

from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.dagster_results import events_of, failures
from greenhouse_hrflow_tests.support.stage import Stage, key


@pytest.mark.parametrize("variable", ["GREENHOUSE_CLIENT_SECRET", "HRFLOW_API_SECRET"])
def test_a_wrong_secret_fails_the_run_once_and_is_written_nowhere(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    variable: str,
) -> None:
    wrong_secret = "ask_a-wrong-secret-that-nobody-may-see"
    monkeypatch.setenv(variable, wrong_secret)
    stage.person()

    result = stage.run(key())

    assert not result.success
    [message] = failures(result)
    assert variable in message
    assert "401" in message
    assert events_of(result, dg.DagsterEventType.STEP_UP_FOR_RETRY) == []
    shown = "".join(capfd.readouterr()) + "".join(str(event) for event in result.all_events)
    assert wrong_secret not in shown
    stored_files = [path for path in stage.home.rglob("*") if path.is_file()]
    assert stored_files
    assert [path for path in stored_files if wrong_secret.encode() in path.read_bytes()] == []
    token_requests = sum(
        count for request, count in stage.sandbox.requests.items() if "token" in request
    )
    assert token_requests <= 2


@pytest.mark.parametrize(
    ("version", "variable"),
    [
        ("v3", "GREENHOUSE_CLIENT_SECRET"),
        ("v1", "GREENHOUSE_API_KEY"),
        ("v3", "HRFLOW_API_USER"),
        ("v3", "HRFLOW_SOURCE_KEY"),
    ],
)
def test_a_missing_credential_is_an_error_of_the_run_that_names_the_variable(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch, version: str, variable: str
) -> None:
    stage = make_stage(version=version)
    stage.person()
    monkeypatch.delenv(variable)

    result = stage.run(key())

    [message] = failures(result)
    assert variable in message
    assert "not set" in message
    assert events_of(result, dg.DagsterEventType.STEP_UP_FOR_RETRY) == []
