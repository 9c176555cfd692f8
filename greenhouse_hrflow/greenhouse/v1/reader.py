"""Reading candidates over Harvest v1: numbered pages, read from the last to the first.

Page numbers shift whenever a candidate enters or leaves the window; the order of reading is there
so that nobody who stays in it is missed. v1 embeds child records without timestamps, so
`changed_at` is the candidate's own `updated_at`: whether a child's change moves that is not
documented. What a page is asked for, and holds, is in `pages`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from greenhouse_hrflow.greenhouse.candidate import ReadCandidate, RecentRecord
from greenhouse_hrflow.greenhouse.paging import log_full_page, log_left_out
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.greenhouse.v1.pages import (
    HarvestV1Page,
    HarvestV1Pages,
    HarvestV1Query,
)
from greenhouse_hrflow.http import HttpSession
from greenhouse_hrflow.rate_limiter import Effort
from greenhouse_hrflow.windows import UpdateWindow

SETTLED_AFTER = timedelta(minutes=5)
"""So long after its `updated_at`, an update may still become visible in the list."""

MAX_WALKS = 5
"""How often the pages are walked at most: where people keep entering, no walk would be the last."""


class HarvestV1Reader(AbstractContextManager["HarvestV1Reader"]):
    """A `CandidateReader` of Harvest v1."""

    def __init__(
        self, settings: GreenhouseSettings, session: HttpSession, log: logging.Logger
    ) -> None:
        self._pages = HarvestV1Pages(settings, session)
        self._session = session
        self._log = log
        self._began_at: datetime | None = None

    @property
    def reading_began_at(self) -> datetime | None:
        """See `CandidateReader`."""
        return self._began_at

    def read(self, window: UpdateWindow, parameters: PullParameters) -> Iterator[ReadCandidate]:
        """See `CandidateReader`."""
        self._began_at = None
        return self._read(HarvestV1Query(window.narrowed(parameters.update_window), parameters))

    def recent_records(self, window: UpdateWindow) -> list[RecentRecord]:
        """See `CandidateReader`; v1 has one list, which cannot be asked for some fields alone."""
        if window.is_empty:
            return []
        page = self._pages.get(HarvestV1Query(window, PullParameters(skip_count=True)), 1)
        log_left_out(self._log, "candidates", page.left_out)
        return [
            RecentRecord("candidates", candidate_id, read.changed_at)
            for candidate_id, read in page.candidates.items()
            # Without one, `changed_at` is our own stand-in: it could look like a change each time.
            if read.updated_at is not None
        ]

    @property
    def effort(self) -> Effort:
        """See `CandidateReader`."""
        return self._session.effort

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _read(self, query: HarvestV1Query) -> Iterator[ReadCandidate]:
        if query.window.is_empty:
            return
        first = self._pages.get(query, 1)
        self._began_at = first.answered_at
        if not first.has_next:
            self._log.info(
                "v1: %d candidates in %s, on one page", len(first.candidates), query.window
            )
            log_left_out(self._log, "candidates", first.left_out)
            self._log_if_full(first)
            yield from first.candidates.values()
            return
        # While pages are read, the window must not grow: it ends where reading began, and what
        # changes from then on belongs to the next run.
        closed_window = query.window.narrowed(UpdateWindow(None, first.answered_at))
        if closed_window.is_empty:
            return
        if closed_window != query.window:
            query = HarvestV1Query(closed_window, query.parameters)
            # Again, since the pages of another window have other numbers.
            first = self._pages.get(query, 1)
        yield from self._walk(query, first)

    def _walk(self, query: HarvestV1Query, first: HarvestV1Page) -> Iterator[ReadCandidate]:
        """Walk from the last page to the first, until nobody can have been missed.

        A candidate that leaves the window shifts those behind it to earlier pages. A walk forward
        has passed these pages and would miss them; a walk back meets them there. A candidate that
        enters shifts others to later pages, which a walk back has passed. That is rare: an update
        that becomes visible late, or an application to the wanted job that does not move its
        candidate's `updated_at`. Where it can happen, the walk is repeated until it meets nobody
        new.
        """
        seen: set[int] = set()
        for _ in range(MAX_WALKS):
            seen_before = len(seen)
            yield from self._walk_back(query, self._last_page(query, first), seen)
            self._log.info("v1: %d candidates so far in %s", len(seen), query.window)
            if len(seen) == seen_before or not self._may_grow(query):
                return
            first = self._pages.get(query, 1)

    def _walk_back(
        self, query: HarvestV1Query, last: int, seen: set[int]
    ) -> Iterator[ReadCandidate]:
        """Everybody not in `seen`, once.

        A page is held until the next one has come: who is on both was shifted to an earlier page
        between the two requests, and the later read counts.
        """
        held: dict[int, ReadCandidate] = {}
        left_out = 0
        for number in range(last, 0, -1):
            page = self._pages.get(query, number)
            left_out += page.left_out
            yield from _not_shifted(held, page, seen)
            held = {
                candidate_id: read
                for candidate_id, read in page.candidates.items()
                if candidate_id not in seen
            }
        seen.update(held)
        yield from held.values()
        log_left_out(self._log, "candidates", left_out)

    def _last_page(self, query: HarvestV1Query, first: HarvestV1Page) -> int:
        """The number of the last page, from the first one; with skip_count v1 does not tell it.

        Then pages are read up to the end. The candidates on them are not used: a walk forward
        misses some.
        """
        if first.last_number is not None:
            return first.last_number
        page, number = first, 1
        while page.has_next:
            number += 1
            page = self._pages.get(query, number)
        self._log_if_full(page)
        return number

    def _log_if_full(self, last_page: HarvestV1Page) -> None:
        if last_page.is_full:
            log_full_page(self._log, "candidates")

    def _may_grow(self, query: HarvestV1Query) -> bool:
        """Whether somebody can still enter the window: see `_walk`."""
        until, began_at = query.window.updated_before, self._began_at
        if query.parameters.job_id is not None or until is None or began_at is None:
            return True
        return until > began_at - SETTLED_AFTER


def _not_shifted(
    held: dict[int, ReadCandidate], page: HarvestV1Page, seen: set[int]
) -> list[ReadCandidate]:
    """Those of the held page that are not on the page read after it; they count as seen now."""
    final = [read for candidate_id, read in held.items() if candidate_id not in page.candidates]
    seen.update(read.id for read in final)
    return final
