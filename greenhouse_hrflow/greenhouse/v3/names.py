"""Names that v3 keeps in lists of their own: of schools, degrees, disciplines, jobs and sources.

Each is asked for once a read; which record needs which name is known to `harvest_v3_shape`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from greenhouse_hrflow.greenhouse.candidate import JsonObject, readable_id
from greenhouse_hrflow.greenhouse.v3.lists import HarvestV3Lists


class Names:
    """Ids to names, as far as Greenhouse gives them.

    An option that is no longer active still has its name. A job that is confidential is not
    shown to everybody: like any id without an answer it has the name None.
    """

    def __init__(self, lists: HarvestV3Lists) -> None:
        self._lists = lists
        self._known: dict[str, dict[int, Any]] = {}

    def learn(self, list_name: str, ids: Iterable[int]) -> None:
        """Ask for the names that are not known yet."""
        known = self._known.setdefault(list_name, {})
        wanted = set(ids) - known.keys()
        found = self._lists.find(list_name, "ids", wanted, fields=("id", "name"))
        known.update(dict.fromkeys(wanted))
        known.update((each, row.get("name")) for each, row in found.rows.items())

    def name(self, list_name: str, value: object) -> Any:
        """The name of an id; None where there is none, as for what is no id."""
        identifier = readable_id(value)
        return None if identifier is None else self._known.get(list_name, {}).get(identifier)

    def named(self, list_name: str, value: object) -> JsonObject:
        """The id with its name."""
        return {"id": value, "name": self.name(list_name, value)}
