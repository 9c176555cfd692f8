"""Whether the profile that is read back shows an edit, and the mark that came with it.

An edit may have been refused, lost, or be visible only later; then nothing may be missed that it
would have brought. What an edit lost is said in `read_back`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from greenhouse_hrflow.hrflow.mark import find_mark, mark_name, metadata_values, without_own
from greenhouse_hrflow.hrflow.values import JsonObject, same


class Arrival(Enum):
    """What a profile shows of an edit."""

    NOT_SHOWN = "not_shown"
    WHOLE = "whole"
    WITHOUT_ITS_MARK = "without_its_mark"
    """It was made, but the mark is cut short, altered or not there."""


def arrival_of(
    before: JsonObject, sent: JsonObject, after: JsonObject, names: Sequence[str], workflow_id: str
) -> Arrival:
    """Hold what is read after an edit of the fields `names` against the profile that was sent."""
    bare = [without_own(each, workflow_id) for each in (before, sent, after)]
    shown = _is_shown(bare[0], bare[1], bare[2], names)
    ours, now = find_mark(sent, workflow_id), find_mark(after, workflow_id)
    if ours is None:
        # Its metadatas can hold no mark: the fields alone can tell.
        return Arrival.WHOLE if shown else Arrival.NOT_SHOWN
    if now == ours:
        return Arrival.WHOLE
    name = mark_name(workflow_id)
    former, values = metadata_values(before, name), metadata_values(after, name)
    if all(value in former for value in values):
        return Arrival.WITHOUT_ITS_MARK if shown else Arrival.NOT_SHOWN
    if now is not None and now.version != ours.version:
        # Another run has written the profile since it was read.
        return Arrival.NOT_SHOWN
    return Arrival.WITHOUT_ITS_MARK


def _is_shown(
    before: JsonObject, sent: JsonObject, after: JsonObject, names: Sequence[str]
) -> bool:
    """Whether a field that differed stands as it was sent: one is enough, as HrFlow may put the
    others into a form of its own."""
    return any(
        _shows(_field(after, name), _field(sent, name))
        and not _shows(_field(before, name), _field(sent, name))
        for name in names
    )


def _field(profile: JsonObject, name: str) -> Any:
    outer, _, inner = name.partition(".")
    value = profile.get(outer)
    return value.get(inner) if inner and isinstance(value, dict) else value


def _shows(value: Any, sent: Any) -> bool:
    """Whether all that was sent stands there, whatever HrFlow has added to it."""
    if isinstance(sent, dict) and isinstance(value, dict):
        return all(_shows(value.get(name), each) for name, each in sent.items())
    if isinstance(sent, list) and isinstance(value, list):
        return len(value) == len(sent) and all(map(_shows, value, sent))
    return same(value, sent)
