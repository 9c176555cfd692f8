"""Rows of one list that wait for the rest of their candidates, as text: a parsed row is ten times
as large."""

from __future__ import annotations

import json
from collections.abc import Collection, KeysView
from collections.abc import Set as AbstractSet
from typing import cast

from greenhouse_hrflow.greenhouse.candidate import JsonObject, coerced_id
from greenhouse_hrflow.greenhouse.v3.lists import FoundRows
from greenhouse_hrflow.greenhouse.v3.names import NeededNames, needed_names


class HeldRows:
    """Rows of one list by candidate; of an attachment without one, by application.

    Attributes:
        list_name: `candidates`, or the name of a child list.
    """

    def __init__(self, list_name: str, wanted: AbstractSet[int] | None = None) -> None:
        self.list_name = list_name
        self._owner_field = "id" if list_name == "candidates" else "candidate_id"
        self._wanted = wanted
        self._texts: dict[int, list[bytes]] = {}
        self._of_applications: dict[int, list[bytes]] = {}

    @property
    def candidate_ids(self) -> KeysView[int]:
        """The candidates of whom a row is held."""
        return self._texts.keys()

    @property
    def application_ids(self) -> KeysView[int]:
        """The applications of which a row is held that names no candidate."""
        return self._of_applications.keys()

    def keep_only(self, wanted: AbstractSet[int]) -> None:
        """Let go of every other candidate's rows, and hold none of them from now on."""
        self._wanted = wanted
        for candidate_id in self._texts.keys() - wanted:
            del self._texts[candidate_id]

    def add(self, row: JsonObject) -> bool:
        """Hold a row, where its candidate is wanted; False where it is nobody's."""
        owner = coerced_id(row.get(self._owner_field))
        if owner is not None:
            if self._wanted is None or owner in self._wanted:
                self._hold(self._texts, owner, row)
            return True
        application = coerced_id(row.get("application_id"))
        if application is None:
            return False
        self._hold(self._of_applications, application, row)
        return True

    def add_ownerless_of(self, other: HeldRows) -> None:
        """Hold what another read of the list showed that names no candidate."""
        for application, texts in other._of_applications.items():
            earlier = self._of_applications.get(application, [])
            self._of_applications[application] = [*texts, *earlier]

    def take(self, candidate_id: int, applications: Collection[int]) -> list[JsonObject]:
        """A candidate's rows by id ascending, of a row that came twice the later read; they are
        held no longer. `applications` are the candidate's."""
        texts = self._texts.pop(candidate_id, [])
        for application in applications:
            texts = [*self._of_applications.pop(application, []), *texts]
        found = FoundRows()
        for text in texts:
            found.add(cast("JsonObject", json.loads(text)))
        return found.in_order()

    def row_ids_of(self, candidate_id: int) -> set[int | None]:
        """The ids of a candidate's rows."""
        return {
            coerced_id(json.loads(text).get("id")) for text in self._texts.get(candidate_id, ())
        }

    def needed_names(self) -> NeededNames:
        """The names that the held rows need."""
        needed: NeededNames = {}
        for texts in self._texts.values():
            for text in texts:
                for names_list, identifier in needed_names(self.list_name, json.loads(text)):
                    needed.setdefault(names_list, set()).add(identifier)
        return needed

    def owners(self, row_ids: Collection[int]) -> dict[int, int]:
        """The candidate of each of these rows that is held."""
        return {
            identifier: candidate_id
            for candidate_id in self._texts
            for identifier in self.row_ids_of(candidate_id)
            if identifier in row_ids and identifier is not None
        }

    def last_of(self, candidate_id: int) -> JsonObject | None:
        """The row that was read last; it stays held."""
        texts = self._texts.get(candidate_id)
        return cast("JsonObject", json.loads(texts[-1])) if texts else None

    def _hold(self, texts: dict[int, list[bytes]], key: int, row: JsonObject) -> None:
        text = json.dumps(row, separators=(",", ":"), ensure_ascii=False)
        # A lone surrogate is legal in JSON's escapes, and in no encoding.
        texts.setdefault(key, []).append(text.encode("utf-8", "surrogatepass"))
