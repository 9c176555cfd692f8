"""Whether the profile that is read back shows an edit, and the last-applied metadata with it.

An edit may have been refused, lost, or be visible only later; then nothing may be missed that it
would have brought. What an edit lost is told by `edit_damage`.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from greenhouse_hrflow.profiles.edit_plan import Edit
from greenhouse_hrflow.profiles.last_applied import (
    find_last_applied,
    metadata_name,
    metadata_values,
    without_last_applied,
)
from greenhouse_hrflow.profiles.normalize import JsonObject, same


class Arrival(Enum):
    """What a profile shows of an edit."""

    NOT_SHOWN = "not_shown"
    WHOLE = "whole"
    WITHOUT_LAST_APPLIED = "without_last_applied"
    """It was made, but the last-applied metadata is cut short, altered or not there."""


def arrival_of(edit: Edit, stands: JsonObject) -> Arrival:
    """Hold the profile that stands after an edit against the one that was sent."""
    workflow_id = edit.workflow_id
    ours = find_last_applied(edit.after, workflow_id)
    now = find_last_applied(stands, workflow_id)
    shown = _is_shown(edit, stands)
    if ours is None:
        # These metadatas can hold no last-applied: the fields alone can tell.
        return Arrival.WHOLE if shown else Arrival.NOT_SHOWN
    if now == ours:
        return Arrival.WHOLE
    name = metadata_name(workflow_id)
    former, values = metadata_values(edit.before, name), metadata_values(stands, name)
    if all(value in former for value in values):
        return Arrival.WITHOUT_LAST_APPLIED if shown else Arrival.NOT_SHOWN
    if now is not None and now.version != ours.version:
        # Another run has written the profile since it was read.
        return Arrival.NOT_SHOWN
    return Arrival.WITHOUT_LAST_APPLIED


def _is_shown(edit: Edit, stands: JsonObject) -> bool:
    """Whether a field that differed stands as it was sent: one is enough, as HrFlow may put the
    others into a form of its own."""
    before, sent, after = (
        without_last_applied(profile, edit.workflow_id)
        for profile in (edit.before, edit.after, stands)
    )
    return any(
        _shows(_field(after, name), _field(sent, name))
        and not _shows(_field(before, name), _field(sent, name))
        for name in edit.fields
    )


def _field(profile: JsonObject, name: str) -> Any:
    outer, _, inner = name.partition(".")
    value = profile.get(outer)
    return value.get(inner) if inner and isinstance(value, dict) else value


def _shows(value: Any, sent: Any) -> bool:
    """Whether all that was sent stands there, whatever HrFlow has added to it."""
    if isinstance(sent, dict) and isinstance(value, dict):
        return all(_shows(value.get(name), inner) for name, inner in sent.items())
    if isinstance(sent, list) and isinstance(value, list):
        return len(value) == len(sent) and all(map(_shows, value, sent))
    return same(value, sent)
