"""Last-applied: what we last wrote into a profile, kept in the profile itself.

One metadata named `greenhouse_hrflow:<workflow_id>` holds the read version of the candidate and a
short hash of each value and list entry that was written, as JSON:

    {"v":1,"read_at":"…","changed_at":"…","written":{"info":{"phone":"798640599597"}}}

With it, what the format no longer gives can be told from what somebody typed into HrFlow, on any
machine and without another store. kubectl keeps its last-applied-configuration for the same reason.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.profiles.shapes import has_another_shape
from greenhouse_hrflow.read_version import ReadVersion
from greenhouse_hrflow.windows import format_moment, parse_moment

# Made once: `json.dumps` makes an encoder at each call that asks for more than its defaults.
_to_sorted_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

AppliedHashes = dict[str, Any]
"""Hashes in the form of what was written: a hash (`normalize.digest`) for a value, `{field: …}` for
an object; for a list, a hash (tags and the like) or `{field: …}` for each entry that was given."""


@dataclass(frozen=True)
class LastApplied:
    """What one workflow last wrote into one profile.

    Attributes:
        version: the read of the candidate that it was written from.
        hashes: of the values that were written.
    """

    version: ReadVersion
    hashes: AppliedHashes = field(default_factory=dict[str, Any])


def metadata_name(workflow_id: str) -> str:
    """The name of the metadata that holds a workflow's last-applied."""
    return f"greenhouse_hrflow:{workflow_id}"


def find_last_applied(profile: JsonObject, workflow_id: str) -> LastApplied | None:
    """The newest last-applied of this workflow that can be read; None where there is none.

    One that was edited until it cannot be read counts as none: then nothing is ours, and nothing
    is removed.
    """
    values = metadata_values(profile, metadata_name(workflow_id))
    readable = [parsed for value in values if (parsed := _parse(value)) is not None]
    return max(readable, key=lambda last_applied: last_applied.version, default=None)


def metadata_values(profile: JsonObject, name: str) -> list[Any]:
    """The values of all metadatas with this name, in their order; any JSON, as HrFlow holds it."""
    entries = _list_or_empty(profile.get("metadatas"))
    return [e.get("value") for e in entries if isinstance(e, dict) and e.get("name") == name]


def without_last_applied(profile: JsonObject, workflow_id: str) -> JsonObject:
    """The profile but for this workflow's last-applied; metadatas that are no list stay so."""
    metadatas = profile.get("metadatas")
    if has_another_shape("metadatas", metadatas):
        return profile
    return {**profile, "metadatas": _metadatas_without(metadatas, workflow_id)}


def with_last_applied(
    profile: JsonObject, workflow_id: str, last_applied: LastApplied
) -> JsonObject:
    """The profile with this in the place of any former last-applied of the workflow.

    Metadatas that are no list can hold none: the profile is given back as it is.
    """
    metadatas = profile.get("metadatas")
    if has_another_shape("metadatas", metadatas):
        return profile
    entry = {"name": metadata_name(workflow_id), "value": _dump(last_applied)}
    return {**profile, "metadatas": [*_metadatas_without(metadatas, workflow_id), entry]}


def _metadatas_without(metadatas: object, workflow_id: str) -> list[JsonObject]:
    name = metadata_name(workflow_id)
    entries = _list_or_empty(metadatas)
    return [e for e in entries if not (isinstance(e, dict) and e.get("name") == name)]


def _list_or_empty(metadatas: object) -> list[Any]:
    return metadatas if isinstance(metadatas, list) else []


def _dump(last_applied: LastApplied) -> str:
    content = {
        "v": 1,
        "read_at": format_moment(last_applied.version.read_at),
        "changed_at": format_moment(last_applied.version.changed_at),
        "written": last_applied.hashes,
    }
    return _to_sorted_json(content)


def _parse(value: object) -> LastApplied | None:
    """What a metadata's value holds; None for what is none of ours, or no longer whole."""
    try:
        content = json.loads(value) if isinstance(value, str) else None
        if not isinstance(content, dict) or not isinstance(content["written"], dict):
            return None
        read_at, changed_at = parse_moment(content["read_at"]), parse_moment(content["changed_at"])
        return LastApplied(ReadVersion(read_at, changed_at), content["written"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
