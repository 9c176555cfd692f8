"""Up to fifty candidates with their children, read from v3's lists.

Which candidates is decided in `harvest_v3_selection`; how they look in `harvest_v3_shape`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from greenhouse_hrflow.greenhouse.candidate import JsonObject, moment_of
from greenhouse_hrflow.greenhouse.harvest_v3_lists import Found, HarvestV3Lists
from greenhouse_hrflow.greenhouse.settings import CHILDREN, Child


@dataclass(frozen=True, slots=True)
class CandidateRecords:
    """One candidate's v3 rows; the children of each list that was read, by id ascending.

    `read_at` is the earliest Date of the answers, so it is never later than any state in them.
    """

    row: JsonObject
    children: dict[Child, list[JsonObject]]
    read_at: datetime

    @property
    def changed_at(self) -> datetime:
        """The newest `updated_at` of these rows."""
        moments = [moment_of(self.row, "updated_at", "candidates")]
        for child, rows in self.children.items():
            moments += [moment_of(row, "updated_at", child) for row in rows]
        return max(moments)


def read_records(
    lists: HarvestV3Lists,
    children: Collection[Child],
    ids: AbstractSet[int],
    keep: Callable[[JsonObject], bool],
) -> list[CandidateRecords]:
    """The candidates among `ids` that still exist and whose row is kept, by id ascending."""
    found = lists.find("candidates", "ids", ids)
    rows = {each: found.rows[each] for each in sorted(ids & found.rows.keys())}
    rows = {each: row for each, row in rows.items() if keep(row)}
    read = _read_children(lists, children, rows.keys())
    owners: dict[int, object] = {
        each: row.get("candidate_id") for each, row in _rows(read, "applications")
    }
    dates = [each.answered_at for each in (found, *read.values())]
    read_at = min((date for date in dates if date is not None), default=None)
    if read_at is None:
        return []
    owned: dict[int, dict[Child, list[JsonObject]]] = {
        each: {child: [] for child in CHILDREN if child in children} for each in rows
    }
    for child in children:
        for _, row in _rows(read, child):
            owner = _owner(row, owners)
            if isinstance(owner, int) and owner in owned:
                owned[owner][child].append(row)
    return [CandidateRecords(row, owned[each], read_at) for each, row in rows.items()]


def _read_children(
    lists: HarvestV3Lists, children: Collection[Child], ids: AbstractSet[int]
) -> dict[Child, Found]:
    """Each child list by candidate; the attachments by application too.

    An attachment may name its application alone. Whether `candidate_ids` finds it then is
    uncertain, and whether every attachment has an application is too: both are asked.
    """
    needed: list[Child] = [
        child
        for child in CHILDREN
        if child in children or (child == "applications" and "attachments" in children)
    ]
    read: dict[Child, Found] = {child: lists.find(child, "candidate_ids", ids) for child in needed}
    if "attachments" in read:
        by_application = lists.find(
            "attachments", "application_ids", read["applications"].rows.keys()
        )
        read["attachments"] = _united(read["attachments"], by_application)
    return read


def _united(earlier: Found, later: Found) -> Found:
    dates = [each.answered_at for each in (earlier, later) if each.answered_at is not None]
    return Found(earlier.rows | later.rows, min(dates, default=None))


def _rows(read: dict[Child, Found], child: Child) -> Iterable[tuple[int, JsonObject]]:
    return sorted(read[child].rows.items()) if child in read else ()


def _owner(row: JsonObject, owners: dict[int, object]) -> object:
    owner, application = row.get("candidate_id"), row.get("application_id")
    return owners.get(application) if owner is None and isinstance(application, int) else owner
