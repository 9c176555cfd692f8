"""A recruiter who edits profiles in HrFlow, and what must be left of it in the end.

What the format never gives, or does not give for that candidate, is the recruiter's own.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from greenhouse_hrflow.profiles.last_applied import find_last_applied
from greenhouse_hrflow.profiles.normalize import JsonObject, is_empty
from greenhouse_hrflow.sandbox.hrflow.store import HrFlowStore
from greenhouse_hrflow_tests.convergence.location import WORKFLOW

_READ = re.compile(r"^/hrflow/v1/profile/indexing\?.*\breference=([^&]+)")
_BETWEEN = 30.0
"""Seconds for which a profile that a run has read may still be written: nothing in HrFlow's API
could save an edit that falls between the two."""

_OWN_FIELDS = ("summary", "gender", "picture", "driving_license")
_OWN_LISTS = ("skills", "languages", "certifications", "courses", "interests", "tags", "metadatas")
_KEPT_WHOLE = (
    "key", "id", "source", "text", "text_language", "experiences_duration", "educations_duration",
    "labels", "attachments", "created_at", "consent_algorithmic",
)  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """Something that a profile must hold in the end; `puts` is how many PUTs came before it."""

    reference: str
    what: str
    puts: int
    holds: Callable[[JsonObject], bool]
    yields_to: str | None = None
    """The field of `info` that the format may give later: then its value stands there."""


class Recruiter:
    """Edits profiles at random moments, but never one that a run is about to write."""

    def __init__(self, store: HrFlowStore, seed: int) -> None:
        self.edits: list[Edit] = []
        self._store = store
        self._rng = random.Random(f"recruiter/{seed}")
        self._lock = threading.Lock()
        self._read_at: dict[str, float] = {}
        for profile in store.profiles():
            self.edits.extend(_held_from_the_start(profile))

    def notice(self, method: str, target: str) -> None:
        """Learn that a request comes in."""
        read = _READ.match(target) if method == "GET" else None
        if read:
            with self._lock:
                self._read_at[read[1]] = time.monotonic()

    def forget_readers(self) -> None:
        """No run is under way: nothing that was read will be written."""
        with self._lock:
            self._read_at.clear()

    def edit(self) -> None:
        """Edit one profile in one way."""
        with self._lock:
            reference = self._rng.choice(self._store.references())
            if time.monotonic() - self._read_at.get(reference, -_BETWEEN) < _BETWEEN:
                return
            value = f"recruiter {len(self.edits)}"
            with self._store.lock:
                way = self._rng.choice((_own_field, _own_entry, _experience, _description, _phone))
                edit = way(self._store, reference, value, self._rng)
            if edit is not None:
                self.edits.append(edit)

    def lost(self) -> list[str]:
        """What is not there any more, as reference and name."""
        return [
            f"{edit.reference}: {edit.what}"
            for position, edit in enumerate(self.edits)
            if not self._overwritten(position, edit)
            and not edit.holds(self._store.profile(edit.reference) or {})
        ]

    def _overwritten(self, position: int, edit: Edit) -> bool:
        """By the recruiter's own later edit, or by a value that the format began to give."""
        later = self.edits[position + 1 :]
        if any((one.reference, one.what) == (edit.reference, edit.what) for one in later):
            return True
        return edit.yields_to is not None and any(
            edit.yields_to in applied.hashes.get("info", {})
            for put in self._store.puts[edit.puts :]
            if put.reference == edit.reference
            and (applied := find_last_applied(put.after, WORKFLOW.workflow_id)) is not None
        )


def _own_field(store: HrFlowStore, reference: str, value: str, rng: random.Random) -> Edit:
    name = rng.choice(_OWN_FIELDS)
    store.edit(reference, lambda profile: profile["info"].update({name: value}))
    return Edit(
        reference, f"info.{name}", len(store.puts), lambda profile: profile["info"][name] == value
    )


def _own_entry(store: HrFlowStore, reference: str, value: str, rng: random.Random) -> Edit:
    name = rng.choice(_OWN_LISTS)
    entry: JsonObject = {"name": value, "value": "by hand"}
    place = rng.randint(0, 1)
    store.edit(reference, lambda profile: profile[name].insert(place, dict(entry)))
    return Edit(reference, f"{name}: {value}", len(store.puts), _has_entry(name, entry))


def _experience(store: HrFlowStore, reference: str, value: str, rng: random.Random) -> Edit:
    start = f"19{rng.randint(70, 99)}-01-01T00:00:00"
    entry = {"company": value, "title": "Founder", "date_start": start}
    # What HrFlow completes an entry with is no concern of this list.
    whole = {"key": f"{value:x<40}", "skills": [], "location": {}} | entry
    store.edit(reference, lambda profile: profile["experiences"].append(whole))
    what = f"experiences: {value}"
    return Edit(reference, what, len(store.puts), _has_entry("experiences", entry))


def _description(store: HrFlowStore, reference: str, value: str, rng: random.Random) -> Edit | None:
    name = rng.choice(("experiences", "educations"))
    entries: list[JsonObject] = (store.profile(reference) or {})[name]
    if not entries:
        return None
    place = rng.randrange(len(entries))
    store.edit(reference, lambda profile: profile[name][place].update(description=value))
    what = f"{name}[{entries[place]['key']}].description"
    return Edit(reference, what, len(store.puts), _has_entry(name, {"description": value}))


def _phone(store: HrFlowStore, reference: str, value: str, rng: random.Random) -> Edit | None:
    """A value in a field that the format does not give for this candidate, now."""
    profile = store.profile(reference) or {}
    applied = find_last_applied(profile, WORKFLOW.workflow_id)
    name = rng.choice(("phone", "email"))
    if applied is None or name in applied.hashes.get("info", {}):
        return None
    store.edit(reference, lambda profile: profile["info"].update({name: value}))
    return Edit(
        reference,
        f"info.{name}",
        len(store.puts),
        lambda profile: profile["info"][name] == value,
        yields_to=name,
    )


def _has_entry(name: str, entry: JsonObject) -> Callable[[JsonObject], bool]:
    def holds(profile: JsonObject) -> bool:
        return any(entry.items() <= one.items() for one in profile[name])

    return holds


def _held_from_the_start(profile: JsonObject) -> list[Edit]:
    """Everything that HrFlow knew by itself before the first run."""
    reference: str = profile["reference"]
    edits = [
        Edit(reference, name, 0, lambda now, name=name: now[name] == profile[name])
        for name in _KEPT_WHOLE
    ]
    for name in _OWN_FIELDS:
        value: Any = profile["info"][name]
        edits.append(
            Edit(
                reference,
                f"info.{name}",
                0,
                lambda now, name=name, value=value: now["info"][name] == value,
            )
        )
    edits += [
        Edit(reference, f"{name} {position}", 0, _has_entry(name, entry))
        for name in _OWN_LISTS
        for position, entry in enumerate(profile[name])
    ]
    edits += [
        Edit(
            reference,
            f"{name}[{entry['key']}].description",
            0,
            _has_entry(name, {"description": entry["description"]}),
        )
        for name in ("experiences", "educations")
        for entry in profile[name]
        if not is_empty(entry["description"])
    ]
    return edits
