"""The hash by which the edit log tells one state of a profile from another."""

from __future__ import annotations

import hashlib

from greenhouse_hrflow.profiles.fields import EDITABLE
from greenhouse_hrflow.profiles.normalize import JsonObject, digest, is_empty


def profile_hash(profile: JsonObject) -> str:
    """A hash of all that an edit can change in a profile, 32 hex digits.

    What HrFlow sets itself, what is empty, and the form of a date make no difference: if nobody
    edits the profile between two edits, the second finds the hash that the first has left.
    """
    return _hash_of(_digests(profile))


def hashes_of_edit(before: JsonObject, after: JsonObject) -> tuple[str, str]:
    """`profile_hash` of a profile before and after an edit, which share what was not changed."""
    digests = _digests(before)
    same = {name for name in digests if after.get(name) is before[name]}
    changed = _digests({name: value for name, value in after.items() if name not in same})
    after_digests = {name: digests[name] for name in same} | changed
    return _hash_of(digests), _hash_of(after_digests)


def _digests(profile: JsonObject) -> dict[str, str]:
    return {
        name: digest(value)
        for name, value in profile.items()
        if name in EDITABLE and not is_empty(value)
    }


def _hash_of(digests: dict[str, str]) -> str:
    text = " ".join(f"{name}={digests[name]}" for name in sorted(digests))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
