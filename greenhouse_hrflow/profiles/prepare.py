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

from greenhouse_hrflow import reasons
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
from greenhouse_hrflow.profiles.shown_names import shown_name
from greenhouse_hrflow.profiles.user_functions import place_of

_LISTS = frozenset({*POSITION_LISTS, *EXACT_LISTS, *NAMED_LISTS, *WHOLE_LISTS})
_OBJECTS = frozenset({"info", "location"})
"""Fields in which anything but an object is refused."""
_CONTAINERS = _LISTS | _OBJECTS
_KNOWN = EDITABLE | {"reference"}

# Made once: `json.dumps` makes an encoder at each call that asks for more than its defaults.
_to_strict_json = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class Prepared:
    """A formatted profile that can be merged.

    Attributes:
        reference: which profile it is meant for.
        profile: the fields that may be edited, in HrFlow's own forms, without anything empty.
        text: the profile as JSON, in ASCII: one emoji would make Python keep four bytes a
            character.
        left_out: names of the fields that were given and that no push edits (a `resume`, say), as
            they may be shown.
    """

    reference: str
    profile: JsonObject
    text: str
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
        place = place_of(given_by) if given_by is not None else None
        kind = type(formatted).__name__
        raise ProfileRejected(reasons.FORMAT_GAVE_NO_DICT.text(kind, more=place))
    try:
        return _prepared(formatted, default_reference, fields, workflow_id)
    except ProfileRejected:
        raise
    except Exception as error:  # noqa: BLE001 - a dict of the user's own making may do anything
        kind = type(error).__name__
    # Outside of the handler, so that the original, which may quote the candidate, is dropped.
    raise ProfileRejected(reasons.FORMAT_GAVE_UNREADABLE.text(more=kind))


def _prepared(
    formatted: Mapping[Any, Any],
    default_reference: str,
    fields: frozenset[str],
    workflow_id: str,
) -> Prepared:
    given = {str(name): value for name, value in formatted.items() if name in fields}
    profile, text = _normalized_profile(given)
    own = metadata_name(workflow_id)
    if any(entry.get("name") == own for entry in profile.get("metadatas", ())):
        # A format that hands on what it read from HrFlow must not bring an old last-applied back.
        profile["metadatas"] = [e for e in profile["metadatas"] if e.get("name") != own]
        text = _to_strict_json(profile)
    left_out = {
        shown_name(name)
        for name, value in formatted.items()
        if name not in _KNOWN and value is not None
    }
    reference = _reference(formatted.get("reference"), default_reference)
    return Prepared(reference, profile, text, tuple(sorted(left_out)))


def _reference(given: object, default: str) -> str:
    if given is None:
        return default
    # A longer int is no id, and `str` refuses the longest.
    if isinstance(given, int) and not isinstance(given, bool) and given.bit_length() <= 64:
        return str(given)
    if isinstance(given, str) and given.strip() and _is_encodable(given):
        return given
    raise ProfileRejected(reasons.FORMAT_GAVE_NO_REFERENCE.text())


def _is_encodable(text: str) -> bool:
    """Whether a request can carry the text: half of a surrogate pair cannot be sent."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _normalized_profile(given: JsonObject) -> tuple[JsonObject, str]:
    """The given top-level fields as `_normalized`, and all of them as JSON."""
    try:
        profile = {
            name: normalized
            for name, value in given.items()
            if (normalized := _normalized(name, value, name)) is not None
        }
        return profile, _to_strict_json(profile)
    except (ProfileRejected, TypeError, ValueError, RecursionError):
        pass
    # Again, with JSON of each field by itself: the reason names the first that is at fault.
    profile = {
        name: normalized
        for name, value in given.items()
        if (normalized := _normalized_json(name, value)) is not None
    }
    return profile, _to_strict_json(profile)


def _normalized_json(name: str, value: Any) -> Any:
    """A top-level field as `_normalized`; refused where JSON cannot hold it, or it has no end."""
    try:
        normalized = _normalized(name, value, name)
        _to_strict_json(normalized)
    except (TypeError, ValueError, RecursionError):
        raise ProfileRejected(reasons.FORMAT_GAVE_NO_JSON.text(more=name)) from None
    return normalized


def _normalized(name: str, value: Any, path: str) -> Any:
    """A field in HrFlow's own form, with nothing empty in it; None for nothing.

    `path` names it in a refusal, such as `experiences[0].location`, with no name that the format
    invented.
    """
    # What is normalized part by part need not be searched for something that is not empty.
    in_parts = (list, tuple) if name in _LISTS else dict
    if not isinstance(value, in_parts) and is_empty(value):
        return None
    if name in _LISTS:
        entries = _normalized_list(name, value, path)
        return entries if any(entries) else None
    if name in _OBJECTS or is_mapping(value):
        return _normalized_object(value, path) or None
    if isinstance(value, (datetime, date)):
        value = value.isoformat()
    return plain_date(value) if name in DATES and isinstance(value, str) else value


def _normalized_object(value: Any, path: str) -> JsonObject:
    if not is_mapping(value):
        raise ProfileRejected(reasons.FORMAT_GAVE_NO_OBJECT.text(more=path))
    fields: JsonObject = {}
    for key, item in value.items():
        name = str(key)
        if type(item) is str and name not in _CONTAINERS:
            # Most values are texts, and need no path.
            fields[name] = (plain_date(item) if name in DATES else item) if item.strip() else None
        else:
            fields[name] = (
                None if item is None else _normalized(name, item, f"{path}.{shown_name(name)}")
            )
    return {name: item for name, item in fields.items() if item is not None}


def _normalized_list(name: str, value: Any, path: str) -> list[JsonObject]:
    """A list of objects; in lists of {name, value} a text stands for {"name": text}."""
    if not isinstance(value, (list, tuple)):
        raise ProfileRejected(reasons.FORMAT_GAVE_NO_LIST.text(more=path))
    entries: list[JsonObject] = []
    for index, entry in enumerate(value):
        if is_empty(entry):
            continue
        entry_path = f"{path}[{index}]"
        named = {"name": entry} if name in TEXT_LISTS and isinstance(entry, str) else entry
        normalized = _normalized_object(named, entry_path)
        is_named = isinstance(normalized.get("name"), str)
        if name in TEXT_LISTS and not (is_named and isinstance(normalized.get("value", ""), str)):
            normalized = {
                key: _name_or_value_as_text(key, item, entry_path)
                for key, item in normalized.items()
            }
            if "name" not in normalized:
                raise ProfileRejected(reasons.FORMAT_GAVE_NO_NAME.text(more=entry_path))
        entries.append(normalized)
    return entries


def _name_or_value_as_text(key: str, value: Any, path: str) -> Any:
    if key not in ("name", "value") or isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise ProfileRejected(reasons.FORMAT_GAVE_NO_TEXT.text(more=f"{path}.{key}"))
