"""Whether the profile that is read back shows an edit, and the last-applied metadata with it.

An edit may have been refused or lost, or shows only later; then what it would have written must not
count as lost. What an edit lost is decided in `edit_damage`.
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
from greenhouse_hrflow.profiles.merge import changed_fields
from greenhouse_hrflow.profiles.normalize import JsonObject, same


class Arrival(Enum):
    """What a profile that is read back shows of an edit."""

    NOT_SHOWN = "not_shown"
    """It was not made, shows only later, or another run has written the profile since."""
    WHOLE = "whole"
    """It was made, and the last-applied metadata stands as it was sent."""
    WITHOUT_LAST_APPLIED = "without_last_applied"
    """It was made, but the last-applied metadata is cut short, altered or not there."""


def arrival_of(edit: Edit, read_back: JsonObject) -> Arrival:
    """Compare the profile as it was read back after an edit with the one that was sent."""
    workflow_id = edit.workflow_id
    sent = find_last_applied(edit.after, workflow_id)
    shown = find_last_applied(read_back, workflow_id)
    fields_are_shown = _shows_a_changed_field(edit, read_back)
    if sent is None:
        # Its metadatas can hold no last-applied: only the fields can show the edit.
        return Arrival.WHOLE if fields_are_shown else Arrival.NOT_SHOWN
    if shown == sent:
        return Arrival.WHOLE
    name = metadata_name(workflow_id)
    values_before = metadata_values(edit.before, name)
    if all(value in values_before for value in metadata_values(read_back, name)):
        # The metadata is as it was before, or not there: it does not show the edit.
        return Arrival.WITHOUT_LAST_APPLIED if fields_are_shown else Arrival.NOT_SHOWN
    if shown is not None and shown.version != sent.version:
        # Another run has written the profile since it was read.
        return Arrival.NOT_SHOWN
    return Arrival.WITHOUT_LAST_APPLIED


def _shows_a_changed_field(edit: Edit, read_back: JsonObject) -> bool:
    """Whether any field that differed stands as it was sent.

    One is enough, as HrFlow may bring the others into a form of its own.
    """
    before, sent, after = (
        without_last_applied(profile, edit.workflow_id)
        for profile in (edit.before, edit.after, read_back)
    )
    # By their exact names: those in `edit.fields` are for people.
    return any(
        _shows(_field(after, name), _field(sent, name))
        and not _shows(_field(before, name), _field(sent, name))
        for name in changed_fields(before, sent)
    )


def _field(profile: JsonObject, name: str) -> Any:
    """The value of a field as an edit names it: `tags`, or `info.phone`."""
    outer, _, inner = name.partition(".")
    value = profile.get(outer)
    return value.get(inner) if inner and isinstance(value, dict) else value


def _shows(value: Any, sent: Any) -> bool:
    """Whether a value holds all that was sent, whatever HrFlow has added to its objects."""
    if isinstance(sent, dict) and isinstance(value, dict):
        return all(_shows(value.get(name), inner) for name, inner in sent.items())
    if isinstance(sent, list) and isinstance(value, list):
        return len(value) == len(sent) and all(map(_shows, value, sent))
    return same(value, sent)
