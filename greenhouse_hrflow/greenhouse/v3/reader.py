"""Reading candidates over Harvest v3: select, complete the rows, keep what is in the window.

Each step is in a module of its own: `selection` finds the candidates, `missing_rows` what it did
not show of them, `records` joins both, `names` adds names, `to_v1` gives the shape. `lists` makes
the requests, a few of them `together`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime

from greenhouse_hrflow.greenhouse.candidate import (
    ReadCandidate,
    RecentRecord,
)
from greenhouse_hrflow.greenhouse.paging import PageSize
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.greenhouse.v3.date_filter import DateFilter
from greenhouse_hrflow.greenhouse.v3.lists import HarvestV3Lists
from greenhouse_hrflow.greenhouse.v3.missing_rows import ListSizes, MissingRows
from greenhouse_hrflow.greenhouse.v3.names import Names
from greenhouse_hrflow.greenhouse.v3.records import RecordsOfSelected
from greenhouse_hrflow.greenhouse.v3.selection import HarvestV3Selection
from greenhouse_hrflow.greenhouse.v3.to_v1 import read_candidate
from greenhouse_hrflow.greenhouse.v3.token import TokenKeeper
from greenhouse_hrflow.http import HttpSession
from greenhouse_hrflow.rate_limiter import Effort
from greenhouse_hrflow.windows import UpdateWindow


class HarvestV3Reader(AbstractContextManager["HarvestV3Reader"]):
    """A `CandidateReader` of Harvest v3."""

    def __init__(
        self, settings: GreenhouseSettings, session: HttpSession, log: logging.Logger
    ) -> None:
        self._settings = settings
        self._session = session
        self._log = log
        self._tokens = TokenKeeper(settings, session, log)
        # These are kept from read to read: none has to be found out again.
        self._date_filter = DateFilter(log)
        self._page_size = PageSize()
        # So are names and the lengths of lists: a later window of the run needs fewer requests.
        self._names = Names()
        self._sizes: ListSizes = {}
        self._lists_of_last_read: HarvestV3Lists | None = None

    @property
    def reading_began_at(self) -> datetime | None:
        """See `CandidateReader`."""
        return self._lists_of_last_read.began_at if self._lists_of_last_read else None

    def read(self, window: UpdateWindow, parameters: PullParameters) -> Iterator[ReadCandidate]:
        """See `CandidateReader`."""
        # Lists of its own: `reading_began_at` is this read's, whatever else the reader is asked.
        self._lists_of_last_read = lists = self._open_lists()
        window = window.narrowed(parameters.update_window)
        return iter(()) if window.is_empty else self._read(lists, window, parameters)

    def recent_records(self, window: UpdateWindow) -> list[RecentRecord]:
        """See `CandidateReader`."""
        if window.is_empty:
            return []
        lists = self._open_lists()
        records = self._selection(lists).recent(window)
        lists.log_left_out()
        return records

    @property
    def effort(self) -> Effort:
        """See `CandidateReader`."""
        return self._session.effort

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _open_lists(self) -> HarvestV3Lists:
        return HarvestV3Lists(
            self._settings.base_url,
            self._tokens,
            self._session,
            self._date_filter,
            self._page_size,
            self._log,
        )

    def _selection(self, lists: HarvestV3Lists) -> HarvestV3Selection:
        return HarvestV3Selection(lists, self._settings.children, self._log)

    def _read(
        self, lists: HarvestV3Lists, window: UpdateWindow, parameters: PullParameters
    ) -> Iterator[ReadCandidate]:
        selected = self._selection(lists).select(window, parameters)
        self._log.info("v3: %d candidates to read for %s", len(selected.ids), window)
        created = parameters.created_window
        missing = MissingRows(lists, self._sizes, self._log)
        reading = RecordsOfSelected(lists, missing, self._settings.children, window, created)
        count, to_read = 0, len(selected.ids)
        for records in reading.read(selected, self._names):
            count += 1
            yield read_candidate(records, self._names, window, created)
        lists.log_left_out()
        # The others changed meanwhile, or did not come back, which is no sign of a deletion.
        self._log.info("v3: %d of %d candidates belong to %s", count, to_read, window)
