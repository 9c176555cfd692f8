"""Logics, then the format: what a user's function may do, and whom it costs."""

from __future__ import annotations

import functools
import json
import operator
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from greenhouse_hrflow.greenhouse.candidate import ReadCandidate, complete_candidate
from greenhouse_hrflow.profiles.default_format import format_candidate
from greenhouse_hrflow.profiles.fields import EDITABLE
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.profiles.transform import Transformation, Transformed, transform
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow_tests.support.pushing import CHANGED_AT, READ_AT, SECOND

SECRET = "ada@example.com"


def read(candidate_id: int = 1, *, seconds: int = 0, **fields: Any) -> ReadCandidate:
    candidate = complete_candidate({"id": candidate_id, "first_name": "Ada", **fields})
    return ReadCandidate(candidate, CHANGED_AT, READ_AT + seconds * SECOND)


def transformed(
    *candidates: ReadCandidate,
    logics: tuple[Any, ...] = (),
    format: Callable[[JsonObject], Any] = format_candidate,
    fields: frozenset[str] = EDITABLE,
    destination: tuple[str, ...] = ("source", "address"),
) -> Transformed:
    how = Transformation("wf", logics, format, fields, destination)
    return transform(candidates, how, "a run")


def settled(result: Transformed) -> list[tuple[int, Outcome, str | None]]:
    return [(row.candidate_id, row.outcome, row.reason) for row in result.settled]


def raise_it(_item: JsonObject) -> Any:
    raise ValueError(SECRET)


def give_nothing(_item: JsonObject) -> Any:
    return None


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
        (
            {"logics": (lambda item: item, raise_it)},
            "logic_1_raised:ValueError at raise_it (test_transform.py:{raise_it})",
        ),
        (
            {"format": raise_it},
            "format_raised:ValueError at raise_it (test_transform.py:{raise_it})",
        ),
        (
            {"format": give_nothing},
            "format_gave_NoneType_not_a_dict:give_nothing (test_transform.py:{give_nothing})",
        ),
        ({"format": lambda _: {"tags": SECRET}}, "format_gave_no_list_at:tags"),
    ],
)
def test_an_exception_costs_its_candidate_and_shows_no_value(
    broken: dict[str, Any], reason: str
) -> None:
    def only_first(function: Any) -> Any:
        @functools.wraps(function)
        def guarded(item: JsonObject) -> Any:
            return function(item) if item["id"] == 1 else {**item, "tags": None}

        return guarded

    guarded: dict[str, Any] = {
        name: tuple(map(only_first, given)) if name == "logics" else only_first(given)
        for name, given in broken.items()
    }
    result = transformed(read(1), read(2), **guarded)
    line = raise_it.__code__.co_firstlineno
    begins = give_nothing.__code__.co_firstlineno
    reason = reason.format(raise_it=line + 1, give_nothing=begins)
    assert settled(result) == [(1, Outcome.REJECTED, reason)]
    assert [one.candidate_id for one in result.to_push] == [2]
    assert SECRET not in repr(result.settled)


class Mapper:
    """Formats that are no plain functions."""

    def __call__(self, item: JsonObject) -> Any:
        return self.by_method(item)

    def by_method(self, item: JsonObject) -> Any:
        return item["nothing"]

    @staticmethod
    def by_partial(_more: int, item: JsonObject) -> Any:
        return item["nothing"]

    @classmethod
    def by_class(cls, item: JsonObject) -> Any:
        return json.loads(item["first_name"])


class Profile:
    """A format that is a class."""

    def __init__(self, item: JsonObject) -> None:
        raise LookupError


def by_decorator(item: JsonObject) -> Any:
    return functools.lru_cache(maxsize=1)(len)(item["nothing"])


class Stop(BaseException):
    """No Exception, and no interrupt."""


def end_all(_item: JsonObject) -> Any:
    raise Stop(SECRET)


def leave(_item: JsonObject) -> Any:
    sys.exit(SECRET)


def go_round(item: JsonObject) -> Any:
    return go_round(item)


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def say_nothing(_item: JsonObject) -> Any:
    raise Unspeakable


