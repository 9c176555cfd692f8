"""The mark: what we last wrote into a profile, kept in the profile itself.

One metadata named `greenhouse_hrflow:<workflow_id>` holds the version of the candidate (read_at,
changed_at) and a short hash of each value and list entry that was written. With it, what the
format no longer gives can be told from what somebody typed into HrFlow, on any machine and
without another store.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from greenhouse_hrflow.hrflow.shapes import has_another_shape
from greenhouse_hrflow.hrflow.values import JsonObject
from greenhouse_hrflow.windows import format_moment, parse_moment

Written = dict[str, Any]
"""Hashes in the shape of what was written: a hash for a value, a dict for a record, a list of
hashes or of dicts for a list."""


@dataclass(frozen=True)
class Mark:
    """One workflow's memory of one profile."""

    read_at: datetime
    changed_at: datetime
    written: Written = field(default_factory=dict[str, Any])

    @property
    def version(self) -> tuple[datetime, datetime]:
        """Orders states of a candidate. Dates of answers have whole seconds: the newest change
        decides between two reads of one second."""
        return self.read_at, self.changed_at


def mark_name(workflow_id: str) -> str:
    """The name of the metadata that holds this workflow's mark."""
    return f"greenhouse_hrflow:{workflow_id}"


def find_mark(profile: JsonObject, workflow_id: str) -> Mark | None:
    """The newest readable mark of this workflow; None where there is none to trust.

    A mark that somebody edited is no mark: then nothing counts as ours, and nothing is removed.
    """
    name = mark_name(workflow_id)
    marks = [
        mark
        for entry in _list(profile.get("metadatas"))
        if isinstance(entry, dict) and entry.get("name") == name
        if (mark := _read(entry.get("value"))) is not None
    ]
    return max(marks, key=lambda mark: mark.version, default=None)


def metadata_values(profile: JsonObject, name: str) -> list[Any]:
    """The values of all metadatas with this name."""
    entries = _list(profile.get("metadatas"))
    return [e.get("value") for e in entries if isinstance(e, dict) and e.get("name") == name]


def without_mark(metadatas: object, workflow_id: str) -> list[JsonObject]:
    """The metadatas but for this workflow's own."""
    name = mark_name(workflow_id)
    entries = _list(metadatas)
    return [e for e in entries if not (isinstance(e, dict) and e.get("name") == name)]


def without_own(profile: JsonObject, workflow_id: str) -> JsonObject:
    """The profile but for this workflow's mark; metadatas that are no list stay as they are."""
    metadatas = profile.get("metadatas")
    if has_another_shape("metadatas", metadatas):
        return profile
    return {**profile, "metadatas": without_mark(metadatas, workflow_id)}


def with_own(profile: JsonObject, workflow_id: str, mark: Mark) -> JsonObject:
    """The profile with this mark, where its metadatas can hold one."""
    metadatas = profile.get("metadatas")
    if has_another_shape("metadatas", metadatas):
        return profile
    return {**profile, "metadatas": with_mark(metadatas, workflow_id, mark)}


def with_mark(metadatas: object, workflow_id: str, mark: Mark) -> list[JsonObject]:
    """The metadatas with this mark in the place of any former one, at the end."""
    value = json.dumps(
        {
            "v": 1,
            "read_at": format_moment(mark.read_at),
            "changed_at": format_moment(mark.changed_at),
            "written": mark.written,
        },
        sort_keys=True,
        separators=(",", ":"),
    )
    entry = {"name": mark_name(workflow_id), "value": value}
    return [*without_mark(metadatas, workflow_id), entry]


def _list(metadatas: object) -> list[Any]:
    return metadatas if isinstance(metadatas, list) else []


def _read(value: object) -> Mark | None:
    try:
        content = json.loads(value) if isinstance(value, str) else None
        if not isinstance(content, dict) or not isinstance(content["written"], dict):
            return None
        return Mark(
            parse_moment(content["read_at"]), parse_moment(content["changed_at"]),
            content["written"],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
