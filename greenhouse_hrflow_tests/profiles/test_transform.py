"""From candidates to what is pushed: the order of the functions, and which read counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow_tests.profiles.transforming import read, settled, transformed
from greenhouse_hrflow_tests.support.pushing import CHANGED_AT, READ_AT


def never_called(_item: JsonObject) -> Any:
    raise AssertionError


def test_logics_are_applied_in_order_and_the_format_comes_last() -> None:
    def add(word: str) -> Callable[[JsonObject], JsonObject]:
        return lambda item: {**item, "tags": [*(item["tags"] or []), word]}

    result = transformed(read(), logics=(add("one"), add("two")))
    assert [tag["value"] for tag in result.to_push[0].profile["tags"]] == ["one", "two"]
    assert result.to_push[0].item["reference"] == "1"
    assert result.settled == []


def test_none_discards_and_ends_the_chain() -> None:
    result = transformed(read(1), read(2), logics=(lambda _: None, never_called))
    assert settled(result) == [(1, Outcome.DISCARDED, None), (2, Outcome.DISCARDED, None)]
    assert result.to_push == []


def test_an_anonymised_candidate_is_given_to_no_function() -> None:
    result = transformed(read(9, first_name="Anonymized", last_name="9"), logics=(never_called,))
    assert settled(result) == [(9, Outcome.ANONYMISED, "anonymised_in_greenhouse")]
    assert result.settled[0].reference == "9"


@pytest.mark.parametrize("names", [("Anonymized", "Smith"), ("Ada", "1"), (None, None), (1, "1")])
def test_a_name_that_only_resembles_an_anonymised_one_is_kept(names: tuple[Any, Any]) -> None:
    result = transformed(read(1, first_name=names[0], last_name=names[1]))
    assert len(result.to_push) == 1


@pytest.mark.parametrize("reverse", [False, True])
def test_of_several_reads_the_latest_counts(reverse: bool) -> None:
    reads = [read(1, first_name="Old"), read(1, seconds=1, first_name="New")]
    result = transformed(*(reversed(reads) if reverse else reads))
    assert [formatted.profile["info"]["first_name"] for formatted in result.to_push] == ["New"]
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
    assert [formatted.reference for formatted in result.to_push] == ["3"]


def test_fields_that_are_never_edited_are_left_out_and_counted() -> None:
    resume = {"raw": b"%PDF", "content_type": "application/pdf"}
    result = transformed(read(1), read(2), format=lambda _: {"text": "t", "resume": resume})
    assert result.left_out == {"resume": 2}
    assert result.to_push[0].item == {"reference": "1", "text": "t"}


def test_a_fingerprint_covers_all_that_decides_an_edit() -> None:
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
    formatted = transformed(read(first_name="漢字 🚀 \ud800")).to_push[0]
    assert formatted.text.isascii()
    assert formatted.profile == json.loads(formatted.text)
    assert formatted.version == (READ_AT, CHANGED_AT)
    assert formatted.version < (READ_AT + timedelta(milliseconds=1), CHANGED_AT)