@pytest.mark.parametrize(
    ("function", "kind", "where", "line"),
    [
        (Mapper(), "KeyError", "Mapper", Mapper.by_method),
        (Mapper().by_method, "KeyError", "Mapper.by_method", Mapper.by_method),
        (functools.partial(Mapper.by_partial, 1), "KeyError", "Mapper.by_partial",
         Mapper.by_partial),
        # What json raised far below says less than the line that called it.
        (Mapper.by_class, "JSONDecodeError", "Mapper.by_class", Mapper.by_class),
        (Profile, "LookupError", "Profile", Profile.__init__),
        (functools.wraps(by_decorator)(lambda item: by_decorator(item)), "KeyError",
         "by_decorator", by_decorator),
        (lambda item: by_decorator(item), "KeyError", "<lambda>", by_decorator),
        (operator.itemgetter("nothing"), "KeyError", "itemgetter", None),
        (int, "TypeError", "int", None),
        (end_all, "Stop", "end_all", end_all),
        (leave, "SystemExit", "leave", leave),
        (go_round, "RecursionError", "go_round", go_round),
        (say_nothing, "Unspeakable", "say_nothing", say_nothing),
    ],
)  # fmt: skip
@pytest.mark.parametrize("step", ["logics", "format"])
def test_what_a_function_raises_is_named_with_its_place(
    function: Any, kind: str, where: str, line: Any, step: str
) -> None:
    given: dict[str, Any] = {step: (function,) if step == "logics" else function}
    prefix = "logic_0_raised" if step == "logics" else "format_raised"
    place = f" (test_transform.py:{line.__code__.co_firstlineno + 1})" if line else ""
    if getattr(line, "__code__", None) is Mapper.by_partial.__code__ or line == Mapper.by_class:
        # Theirs begin at the decorator.
        place = f" (test_transform.py:{line.__code__.co_firstlineno + 2})"
    result = transformed(read(1), read(2), **given)
    reason = f"{prefix}:{kind} at {where}{place}"
    assert settled(result) == [(n, Outcome.REJECTED, reason) for n in (1, 2)]
    assert SECRET not in repr(result)


def test_an_exceptions_text_is_kept_as_detail_and_only_its_beginning() -> None:
    def verbose(_item: JsonObject) -> Any:
        raise ValueError(SECRET * 1000)

    broken: list[dict[str, Any]] = [{"logics": (verbose,)}, {"format": verbose}]
    for given in broken:
        [row] = transformed(read(), **given).settled
        assert row.detail is not None
        assert row.detail.startswith(SECRET)
        assert len(row.detail) <= 500
    [row] = transformed(read(), format=say_nothing).settled
    assert row.detail is None


@pytest.mark.parametrize("given", [True, False, 0, "text", [{"id": 1}], (), object(), 1.5])
def test_a_logic_that_gives_no_candidate_is_told_so(given: Any) -> None:
    def logic(_item: JsonObject) -> Any:
        return given

    result = transformed(read(), logics=(lambda item: item, logic), format=raise_it)
    place = f"logic (test_transform.py:{logic.__code__.co_firstlineno})"
    reason = f"logic_1_gave_{type(given).__name__}:{place}"
    assert settled(result) == [(1, Outcome.REJECTED, reason)]


@pytest.mark.parametrize("error", [KeyboardInterrupt, Stop])
def test_an_interrupt_is_nobodys_failure(error: type[BaseException]) -> None:
    """Ctrl-C, or the handler of a signal that is called in the midst of a user's function."""

    def interrupted(_item: JsonObject) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)

    def end(*_signal: Any) -> None:
        raise error

    before = signal.signal(signal.SIGTERM, end)
    try:
        with pytest.raises(error):
            transformed(read(), logics=(interrupted,))
    finally:
        signal.signal(signal.SIGTERM, before)


class Odd(dict[str, Any]):
    def items(self) -> Any:
        raise OSError(SECRET)


def test_a_dict_that_cannot_be_read_costs_its_candidate() -> None:
    result = transformed(read(), format=lambda _: Odd(text="t"))
    assert settled(result) == [(1, Outcome.REJECTED, "format_gave_what_cannot_be_read:OSError")]


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
    assert settled(result) == [(9, Outcome.ANONYMISED, "anonymised_in_greenhouse")]
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
