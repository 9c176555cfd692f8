"""A recruiter who edits profiles in HrFlow, and what must be left of it in the end.

What the format never gives, or does not give for that candidate, is the recruiter's own.
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from greenhouse_hrflow.profiles.last_applied import find_last_applied
from greenhouse_hrflow.profiles.normalize import JsonObject, is_empty
from greenhouse_hrflow.sandbox.hrflow.store import HrFlowStore
from greenhouse_hrflow_tests.convergence.location import WORKFLOW

_READ = re.compile(r"^/hrflow/v1/profile/indexing\?.*\breference=([^&]+)")
_LISTED = re.compile(r"^/hrflow/v1/storing/profiles\b")
_WRITTEN_WITHIN = 35.0
"""Seconds for which a profile that a run has read may still be written, those on its way included:
nothing in HrFlow's API could save an edit that falls between the two."""

_OWN_FIELDS = ("summary", "gender", "picture", "driving_license")
_OWN_LISTS = ("skills", "languages", "certifications", "courses", "interests", "tags", "metadatas")
_KEPT_WHOLE = (
    "key", "id", "source", "text", "text_language", "experiences_duration", "educations_duration",
    "labels", "attachments", "created_at", "consent_algorithmic",
)  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """Something that a profile must hold in the end.

    Attributes:
        puts: how many PUTs came before it.
        overtaken_until: until when a run may write the profile as it read it before the edit; None
            where no run had.
    """

    reference: str
    what: str
    puts: int
    holds: Callable[[JsonObject], bool]
    yields_to: str | None = None
    """The field of `info` that the format may give later: then its value stands there."""
    overtaken_until: datetime | None = None


class Recruiter:
    """Edits profiles at random moments.

    `clock` is the store's, which runs `speed` times as fast as the machine's.
    """

    def __init__(
        self, store: HrFlowStore, seed: int, clock: Callable[[], datetime], speed: float = 1.0
    ) -> None:
        self.edits: list[Edit] = []
        self._store = store
        self._clock = clock
        self._written_within = timedelta(seconds=_WRITTEN_WITHIN * speed)
        self._rng = random.Random(f"recruiter/{seed}")
        self._lock = threading.Lock()
        self._read_at: dict[str, datetime] = {}
        self._listed_at: datetime | None = None
        for profile in store.profiles():
            self.edits.extend(_held_from_the_start(profile))
        self._held = len(self.edits)

    @property
    def edits_by_hand(self) -> int:
        """How many edits it has made."""
        return len(self.edits) - self._held

    def notice(self, method: str, target: str) -> None:
        """Learn that a request comes in, before it is answered."""
        if method != "GET":
            return
        read = _READ.match(target)
        with self._lock:
            if read:
                self._read_at[read[1]] = self._clock()
            elif _LISTED.match(target):
                # Of which page makes no difference: the others follow at once.
                self._listed_at = self._clock()

    def forget_readers(self) -> None:
        """No run is under way: nothing that was read will be written."""
        with self._lock:
            self._read_at.clear()
            self._listed_at = None

    def edit(self) -> None:
        """Edit one profile in one way."""
        # Whoever reads from now on waits, and so sees the edit.
        with self._lock:
            reference = self._rng.choice(self._store.references())
            value = f"recruiter {len(self.edits)}"
            with self._store.lock:
                way = self._rng.choice((_own_field, _own_entry, _experience, _description, _phone))
                edit = way(self._store, reference, value, self._rng)
            if edit is not None:
                self.edits.append(replace(edit, overtaken_until=self._overtaken_until(reference)))

    def lost(self) -> list[str]:
        """What is not there any more, as reference and name."""
        return [
            f"{edit.reference}: {edit.what}"
            for position, edit in enumerate(self.edits)
            if not edit.holds(self._store.profile(edit.reference) or {})
            and not self._overwritten(position, edit)
            and not self._overtaken(edit)
        ]

    def _overtaken_until(self, reference: str) -> datetime | None:
        read = [at for at in (self._read_at.get(reference), self._listed_at) if at is not None]
        return max(read) + self._written_within if read else None

    def _overtaken(self, edit: Edit) -> bool:
        """By a run that had read the profile before."""
        until = edit.overtaken_until
        return until is not None and any(
            put.reference == edit.reference
            and put.at <= until
            and edit.holds(put.before)
            and not edit.holds(put.after)
            for put in self._store.puts[edit.puts :]
        )

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
