"""One person's story: every read, outcome, edit and coming retry that the storage knows of.

Ids, names of fields and reason codes alone: no value, and no text of an API or an exception.
How it is shown is told in `trace`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from greenhouse_hrflow.storage.edit_index import EDIT_INDEX, EditIndex
from greenhouse_hrflow.storage.id_lists import IdLists
from greenhouse_hrflow.storage.not_sent import NotSent
from greenhouse_hrflow.storage.pending_retries import due_at
from greenhouse_hrflow.storage.report_table import todays_outcome
from greenhouse_hrflow.storage.row_search import RowSearch
from greenhouse_hrflow.storage.table_names import CANDIDATES, PROFILES, table_path
from greenhouse_hrflow.storage.tables import TableStore


class StoryEvent(str, Enum):
    """What happened to a candidate."""

    READ = "read"
    """It was read from Greenhouse; `at` is Greenhouse's own clock."""
    OUTCOME = "outcome"
    """A push ended for it; the latest of each partition is kept."""
    EDIT = "edit"
    """Its profile was edited."""
    NOT_SENT = "not sent"
    """Since then it is not in HrFlow as it is in Greenhouse."""
    RETRY = "retry"
    """Then it is due to be tried again."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class StoryRow:
    """One event; what an event does not have is None or empty.

    Attributes:
        at: in UTC; of a retry, when it is due.
        partition: in whose table it stands.
        reason: our own code, as in the report.
        fields: names of the fields that were edited, or would be.
        attempts: in how many runs in a row HrFlow has failed for it.
    """

    at: datetime
    event: StoryEvent
    run_id: str | None = None
    partition: str | None = None
    outcome: str | None = None
    reason: str | None = None
    fields: tuple[str, ...] = ()
    attempts: int = 0
    reference: str | None = None
    profile_key: str | None = None


_READ_COLUMNS = ("read_at", "run_id")
_OUTCOME_COLUMNS = (
    "reference", "outcome", "pushed_at", "run_id", "reason", "profile_key", "changed_fields",
    "attempts", "last_edited_at", "last_edit_run_id", "last_edit_fields",
)  # fmt: skip

_LISTS_AT_ONCE = 64
"""So many partitions a push lists at most: a backfill, or a first load, leaves more behind."""

_IN_TURN = tuple(StoryEvent)
"""The order of what happened at the same moment."""


def story_of(tables: TableStore, workflow_id: str, candidate_id: int) -> list[StoryRow]:
    """Everything that is known of a candidate in a workflow, the oldest first."""
    parts: Sequence[Callable[[TableStore, str, int], list[StoryRow]]]
    parts = (_reads, _outcomes, _edits, _not_sent)
    # Each waits for its own files, which an object store gives slowly. On a disk they would only
    # wait for each other.
    with ThreadPoolExecutor(1 if tables.is_local else len(parts)) as pool:
        told = pool.map(lambda part: part(tables, workflow_id, candidate_id), parts)
        reads, outcomes, edits, not_sent = told
    in_log = {edit.run_id for edit in edits}
    # A report tells of an edit that no log has: of a log that somebody deleted.
    reported = [
        row for row in outcomes if row.event is not StoryEvent.EDIT or row.run_id not in in_log
    ]
    rows = [*reads, *reported, *edits, *not_sent]
    rows += _retries(tables, workflow_id, rows)
    return sorted(dict.fromkeys(rows), key=lambda row: (row.at, _IN_TURN.index(row.event)))


def index_for_stories(tables: TableStore, workflow_id: str) -> None:
    """Make what `story_of` finds a candidate by, as far as it is missing. For the end of a push: a
    story is told without it too, only slower."""
    EditIndex(tables).index_closed_days()
    for folder, id_column in (
        (table_path(workflow_id, CANDIDATES), "id"),
        (table_path(workflow_id, PROFILES), "candidate_id"),
        ((EDIT_INDEX,), "candidate_id"),
    ):
        IdLists(tables, folder, id_column).list_new(_LISTS_AT_ONCE)


def workflows_in(tables: TableStore) -> list[str]:
    """The workflows that have tables in a storage, but for the default one."""
    return tables.names_in(("workflows",))


def _reads(tables: TableStore, workflow_id: str, candidate_id: int) -> list[StoryRow]:
    lists = IdLists(tables, table_path(workflow_id, CANDIDATES), "id")
    files = lists.files_that_may_hold(candidate_id)
    found = RowSearch(tables, "id", _READ_COLUMNS).rows_of(candidate_id, files)
    return [
        StoryRow(row["read_at"], StoryEvent.READ, row.get("run_id"), partition=place[-2])
        for place, row in found
    ]


def _outcomes(tables: TableStore, workflow_id: str, candidate_id: int) -> list[StoryRow]:
    lists = IdLists(tables, table_path(workflow_id, PROFILES), "candidate_id")
    files = lists.files_that_may_hold(candidate_id)
    search = RowSearch(tables, "candidate_id", _OUTCOME_COLUMNS)
    return [
        event
        for place, row in search.rows_of(candidate_id, files)
        for event in _outcome_events(place[-2], row)
    ]


def _outcome_events(partition: str, row: Mapping[str, Any]) -> Iterator[StoryRow]:
    yield StoryRow(
        row["pushed_at"],
        StoryEvent.OUTCOME,
        row.get("run_id"),
        partition,
        todays_outcome(row["outcome"]),
        row.get("reason"),
        tuple(row.get("changed_fields") or ()),
        row.get("attempts") or 0,
        row.get("reference"),
        row.get("profile_key"),
    )
    if row.get("last_edited_at") is not None:
        yield StoryRow(
            row["last_edited_at"],
            StoryEvent.EDIT,
            row["last_edit_run_id"],
            fields=tuple(row["last_edit_fields"] or ()),
            reference=row["reference"],
            profile_key=row.get("profile_key"),
        )


def _edits(tables: TableStore, workflow_id: str, candidate_id: int) -> list[StoryRow]:
    return [
        StoryRow(
            edit.edited_at,
            StoryEvent.EDIT,
            edit.run_id,
            fields=edit.fields,
            reference=edit.reference,
            profile_key=edit.profile_key,
        )
        for edit in EditIndex(tables).edits_of(candidate_id)
        if edit.workflow == workflow_id
    ]


def _not_sent(tables: TableStore, workflow_id: str, candidate_id: int) -> list[StoryRow]:
    return [
        StoryRow(
            row.since,
            StoryEvent.NOT_SENT,
            row.run_id,
            row.table_partition,
            row.outcome,
            row.reason,
            attempts=row.attempts,
            reference=row.reference,
        )
        for row in NotSent(tables, workflow_id).rows()
        if row.candidate_id == candidate_id
    ]


def _retries(tables: TableStore, workflow_id: str, rows: Sequence[StoryRow]) -> list[StoryRow]:
    """What is to be tried again, by the references that the candidate has had."""
    latest = {row.reference: row for row in sorted(rows, key=lambda row: row.at) if row.outcome}
    references = {row.reference for row in rows if row.reference is not None}
    return [
        StoryRow(
            moment,
            StoryEvent.RETRY,
            outcome=latest[reference].outcome if reference in latest else None,
            reason=latest[reference].reason if reference in latest else None,
            attempts=latest[reference].attempts if reference in latest else 0,
            reference=reference,
        )
        for reference, moment in due_at(tables, workflow_id, references).items()
    ]
