"""What a read has seen of one list: rows of a window, and pages without a filter."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from greenhouse_hrflow.greenhouse.candidate import JsonObject, coerced_id
from greenhouse_hrflow.greenhouse.v3.held_rows import HeldRows
from greenhouse_hrflow.greenhouse.v3.lists import HarvestV3Lists, Page


class WalkedList:
    """One list of a read; the rows that are wanted of it are held.

    Without a filter it is walked by ids descending, page by page, and on from there later. There no
    edit moves a row, and one without a readable time is shown; a filter by time may hide it.

    Attributes:
        name: `candidates`, or the name of a child list.
        held: the rows that came, as far as they are wanted.
        is_whole: whether it was walked to its end, without a filter.
        pages: how many pages of it came without a filter.
        walked_ids: the ids of their rows, those that are not wanted too.
        filtered_ids: the ids of the rows that came through a filter by time.
    """

    def __init__(
        self, lists: HarvestV3Lists, name: str, wanted: AbstractSet[int] | None = None
    ) -> None:
        self.name = name
        self.held = HeldRows(name, wanted)
        self.is_whole = False
        self.pages = 0
        self.walked_ids = array("q")
        self.filtered_ids = array("q")
        self._lists = lists
        self._walk = lists.pages(name, {})
        self._left_out: set[int | None] = set()

    @property
    def rows_at_least(self) -> int:
        """How many rows it has, as far as is known."""
        return len({*self.walked_ids, *self.filtered_ids})

    def hold_filtered(self, rows: Iterable[JsonObject]) -> None:
        """Hold rows that came through a filter by time."""
        self._hold(rows, self.filtered_ids)

    def walk_on(self) -> Iterator[Page]:
        """The pages that are left of it, without a filter; each is held before it is given."""
        for page in self._walk:
            self.pages += 1
            self._hold(page.rows, self.walked_ids)
            self.is_whole = page.is_last
            yield page

    def _hold(self, rows: Iterable[JsonObject], ids: array[int]) -> None:
        for row in rows:
            identifier = coerced_id(row.get("id"))
            if identifier is not None:
                ids.append(identifier)
            # A row may come in both ways.
            if not self.held.add(row) and identifier not in self._left_out:
                self._left_out.add(identifier)
                self._lists.count_left_out(self.name)
