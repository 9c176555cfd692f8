"""A push over the sandbox: every outcome, never backwards, and nothing of HrFlow's own is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hrflow.schemas import HrFlowProfile

from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.read_version import ReadVersion
from greenhouse_hrflow.report import Outcome, Report
from greenhouse_hrflow.sandbox import HrFlowModes, Sandbox
from greenhouse_hrflow_tests.support.pushing import (
    CHANGED_AT,
    GIVEN,
    READ_AT,
    SECOND,
    add_profiles,
    formatted,
    gets,
    only_row,
    outcomes,
    outside_given,
    profile_of,
    push,
    puts,
)


@pytest.fixture(params=["replace", "merge"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(people=0, hrflow=HrFlowModes(put_mode=request.param)) as sandbox:
        add_profiles(sandbox, 1)
        yield sandbox


def test_an_edit_writes_what_is_given_and_leaves_all_else(sandbox: Sandbox) -> None:
    before = profile_of(sandbox)
    row = only_row(push(sandbox, formatted()))
    after = profile_of(sandbox)
    assert row.outcome is Outcome.UPDATED
    assert row.changed_fields == ("info.phone", "tags")
    assert (row.reference, row.profile_key, row.attempts) == ("1", before["key"], 0)
    assert (row.changed_at, row.read_at) == (CHANGED_AT, READ_AT)
    assert after["info"]["phone"] == "+1 555 0100"
    assert after["tags"] == [*before["tags"], *GIVEN["tags"]]
    assert outside_given(after) == outside_given(before)
    HrFlowProfile.model_validate(sandbox.hrflow.puts[0].body)


def test_run_again_it_writes_nothing(sandbox: Sandbox) -> None:
    push(sandbox, formatted())
    after_first = profile_of(sandbox)
    again = push(sandbox, formatted(read_at=READ_AT + SECOND))
    assert outcomes(again) == {1: Outcome.UNCHANGED}
    assert only_row(again).changed_fields == ()
    assert puts(sandbox) == 1
    assert profile_of(sandbox) == after_first


def test_a_withdrawn_phone_and_tag_go_and_what_a_recruiter_typed_stays(sandbox: Sandbox) -> None:
    push(sandbox, formatted())

    def type_in(profile: dict[str, Any]) -> None:
        profile["tags"].append({"name": "typed", "value": "by hand"})
        profile["info"]["email"] = "typed@example.com"

    sandbox.hrflow.edit("1", type_in)
    later = formatted(profile={"info": {"first_name": "Ada"}}, read_at=READ_AT + SECOND)
    assert only_row(push(sandbox, later)).changed_fields == ("info.phone", "tags")
    after = profile_of(sandbox)
    assert after["info"]["phone"] is None
    assert after["info"]["email"] == "typed@example.com"
    assert [tag["value"] for tag in after["tags"]] == ["spring", "night", "by hand"]


def test_a_withdrawn_phone_that_a_recruiter_replaced_stays(sandbox: Sandbox) -> None:
    push(sandbox, formatted())
    sandbox.hrflow.edit("1", lambda profile: profile["info"].update(phone="0999"))
    assert outcomes(push(sandbox, formatted(profile={}, read_at=READ_AT + SECOND))) == {
        1: Outcome.UPDATED
    }
    assert profile_of(sandbox)["info"]["phone"] == "0999"


def test_a_missing_profile(sandbox: Sandbox) -> None:
    row = only_row(push(sandbox, formatted(2)))
    assert (row.outcome, row.reason) == (Outcome.MISSING, "no_profile_with_this_reference")
    assert puts(sandbox) == 0


def test_an_archived_profile_is_left_alone(sandbox: Sandbox) -> None:
    sandbox.hrflow.archive("1")
    assert outcomes(push(sandbox, formatted())) == {1: Outcome.ARCHIVED}
    assert puts(sandbox) == 0


def test_persist_off_leaves_no_trace(sandbox: Sandbox) -> None:
    before = profile_of(sandbox)
    row = only_row(push(sandbox, formatted(), persist=False))
    assert (row.outcome, row.changed_fields) == (Outcome.WOULD_UPDATE, ("info.phone", "tags"))
    assert profile_of(sandbox) == before
    assert puts(sandbox) == 0


def test_an_older_read_is_stale_by_last_applied(sandbox: Sandbox) -> None:
    push(sandbox, formatted(read_at=READ_AT + SECOND))
    after = profile_of(sandbox)
    older = formatted(profile={"info": {"phone": "0111"}})
    row = only_row(push(sandbox, older))
    assert (row.outcome, row.reason) == (Outcome.STALE, "written_from_a_later_read")
    assert profile_of(sandbox) == after


def test_in_one_second_the_newest_change_wins(sandbox: Sandbox) -> None:
    newer = formatted(changed_at=CHANGED_AT + timedelta(milliseconds=1))
    push(sandbox, newer)
    older = formatted(profile={"info": {"phone": "0111"}})
    assert outcomes(push(sandbox, older)) == {1: Outcome.STALE}
    newest = formatted(
        profile={"info": {"phone": "0222"}}, changed_at=CHANGED_AT + timedelta(milliseconds=2)
    )
    assert outcomes(push(sandbox, newest)) == {1: Outcome.UPDATED}
    assert profile_of(sandbox)["info"]["phone"] == "0222"


def test_an_older_read_is_stale_by_a_history_that_only_compared(sandbox: Sandbox) -> None:
    history = History(compared={"1": ReadVersion(READ_AT + SECOND, CHANGED_AT)})
    row = only_row(push(sandbox, formatted(), history=history))
    assert (row.outcome, row.reason) == (Outcome.STALE, "a_later_read_was_compared")
    assert gets(sandbox) == 0


def test_the_same_read_again_is_not_stale(sandbox: Sandbox) -> None:
    history = History(compared={"1": ReadVersion(READ_AT, CHANGED_AT)})
    assert outcomes(push(sandbox, formatted(), history=history)) == {1: Outcome.UPDATED}


def test_only_the_chosen_fields_and_last_applied_are_edited(sandbox: Sandbox) -> None:
    before = profile_of(sandbox)
    row = only_row(push(sandbox, formatted(), fields=frozenset({"tags"})))
    after = profile_of(sandbox)
    assert row.changed_fields == ("tags",)
    assert after["info"] == before["info"]
    assert after["tags"] == [*before["tags"], *GIVEN["tags"]]
    assert after["metadatas"][:-1] == before["metadatas"]


def test_a_damaged_last_applied_removes_nothing(sandbox: Sandbox) -> None:
    push(sandbox, formatted())
    sandbox.hrflow.edit("1", lambda profile: profile["metadatas"][-1].update(value="?"))
    later = formatted(profile={}, read_at=READ_AT + SECOND)
    assert outcomes(push(sandbox, later)) == {1: Outcome.UNCHANGED}
    assert profile_of(sandbox)["info"]["phone"] == "+1 555 0100"


def test_what_hrflow_refuses_is_rejected_with_its_words_as_the_detail(
    sandbox: Sandbox,
) -> None:
    add_profiles(sandbox, 2)
    refused = formatted(1, {"experiences": [{"company": "ACME", "date_start": "some day"}]})
    result = push(sandbox, refused, formatted(2))
    assert outcomes(result) == {1: Outcome.REJECTED, 2: Outcome.UPDATED}
    assert result.fault is None
    row = next(row for row in result.report.rows if row.candidate_id == 1)
    assert row.reason == "hrflow_refused_422"
    assert row.detail is not None
    assert "date_start" in row.detail


def test_a_huge_profile_and_every_script(sandbox: Sandbox) -> None:
    huge = "👩‍👩‍👧‍👦 漢字 نص " * 50_000
    given = {
        "info": {"summary": huge},
        "tags": [{"name": "🚀", "value": str(n)} for n in range(500)],
    }
    assert outcomes(push(sandbox, formatted(profile=given))) == {1: Outcome.UPDATED}
    assert profile_of(sandbox)["info"]["summary"] == huge
    assert outcomes(push(sandbox, formatted(profile=given))) == {1: Outcome.UNCHANGED}


@pytest.mark.parametrize("reference", ["a b&c=d/e?#%", "漢字 🚀", "00042", "x" * 2000])
def test_any_reference_finds_its_profile(sandbox: Sandbox, reference: str) -> None:
    sandbox.hrflow.add({"reference": reference, "info": {}, "text": "a text"})
    result = push(sandbox, formatted(9, reference=reference))
    assert outcomes(result) == {9: Outcome.UPDATED}
    assert profile_of(sandbox, reference)["info"]["phone"] == "+1 555 0100"


def test_many_candidates_each_get_their_row(sandbox: Sandbox) -> None:
    ids = range(2, 52)
    add_profiles(sandbox, *ids)
    candidates = [formatted(n, {"info": {"phone": str(n)}}) for n in ids]
    result = push(sandbox, *candidates, workers=16)
    assert outcomes(result) == dict.fromkeys(ids, Outcome.UPDATED)
    assert [profile_of(sandbox, n)["info"]["phone"] for n in ids] == [str(n) for n in ids]
    # A GET and a PUT for each profile, and one GET more to read the canary edit back.
    assert (gets(sandbox), puts(sandbox)) == (51, 50)


def test_nothing_to_push_asks_nothing(sandbox: Sandbox) -> None:
    assert push(sandbox).report == Report([])
    assert not sandbox.requests


def test_what_is_put_is_the_whole_profile(sandbox: Sandbox) -> None:
    before = profile_of(sandbox)
    push(sandbox, formatted())
    body = sandbox.hrflow.puts[0].body
    assert set(before) - {name for name in before if before[name] is None} <= set(body)
    assert None not in body.values()
    assert json.loads(body["metadatas"][-1]["value"])["read_at"] == "2025-03-10T12:00:00.000Z"
