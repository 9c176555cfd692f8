"""Which shape the fields of a profile have, and whether what HrFlow holds has another.

HrFlow's Profile object says where a list, an object or a text stands; its API takes more than
that, and other connectors write it: `info.urls` as an object, for one. Such a value is somebody's
data in a form that cannot be merged. That it stays as it is, is seen to in `merge`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from greenhouse_hrflow.profiles.fields import (
    COMPANY_LISTS,
    EXACT_LISTS,
    NAMED_LISTS,
    NUMBERS,
    RECORDS,
    SCALARS,
    TEXTS,
    WHOLE_LISTS,
)
from greenhouse_hrflow.profiles.normalize import is_empty

_MAX_REASON = 200

_LIST = frozenset({"list"})
_EXPECTED: dict[str, frozenset[str]] = {
    **dict.fromkeys((*COMPANY_LISTS, *EXACT_LISTS, *NAMED_LISTS, *WHOLE_LISTS), _LIST),
    **dict.fromkeys(RECORDS, frozenset({"object"})),
    **dict.fromkeys(TEXTS, frozenset({"text"})),
    **dict.fromkeys(NUMBERS, frozenset({"number"})),
    **dict.fromkeys(SCALARS, frozenset({"text", "number", "boolean"})),
}


def kind(value: Any) -> str:
    """The name of a JSON value's type; 3 and 3.0 are of one, True and 1 of two."""
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
    """Whether a field of this name holds a list of objects."""
    return _EXPECTED.get(name) == _LIST


def has_another_shape(name: str, stored: Any, given: Any = None) -> bool:
    """Whether a stored value says something in a shape that its field does not have.

    In a field that HrFlow's documents do not know, the shape is that of what is given.
    """
    expected = _EXPECTED.get(name)
    if expected is None:
        expected = frozenset({kind(stored if is_empty(given) else given)})
    return kind(stored) not in expected and not is_empty(stored)


def shape_reason(paths: Iterable[str]) -> str | None:
    """The reason of a report's row that names the fields which were kept as they are, if any."""
    names = sorted(paths)
    if not names:
        return None
    reason, left = "stored_in_another_shape:", len(names)
    while left and len(reason) + len(names[-left]) < _MAX_REASON:
        reason += ("" if left == len(names) else ",") + names[-left]
        left -= 1
    return f"{reason}{',' if left < len(names) else ''}and_{left}_more" if left else reason
