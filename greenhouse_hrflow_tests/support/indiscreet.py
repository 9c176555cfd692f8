"""A code location whose logic, format and callback quote candidates wherever they can; and what of
them may be shown nowhere."""

from __future__ import annotations

from typing import Any

import dagster as dg

from greenhouse_hrflow import Workflow, build_definitions, format_candidate
from greenhouse_hrflow_tests.support.stage import NO_WAIT, PromptGreenhouse, PromptHrFlow

PERSON: dict[str, Any] = {
    "first_name": "Zoë Hushname",
    "last_name": "Hushfamily",
    "email_addresses": [{"value": "zoe.hushmail@example.com", "type": "personal"}],
    "phone_numbers": [{"value": "+33 1 99 00 55 77", "type": "mobile"}],
    "addresses": [{"value": "17 Hushlane, Oslo", "type": "home"}],
}
PERSONAL = ("hushname", "hushfamily", "hushmail", "99 00 55 77", "hushlane")
"""What of the person may be shown nowhere, in small letters."""

QUOTE = f"{PERSON['first_name']}, {PERSON['email_addresses'][0]['value']}"

QUOTED_BY_LOGIC, QUOTED_BY_FORMAT = "quoted by the logic", "quoted by the format"
NAMES_AS_KEYS, NAMES_IN_A_PATH = "names as keys", "names in a path"
"""Titles of candidates, by which the functions know what to do."""


def quoting_logic(candidate: dict[str, Any]) -> dict[str, Any]:
    """Raise an exception that quotes the candidate."""
    if candidate["title"] == QUOTED_BY_LOGIC:
        raise ValueError(QUOTE)
    return candidate


def quoting_format(candidate: dict[str, Any]) -> dict[str, Any]:
    """The default format; it raises for one, and uses values as names for two others."""
    profile = format_candidate(candidate)
    name, address = candidate["first_name"], PERSON["email_addresses"][0]["value"]
    if candidate["title"] == QUOTED_BY_FORMAT:
        raise KeyError(QUOTE)
    if candidate["title"] == NAMES_AS_KEYS:
        profile["info"] |= {name: "x", address: {"text": "y"}}
        return {**profile, name: "x", address: "y", "skills": [{"name": "a", address: "b"}]}
    if candidate["title"] == NAMES_IN_A_PATH:
        return {**profile, "experiences": [{address: {name: {"skills": "x"}}}]}
    return profile


def quoting_callback(*_arguments: Any) -> None:
    """Raise an exception that quotes what was pushed."""
    raise RuntimeError(QUOTE)


WORKFLOW = Workflow(
    pull_parameters={"email": PERSON["email_addresses"][0]["value"]},
    logics=[quoting_logic],
    format=quoting_format,
    callback=quoting_callback,
)

defs = build_definitions(
    WORKFLOW,
    greenhouse=PromptGreenhouse(
        client_id=dg.EnvVar("GREENHOUSE_CLIENT_ID"),
        client_secret=dg.EnvVar("GREENHOUSE_CLIENT_SECRET"),
    ),
    hrflow=PromptHrFlow(
        api_secret=dg.EnvVar("HRFLOW_API_SECRET"), api_user=dg.EnvVar("HRFLOW_API_USER")
    ),
    retry_policy=NO_WAIT,
)
