"""The query parameters of a Harvest v3 list: read strictly, and applied to a row.

Which parameters a list has stands in ``lists``, how bounds on a date are written in
``bounds``; pages, cursors and answers live in ``v3``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from greenhouse_hrflow.sandbox.greenhouse.bounds import Bounds, Refused, Test
from greenhouse_hrflow.sandbox.greenhouse.lists import LISTS, HarvestList
from greenhouse_hrflow.sandbox.greenhouse.tables import Tables
from greenhouse_hrflow.sandbox.modes import GreenhouseModes
from greenhouse_hrflow.sandbox.wire import JsonObject, whole_number

MOST_IDS = 50
_PER_PAGE = 100
_BASE_MOMENTS = ("created_at", "updated_at")


@dataclass
class Filters:
    """What one request asks of a list."""

    per_page: int = _PER_PAGE
    fields: tuple[str, ...] | None = None
    id_lists: dict[str, frozenset[int]] = field(default_factory=dict[str, frozenset[int]])
    tests: list[Test] = field(default_factory=list[Test])

    def match(self, row: JsonObject) -> bool:
        """Whether the row passes every filter."""
        return all(test(row) for test in self.tests)


def read_filters(
    resource: str, parameters: list[tuple[str, str]], tables: Tables, modes: GreenhouseModes
) -> Filters:
    """Read the parameters of a first page; Refused for anything the list does not define."""
    shape = LISTS[resource]
    bounds = Bounds((*_BASE_MOMENTS, *shape.moments), modes)
    given: dict[str, str] = {}
    for name, value in parameters:
        if bounds.take(name, value):
            continue
        if name in given:
            raise Refused({name: "must be given once"})
        given[name] = value
    unknown = [name for name in given if not _knows(shape, name)]
    if unknown:
        raise Refused(f"Invalid query params: {', '.join(unknown)}")
    if bounds.fields >= set(_BASE_MOMENTS):
        raise Refused("Only one of created_at and updated_at can be used.")
    filters = Filters(min(_PER_PAGE, modes.most_per_page), tests=bounds.tests())
    if "per_page" in given:
        filters.per_page = _page_size(given.pop("per_page"), modes.most_per_page)
    for name, value in given.items():
        _read(_Asked(shape, name, value, tables), filters)
    if "show_service_accounts" in shape.flags and given.get("show_service_accounts") != "true":
        filters.tests.append(lambda row: row["id"] not in tables.service_accounts)
    return filters


def _knows(shape: HarvestList, name: str) -> bool:
    own = (shape.id_lists, shape.flags, shape.texts, shape.text_lists, shape.numbers)
    return (
        name in ("per_page", "fields", "ids")
        or name in shape.choices
        or any(name in names for names in own)
    )


class _Asked(NamedTuple):
    """One parameter of a list, as it was given."""

    shape: HarvestList
    name: str
    value: str
    tables: Tables


def _read(asked: _Asked, filters: Filters) -> None:
    shape, name, value, _ = asked
    if name == "fields":
        filters.fields = _field_names(shape, value)
    elif name == "ids" or name in shape.id_lists:
        ids = filters.id_lists[name] = frozenset(_integer(name, part) for part in _parts(asked))
        filters.tests.append(_has_one_of(asked, ids))
    else:
        filters.tests.append(_test(asked))


def _test(asked: _Asked) -> Test:
    shape, name, value, tables = asked
    if name in shape.flags:
        return _flagged(name, _flag(name, value))
    if name in shape.numbers:
        return _numbered(name, _integer(name, value), tables)
    if name in shape.choices:
        return _equals(name, _choice(name, value, shape.choices[name]))
    if name in shape.text_lists:
        return _is_one_of(name, frozenset(_parts(asked)))
    return _text(name, value, tables)


def _page_size(value: str, most: int) -> int:
    size = _integer("per_page", value)
    if size > most:
        raise Refused({"per_page": f"`{size}` number is greater than: {most}"})
    if size < 1:
        raise Refused({"per_page": f"`{size}` number is less than: 1"})
    return size


def _field_names(shape: HarvestList, value: str) -> tuple[str, ...]:
    names = tuple(value.split(","))
    unknown = [name for name in names if name not in shape.fields]
    if unknown or len(names) > MOST_IDS:
        raise Refused({"fields": f"unknown or too many: {', '.join(unknown)}"})
    return names


def _parts(asked: _Asked) -> list[str]:
    parts = asked.value.split(",")
    if len(parts) > MOST_IDS:
        raise Refused({asked.name: f"`{len(parts)}` array size is greater than: {MOST_IDS}"})
    return parts


def _integer(name: str, value: str) -> int:
    try:
        return whole_number(value)
    except ValueError:
        raise Refused({name: f"`{value}` is not an integer"}) from None


def _flag(name: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise Refused({name: f"`{value}` is not a boolean"})
    return value == "true"


def _choice(name: str, value: str, choices: Mapping[str, str]) -> str:
    if value not in choices:
        raise Refused({name: f"`{value}` is not one of: {', '.join(choices)}"})
    return choices[value]


def _flagged(name: str, wanted: bool) -> Test:
    if name == "private" and wanted:
        # Private candidates come along; only their absence can be asked for.
        return lambda row: True
    if name == "show_service_accounts":
        return lambda row: True
    return _equals(name, wanted)


def _numbered(name: str, number: int, tables: Tables) -> Test:
    if name == "custom_field_option_id":
        return _chose(tables.rows["custom_field_options"].get(number), tables)
    if name == "office_id":
        return lambda row: number in row["office_ids"]
    return _equals(name, number)


def _chose(option: JsonObject | None, tables: Tables) -> Test:
    """Whether a row's custom field of that option has its name as the value, or among them."""
    if option is None:
        return lambda row: False
    key = tables.rows["custom_fields"][option["custom_field_id"]]["name_key"]

    def test(row: JsonObject) -> bool:
        fields = row.get("question_custom_fields") or row.get("custom_fields") or {}
        value = fields.get(key, {}).get("value")
        return option["name"] in (value if isinstance(value, list) else [value])

    return test


def _equals(name: str, wanted: bool | int | str) -> Test:
    return lambda row: row[name] == wanted


def _has_one_of(asked: _Asked, ids: frozenset[int]) -> Test:
    shape, name, _, tables = asked
    if name == "candidate_ids" and shape is LISTS["attachments"]:
        # Through their application: an attachment need not name its candidate itself.
        return lambda row: tables.owner("attachments", row["id"]) in ids
    if name == "interviewer_tag_ids":
        return lambda row: any(tag["id"] in ids for tag in row["interviewer_tags"])
    if name in shape.fields:
        return lambda row: not ids.isdisjoint(row[name])
    return _is_one_of(name, ids)


def _is_one_of(name: str, wanted: frozenset[Any]) -> Test:
    single = name.removesuffix("s")
    return lambda row: row[single] in wanted


def _text(name: str, value: str, tables: Tables) -> Test:
    if name == "email":
        wanted = value.casefold()
        return lambda row: any(
            (each["value"] or "").casefold() == wanted for each in row["email_addresses"]
        )
    if name == "tag":
        return lambda row: value in row["tags"]
    if name == "custom_field_key":
        fields = tables.rows["custom_fields"]
        return lambda row: fields[row["custom_field_id"]]["name_key"] == value
    if name in ("external_office_id", "external_department_id"):
        return lambda row: False
    return _equals(name, value)
