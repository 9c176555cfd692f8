"""Which shape a field of a profile has (a list, an object, a text, …), and whether HrFlow holds it
in another.

HrFlow documents the shapes with its Profile object, but its API takes others, and other connectors
write them: `info.urls` as an object, for one. Such a value is somebody's data, and cannot be
merged: `merge` leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

from greenhouse_hrflow import reasons
from greenhouse_hrflow.profiles.fields import (
    EXACT_LISTS,
    MERGED_RECORDS,
    NAMED_LISTS,
    NUMBERS,
    POSITION_LISTS,
    RECORDS,
    SCALARS,
    TEXTS,
    WHOLE_LISTS,
)
from greenhouse_hrflow.profiles.normalize import JsonObject, is_empty
from greenhouse_hrflow.profiles.shown_names import shown_name

Paths = frozenset[str]
"""Dotted paths from a value, such as `info.urls`; "" is the value itself."""

NO_PATH: Paths = frozenset()
OWN_PATH: Paths = frozenset({""})

_MAX_REASON = 200
"""Characters of a reason, without its end `,and_3_more`."""

_LIST = frozenset({"list"})
_SHAPES: dict[str, frozenset[str]] = {
    **dict.fromkeys((*POSITION_LISTS, *EXACT_LISTS, *NAMED_LISTS, *WHOLE_LISTS), _LIST),
    **dict.fromkeys(RECORDS, frozenset({"object"})),
    **dict.fromkeys(TEXTS, frozenset({"text"})),
    **dict.fromkeys(NUMBERS, frozenset({"number"})),
    **dict.fromkeys(SCALARS, frozenset({"text", "number", "boolean"})),
}

_PLAIN_TYPES: dict[str, frozenset[type]] = {
    **dict.fromkeys((*POSITION_LISTS, *EXACT_LISTS, *NAMED_LISTS, *WHOLE_LISTS), frozenset()),
    **dict.fromkeys(RECORDS - MERGED_RECORDS, frozenset({dict})),
    **dict.fromkeys(MERGED_RECORDS, frozenset()),
    **dict.fromkeys(TEXTS, frozenset({str})),
    **dict.fromkeys(NUMBERS, frozenset({int, float})),
    **dict.fromkeys(SCALARS, frozenset({str, int, float, bool})),
}
"""The types of a field's value in which nothing can have another shape."""

PLAIN_TEXTS = TEXTS | SCALARS
"""Fields in which a text has the right shape."""

_TEXT_OR_NULL = frozenset({str, type(None)})

_KINDS = {dict: "object", list: "list", str: "text", bool: "boolean", type(None): "null"}


def kind(value: Any) -> str:
    """The name of a JSON value's type: object, list, text, number, boolean or null."""
    return _KINDS.get(type(value), "number")


def is_list(name: str) -> bool:
    """Whether HrFlow's documents know a field of this name as a list of objects."""
    return _SHAPES.get(name) == _LIST


def has_another_shape(name: str, stored: Any, given: Any = None) -> bool:
    """Whether a stored value says something in a shape that its field does not have.

    A field that HrFlow's documents do not know has the shape of what is given; where nothing is,
    any shape will do.
    """
    if stored is None:
        return False
    shapes = _SHAPES.get(name)
    if shapes is None:
        is_odd = kind(stored) != kind(stored if is_empty(given) else given)
    else:
        is_odd = kind(stored) not in shapes
    return is_odd and not is_empty(stored)


def not_plain(record: JsonObject, without: Container[str] = ()) -> list[tuple[str, Any]]:
    """The fields of a stored object, without those, in which something may have another shape.

    Most fields are plain at a glance, and this is asked of every object in every profile.
    """
    return [
        (name, value)
        for name, value in record.items()
        if value is not None
        and name not in without
        and (plain_types := _PLAIN_TYPES.get(name)) is not None
        and type(value) not in plain_types
        and value != []
        and not _is_plain(name, value)
    ]


def _is_plain(name: str, value: Any) -> bool:
    """Whether a list or a merged object has its shape, and all in it is plain."""
    if name in MERGED_RECORDS:
        return type(value) is dict and not not_plain(value)
    if type(value) is not list or _SHAPES[name] is not _LIST:
        return False
    return all(map(_is_dict if name in WHOLE_LISTS else _is_plain_object, value))


def _is_plain_object(value: Any) -> bool:
    if type(value) is not dict:
        return False
    # Most entries of lists are a name and a value.
    is_of_texts = _TEXT_OR_NULL.issuperset(map(type, value.values()))
    return (is_of_texts and PLAIN_TEXTS.issuperset(value)) or not not_plain(value)


def _is_dict(value: Any) -> bool:
    return type(value) is dict


def odd_paths(record: JsonObject) -> Paths:
    """The paths in a stored object that hold something in another shape than their field has.

    Fields that HrFlow's documents do not know have any shape, and what is in them too.
    """
    paths: list[str] = []
    for name, value in not_plain(record):
        shapes = _SHAPES[name]
        if kind(value) not in shapes:
            if not is_empty(value):
                paths.append(name)
        elif shapes is _LIST:
            paths += prefixed(name, odd_paths_of_list(name, value))
        elif name in MERGED_RECORDS:
            paths += prefixed(name, odd_paths(value))
    return frozenset(paths) if paths else NO_PATH


def odd_paths_of_list(name: str, entries: list[Any]) -> Paths:
    """The same in the entries of a list; "", the list's own path, for one that is no object."""
    paths = NO_PATH
    if _is_plain(name, entries):
        return paths
    for entry in entries:
        if not isinstance(entry, dict):
            paths |= NO_PATH if is_empty(entry) else OWN_PATH
        elif name not in WHOLE_LISTS:
            paths |= odd_paths(entry)
    return paths


def prefixed(name: str, paths: Paths) -> list[str]:
    """Paths from the value of a field, as paths from the object that holds the field; with no name
    that a format invented, since they are shown."""
    shown = shown_name(name)
    return [f"{shown}.{path}" if path else shown for path in paths]


def shape_reason(paths: Iterable[str]) -> str | None:
    """The reason that names the fields which stay in another shape; None for none.

    Such as `stored_in_another_shape:info.urls,tags`; a long one ends with `,and_3_more`.
    """
    names = sorted(paths)
    if not names:
        return None
    reason, unnamed = reasons.ANOTHER_SHAPE.text(more=""), len(names)
    while unnamed and len(reason) + len(names[-unnamed]) < _MAX_REASON:
        reason += ("" if unnamed == len(names) else ",") + names[-unnamed]
        unnamed -= 1
    comma = "," if unnamed < len(names) else ""
    return f"{reason}{comma}and_{unnamed}_more" if unnamed else reason
