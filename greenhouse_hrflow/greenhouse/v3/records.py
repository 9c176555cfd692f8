"""Candidates with their child records, read from v3's lists and joined by id.

Which candidates to read is decided in `selection`; their shape in `to_v1`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import partial
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
from greenhouse_hrflow.greenhouse.v3.application_owners import ApplicationOwners, ask_owners
from greenhouse_hrflow.greenhouse.v3.held_rows import HeldRows
from greenhouse_hrflow.greenhouse.v3.lists import HarvestV3Lists
from greenhouse_hrflow.greenhouse.v3.missing_rows import IDS_AT_ONCE, MissingRows
from greenhouse_hrflow.greenhouse.v3.names import Names, NeededNames, needed_names
from greenhouse_hrflow.greenhouse.v3.selection import Selected
from greenhouse_hrflow.greenhouse.v3.together import run_together
from greenhouse_hrflow.greenhouse.v3.walked_list import WalkedList
from greenhouse_hrflow.windows import UpdateWindow


@dataclass(frozen=True, slots=True)
class CandidateRecords:
    """One candidate's v3 rows.

    Attributes:
        row: of the list of candidates.
        children: the child records of each list that was read, by id ascending.
        read_at: the earliest Date of the answers to this read.
    """

    row: JsonObject
    children: dict[Child, list[JsonObject]]
    read_at: datetime

    @property
    def unreadable(self) -> str | None:
        """The first id in the child records that cannot be read, as `applications.id`.

        Without its id, a record that comes twice (from a list begun again, or an attachment from
        two ways of asking) is not known to be one. A time is not needed: a child record without one
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


class RecordsOfSelected:
    """Reads what a selection did not show of its candidates, and joins it all by id.

    Args:
        children: the child lists to read; of those candidates alone that may belong to the window.
        window: in which the candidates changed.
        created: in which they were created.
    """

    def __init__(
        self,
        lists: HarvestV3Lists,
        missing: MissingRows,
        children: Collection[Child],
        window: UpdateWindow,
        created: UpdateWindow,
    ) -> None:
        self._lists = lists
        self._missing = missing
        self._children: list[Child] = [child for child in CHILDREN if child in children]
        self._window = window
        self._created = created

    def read(self, selected: Selected, names: Names) -> Iterator[CandidateRecords]:
        """The candidates that still exist and belong to the windows, by id ascending.

        The names that they need are asked for first.
        """
        wanted = self._complete_candidates(selected)
        children: dict[Child, WalkedList] = {
            child: selected.children.get(child) or WalkedList(self._lists, child, wanted)
            for child in self._children
        }
        walked = self._walk(children, wanted)
        held: dict[str, HeldRows] = {child: children[child].held for child in children}
        for child in walked:
            names.learn(self._lists, held[child].needed_names())
        in_order = sorted(wanted)
        for start in range(0, len(in_order), IDS_AT_ONCE):
            chunk = in_order[start : start + IDS_AT_ONCE]
            rows = self._rows_by_ids(held, walked, set(chunk))
            self._learn_owners(rows, selected.owners)
            records = self._joined(selected, rows, chunk)
            names.learn(self._lists, _needed_names(records))
            yield from records

    def _complete_candidates(self, selected: Selected) -> AbstractSet[int]:
        """Those who may belong to the windows, as far as their own row tells."""
        candidates = selected.candidates
        self._missing.complete_candidates(candidates, selected.ids)
        wanted = {
            candidate_id
            for candidate_id in selected.ids
            if (row := candidates.held.last_of(candidate_id)) is not None
            and _may_belong(row, self._window, self._created)
        }
        for walked in (candidates, *selected.children.values()):
            walked.held.keep_only(wanted)
        return wanted

    def _walk(
        self, children: Mapping[Child, WalkedList], wanted: AbstractSet[int]
    ) -> AbstractSet[str]:
        """The child lists that were walked to their end."""
        tasks = [
            partial(self._missing.complete_children, children[child], wanted) for child in children
        ]
        is_whole = dict(zip(children, run_together(self._lists, tasks), strict=True))
        return {child for child in children if is_whole[child]}

    def _rows_by_ids(
        self, held: Mapping[str, HeldRows], walked: AbstractSet[str], ids: AbstractSet[int]
    ) -> dict[str, HeldRows]:
        """The rows of a few candidates: of the walked lists as they are held, else by ids."""
        asked = [child for child in self._children if child not in walked]
        rows: dict[str, HeldRows] = {child: HeldRows(child, ids) for child in asked}
        for child, row in self._missing.by_ids(asked, "candidate_ids", ids):
            if not rows[child].add(row):
                self._lists.count_left_out(child)
        for child in asked:
            rows[child].add_ownerless_of(held[child])
        return rows | {child: held[child] for child in walked}

    def _learn_owners(self, rows: Mapping[str, HeldRows], owners: ApplicationOwners) -> None:
        """Ask whose the attachments are that name no candidate, where the applications are not
        read with the candidates."""
        if "applications" in rows or "attachments" not in rows:
            return
        unknown = rows["attachments"].application_ids - owners.keys()
        owners.update(ask_owners(self._lists, unknown))

    def _joined(
        self, selected: Selected, rows: Mapping[str, HeldRows], ids: Collection[int]
    ) -> list[CandidateRecords]:
        """The rows of these candidates, of those who belong to the window; they are held no
        longer."""
        # Of all answers of this read the earliest, as it is the version of what was read: under a
        # later one, it would win over another that had already seen a change in between.
        read_at = self._lists.began_at
        if read_at is None:
            return []
        applications_of: dict[int | None, set[int]] = {}
        for application, owner in selected.owners.items():
            applications_of.setdefault(owner, set()).add(application)
        joined: list[CandidateRecords] = []
        for candidate_id in ids:
            [*_, row] = selected.candidates.held.take(candidate_id, ())
            children: dict[Child, list[JsonObject]] = {}
            applications = applications_of.get(candidate_id, set())
            for child in self._children:
                children[child] = rows[child].take(candidate_id, applications)
                if child == "applications":
                    applications = _ids(children[child])
            records = CandidateRecords(row, children, read_at)
            if records.changed_at(self._window) in self._window:
                joined.append(records)
        return joined


def _may_belong(row: JsonObject, window: UpdateWindow, created: UpdateWindow) -> bool:
    """Whether a candidate may belong to the windows, as far as its own row tells."""
    updated_at = readable_moment(row.get("updated_at"))
    # The window's end alone can be told by the row: a child may be newer than it. An unreadable
    # moment decides nothing yet: `changed_at` does, when the child records are read.
    is_earlier = updated_at is None or updated_at in UpdateWindow(None, window.updated_before)
    return is_earlier and may_be_created_in(created, row)


def _needed_names(candidates: Iterable[CandidateRecords]) -> NeededNames:
    needed: NeededNames = {}
    for records in candidates:
        for child, rows in records.children.items():
            for row in rows:
                for list_name, identifier in needed_names(child, row):
                    needed.setdefault(list_name, set()).add(identifier)
    return needed


def _ids(rows: Iterable[JsonObject]) -> set[int]:
    ids = {coerced_id(row.get("id")) for row in rows}
    return {identifier for identifier in ids if identifier is not None}
