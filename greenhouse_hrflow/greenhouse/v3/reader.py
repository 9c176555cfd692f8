"""Reading candidates over Harvest v3: select ids, read them in fifties, keep what is in the window.

The parts have their own modules: token, lists, dates, selection, join, names, shape.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime

from greenhouse_hrflow.greenhouse.candidate import (
    JsonObject,
    ReadCandidate,
    RecentRecord,
    marked_unreadable,
    may_be_created_in,
    readable_id,
    readable_moment,
    unreadable_field,
)
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.greenhouse.v3.date_filter import DateFilter
from greenhouse_hrflow.greenhouse.v3.lists import IDS_PER_REQUEST, HarvestV3Lists
from greenhouse_hrflow.greenhouse.v3.names import Names
from greenhouse_hrflow.greenhouse.v3.records import CandidateRecords, read_records
from greenhouse_hrflow.greenhouse.v3.selection import HarvestV3Selection
from greenhouse_hrflow.greenhouse.v3.to_v1 import candidate_document, named_ids
from greenhouse_hrflow.greenhouse.v3.token import TokenKeeper
from greenhouse_hrflow.http import HttpSession
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
        self._dates = DateFilter(log)
        self._last_read: HarvestV3Lists | None = None

    @property
    def reading_began_at(self) -> datetime | None:
        """See `CandidateReader`."""
        return self._last_read.began_at if self._last_read else None

    def read(self, window: UpdateWindow, parameters: PullParameters) -> Iterator[ReadCandidate]:
        """See `CandidateReader`."""
        self._last_read = lists = self._lists()
        window = window.narrowed(parameters.update_window)
        return iter(()) if window.is_empty else self._read(lists, window, parameters)

    def recent_records(self, window: UpdateWindow) -> list[RecentRecord]:
        """See `CandidateReader`."""
        if window.is_empty:
            return []
        lists = self._lists()
        records = self._selection(lists).recent(window)
        lists.log_left_out()
        return records

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _lists(self) -> HarvestV3Lists:
        base_url = self._settings.base_url
        return HarvestV3Lists(base_url, self._tokens, self._session, self._dates, self._log)

    def _selection(self, lists: HarvestV3Lists) -> HarvestV3Selection:
        return HarvestV3Selection(lists, self._settings.children, self._log)

    def _read(
        self, lists: HarvestV3Lists, window: UpdateWindow, parameters: PullParameters
    ) -> Iterator[ReadCandidate]:
        ids = sorted(self._selection(lists).ids(window, parameters))
        self._log.info("v3: %d candidates to read for %s", len(ids), window)
        names = Names(lists)
        count = 0
        for start in range(0, len(ids), IDS_PER_REQUEST):
            chunk = set(ids[start : start + IDS_PER_REQUEST])
            found = self._read_chunk(lists, chunk, window, parameters.created_window)
            _learn_names(found, names)
            for records in found:
                count += 1
                yield _read_candidate(records, names, window, parameters.created_window)
        lists.log_left_out()
        # Those that do not come back, or that moved on, say nothing here about themselves.
        self._log.info("v3: %d of %d candidates belong to %s", count, len(ids), window)

    def _read_chunk(
        self, lists: HarvestV3Lists, ids: set[int], window: UpdateWindow, created: UpdateWindow
    ) -> list[CandidateRecords]:
        """The candidates that belong to the window; children are read for no others."""
        until = UpdateWindow(None, window.updated_before)

        def may_belong(row: JsonObject) -> bool:
            updated_at = readable_moment(row.get("updated_at"))
            # Where it cannot be read, the children tell, or else the candidate belongs here.
            is_earlier = updated_at is None or updated_at in until
            return is_earlier and may_be_created_in(created, row)

        found = read_records(lists, self._settings.children, ids, may_belong)
        return [records for records in found if records.changed_at(window) in window]


def _learn_names(found: list[CandidateRecords], names: Names) -> None:
    """Ask for every name that these records need."""
    wanted: dict[str, set[int]] = {}
    for records in found:
        for list_name, value in named_ids(records.children):
            identifier = readable_id(value)
            if identifier is not None:
                wanted.setdefault(list_name, set()).add(identifier)
    for list_name, values in wanted.items():
        names.learn(list_name, values)


def _read_candidate(
    records: CandidateRecords, names: Names, window: UpdateWindow, created: UpdateWindow
) -> ReadCandidate:
    """The records in the v1 shape, with what of them cannot be read."""
    field = unreadable_field(records.row, created) or records.unreadable
    document = candidate_document(records.row, records.children, names)
    return ReadCandidate(
        marked_unreadable(document, field), records.changed_at(window), records.read_at
    )
