"""What a format gave, put right where that is harmless, and refused where it is not.

A user's format is written by hand and for the reference connector: an int reference, a number in
a tag or a résumé's bytes are no reason to lose a candidate. What cannot be understood is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from greenhouse_hrflow.errors import ProfileRejected
from greenhouse_hrflow.profiles.fields import (
    COMPANY_LISTS,
    DATES,
    EDITABLE,
    EXACT_LISTS,
    NAMED_LISTS,
    TEXT_LISTS,
    WHOLE_LISTS,
)
from greenhouse_hrflow.profiles.last_applied import metadata_name
from greenhouse_hrflow.profiles.normalize import JsonObject, is_empty, plain_date

_LISTS = frozenset({*COMPANY_LISTS, *EXACT_LISTS, *NAMED_LISTS, *WHOLE_LISTS})
_RECORDS = frozenset({"info", "location"})


@dataclass(frozen=True)
class Prepared:
    """A formatted profile that can be merged.

    Attributes:
        reference: which profile it is meant for.
        profile: what is given, without anything empty, in HrFlow's own forms.
        left_out: names of the fields that were given and are never edited (a `resume`, say).
    """

    reference: str
    profile: JsonObject
    left_out: tuple[str, ...]


def prepare_profile(
    formatted: object, *, default_reference: str, fields: frozenset[str], workflow_id: str
) -> Prepared:
    """Take from what the format gave these fields, in the form in which they can be merged.

    Raises:
        ProfileRejected: it is no profile; the reason names the path, never a value.
    """
    if not isinstance(formatted, Mapping):
        raise ProfileRejected(f"format_gave_{type(formatted).__name__}_not_a_dict")
    given = {str(name): value for name, value in formatted.items() if name in fields}
    profile = {
        name: right
        for name, value in given.items()
        if not is_empty(right := _writable(name, value))
    }
    if "metadatas" in profile:
        own = metadata_name(workflow_id)
        profile["metadatas"] = [e for e in profile["metadatas"] if e.get("name") != own]
    left_out = {
        str(n) for n, v in formatted.items() if n not in EDITABLE | {"reference"} and v is not None
    }
    reference = _reference(formatted.get("reference"), default_reference)
    return Prepared(reference, profile, tuple(sorted(left_out)))


def _reference(given: object, default: str) -> str:
    if given is None:
        return default
    if isinstance(given, int) and not isinstance(given, bool) and given.bit_length() <= 64:
        return str(given)
    if isinstance(given, str) and given.strip() and _is_unicode(given):
        return given
    raise ProfileRejected("format_gave_no_usable_reference")


def _is_unicode(text: str) -> bool:
    """Whether the text can stand in an address: half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _writable(name: str, value: Any) -> Any:
    """One top-level field put right; refused where JSON cannot hold it, or it has no end."""
    try:
        right = _right(name, value, name)
        json.dumps(right, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise ProfileRejected(f"format_gave_what_is_no_json_at:{name}") from None
    return right


def _right(name: str, value: Any, path: str) -> Any:
    """One field in HrFlow's own form, with nothing empty in it."""
    if is_empty(value):
        return None
    if name in _LISTS:
        return _right_list(name, value, path)
    if name in _RECORDS:
        return _right_record(value, path)
    if isinstance(value, (datetime, date)):
        value = value.isoformat()
    if name in DATES and isinstance(value, str):
        return plain_date(value)
    if isinstance(value, Mapping):
        return _right_record(value, path)
    return value


def _right_record(value: Any, path: str) -> JsonObject:
    if not isinstance(value, Mapping):
        raise ProfileRejected(f"format_gave_no_object_at:{path}")
    right = {str(k): _right(str(k), v, f"{path}.{k}") for k, v in value.items()}
    return {key: item for key, item in right.items() if not is_empty(item)}


def _right_list(name: str, value: Any, path: str) -> list[JsonObject]:
    if not isinstance(value, (list, tuple)):
        raise ProfileRejected(f"format_gave_no_list_at:{path}")
    entries: list[JsonObject] = []
    for index, entry in enumerate(value):
        if is_empty(entry):
            continue
        here = f"{path}[{index}]"
        named = {"name": entry} if name in TEXT_LISTS and isinstance(entry, str) else entry
        right = _right_record(named, here)
        if name in TEXT_LISTS:
            right = {k: _as_text(k, v, here) for k, v in right.items()}
            if "name" not in right:
                raise ProfileRejected(f"format_gave_no_name_at:{here}")
        entries.append(right)
    return entries


def _as_text(key: str, value: Any, path: str) -> Any:
    if key not in ("name", "value") or isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise ProfileRejected(f"format_gave_no_text_at:{path}.{key}")
