"""The rows that a selection did not show: asked for by ids, or found by walking a list.

Both give the same; which of them costs fewer requests depends on how long the list is, and v3 tells
no totals. So a list is walked until that has cost as many requests as asking by ids would: with
these, the sum is at most twice the cheaper way. Where it is known or plain that the walk would
not end in time, it is not begun, or ended at once.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet
from datetime import timedelta
from functools import partial
from itertools import chain
from math import ceil

from greenhouse_hrflow.greenhouse.candidate import JsonObject, coerced_id, readable_moment
from greenhouse_hrflow.greenhouse.paging import PER_PAGE
from greenhouse_hrflow.greenhouse.v3.held_rows import HeldRows
from greenhouse_hrflow.greenhouse.v3.lists import IDS_PER_REQUEST, HarvestV3Lists
from greenhouse_hrflow.greenhouse.v3.together import run_together
from greenhouse_hrflow.greenhouse.v3.walked_list import WalkedList

RECENT = timedelta(minutes=5)
"""What changed so short a time before the first answer may be shown by a later one alone: a record
may be stamped a little earlier than it is to be seen."""

ESTIMATE_MARGIN = 2
"""A walk is ended early where it seems so many times as long as asking by ids. The estimate
must be wrong by twice this factor before more than twice the cheaper way is spent."""

IDS_AT_ONCE = 1000
"""Of so many ids the rows are held as they are parsed; others as text."""

ListSizes = dict[str, int]
"""Of each list, how many rows it has at least, as far as earlier reads tell."""


class MissingRows:
    """Completes the rows that are held of some candidates.

    Args:
        sizes: is brought up to date by each walk.
    """

    def __init__(self, lists: HarvestV3Lists, sizes: ListSizes, log: logging.Logger) -> None:
        self._lists = lists
        self._sizes = sizes
        self._log = log

    def complete_candidates(self, candidates: WalkedList, wanted: AbstractSet[int]) -> None:
        """Hold the own row of each of these candidates, as far as Greenhouse gives it."""
        held = candidates.held
        missing = wanted - held.candidate_ids
        self._walk(candidates, ceil(len(missing) / IDS_PER_REQUEST))
        # Whom the walk did not show, too: an absent row means nothing.
        absent = sorted(wanted - held.candidate_ids)
        for start in range(0, len(absent), IDS_AT_ONCE):
            chunk = absent[start : start + IDS_AT_ONCE]
            for _, row in self.by_ids(("candidates",), "ids", chunk):
                held.add(row)

    def complete_children(self, child: WalkedList, wanted: AbstractSet[int]) -> bool:
        """Hold all records of these candidates by walking their list.

        Returns:
            Whether it was walked to its end, and shows what asking by ids shows. If not, the rows
            are to be asked for by ids.
        """
        if not self._walk(child, ceil(len(wanted) / IDS_PER_REQUEST)):
            return False
        if self._is_confirmed(child.held, wanted):
            return True
        self._log.warning(
            "v3: the list %s shows other records than its filter by candidate_ids; asking by ids",
            child.name,
        )
        return False

    def by_ids(
        self, list_names: Collection[str], filter_name: str, ids: Collection[int]
    ) -> Iterator[tuple[str, JsonObject]]:
        """The rows that `filter_name` selects, each with its list; everybody's, where v3 ignores
        the filter."""
        in_order = sorted(ids)
        asked = [
            (list_name, in_order[start : start + IDS_PER_REQUEST])
            for start in range(0, len(in_order), IDS_PER_REQUEST)
            for list_name in list_names
        ]
        tasks = [partial(self._lists.find, name, filter_name, chunk) for name, chunk in asked]
        found_rows = run_together(self._lists, tasks)
        for (list_name, _), found in zip(asked, found_rows, strict=True):
            yield from ((list_name, row) for row in found.in_order())

    def _walk(self, walked: WalkedList, requests_by_ids: int) -> bool:
        """Whether all that the list has was read, before it cost as much as asking by ids."""
        if walked.is_whole:
            return True
        most = requests_by_ids - walked.pages
        rows_left = self._sizes.get(walked.name, 0) - len(walked.walked_ids)
        if most <= 2 or most <= rows_left / PER_PAGE:
            return False
        for _ in walked.walk_on():
            if walked.is_whole or walked.pages >= requests_by_ids:
                break
            if _pages_in_all(walked) - walked.pages > ESTIMATE_MARGIN * most:
                break
        self._sizes[walked.name] = max(self._sizes.get(walked.name, 0), walked.rows_at_least)
        return walked.is_whole

    def _is_confirmed(self, held: HeldRows, wanted: AbstractSet[int]) -> bool:
        """Whether asking by ids shows nothing that the walk did not show, in a sample.

        First of those of whom the walk showed nothing: taken at its word, it would empty them.
        """
        without = sorted(wanted - held.candidate_ids)
        spread = without[:: max(1, len(without) // IDS_PER_REQUEST)]
        sample = [*chain(spread, sorted(wanted & held.candidate_ids))][:IDS_PER_REQUEST]
        known = {candidate_id: held.row_ids_of(candidate_id) for candidate_id in sample}
        found = self._lists.find(held.list_name, "candidate_ids", sample)
        return all(
            self._is_new(row) or coerced_id(row.get("id")) in known[owner]
            for row in found.in_order()
            if (owner := coerced_id(row.get("candidate_id"))) in known
        )

    def _is_new(self, row: JsonObject) -> bool:
        """Whether the row changed during this read, or a little before."""
        moment, began_at = readable_moment(row.get("updated_at")), self._lists.began_dated
        return moment is not None and began_at is not None and moment >= began_at - RECENT


def _pages_in_all(walked: WalkedList) -> float:
    """How many pages a list seems to have.

    Rows come by id descending. Two guesses are made of the share that was walked, by how many of
    the rows that came through a filter lie in it, and by how much of their ids' range. The lower
    number of pages counts: a window may hold old rows alone, and new rows may lie closer together.
    """
    newest, last = max(walked.walked_ids, default=0), min(walked.walked_ids, default=0)
    known = walked.filtered_ids
    if not known:
        return walked.pages
    by_rows = len(known) / max(1, sum(identifier >= last for identifier in known))
    by_range = (newest - min(known)) / max(1, newest - last)
    return walked.pages * min(by_rows, by_range)
