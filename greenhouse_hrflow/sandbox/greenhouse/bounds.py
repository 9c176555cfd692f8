"""Bounds on a date in the query of a Harvest v3 list, in both of their forms, and a refused query.

``updated_at=gte|A|lt|B`` is the documented form; ``updated_at[gte]=A&updated_at[lt]=B`` is taken as
well, as the real API was seen to do. The modes say of each whether it is refused or ignored. What
else a query may hold stands in ``filters``.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection
from typing import Any

from greenhouse_hrflow.sandbox.modes import GreenhouseModes
from greenhouse_hrflow.sandbox.moments import (
    first_millisecond_from,
    greenhouse_stamp,
    read_moment,
)
from greenhouse_hrflow.sandbox.wire import JsonObject

Test = Callable[[JsonObject], bool]

_BRACKETS = re.compile(r"(\w+)\[(\w*)\]")
_MOST = 2

# A row holds whole milliseconds as text of one length, so text compares as time does; a bound
# between two milliseconds is moved to the one that selects the same rows.
_COMPARISONS: dict[str, tuple[Callable[[Any, Any], bool], Callable[[Any], str]]] = {
    "gte": (operator.ge, first_millisecond_from),
    "gt": (operator.gt, greenhouse_stamp),
    "lt": (operator.lt, first_millisecond_from),
    "lte": (operator.le, greenhouse_stamp),
}


class Refused(Exception):
    """A query that is not taken: a 422 (or a 400), with the entries of its ``errors``."""

    def __init__(self, *errors: str | dict[str, str], status: int = 422) -> None:
        super().__init__(*errors)
        self.errors = list(errors)
        self.status = status


class Bounds:
    """The bounds of one query, by the field that they are on."""

    def __init__(self, known: Collection[str], modes: GreenhouseModes) -> None:
        self._known = known
        self._modes = modes
        self._piped: dict[str, str] = {}
        self._bracketed: dict[str, list[tuple[str, str]]] = {}

    @property
    def fields(self) -> set[str]:
        """The fields that have a bound."""
        return self._piped.keys() | self._bracketed.keys()

    def take(self, name: str, value: str) -> bool:
        """Take the parameter, where it is a bound on a known field; Refused if it was given."""
        brackets = _BRACKETS.fullmatch(name)
        field = brackets[1] if brackets else name
        if field not in self._known:
            return False
        if field in self._piped or (field in self._bracketed and not brackets):
            raise Refused({field: "must be given once, in one form"})
        if brackets and self._modes.bracket_filter == "refused":
            raise Refused(f"Invalid query params: {name}")
        if brackets:
            self._bracketed.setdefault(field, []).append((brackets[2], value))
        else:
            self._piped[field] = value
        return True

    def tests(self) -> list[Test]:
        """A test for each field that is not ignored; Refused for a bound that is none."""
        piped = {field: _pairs(field, value) for field, value in self._piped.items()}
        for field, pairs in piped.items():
            if len(pairs) > 1 and self._modes.pipe_filter == "refused":
                raise Refused({field: "must be an operator and a date-time"})
        tests: list[Test] = []
        for of_field, form in (
            (piped, self._modes.pipe_filter),
            (self._bracketed, self._modes.bracket_filter),
        ):
            found = [_between(*each) for each in of_field.items()]
            tests += [] if form == "ignored" else found
        return tests


def _pairs(name: str, value: str) -> list[tuple[str, str]]:
    """``op|moment``, or two such bounds joined by a pipe."""
    parts = value.split("|")
    if len(parts) == 1 and ".." in value:
        raise Refused({name: f"`{value}` is not a date filter"}, status=400)
    if len(parts) % 2:
        raise Refused({name: "must be an operator and a date-time, or two such pairs"})
    return list(zip(parts[::2], parts[1::2], strict=True))


def _between(name: str, pairs: list[tuple[str, str]]) -> Test:
    if len(pairs) > _MOST or len(dict(pairs)) < len(pairs):
        raise Refused({name: "must have one bound, or two with different operators"})
    bounds = [_bound(name, *pair) for pair in pairs]

    def test(row: JsonObject) -> bool:
        return row[name] is not None and all(compare(row[name], at) for compare, at in bounds)

    return test


def _bound(name: str, op: str, text: str) -> tuple[Callable[[Any, Any], bool], str]:
    if op not in _COMPARISONS:
        raise Refused({name: f"`{op}` is not one of: {', '.join(_COMPARISONS)}"})
    compare, place = _COMPARISONS[op]
    try:
        return compare, place(read_moment(text))
    except ValueError:
        raise Refused({name: f"`{text}` is not a date-time"}) from None
