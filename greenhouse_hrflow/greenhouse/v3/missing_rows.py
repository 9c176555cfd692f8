"""The rows that a selection did not show: asked for by ids, or found by walking a list.

Both give the same; which of them costs fewer requests depends on how long the list is, and v3 tells
no totals. So a list is walked until that has cost as many requests as asking by ids would: with
these, the sum is at most twice the cheaper way. Where it is known or plain that the walk would
not end in time, it is not begun, or ended at once.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator
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
from greenhouse_hrflow.windows import UpdateWindow

OVERLAP = timedelta(minutes=5)
"""So long before its first answer a read looks for what was edited during it: a record may be
stamped a little earlier than it is to be seen."""

ESTIMATE_MARGIN = 2
"""A walk is ended early where it seems so many times as long as asking by ids. The estimate
must be wrong by twice this factor before more than twice the cheaper way is spent."""

ListSizes = dict[str, int]
"""Of each list, how many rows it has at least, as far as earlier reads tell."""


class MissingRows:
    """Completes the rows that are held of some candidates.

    Args:
        window: that the selection walked lists with; None where it walked none with a window that
            has a lower bound.
        sizes: is brought up to date by each walk.
    """

    def __init__(
        self,
        lists: HarvestV3Lists,
        window: UpdateWindow | None,
        sizes: ListSizes,
        log: logging.Logger,
    ) -> None:
        self._lists = lists
        self._window = window
        self._sizes = sizes
        self._log = log

    def complete_candidates(self, held: HeldRows, wanted: AbstractSet[int]) -> None:
        """Hold the own row of each of these candidates, as far as Greenhouse gives it."""
        missing = wanted - held.candidate_ids
        self._walk(held, ceil(len(missing) / IDS_PER_REQUEST))
        # Whom the walk did not show, too: an absent row means nothing.
        absent = wanted - held.candidate_ids
        for _, row in self.by_ids(("candidates",), "ids", absent):
            held.add(row)

    def complete_children(self, held: HeldRows, wanted: AbstractSet[int]) -> bool:
        """Hold all records of these candidates by walking their list.

        Returns:
            Whether it was walked to its end, and shows what asking by ids shows. If not, the rows
            are to be asked for by ids.
        """
        if not self._walk(held, ceil(len(wanted) / IDS_PER_REQUEST)):
            return False
        if self._is_confirmed(held, wanted):
            return True
        self._log.warning(
            "v3: the list %s shows other records than its filter by candidate_ids; asking by ids",
            held.list_name,
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

    def _walk(self, held: HeldRows, requests_by_ids: int) -> bool:
        """Whether all that the list has was read, before it cost as much as asking by ids."""
        parts = self._parts()
        rows_at_least = self._sizes.get(held.list_name, 0) - len(held.row_ids)
        if (
            requests_by_ids <= 2 * len(parts)
            or requests_by_ids <= rows_at_least / PER_PAGE
            # What has no readable time may be shown by no filter on it.
            or (held.has_untimed and self._window is not None)
        ):
            return False
        is_whole = self._walk_parts(held, parts, requests_by_ids)
        rows = len(set(held.row_ids))
        self._sizes[held.list_name] = max(self._sizes.get(held.list_name, 0), rows)
        return is_whole and not (held.has_untimed and self._window is not None)

    def _walk_parts(self, held: HeldRows, parts: list[UpdateWindow], most: int) -> bool:
        count, held_before = 0, held.row_ids[:]
        for number, part in enumerate(parts, start=1):
            for page in self._lists.pages(held.list_name, {}, ("updated_at", part)):
                count += 1
                for row in page.rows:
                    if not held.add(row):
                        self._lists.count_left_out(held.list_name)
                walked = held.row_ids[len(held_before) :]
                is_far = _pages_in_all(count, walked, held_before) > ESTIMATE_MARGIN * most
                if not page.is_last and (count >= most or (number == 1 and is_far)):
                    return False
            if count >= most and number < len(parts):
                return False
        return True

    def _parts(self) -> list[UpdateWindow]:
        """What is to be walked, in this order: a row that is edited meanwhile moves to the end.

        A row that the selection would have shown, and that was edited before it was reached, lies
        in the last part, even if the window ends in the future.
        """
        if self._window is None:
            return [UpdateWindow()]
        end, began_at = self._window.updated_before, self._lists.began_dated
        edited_since = [at for at in (end, began_at and began_at - OVERLAP) if at is not None]
        return [
            UpdateWindow(None, self._window.updated_after),
            UpdateWindow(min(edited_since, default=None), None),
        ]

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
        return moment is not None and began_at is not None and moment >= began_at - OVERLAP


def _pages_in_all(count: int, ids: Iterable[int], held: Collection[int]) -> float:
    """How many pages a walk seems to have, of which so many showed the rows with these ids.

    Rows come by id descending. Two guesses are made of the share that was walked, by how many of
    the list's `held` rows lie in it, and by how much of the ids' range. The lower number of pages
    counts: a window may hold old rows alone, and new rows may lie closer together.
    """
    newest, last = max(ids, default=0), min(ids, default=0)
    if not held:
        return count
    by_rows = len(held) / max(1, sum(identifier >= last for identifier in held))
    by_range = (newest - min(held)) / max(1, newest - last)
    return count * min(by_rows, by_range)
