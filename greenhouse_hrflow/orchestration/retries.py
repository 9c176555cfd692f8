"""Whom a run pushes beside its own window: those that earlier runs could not bring to HrFlow, and
those that were refused by logics or a format which are others now.

They are pushed as they are stored; who has changed since is in a window of his own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import dagster as dg
import pandas as pd

from greenhouse_hrflow import clock
from greenhouse_hrflow.orchestration.incremental import load_partition, placed
from greenhouse_hrflow.orchestration.io_manager import table_of
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.reasons import NOT_READABLE
from greenhouse_hrflow.storage.ledger import Ledger
from greenhouse_hrflow.storage.not_sent import NotSent, NotSentRow
from greenhouse_hrflow.storage.tables import TableStore, together

MOST_RETRIES_PER_RUN = 500
MOST_REFUSED_PER_RUN = 5000


@dataclass(frozen=True)
class StoredCandidates:
    """Looks up candidates as they are stored, in whichever partitions."""

    context: dg.AssetExecutionContext
    pipeline: Pipeline
    tables: TableStore

    def find(self, wanted: Mapping[str, set[int]]) -> tuple[list[pd.DataFrame], set[int]]:
        """The stored rows of these candidates, and those whom their partition holds no more.

        Args:
            wanted: the ids, by the partition in which each was read.
        """
        frames: list[pd.DataFrame] = []
        lost: set[int] = set()
        for key, ids in wanted.items():
            stored = self._read(key)
            found = set[int]() if stored is None else ids & set(stored["id"])
            if stored is not None and found:
                frames.append(stored[stored["id"].isin(found)])
            lost |= ids - found
            _log_lost(self.context, key, len(ids - found))
        return frames, lost

    def _read(self, key: str) -> pd.DataFrame | None:
        candidates = self.pipeline.keys.candidates
        if self.pipeline.partitions.has_partition_key(key):
            return load_partition(self.context, candidates, key)
        # Past the IO manager, which refuses a partition that the definition does not know: its
        # start date or its grain was another one when it was stored.
        table = table_of(self.pipeline.workflow.workflow_id, candidates)
        return placed(self.tables.read(table, key), key)


def with_retries(stored: StoredCandidates, ledger: Ledger, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame, and the stored candidates whose push is to be retried; nobody is repeated."""
    present = set(frame["id"])
    due = [
        entry
        for entry in ledger.due_retries(clock.utc_now(), MOST_RETRIES_PER_RUN)
        if entry.candidate_id not in present
    ]
    retried, lost = stored.find(_by_partition((e.table_partition, e.candidate_id) for e in due))
    ledger.put_off(entry.reference for entry in due if entry.candidate_id in lost)
    if retried:
        count = sum(map(len, retried))
        stored.context.log.info("Retrying %d candidates that earlier runs could not bring", count)
    return together([frame, *retried]) if retried else frame


def with_refused(stored: StoredCandidates, not_sent: NotSent, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame, and the stored candidates that were refused by other logics or another format."""
    functions = stored.pipeline.functions
    present = set(frame["id"])
    refused = [
        row
        for row in refused_by_others(not_sent.rows(), functions)
        if row.candidate_id not in present
    ][:MOST_REFUSED_PER_RUN]
    found, lost = stored.find(_by_partition((r.table_partition, r.candidate_id) for r in refused))
    # Or each run would look for them again, and each tick would start one.
    not_sent.note_tried(lost, functions)
    if found:
        count = sum(map(len, found))
        stored.context.log.info(
            "Pushing %d candidates again, who were refused before the logics or the format changed",
            count,
        )
    # A new frame would keep the texts of a large one in memory: see `take_candidates`.
    return together([frame, *found]) if found else frame


def refused_by_others(rows: Iterable[NotSentRow], functions: str) -> list[NotSentRow]:
    """Who was refused by logics, a format or fields that are others now."""
    return [
        row
        for row in rows
        if row.outcome == "rejected"
        and row.functions != functions
        # What Greenhouse gave stays as it is stored.
        and not NOT_READABLE.is_of(row.reason)
    ]


def _by_partition(places: Iterable[tuple[str, int]]) -> dict[str, set[int]]:
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for key, candidate_id in places:
        wanted[key].add(candidate_id)
    return wanted


def _log_lost(context: dg.AssetExecutionContext, partition_key: str, count: int) -> None:
    if count:
        context.log.warning(
            "%d candidates are to be tried again, but the storage does not hold them in "
            "partition %s any more; they are read again with their next change, or by a backfill",
            count,
            partition_key,
        )
