"""What the plain function shows to its user: why it failed, and nothing of a person or a secret."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import greenhouse_hrflow
from greenhouse_hrflow import Event, Status
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.sandbox import Fault, HrFlowModes, Sandbox
from greenhouse_hrflow_tests.support.updating import (
    PEOPLE,
    personal_values,
    set_addresses,
    update,
)

USER_SCRIPT = """
from greenhouse_hrflow import update_profiles_in_hrflow

def to_profile(candidate):
    return {"info": {"first_name": candidate["names"]["first"]}}

result = update_profiles_in_hrflow("wf", format=to_profile)
print(result)
print(result.rows[0].reason)
"""


@pytest.fixture(params=["replace", "merge"])
def sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(people=PEOPLE, hrflow=HrFlowModes(put_mode=request.param)) as sandbox:
        set_addresses(monkeypatch, sandbox)
        yield sandbox


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
        wrong_shape = {"info": item["first_name"] or "x"} if item["id"] == ids[3] else {}
        return greenhouse_hrflow.format_candidate(item) | wrong_shape

    with caplog.at_level(logging.DEBUG):
        result = update(sandbox, logics=[logic], format=formatted, callback=callback)
    assert result.status is Status.success_with_failures
    assert result.events[Event.logics_failure] == 1
    assert result.events[Event.format_failure] == 2
    assert result.events[Event.write_failure] >= 3
    assert result.events[Event.callback_failure] == 1
    shown = caplog.text + repr(result)
    secrets = [
        value
        for name, value in sandbox.environment().items()
        if name.endswith(("SECRET", "API_KEY", "API_USER"))
    ]
    assert not [secret for secret in secrets if secret in shown]
    assert not [value for person in people for value in personal_values(person) if value in shown]


def test_python_without_any_logging_set_up_shows_why(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(USER_SCRIPT)
    with Sandbox(people=26) as sandbox:
        process = subprocess.run(
            [sys.executable, str(script)],
            env={"PATH": os.environ["PATH"], **sandbox.environment()},
            capture_output=True,
            text=True,
            check=True,
        )
    reason = "format_raised:KeyError at to_profile (mine.py:5)"
    assert "Reason.format_failure" in process.stdout
    assert reason in process.stdout
    assert "refused" in process.stderr
    assert process.stderr.count(reason) == 2
    assert "Traceback" not in process.stderr


def test_a_missing_setting_shows_without_any_logging_set_up() -> None:
    call = "from greenhouse_hrflow import update_profiles_in_hrflow as f; print(f('wf').reason)"
    process = subprocess.run(
        [sys.executable, "-c", call],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "bad_origin_parameters" in process.stdout
    assert "GREENHOUSE_CLIENT_ID" in process.stderr
