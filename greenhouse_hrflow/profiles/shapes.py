"""Which shape a field of a profile has (a list, an object, a text, …), and whether HrFlow holds it
in another.

HrFlow documents the shapes with its Profile object, but its API takes others, and other connectors
write them: `info.urls` as an object, for one. Such a value is somebody's data, and cannot be
merged: `merge` leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from greenhouse_hrflow.profiles.fields import (
    EXACT_LISTS,
    NAMED_LISTS,
    NUMBERS,
    POSITION_LISTS,
    RECORDS,
    SCALARS,
    TEXTS,
    WHOLE_LISTS,
)
from greenhouse_hrflow.profiles.normalize import is_empty

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


def kind(value: Any) -> str:
    """The name of a JSON value's type: object, list, text, number, boolean or null."""
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "list"
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "boolean"
    return "null" if value is None else "number"


def is_list(name: str) -> bool:
    """Whether HrFlow's documents know a field of this name as a list of objects."""
    return _SHAPES.get(name) == _LIST


def has_another_shape(name: str, stored: Any, given: Any = None) -> bool:
    """Whether a stored value says something in a shape that its field does not have.

    A field that HrFlow's documents do not know has the shape of what is given; where nothing is,
    any shape will do.
    """
    shapes = _SHAPES.get(name)
    if shapes is None:
        shapes = frozenset({kind(stored if is_empty(given) else given)})
    return kind(stored) not in shapes and not is_empty(stored)


def shape_reason(paths: Iterable[str]) -> str | None:
    """The reason that names the fields which stay in another shape; None for none.

    Such as `stored_in_another_shape:info.urls,tags`; a long one ends with `,and_3_more`.
    """
    names = sorted(paths)
    if not names:
        return None
    reason, unnamed = "stored_in_another_shape:", len(names)
    while unnamed and len(reason) + len(names[-unnamed]) < _MAX_REASON:
        reason += ("" if unnamed == len(names) else ",") + names[-unnamed]
        unnamed -= 1
    comma = "," if unnamed < len(names) else ""
    return f"{reason}{comma}and_{unnamed}_more" if unnamed else reason
