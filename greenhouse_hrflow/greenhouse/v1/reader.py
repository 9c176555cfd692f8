"""Reading candidates over Harvest v1: numbered pages, walked so that none that stayed is missed.

v1 embeds a candidate's children and gives them no timestamps, so `changed_at` is the candidate's
own `updated_at`: whether that moves with a child is not documented.
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
from greenhouse_hrflow.windows import UpdateWindow

SETTLED_AFTER = timedelta(minutes=5)
"""An update may become visible so long after the moment that it is stamped with."""

MAX_WALKS = 5


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
        """See `CandidateReader`; v1 has one list, whose records come whole or not at all."""
        if window.is_empty:
            return []
        page = self._pages.get(HarvestV1Query(window, PullParameters(skip_count=True)), 1)
        log_left_out(self._log, "candidates", page.left_out)
        return [
            RecentRecord("candidates", each, one.changed_at)
            for each, one in page.found.items()
            # The time of another is ours, and would look like a change at every tick.
            if one.updated_at is not None
        ]

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
            self._log.info("v1: %d candidates in %s, on one page", len(first.found), query.window)
            log_left_out(self._log, "candidates", first.left_out)
            self._log_if_full(first)
            yield from first.found.values()
            return
        # Nothing may enter the window during a walk: what changes from now on is the next one's.
        closed = query.window.narrowed(UpdateWindow(None, first.answered_at))
        if closed.is_empty:
            return
        if closed != query.window:
            query = HarvestV1Query(closed, query.parameters)
            first = self._pages.get(query, 1)
        yield from self._walk(query, first)

    def _walk(self, query: HarvestV1Query, first: HarvestV1Page) -> Iterator[ReadCandidate]:
        """Walk back until nobody can have been missed.

        A candidate that leaves the window shifts those behind it to earlier pages, into the way
        of a walk from the last page to the first. One that comes in shifts them out of it. That
        is rare: an update that becomes visible late, or an application to the wanted job that
        moves nobody's `updated_at`. Where it can happen, a walk is repeated until it finds nobody.
        """
        seen: set[int] = set()
        for _ in range(MAX_WALKS):
            before = len(seen)
            yield from self._walk_back(query, self._last_page(query, first), seen)
            self._log.info("v1: %d candidates so far in %s", len(seen), query.window)
            if len(seen) == before or not self._may_grow(query):
                return
            first = self._pages.get(query, 1)

    def _walk_back(
        self, query: HarvestV1Query, last: int, seen: set[int]
    ) -> Iterator[ReadCandidate]:
        """Everybody not in `seen`, once; a page is held until the next one is there.

        Whoever is on both was shifted between the two reads, and the later read counts.
        """
        held: dict[int, ReadCandidate] = {}
        left_out = 0
        for number in range(last, 0, -1):
            page = self._pages.get(query, number)
            left_out += page.left_out
            yield from _leave(held, page, seen)
            held = {each: one for each, one in page.found.items() if each not in seen}
        seen.update(held)
        yield from held.values()
        log_left_out(self._log, "candidates", left_out)

    def _last_page(self, query: HarvestV1Query, first: HarvestV1Page) -> int:
        """Told by the first page; with skip_count v1 tells no end, so it is walked to."""
        if first.last is not None:
            return first.last
        page, number = first, 1
        while page.has_next:
            number += 1
            page = self._pages.get(query, number)
        self._log_if_full(page)
        return number

    def _log_if_full(self, last: HarvestV1Page) -> None:
        if last.is_full:
            log_full_page(self._log, "candidates")

    def _may_grow(self, query: HarvestV1Query) -> bool:
        until, began_at = query.window.updated_before, self._began_at
        if query.parameters.job_id is not None or until is None or began_at is None:
            return True
        return until > began_at - SETTLED_AFTER


def _leave(
    held: dict[int, ReadCandidate], page: HarvestV1Page, seen: set[int]
) -> list[ReadCandidate]:
    """Those of an earlier read that the later page does not hold, now seen."""
    leaving = [one for each, one in held.items() if each not in page.found]
    seen.update(one.id for one in leaving)
    return leaving
