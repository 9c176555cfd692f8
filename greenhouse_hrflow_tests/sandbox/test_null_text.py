"""A PUT whose text is null: refused, or taken for an empty text; and our own push under both."""

from __future__ import annotations

from typing import Any

import pytest

from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.sandbox import HrFlowModes, Sandbox
from greenhouse_hrflow.sandbox.modes import NullText
from greenhouse_hrflow_tests.sandbox.clients import HrFlow
from greenhouse_hrflow_tests.support.pushing import (
    GIVEN,
    RICH,
    add_profiles,
    formatted,
    only_row,
    profile_of,
    push,
)

MODES: list[NullText] = ["refuse", "empty"]


def test_a_null_text_is_refused_unless_it_is_asked_for() -> None:
    with Sandbox(people=0) as sandbox, HrFlow(sandbox) as hrflow:
        add_profiles(sandbox, 1)
        answer = hrflow.put(**profile_of(sandbox) | {"text": None})
        message = "Invalid profile. text must be a string"
        assert (answer.status_code, answer.json()["message"]) == (422, message)
        assert profile_of(sandbox)["text"] == RICH["text"]


@pytest.mark.parametrize("put_mode", ["replace", "merge"])
def test_a_lenient_hrflow_takes_it_for_an_empty_text(put_mode: Any) -> None:
    with Sandbox(people=0, hrflow=HrFlowModes(null_text="empty", put_mode=put_mode)) as sandbox:
        add_profiles(sandbox, 1)
        with HrFlow(sandbox) as hrflow:
            assert hrflow.put(**profile_of(sandbox) | {"text": None}).status_code == 200
            assert profile_of(sandbox)["text"] == ""
            assert hrflow.put(**profile_of(sandbox) | {"text": 5}).status_code == 422
            new = {"source_key": hrflow.source_key, "reference": "new", "text": None}
            assert hrflow.call("POST", "profile/indexing", json=new).status_code == 201
            assert profile_of(sandbox, "new")["text"] == ""


@pytest.mark.parametrize("given", ["nothing", None, "", "   ", "Another"])
@pytest.mark.parametrize("stored", [RICH["text"], "", None])
@pytest.mark.parametrize("put_mode", ["replace", "merge"])
@pytest.mark.parametrize("null_text", MODES)
def test_our_push_sends_no_null_text_and_keeps_a_stored_one(
    null_text: NullText, put_mode: Any, stored: str | None, given: str | None
) -> None:
    profile = GIVEN if given == "nothing" else GIVEN | {"text": given}
    with Sandbox(people=0, hrflow=HrFlowModes(null_text=null_text, put_mode=put_mode)) as sandbox:
        add_profiles(sandbox, 1)
        sandbox.hrflow.edit("1", lambda profile: profile.update(text=stored))
        assert only_row(push(sandbox, formatted(profile=profile))).outcome is Outcome.UPDATED
        [put] = sandbox.hrflow.puts
        assert put.body.get("text", "") is not None
        right = given if given == "Another" else stored
        assert (profile_of(sandbox)["text"] or None) == (right or None)
