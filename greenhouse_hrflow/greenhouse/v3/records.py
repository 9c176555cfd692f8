"""Up to fifty candidates with their children, read from v3's lists.

Which candidates is decided in `harvest_v3_selection`; how they look in `harvest_v3_shape`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from greenhouse_hrflow.greenhouse.candidate import (
    JsonObject,
    moment_inside,
    named_id,
    readable_id,
    readable_moment,
)
from greenhouse_hrflow.greenhouse.settings import CHILDREN, Child
from greenhouse_hrflow.greenhouse.v3.lists import Found, HarvestV3Lists
from greenhouse_hrflow.windows import UpdateWindow


@dataclass(frozen=True, slots=True)
class CandidateRecords:
    """One candidate's v3 rows; the children of each list that was read, by id ascending.

    `read_at` is the earliest Date of the answers, so it is never later than any state in them.
    """

    row: JsonObject
    children: dict[Child, list[JsonObject]]
    read_at: datetime

    @property
    def unreadable(self) -> str | None:
        """What of the children cannot be read, without which nobody can tell them apart.

        An id is how a record that comes twice (a walk begun again, an attachment found by two
        filters) is known for one. A time is not needed: a child without one has not moved.
        """
        for child, rows in self.children.items():
            for row in rows:
                if readable_id(row.get("id")) is None:
                    return f"{child}.id"
                owner = row.get("candidate_id")
                if owner is not None and readable_id(owner) is None:
                    return f"{child}.candidate_id"
        return None

    def changed_at(self, window: UpdateWindow) -> datetime:
        """The newest `updated_at` of these rows.

        A candidate that tells none of its own belongs to the window, unless a child says more.
        """
        rows = [self.row, *chain.from_iterable(self.children.values())]
        moments = [readable_moment(row.get("updated_at")) for row in rows]
        readable = [moment for moment in moments if moment is not None]
        if moments[0] is None:
            readable.append(moment_inside(window, self.read_at))
        return max(readable)


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
    applications = _rows(read, "applications")
    owners = {named_id(row.get("id")): named_id(row.get("candidate_id")) for row in applications}
    dates = [each.answered_at for each in (found, *read.values())]
    read_at = min((date for date in dates if date is not None), default=None)
    if read_at is None:
        return []
    owned: dict[int, dict[Child, list[JsonObject]]] = {
        each: {child: [] for child in CHILDREN if child in children} for each in rows
    }
    for child in children:
        for row in _rows(read, child):
            owner = _owner(row, owners)
            if owner is None:
                lists.leave_out(child)
            elif owner in owned:
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
    united = Found(earlier.rows | later.rows, min(dates, default=None), [*earlier.nameless])
    for row in later.nameless:
        united.add(row)
    return united


def _rows(read: dict[Child, Found], child: Child) -> list[JsonObject]:
    """By id ascending; those without one last."""
    if child not in read:
        return []
    found = read[child]
    return [*(row for _, row in sorted(found.rows.items())), *found.nameless]


def _owner(row: JsonObject, owners: Mapping[int | None, int | None]) -> int | None:
    """The candidate that a child names, or that its application does."""
    owner = named_id(row.get("candidate_id"))
    if owner is not None:
        return owner
    application = named_id(row.get("application_id"))
    return None if application is None else owners.get(application)
