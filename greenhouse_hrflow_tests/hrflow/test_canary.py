"""The canary edit is read back: an API that loses fields costs one profile, and says which."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from greenhouse_hrflow.errors import ApiUnavailable, ProfileDamaged
from greenhouse_hrflow.hrflow import stored_profiles
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.sandbox import Fault, HrFlowModes, Sandbox
from greenhouse_hrflow_tests.support.pushing import (
    CROWD,
    GIVEN,
    RICH,
    add_profiles,
    formatted,
    only_row,
    outcomes,
    profile_of,
    push,
)

pytestmark = pytest.mark.usefixtures("in_either_way")

LOST = ("skills", "text_language", "experiences", "tags", "metadatas", "text")


def push_crowd(sandbox: Sandbox) -> Any:
    return push(sandbox, *[formatted(n) for n in CROWD], workers=16)


@pytest.mark.parametrize("field", LOST)
def test_an_api_that_loses_a_field_is_stopped_after_one_edit(field: str) -> None:
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, *CROWD)
        sandbox.hrflow.loses = {field}
        result = push_crowd(sandbox)
        assert len(sandbox.hrflow.puts) == 1
        edited = sandbox.hrflow.puts[0].reference
    assert isinstance(result.fault, ProfileDamaged)
    assert str(result.fault).startswith(f"HrFlow lost what the profile of candidate {edited} held")
    assert field in str(result.fault)
    assert result.report.outcomes == {Outcome.FAILED: len(CROWD)}
    assert {row.attempts for row in result.report.rows} == {0}
    for value in ("Ada", "chess", "Python", "spring", "résumé"):
        assert value not in str(result.fault)


@pytest.mark.parametrize("kind", ["500", "drop", "429-no-retry-after", "drop-after", "html-200"])
def test_the_guard_is_not_fooled_by_a_canary_edit_without_an_answer(kind: Any) -> None:
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, *CROWD)
        sandbox.hrflow.loses = {"skills"}
        sandbox.fail(Fault(kind, method="PUT"))
        result = push_crowd(sandbox)
        assert isinstance(result.fault, ProfileDamaged)
        assert len(sandbox.hrflow.puts) == 1


def test_a_canary_edit_whose_answer_was_lost_is_read_back_too() -> None:
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, 1)
        sandbox.hrflow.loses = {"skills"}
        sandbox.fail(Fault("drop-after", method="PUT"))
        assert isinstance(push(sandbox, formatted()).fault, ProfileDamaged)


def test_the_guard_waits_for_its_answer_before_any_other_edit() -> None:
    """The read-back keeps failing: no other profile may be edited before it succeeds."""
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, *CROWD)
        sandbox.hrflow.loses = {"skills"}
        faults = [Fault("500", method="GET", times=None)]
        sandbox.before_request(
            lambda method, _target: (
                sandbox.fail(faults.pop()) if method == "PUT" and faults else None
            )
        )
        result = push_crowd(sandbox)
        assert isinstance(result.fault, ApiUnavailable)
        assert len(sandbox.hrflow.puts) == 1


@pytest.mark.parametrize("kind", ["500", "drop", "drop-after", "422"])
@pytest.mark.parametrize("mode", ["replace", "merge"])
def test_an_edit_that_did_not_arrive_is_no_damage(kind: Any, mode: Any) -> None:
    with Sandbox(people=0, hrflow=HrFlowModes(put_mode=mode)) as sandbox:
        add_profiles(sandbox, 1, 2)
        sandbox.fail(Fault(kind, method="PUT", body_contains='"reference":"1"'))
        result = push(sandbox, formatted(1), formatted(2))
        assert result.fault is None
        expected = Outcome.REJECTED if kind == "422" else Outcome.UPDATED
        assert outcomes(result) == {1: expected, 2: Outcome.UPDATED}


def test_what_is_meant_to_go_is_no_damage() -> None:
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, 1)
        push(sandbox, formatted(profile={**GIVEN, "info": {"location": {"text": "Bergen"}}}))
        later = formatted(profile={"info": {"location": {"text": "Oslo"}}})
        assert only_row(push(sandbox, later)).outcome is Outcome.UPDATED
        push(sandbox, formatted(profile={}))
        assert profile_of(sandbox)["info"]["location"]["text"] is None
        assert profile_of(sandbox)["tags"] == RICH["tags"]


def test_a_profile_that_waited_too_long_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two profiles are read; while the canary edit is under way a recruiter edits both.

    The read that the second edit was planned from is too old by then: the edit may not undo the
    recruiter's.
    """
    monkeypatch.setattr(stored_profiles, "EDIT_WITHIN", 0.2)
    # A page would show both at once, and nobody would wait for the other's reading.
    monkeypatch.setattr(stored_profiles, "FEWEST", 10)
    both_were_read = threading.Barrier(2, timeout=30)
    slow = [True]

    def recruit(method: str, _target: str) -> None:
        if method == "GET" and slow:
            both_were_read.wait()
        elif method == "PUT" and slow:
            slow.clear()
            # Longer than EDIT_WITHIN: the second profile's read is too old when its turn comes.
            time.sleep(0.5)
            for reference in ("1", "2"):
                sandbox.hrflow.edit(reference, lambda p: p["info"].update(summary="by hand"))

    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, 1, 2)
        sandbox.before_request(recruit)
        result = push(sandbox, formatted(1), formatted(2), workers=2)
        assert set(outcomes(result).values()) == {Outcome.UPDATED}
        edited_second = sandbox.hrflow.puts[1].reference
        assert profile_of(sandbox, edited_second)["info"]["summary"] == "by hand"
        assert profile_of(sandbox, edited_second)["info"]["phone"] == "+1 555 0100"


def test_a_canary_edit_whose_read_back_fails_for_a_while_is_looked_for_again() -> None:
    def fail_the_read_back(method: str, _target: str) -> None:
        if method == "PUT":
            # Five use up the tries of one request, but not those of the candidate.
            sandbox.fail(Fault("500", method="GET", times=5))

    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, 1)
        sandbox.before_request(fail_the_read_back)
        row = only_row(push(sandbox, formatted(1)))
        assert (row.outcome, row.changed_fields) == (Outcome.UPDATED, ("info.phone", "tags"))
        assert len(sandbox.hrflow.puts) == 1
