"""Logics and formats that fail, are interrupted, or give what they may not: whom it costs."""

from __future__ import annotations

import functools
import json
import operator
import os
import signal
import sys
from typing import Any

import pytest

from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow_tests.profiles.transforming import read, settled, transformed

SECRET = "ada@example.com"


def raise_it(_item: JsonObject) -> Any:
    raise ValueError(SECRET)


def give_nothing(_item: JsonObject) -> Any:
    return None


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (
            {"logics": (lambda item: item, raise_it)},
            "logic_1_raised:ValueError at raise_it (test_user_functions.py:{raise_it})",
        ),
        (
            {"format": raise_it},
            "format_raised:ValueError at raise_it (test_user_functions.py:{raise_it})",
        ),
        (
            {"format": give_nothing},
            "format_gave_NoneType_not_a_dict:give_nothing (test_user_functions.py:{give_nothing})",
        ),
        ({"format": lambda _: {"tags": SECRET}}, "format_gave_no_list_at:tags"),
    ],
)
def test_a_failure_rejects_its_candidate_alone_and_shows_no_value(
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
    reason = reason.format(
        raise_it=raise_it.__code__.co_firstlineno + 1,
        give_nothing=give_nothing.__code__.co_firstlineno,
    )
    assert settled(result) == [(1, Outcome.REJECTED, reason)]
    assert [formatted.candidate_id for formatted in result.to_push] == [2]
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


def stop(_item: JsonObject) -> Any:
    raise Stop(SECRET)


def exit_process(_item: JsonObject) -> Any:
    sys.exit(SECRET)


def recurse(item: JsonObject) -> Any:
    return recurse(item)


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def raise_unspeakable(_item: JsonObject) -> Any:
    raise Unspeakable


@pytest.mark.parametrize(
    ("function", "kind", "name", "raised_in"),
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
        (stop, "Stop", "stop", stop),
        (exit_process, "SystemExit", "exit_process", exit_process),
        (recurse, "RecursionError", "recurse", recurse),
        (raise_unspeakable, "Unspeakable", "raise_unspeakable", raise_unspeakable),
    ],
)  # fmt: skip
@pytest.mark.parametrize("step", ["logics", "format"])
def test_what_a_function_raises_is_named_with_its_place(
    function: Any, kind: str, name: str, raised_in: Any, step: str
) -> None:
    given: dict[str, Any] = {step: (function,) if step == "logics" else function}
    prefix = "logic_0_raised" if step == "logics" else "format_raised"
    place = (
        f" (test_user_functions.py:{raised_in.__code__.co_firstlineno + 1})" if raised_in else ""
    )
    if (
        getattr(raised_in, "__code__", None) is Mapper.by_partial.__code__
        or raised_in == Mapper.by_class
    ):
        # The first line of a decorated method is its decorator's.
        place = f" (test_user_functions.py:{raised_in.__code__.co_firstlineno + 2})"
    result = transformed(read(1), read(2), **given)
    reason = f"{prefix}:{kind} at {name}{place}"
    assert settled(result) == [(n, Outcome.REJECTED, reason) for n in (1, 2)]
    assert SECRET not in repr(result)


def test_the_beginning_of_an_exceptions_text_is_the_detail() -> None:
    def verbose(_item: JsonObject) -> Any:
        raise ValueError(SECRET * 1000)

    broken: list[dict[str, Any]] = [{"logics": (verbose,)}, {"format": verbose}]
    for given in broken:
        [row] = transformed(read(), **given).settled
        assert row.detail is not None
        assert row.detail.startswith(SECRET)
        assert len(row.detail) <= 500
    [row] = transformed(read(), format=raise_unspeakable).settled
    assert row.detail is None


@pytest.mark.parametrize("given", [True, False, 0, "text", [{"id": 1}], (), object(), 1.5])
def test_a_logic_that_gives_no_candidate_is_named(given: Any) -> None:
    def logic(_item: JsonObject) -> Any:
        return given

    result = transformed(read(), logics=(lambda item: item, logic), format=raise_it)
    place = f"logic (test_user_functions.py:{logic.__code__.co_firstlineno})"
    reason = f"logic_1_gave_{type(given).__name__}:{place}"
    assert settled(result) == [(1, Outcome.REJECTED, reason)]


@pytest.mark.parametrize("error", [KeyboardInterrupt, Stop])
def test_an_interrupt_ends_the_run(error: type[BaseException]) -> None:
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


class Unreadable(dict[str, Any]):
    def items(self) -> Any:
        raise OSError(SECRET)


def test_a_dict_that_cannot_be_read_rejects_its_candidate() -> None:
    result = transformed(read(), format=lambda _: Unreadable(text="t"))
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
    ids = [formatted.candidate_id for formatted in result.to_push] + [
        row.candidate_id for row in result.settled
    ]
    assert ids == [5]
    assert [formatted.reference for formatted in result.to_push] in ([], ["5"])
