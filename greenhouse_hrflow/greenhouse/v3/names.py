"""Names that v3 keeps in lists of their own: of schools, degrees, disciplines, jobs and sources.

Each is asked for once a read. Which record needs which name is said in `to_v1`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from greenhouse_hrflow.greenhouse.candidate import JsonObject, readable_id
from greenhouse_hrflow.greenhouse.v3.lists import HarvestV3Lists


class Names:
    """The names of ids, as far as Greenhouse gives them.

    An option that is no longer active still has its name. A confidential job is not shown to
    everybody: like any id that no row came for, it has the name None.
    """

    def __init__(self, lists: HarvestV3Lists) -> None:
        self._lists = lists
        self._known: dict[str, dict[int, Any]] = {}

    def learn(self, list_name: str, ids: Iterable[int]) -> None:
        """Ask for the names that are not known yet."""
        known = self._known.setdefault(list_name, {})
        wanted = set(ids) - known.keys()
        found = self._lists.find(list_name, "ids", wanted, fields=("id", "name"))
        # An id that no row came for is known, too: it is not asked for again.
        known.update(dict.fromkeys(wanted))
        known.update((identifier, row.get("name")) for identifier, row in found.rows.items())

    def name(self, list_name: str, value: object) -> Any:
        """The name of an id; None where it has none, or is no id."""
        identifier = readable_id(value)
        return None if identifier is None else self._known.get(list_name, {}).get(identifier)

    def id_and_name(self, list_name: str, value: object) -> JsonObject:
        """The id with its name, as v1 gives a job."""
        return {"id": value, "name": self.name(list_name, value)}
