"""What an incremental call of the plain function remembers until the next one of its workflow.

Outside of Dagster there is no cursor and no run history: a watermark and a ledger in the storage
take their place.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from greenhouse_hrflow import clock
from greenhouse_hrflow.deliver import Delivery
from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.greenhouse.pull_parameters import MAX_IDS, PullParameters
from greenhouse_hrflow.greenhouse.reader import CandidateReader
from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.storage.edit_journal import EditJournal
from greenhouse_hrflow.storage.ledger import Ledger
from greenhouse_hrflow.storage.location import default_storage
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow.storage.watermark import WatermarkTable
from greenhouse_hrflow.windows import UpdateWindow
from greenhouse_hrflow.workflow import Cadence, Workflow

_READ_AGAIN_AT_MOST = 500
_OUTSIDE_DAGSTER = "outside_dagster"


class NoMemory(ConfigurationError):
    """There is no storage that could remember the watermark."""


class CallMemory:
    """What an incremental workflow remembers from one call to the next."""

    @classmethod
    def of(cls, workflow: Workflow, log: logging.Logger) -> CallMemory | None:
        """None for a workflow that is not incremental.

        Raises:
            NoMemory: no storage is configured, or it cannot be used.
        """
        if not workflow.incremental:
            return None
        try:
            return cls(_open_tables(), workflow.workflow_id, log)
        except ConfigurationError as error:
            raise NoMemory(str(error)) from None

    def __init__(self, tables: TableStore, workflow_id: str, log: logging.Logger) -> None:
        self._tables, self._workflow_id, self._log = tables, workflow_id, log
        self._apart = f"{workflow_id}.{_OUTSIDE_DAGSTER}"
        self.watermark = WatermarkTable(tables, workflow_id)
        self._ledger = Ledger(tables, self._apart)

    def window(self) -> UpdateWindow:
        """What the watermark does not cover, with an overlap for records that are shown late."""
        watermark = self.watermark.read()
        return UpdateWindow(watermark - Cadence().overlap if watermark else None)

    def history(self, candidates: Sequence[ReadCandidate]) -> History:
        """What former calls know of these candidates."""
        earliest = min((read.read_at for read in candidates), default=None)
        return self._ledger.history(earliest) if earliest else History()

    def edit_journal(self, run_id: str) -> EditJournal:
        """Where this call writes down its edits; one call of a workflow at a time."""
        return EditJournal(
            self._tables,
            self._workflow_id,
            run_id,
            place=self._apart,
            is_over=lambda _run_id: True,
            log=self._log,
        )

    def read_again(
        self, reader: CandidateReader, parameters: PullParameters, known: Collection[int]
    ) -> Iterator[ReadCandidate]:
        """Those whose profile was missing, as they are now: nothing else may ever change there.

        The failed need none of this: the watermark stays before them.
        """
        ids = [
            entry.candidate_id
            for entry in self._ledger.due_retries(clock.utc_now(), _READ_AGAIN_AT_MOST)
            if entry.candidate_id not in known and _may_select(parameters, entry.candidate_id)
        ]
        for place in range(0, len(ids), MAX_IDS):
            chunk = ",".join(map(str, ids[place : place + MAX_IDS]))
            selected = parameters.model_copy(update={"candidate_ids": chunk})
            yield from reader.read(parameters.update_window, selected)

    def settle(self, delivery: Delivery, watermark: datetime) -> None:
        """Remember how a call ended; the watermark moves only where nothing is to be retried."""
        self._ledger.record(_OUTSIDE_DAGSTER, delivery.report.rows, {})
        if delivery.fault is None and not delivery.report.outcomes[Outcome.FAILED]:
            self.watermark.move(watermark)


def _may_select(parameters: PullParameters, candidate_id: int) -> bool:
    """Whether the caller's own selection can hold a candidate."""
    if parameters.email is not None:
        return False
    return not parameters.ids or candidate_id in parameters.ids


def _open_tables() -> TableStore:
    storage = default_storage()
    if storage is None:
        raise ConfigurationError(
            "incremental=True needs a storage that remembers the watermark: set "
            "GREENHOUSE_HRFLOW_STORAGE to a folder or an fsspec URL."
        )
    tables = TableStore(storage)
    tables.require_usable()
    return tables
