"""Candidates with their child records, read from v3's lists and joined by id.

Which candidates to read is decided in `selection`; their shape in `to_v1`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from greenhouse_hrflow.greenhouse.candidate import (
    JsonObject,
    coerced_id,
    may_be_created_in,
    moment_inside,
    readable_id,
    readable_moment,
)
from greenhouse_hrflow.greenhouse.settings import CHILDREN, Child
from greenhouse_hrflow.greenhouse.v3.lists import FoundRows, HarvestV3Lists
from greenhouse_hrflow.windows import UpdateWindow


@dataclass(frozen=True, slots=True)
class CandidateRecords:
    """One candidate's v3 rows.

    Attributes:
        row: of the list of candidates.
        children: the child records of each list that was read, by id ascending.
        read_at: the earliest Date of the answers that the rows are from.
    """

    row: JsonObject
    children: dict[Child, list[JsonObject]]
    read_at: datetime

    @property
    def unreadable(self) -> str | None:
        """The first id in the child records that cannot be read, as `applications.id`.

        Without its id, a record that comes twice (from a list begun again, or an attachment from
        two filters) is not known to be one. A time is not needed: a child record without one
        counts as not changed.
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

        A candidate whose own cannot be read is placed in the window, unless a child record is
        newer.
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
    window: UpdateWindow,
    created: UpdateWindow,
) -> list[CandidateRecords]:
    """The candidates among `ids` that still exist and belong to the windows, by id ascending.

    Args:
        children: the child lists to read; of those candidates alone that may belong to the window.
        window: in which they changed.
        created: in which they were created.
    """
    found = lists.find("candidates", "ids", ids)
    # Those that were asked for alone: a filter that v3 ignored would give everybody.
    existing = {
        candidate_id: found.rows[candidate_id] for candidate_id in sorted(ids & found.rows.keys())
    }
    rows = {
        candidate_id: row
        for candidate_id, row in existing.items()
        if _may_belong(row, window, created)
    }
    child_rows = _read_children(lists, children, rows.keys())
    read_at = _earliest(found, *child_rows.values())
    if read_at is None:
        return []
    children_of = _by_candidate(lists, children, child_rows, rows.keys())
    candidates = [
        CandidateRecords(row, children_of[candidate_id], read_at)
        for candidate_id, row in rows.items()
    ]
    return [records for records in candidates if records.changed_at(window) in window]


def _may_belong(row: JsonObject, window: UpdateWindow, created: UpdateWindow) -> bool:
    """Whether a candidate may belong to the windows, as far as its own row tells."""
    updated_at = readable_moment(row.get("updated_at"))
    # The window's end alone can be told by the row: a child may be newer than it. An unreadable
    # moment decides nothing yet: `changed_at` does, when the child records are read.
    is_earlier = updated_at is None or updated_at in UpdateWindow(None, window.updated_before)
    return is_earlier and may_be_created_in(created, row)


def _earliest(*answers: FoundRows) -> datetime | None:
    """The Date that stands for several answers.

    The earliest, as it is the version of what was read: under a later one, this read would win over
    another that had already seen a change between the two answers.
    """
    dates = [found.answered_at for found in answers if found.answered_at is not None]
    return min(dates, default=None)


def _by_candidate(
    lists: HarvestV3Lists,
    children: Collection[Child],
    child_rows: Mapping[Child, FoundRows],
    candidate_ids: AbstractSet[int],
) -> dict[int, dict[Child, list[JsonObject]]]:
    """The child records of each candidate; those that belong to nobody are counted."""
    applications = _in_order(child_rows, "applications")
    applicants = {
        coerced_id(row.get("id")): coerced_id(row.get("candidate_id")) for row in applications
    }
    children_of: dict[int, dict[Child, list[JsonObject]]] = {
        candidate_id: {child: [] for child in CHILDREN if child in children}
        for candidate_id in candidate_ids
    }
    for child in children:
        for row in _in_order(child_rows, child):
            owner = _owner(row, applicants)
            if owner is None:
                lists.count_left_out(child)
            # Another candidate's is passed over: a filter that v3 ignored would give everybody's.
            elif owner in children_of:
                children_of[owner][child].append(row)
    return children_of


def _read_children(
    lists: HarvestV3Lists, children: Collection[Child], candidate_ids: AbstractSet[int]
) -> dict[Child, FoundRows]:
    """Each child list by candidate; the attachments by application too.

    An attachment may name its application alone, and it is not documented whether `candidate_ids`
    finds it then; nor is it, whether every attachment has an application. So both are asked, for
    which the applications are read even where they are not among `children`.
    """
    needed: list[Child] = [
        child
        for child in CHILDREN
        if child in children or (child == "applications" and "attachments" in children)
    ]
    child_rows: dict[Child, FoundRows] = {
        child: lists.find(child, "candidate_ids", candidate_ids) for child in needed
    }
    if "attachments" in child_rows:
        application_ids = child_rows["applications"].rows.keys()
        by_application = lists.find("attachments", "application_ids", application_ids)
        child_rows["attachments"] = _united(child_rows["attachments"], by_application)
    return child_rows


def _united(earlier: FoundRows, later: FoundRows) -> FoundRows:
    """The rows of both; of one that is in both, the later read."""
    united = FoundRows(earlier.rows | later.rows, _earliest(earlier, later), [*earlier.without_id])
    for row in later.without_id:
        united.add(row)
    return united


def _in_order(child_rows: Mapping[Child, FoundRows], child: Child) -> list[JsonObject]:
    """The rows of a list by id ascending, those without one last; none where it was not read."""
    if child not in child_rows:
        return []
    found = child_rows[child]
    return [*(row for _, row in sorted(found.rows.items())), *found.without_id]


def _owner(row: JsonObject, applicants: Mapping[int | None, int | None]) -> int | None:
    """The candidate that a child record names, or else that its application does."""
    owner = coerced_id(row.get("candidate_id"))
    if owner is not None:
        return owner
    application = coerced_id(row.get("application_id"))
    return None if application is None else applicants.get(application)
