"""Logics, then the format: what a user's function may do, and whom it costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from greenhouse_hrflow.greenhouse.candidate import ReadCandidate, complete_candidate
from greenhouse_hrflow.hrflow.default_format import format_candidate
from greenhouse_hrflow.hrflow.fields import LAID_OVER
from greenhouse_hrflow.hrflow.values import JsonObject
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.transform import Transformation, Transformed, transform
from greenhouse_hrflow_tests.pushing import CHANGED_AT, READ_AT, SECOND

SECRET = "ada@example.com"


def read(candidate_id: int = 1, *, seconds: int = 0, **fields: Any) -> ReadCandidate:
    candidate = complete_candidate({"id": candidate_id, "first_name": "Ada", **fields})
    return ReadCandidate(candidate, CHANGED_AT, READ_AT + seconds * SECOND)


def transformed(
    *candidates: ReadCandidate,
    logics: tuple[Any, ...] = (),
    format: Callable[[JsonObject], Any] = format_candidate,
    fields: frozenset[str] = LAID_OVER,
    destination: tuple[str, ...] = ("source", "address"),
) -> Transformed:
    how = Transformation("wf", logics, format, fields, destination)
    return transform(candidates, how, "a run")


def settled(result: Transformed) -> list[tuple[int, Outcome, str | None]]:
    return [(row.candidate_id, row.outcome, row.reason) for row in result.settled]


def raise_it(_item: JsonObject) -> Any:
    raise ValueError(SECRET)


def test_logics_are_applied_in_order_and_the_format_comes_last() -> None:
    def add(word: str) -> Callable[[JsonObject], JsonObject]:
        return lambda item: {**item, "tags": [*(item["tags"] or []), word]}

    result = transformed(read(), logics=(add("one"), add("two")))
    assert [tag["value"] for tag in result.to_push[0].profile["tags"]] == ["one", "two"]
    assert result.to_push[0].item["reference"] == "1"
    assert result.settled == []


def test_none_discards_and_ends_the_chain() -> None:
    result = transformed(read(1), read(2), logics=(lambda _: None, raise_it))
    assert settled(result) == [(1, Outcome.DISCARDED, None), (2, Outcome.DISCARDED, None)]
    assert result.to_push == []


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"logics": (lambda item: item, raise_it)}, "logic_1_raised:ValueError"),
        ({"format": raise_it}, "format_raised:ValueError"),
        ({"format": lambda _: None}, "format_gave_NoneType_not_a_dict"),
        ({"format": lambda item: item["nothing"]}, "format_raised:KeyError"),
        ({"format": lambda _: {"tags": SECRET}}, "format_gave_no_list_at:tags"),
    ],
)
def test_an_exception_costs_its_candidate_and_shows_no_value(
    broken: dict[str, Any], reason: str
) -> None:
    def only_first(function: Any) -> Any:
        return lambda item: function(item) if item["id"] == 1 else {**item, "tags": None}

    guarded: dict[str, Any] = {
        name: tuple(map(only_first, given)) if name == "logics" else only_first(given)
        for name, given in broken.items()
    }
    result = transformed(read(1), read(2), **guarded)
    assert settled(result) == [(1, Outcome.REJECTED, reason)]
    assert [one.candidate_id for one in result.to_push] == [2]
    assert SECRET not in repr(result.settled)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda item: item.pop("id"),
        lambda item: item.clear(),
        lambda item: item.update(id=str(item["id"])),
        lambda item: item.update(id=None),
    ],
)
@pytest.mark.parametrize("outcome", ["passed on", "discarded", "raised"])
def test_a_function_may_spoil_the_candidate_that_it_is_given(spoil: Any, outcome: str) -> None:
    def logic(item: JsonObject) -> JsonObject | None:
        spoil(item)
        if outcome == "raised":
            raise RuntimeError
        return item if outcome == "passed on" else None

    result = transformed(read(5), logics=(logic,), format=lambda _: {"text": "t"})
    ids = [one.candidate_id for one in result.to_push] + [r.candidate_id for r in result.settled]
    assert ids == [5]
    assert [one.reference for one in result.to_push] in ([], ["5"])


def test_an_anonymised_candidate_is_gone_before_any_function() -> None:
    result = transformed(read(9, first_name="Anonymized", last_name="9"), logics=(raise_it,))
    assert settled(result) == [(9, Outcome.GONE, "anonymised_in_greenhouse")]
    assert result.settled[0].reference == "9"


@pytest.mark.parametrize("names", [("Anonymized", "Smith"), ("Ada", "1"), (None, None), (1, "1")])
def test_a_name_that_only_looks_so_is_kept(names: tuple[Any, Any]) -> None:
    result = transformed(read(1, first_name=names[0], last_name=names[1]))
    assert len(result.to_push) == 1


@pytest.mark.parametrize("reverse", [False, True])
def test_of_several_reads_the_latest_counts(reverse: bool) -> None:
    reads = [read(1, first_name="Old"), read(1, seconds=1, first_name="New")]
    result = transformed(*(reversed(reads) if reverse else reads))
    assert [one.profile["info"]["first_name"] for one in result.to_push] == ["New"]
    assert settled(result) == [(1, Outcome.STALE, "read_again_later")]


def test_the_same_read_twice_is_pushed_once() -> None:
    result = transformed(read(1), read(1))
    assert (len(result.to_push), len(result.settled)) == (1, 1)


@pytest.mark.parametrize(
    "later",
    [{"first_name": "Anonymized", "last_name": "1"}, {"tags": ["drop"]}, {"tags": ["raise"]}],
)
def test_an_earlier_read_does_not_come_back_when_the_latest_is_not_pushed(
    later: dict[str, Any],
) -> None:
    def logic(item: JsonObject) -> JsonObject | None:
        if item["tags"] == ["raise"]:
            raise RuntimeError
        return None if item["tags"] == ["drop"] else item

    result = transformed(read(1), read(1, seconds=1, **later), logics=(logic,))
    assert result.to_push == []
    assert {row.outcome for row in result.settled} > {Outcome.STALE}


def test_two_candidates_that_claim_one_reference_are_both_rejected() -> None:
    result = transformed(read(1), read(2), read(3), format=lambda item: {
        "reference": "same" if item["id"] < 3 else None, "text": "t"})  # fmt: skip
    reason = "reference_claimed_by_two_candidates"
    assert settled(result) == [(1, Outcome.REJECTED, reason), (2, Outcome.REJECTED, reason)]
    assert [one.reference for one in result.to_push] == ["3"]


def test_what_is_left_out_is_counted() -> None:
    resume = {"raw": b"%PDF", "content_type": "application/pdf"}
    result = transformed(read(1), read(2), format=lambda _: {"text": "t", "resume": resume})
    assert result.left_out == {"resume": 2}
    assert result.to_push[0].item == {"reference": "1", "text": "t"}


def test_a_fingerprint_tells_what_decides_an_edit() -> None:
    def fingerprint(**changed: Any) -> str:
        return transformed(read(), **changed).to_push[0].fingerprint

    assert fingerprint() == fingerprint()
    others = [
        fingerprint(fields=frozenset({"info"})),
        fingerprint(destination=("another", "address")),
        fingerprint(format=lambda _: {"text": "t"}),
    ]
    assert len({fingerprint(), *others}) == 4


def test_a_profile_is_kept_as_ascii_text() -> None:
    one = transformed(read(first_name="漢字 🚀 \ud800")).to_push[0]
    assert one.text.isascii()
    assert one.profile == json.loads(one.text)
    assert one.version == (READ_AT, CHANGED_AT)
    assert one.version < (READ_AT + timedelta(milliseconds=1), CHANGED_AT)
