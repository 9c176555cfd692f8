"""The profiles of one HrFlow source, what edits them, and the history of every PUT.

Nothing here knows HTTP; what a body may hold stands in ``rules``. A stored profile is never
changed in place, but replaced: the history keeps what it was given.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from greenhouse_hrflow.sandbox.hrflow.edits import read_edit
from greenhouse_hrflow.sandbox.hrflow.rules import (
    SERVER_FIELDS,
    empty_profile,
    read_profile,
    unknown_fields,
)
from greenhouse_hrflow.sandbox.modes import HrFlowModes, PutMode
from greenhouse_hrflow.sandbox.moments import Clock, hrflow_stamp
from greenhouse_hrflow.sandbox.wire import JsonObject, json_copy


@dataclass(frozen=True)
class Put:
    """One PUT that was made: the body as sent, and the profile before and after it."""

    at: datetime
    reference: str | None
    body: JsonObject
    before: JsonObject
    after: JsonObject


class HrFlowStore:
    """One source's profiles, by key; all methods may be called from any thread."""

    def __init__(self, source_key: str, clock: Clock, modes: HrFlowModes) -> None:
        self.lock = threading.RLock()
        self.source_key = source_key
        self._modes = modes
        self.put_mode: PutMode = modes.put_mode
        """Whether a PUT replaces or merges; may be changed at any time."""
        self.loses: set[str] = set()
        """Top-level fields that a PUT empties without a word, as a broken API would."""
        self.list_limit = modes.list_limit
        """The most profiles on a page of the list; may be changed at any time."""
        self._lagging: list[JsonObject] | None = None
        self.puts: list[Put] = []
        self._clock = clock
        self._profiles: dict[str, JsonObject] = {}
        self._keys: dict[str, str] = {}
        self._in_order: list[JsonObject] | None = None
        """The profiles in the order of the list; None where it is to be worked out again."""
        self._places: dict[str, int] = {}
        self._made = 0

    def references(self) -> list[str]:
        """The references in use, in the order of their profiles."""
        with self.lock:
            return list(self._keys)

    def profiles(self) -> list[JsonObject]:
        """Every stored profile, not to be changed."""
        with self.lock:
            return list(self._profiles.values())

    def listed_profiles(self) -> list[JsonObject]:
        """Every profile as the list shows it, by creation and key; not to be changed."""
        with self.lock:
            return self._ordered() if self._lagging is None else self._lagging

    def let_list_lag(self) -> None:
        """From now on the list shows the profiles as they are at this moment, as one that is
        served from an index does for a while."""
        with self.lock:
            self._lagging = [*self._ordered()]

    def profile(self, reference: str) -> JsonObject | None:
        """A copy of the profile with this reference; None when there is none."""
        with self.lock:
            key = self._keys.get(reference)
            return None if key is None else json_copy(self._profiles[key])

    def find(self, key: str | None, reference: str | None) -> JsonObject | None:
        """The stored profile itself, by key where one is given; not to be changed."""
        with self.lock:
            wanted = key or self._keys.get(reference or "")
            return self._profiles.get(wanted or "")

    def add(self, profile: JsonObject) -> str:
        """Store a new profile, completed where it is silent; its key.

        Fields of the server's own (attachments, created_at, archived_at, …) are kept as given.
        """
        with self.lock:
            reference = profile.get("reference")
            if reference in self._keys:
                raise ValueError(f"reference {reference} is used already")
            key: str = profile.get("key") or self._new_key()
            own = {name: profile[name] for name in SERVER_FIELDS if name in profile}
            read = read_profile(profile, self._modes)
            whole = self._server_fields(key) | own | empty_profile() | read
            self._put(self._with_keys(json_copy(whole)))
            return key

    def edit(self, reference: str, change: Callable[[JsonObject], None]) -> None:
        """A recruiter's edit: ``change`` alters a copy, which is then stored; KeyError if none."""
        with self.lock:
            profile = json_copy(self._profiles[self._keys[reference]])
            change(profile)
            self._put(profile | {"updated_at": self._now()})

    def archive(self, reference: str, *, archived: bool = True) -> None:
        """Archive the profile, or take it back; KeyError when there is none."""
        at = self._now() if archived else None
        self.edit(reference, lambda profile: profile.update(archived_at=at))

    def delete(self, reference: str) -> None:
        """Remove the profile; KeyError when there is none."""
        with self.lock:
            del self._profiles[self._keys.pop(reference)]
            self._in_order = None

    def put(self, stored: JsonObject, body: JsonObject) -> JsonObject:
        """Carry out a PUT on a stored profile; InvalidProfile when the body is none."""
        with self.lock:
            sent = read_edit(body, self._modes, stored)
            if sent.get("reference") is None:
                sent["reference"] = stored["reference"]
            whole = self._kept(stored) | sent | self._lost() | {"updated_at": self._now()}
            after = self._with_keys(whole)
            self._put(after)
            put = Put(self._clock(), after["reference"], body, before=stored, after=after)
            self.puts.append(put)
            return after

    def _kept(self, stored: JsonObject) -> JsonObject:
        """What a PUT leaves of a profile in the fields that it does not send."""
        if self.put_mode == "merge":
            return stored
        if not self._modes.keeps_unknown_fields:
            return stored | empty_profile()
        unknown = unknown_fields(stored)
        return {name: stored[name] for name in stored if name not in unknown} | empty_profile()

    def _lost(self) -> JsonObject:
        lost = {name: value for name, value in empty_profile().items() if name in self.loses}
        return lost if self._modes.keeps_attachments else lost | {"attachments": []}

    def _ordered(self) -> list[JsonObject]:
        # A walk of a large source asks once a page, and edits move nothing.
        if self._in_order is None:
            self._in_order = sorted(self._profiles.values(), key=itemgetter("created_at", "key"))
            self._places = {profile["key"]: i for i, profile in enumerate(self._in_order)}
        return self._in_order

    def _put(self, profile: JsonObject) -> None:
        old = self._profiles.get(profile["key"])
        if old is None or old["created_at"] != profile["created_at"]:
            self._in_order = None
        elif self._in_order is not None:
            self._in_order[self._places[profile["key"]]] = profile
        if old is not None and old["reference"] != profile["reference"]:
            self._keys.pop(old["reference"], None)
        self._profiles[profile["key"]] = profile
        if profile["reference"] is not None:
            self._keys[profile["reference"]] = profile["key"]

    def _server_fields(self, key: str) -> JsonObject:
        now = self._now()
        source = {"key": self.source_key, "name": "Sandbox", "type": "api", "subtype": "python"}
        owner = dict.fromkeys(
            ("parsing", "revealing", "embedding", "searching", "scoring", "reasoning"), True
        )
        return {
            "id": int(key[:8], 16),
            "key": key,
            "source": source | {"environment": "production"},
            "source_key": self.source_key,
            "consent_algorithmic": {"owner": owner},
            "created_at": now,
            "updated_at": now,
            "archived_at": None,
            "attachments": [],
        }

    def _with_keys(self, profile: JsonObject) -> JsonObject:
        """Give every experience and education that came without a key one of its own."""
        lists = {
            n: profile[n] for n in ("experiences", "educations") if isinstance(profile[n], list)
        }
        return profile | {
            name: [
                entry | {"key": self._new_key()}
                if isinstance(entry, dict) and not entry.get("key")
                else entry
                for entry in entries
            ]
            for name, entries in lists.items()
        }

    def _new_key(self) -> str:
        self._made += 1
        return hashlib.sha256(f"{self.source_key}/{self._made}".encode()).hexdigest()[:40]

    def _now(self) -> str:
        return hrflow_stamp(self._clock())
