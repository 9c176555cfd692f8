"""What a format gave, brought into HrFlow's own forms where its meaning is clear, else refused.

A user's format is written by hand and for the reference connector: an int reference, a number in
a tag or a résumé's bytes are no reason to lose a candidate. What cannot be understood is one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from greenhouse_hrflow.errors import ProfileRejected
from greenhouse_hrflow.profiles.fields import (
    DATES,
    EDITABLE,
    EXACT_LISTS,
    NAMED_LISTS,
    POSITION_LISTS,
    TEXT_LISTS,
    WHOLE_LISTS,
)
from greenhouse_hrflow.profiles.last_applied import metadata_name
from greenhouse_hrflow.profiles.normalize import JsonObject, is_empty, is_mapping, plain_date
from greenhouse_hrflow.profiles.user_functions import place_of

_LISTS = frozenset({*POSITION_LISTS, *EXACT_LISTS, *NAMED_LISTS, *WHOLE_LISTS})
_OBJECTS = frozenset({"info", "location"})
"""Fields in which anything but an object is refused."""

# Made once: `json.dumps` makes an encoder at each call that asks for more than its defaults.
_to_strict_json = json.JSONEncoder(allow_nan=False).encode


@dataclass(frozen=True)
class Prepared:
    """A formatted profile that can be merged.

    Attributes:
        reference: which profile it is meant for.
        profile: the fields that may be edited, in HrFlow's own forms, without anything empty.
        left_out: names of the fields that were given and that no push edits (a `resume`, say).
    """

    reference: str
    profile: JsonObject
    left_out: tuple[str, ...]


def prepare_profile(
    formatted: object,
    *,
    default_reference: str,
    fields: frozenset[str],
    workflow_id: str,
    given_by: Callable[..., Any] | None = None,
) -> Prepared:
    """Bring what a format gave into the form in which it can be merged.

    Args:
        formatted: what the format gave, whatever that is.
        default_reference: the profile that is meant where the format gives no reference.
        fields: the top-level fields that may be edited.
        workflow_id: whose last-applied metadata is no business of the format.
        given_by: the format, for the reason to name.

    Raises:
        ProfileRejected: it is no profile; the reason names the path at fault, never a value.
    """
    if not isinstance(formatted, Mapping):
        place = f":{place_of(given_by)}" if given_by is not None else ""
        raise ProfileRejected(f"format_gave_{type(formatted).__name__}_not_a_dict{place}")
    try:
        return _prepared(formatted, default_reference, fields, workflow_id)
    except ProfileRejected:
        raise
    except Exception as error:  # noqa: BLE001 - a dict of the user's own making may do anything
        kind = type(error).__name__
    # Outside of the handler, so that the original, which may quote the candidate, is dropped.
    raise ProfileRejected(f"format_gave_what_cannot_be_read:{kind}")


def _prepared(
    formatted: Mapping[Any, Any],
    default_reference: str,
    fields: frozenset[str],
    workflow_id: str,
) -> Prepared:
    given = {str(name): value for name, value in formatted.items() if name in fields}
    profile = {
        name: normalized
        for name, value in given.items()
        if not is_empty(normalized := _normalized_json(name, value))
    }
    if "metadatas" in profile:
        # A format that hands on what it read from HrFlow must not bring an old last-applied back.
        own = metadata_name(workflow_id)
        profile["metadatas"] = [e for e in profile["metadatas"] if e.get("name") != own]
    left_out = {
        str(name)
        for name, value in formatted.items()
        if name not in EDITABLE | {"reference"} and value is not None
    }
    reference = _reference(formatted.get("reference"), default_reference)
    return Prepared(reference, profile, tuple(sorted(left_out)))


def _reference(given: object, default: str) -> str:
    if given is None:
        return default
    # A longer int is no id, and `str` refuses the longest.
    if isinstance(given, int) and not isinstance(given, bool) and given.bit_length() <= 64:
        return str(given)
    if isinstance(given, str) and given.strip() and _is_encodable(given):
        return given
    raise ProfileRejected("format_gave_no_usable_reference")


def _is_encodable(text: str) -> bool:
    """Whether a request can carry the text: half of a surrogate pair cannot be sent."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _normalized_json(name: str, value: Any) -> Any:
    """A top-level field as `_normalized`; refused where JSON cannot hold it, or it has no end."""
    try:
        normalized = _normalized(name, value, name)
        _to_strict_json(normalized)
    except (TypeError, ValueError, RecursionError):
        raise ProfileRejected(f"format_gave_what_is_no_json_at:{name}") from None
    return normalized


def _normalized(name: str, value: Any, path: str) -> Any:
    """A field in HrFlow's own form, with nothing empty in it; None for nothing.

    `path` names it in a refusal, such as `experiences[0].location`.
    """
    if is_empty(value):
        return None
    if name in _LISTS:
        return _normalized_list(name, value, path)
    if name in _OBJECTS:
        return _normalized_object(value, path)
    if isinstance(value, (datetime, date)):
        value = value.isoformat()
    if isinstance(value, str):
        return plain_date(value) if name in DATES else value
    if is_mapping(value):
        return _normalized_object(value, path)
    return value


def _normalized_object(value: Any, path: str) -> JsonObject:
    if not is_mapping(value):
        raise ProfileRejected(f"format_gave_no_object_at:{path}")
    fields = {str(key): _normalized(str(key), item, f"{path}.{key}") for key, item in value.items()}
    return {name: item for name, item in fields.items() if not is_empty(item)}


def _normalized_list(name: str, value: Any, path: str) -> list[JsonObject]:
    """A list of objects; in lists of {name, value} a text stands for {"name": text}."""
    if not isinstance(value, (list, tuple)):
        raise ProfileRejected(f"format_gave_no_list_at:{path}")
    entries: list[JsonObject] = []
    for index, entry in enumerate(value):
        if is_empty(entry):
            continue
        entry_path = f"{path}[{index}]"
        named = {"name": entry} if name in TEXT_LISTS and isinstance(entry, str) else entry
        normalized = _normalized_object(named, entry_path)
        if name in TEXT_LISTS:
            normalized = {
                key: _name_or_value_as_text(key, item, entry_path)
                for key, item in normalized.items()
            }
            if "name" not in normalized:
                raise ProfileRejected(f"format_gave_no_name_at:{entry_path}")
        entries.append(normalized)
    return entries


def _name_or_value_as_text(key: str, value: Any, path: str) -> Any:
    if key not in ("name", "value") or isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise ProfileRejected(f"format_gave_no_text_at:{path}.{key}")
