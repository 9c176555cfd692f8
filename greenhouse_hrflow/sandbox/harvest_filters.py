"""The query parameters of a Harvest v3 list: read strictly, and applied to a row.

Pages, cursors and answers live in ``harvest_v3``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from greenhouse_hrflow.sandbox.harvest_lists import LISTS, HarvestList
from greenhouse_hrflow.sandbox.moments import (
    first_millisecond_from,
    greenhouse_stamp,
    read_moment,
)
from greenhouse_hrflow.sandbox.wire import JsonObject

Test = Callable[[JsonObject], bool]

MOST_IDS = 50
_PER_PAGE = (1, 100, 500)
_BASE_MOMENTS = ("created_at", "updated_at")

# A row holds whole milliseconds as text of one length, so text compares as time does; a bound
# between two milliseconds is moved to the one that selects the same rows.
_COMPARISONS: dict[str, tuple[Callable[[Any, Any], bool], Callable[[Any], str]]] = {
    "gte": (operator.ge, first_millisecond_from),
    "gt": (operator.gt, greenhouse_stamp),
    "lt": (operator.lt, first_millisecond_from),
    "lte": (operator.le, greenhouse_stamp),
}


class Refused(Exception):
    """A 422, with the entries of its ``errors``."""

    def __init__(self, *errors: str | dict[str, str]) -> None:
        super().__init__(*errors)
        self.errors = list(errors)


@dataclass
class Filters:
    """What one request asks of a list."""

    per_page: int = _PER_PAGE[1]
    fields: tuple[str, ...] | None = None
    id_lists: dict[str, frozenset[int]] = field(default_factory=dict[str, frozenset[int]])
    tests: list[Test] = field(default_factory=list[Test])

    def match(self, row: JsonObject) -> bool:
        """Whether the row passes every filter."""
        return all(test(row) for test in self.tests)


def read_filters(resource: str, parameters: list[tuple[str, str]]) -> Filters:
    """Read the parameters of a first page; Refused for anything the list does not define."""
    given: dict[str, str] = {}
    for name, value in parameters:
        if name in given:
            raise Refused({name: "must be given once"})
        given[name] = value
    if given.keys() >= set(_BASE_MOMENTS):
        raise Refused("Only one of created_at and updated_at can be used.")
    filters = Filters()
    for name, value in given.items():
        _read(LISTS[resource], filters, name, value)
    return filters


def _read(shape: HarvestList, filters: Filters, name: str, value: str) -> None:
    if name == "per_page":
        filters.per_page = _page_size(value)
    elif name == "fields":
        filters.fields = _field_names(shape, value)
    elif name == "ids" or name in shape.id_lists:
        ids = filters.id_lists[name] = _id_list(name, value)
        filters.tests.append(_has_one_of(name, shape, ids))
    elif name in _BASE_MOMENTS or name in shape.moments:
        filters.tests.append(_between(name, value))
    elif name in shape.flags:
        filters.tests.append(_equals(name, _flag(name, value)))
    elif name in shape.numbers:
        filters.tests.append(_equals(name, _integer(name, value)))
    elif name in shape.choices:
        filters.tests.append(_equals(name, _choice(name, value, shape.choices[name])))
    elif name in shape.texts:
        filters.tests.append(_text(name, value))
    else:
        raise Refused({name: "is not allowed"})


def _page_size(value: str) -> int:
    least, _, most = _PER_PAGE
    size = _integer("per_page", value)
    if size > most:
        raise Refused({"per_page": f"`{size}` number is greater than: {most}"})
    if size < least:
        raise Refused({"per_page": f"`{size}` number is less than: {least}"})
    return size


def _field_names(shape: HarvestList, value: str) -> tuple[str, ...]:
    names = tuple(value.split(","))
    unknown = [name for name in names if name not in shape.fields]
    if unknown or len(names) > MOST_IDS:
        raise Refused({"fields": f"unknown or too many: {', '.join(unknown)}"})
    return names


def _id_list(name: str, value: str) -> frozenset[int]:
    ids = [_integer(name, part) for part in value.split(",")]
    if len(ids) > MOST_IDS:
        raise Refused({name: f"`{len(ids)}` array size is greater than: {MOST_IDS}"})
    return frozenset(ids)


def _integer(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise Refused({name: f"`{value}` is not an integer"})
    return int(value)


def _flag(name: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise Refused({name: f"`{value}` is not a boolean"})
    return value == "true"


def _choice(name: str, value: str, choices: Mapping[str, str]) -> str:
    if value not in choices:
        raise Refused({name: f"`{value}` is not one of: {', '.join(choices)}"})
    return choices[value]


def _between(name: str, value: str) -> Test:
    """``op|moment``, or two such bounds joined by a pipe: ``gte|A|lt|B``."""
    parts = value.split("|")
    if len(parts) not in (2, 4):
        raise Refused({name: "must be an operator and a date-time, or two such pairs"})
    bounds = [_bound(name, *parts[i : i + 2]) for i in range(0, len(parts), 2)]

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


def _equals(name: str, wanted: bool | int | str) -> Test:
    return lambda row: row[name] == wanted


def _has_one_of(name: str, shape: HarvestList, ids: frozenset[int]) -> Test:
    if name in shape.fields:
        return lambda row: not ids.isdisjoint(row[name])
    single = name.removesuffix("s")
    return lambda row: row[single] in ids


def _text(name: str, value: str) -> Test:
    if name == "email":
        wanted = value.casefold()
        return lambda row: any(e["value"].casefold() == wanted for e in row["email_addresses"])
    if name == "tag":
        return lambda row: value in row["tags"]
    return lambda row: row[name] == value
