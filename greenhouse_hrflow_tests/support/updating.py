"""The plain function at a sandbox: its call, and the profiles that it leaves."""

from __future__ import annotations

import os
from typing import Any

import pytest

from greenhouse_hrflow import Greenhouse, RunResult
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.sandbox import Sandbox

PEOPLE = 60
WORKFLOW_ID = "some_string_identifier"


def set_addresses(environment: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    """Let the environment name the addresses of the sandbox, and nothing else of an account."""
    for name in [name for name in os.environ if name.startswith(("GREENHOUSE_", "HRFLOW_"))]:
        environment.delenv(name)
    for name in ("GREENHOUSE_BASE_URL", "GREENHOUSE_TOKEN_URL", "HRFLOW_BASE_URL"):
        environment.setenv(name, sandbox.environment()[name])


def auth_of(sandbox: Sandbox, version: str) -> dict[str, str]:
    """The `connector_auth` of one Harvest version."""
    environment = sandbox.environment()
    if version == "v1":
        return {"auth": environment["GREENHOUSE_API_KEY"]}
    return {
        "client_id": environment["GREENHOUSE_CLIENT_ID"],
        "client_secret": environment["GREENHOUSE_CLIENT_SECRET"],
    }


def update(sandbox: Sandbox, version: str = "v3", **changed: Any) -> RunResult:
    """Call the function as the specification does, but for what a test changes."""
    environment = sandbox.environment()
    parameters: dict[str, Any] = {
        "workflow_id": WORKFLOW_ID,
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


def all_profiles(sandbox: Sandbox) -> dict[str, JsonObject]:
    """By reference: every profile in HrFlow."""
    references = sandbox.hrflow.references()
    stored = {reference: sandbox.hrflow.profile(reference) for reference in references}
    return {reference: profile for reference, profile in stored.items() if profile is not None}


def personal_values(person: JsonObject) -> list[str]:
    """What no log and no error may show of a person."""
    lists = ("phone_numbers", "email_addresses", "addresses", "social_media_addresses")
    values = [entry["value"] for name in lists for entry in person[name] or []]
    if person["first_name"] != "Anonymized":
        values += [person["first_name"], person["last_name"]]
    return [value for value in values if value and len(value) > 3]
