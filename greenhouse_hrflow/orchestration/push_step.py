"""The step of `hrflow_profiles`: deliver what the run covers, and record what became of it.

How a candidate becomes an edit is told in `deliver` and the rooms below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import dagster as dg
import pandas as pd

from greenhouse_hrflow import clock
from greenhouse_hrflow.deliver import Delivery, deliver
from greenhouse_hrflow.hrflow.brake import Brake
from greenhouse_hrflow.hrflow.settings import resolve_source_key
from greenhouse_hrflow.orchestration.incremental import of_window, stored_frames
from greenhouse_hrflow.orchestration.keys import PARTITION_COLUMN
from greenhouse_hrflow.orchestration.partitions import RunPartitions, partitions_of_run
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.retries import (
    StoredCandidates,
    with_refused,
    with_retries,
)
from greenhouse_hrflow.orchestration.run_config import PushConfig
from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.report import LastEdit, Outcome, Report, ReportRow, with_last_edits
from greenhouse_hrflow.storage.candidate_table import take_candidates
from greenhouse_hrflow.storage.edit_journal import EditJournal
from greenhouse_hrflow.storage.latest_rows import latest_rows
from greenhouse_hrflow.storage.ledger import Ledger
from greenhouse_hrflow.storage.not_sent import NotSentRow
from greenhouse_hrflow.storage.report_table import (
    last_edits,
    report_frame,
    reported_profiles,
    rows_held_by_hrflow,
    with_todays_outcomes,
)
from greenhouse_hrflow.storage.story import index_for_stories
from greenhouse_hrflow.storage.tables import TableStore


@dataclass(frozen=True)
class Pushed:
    """What a push made of the run's partitions.

    Attributes:
        by_partition: the rows of this run, for every partition of it, empty ones too.
        others: the rows of retried candidates, whose partitions the run does not cover.
        table: the rows to store, with those that the tables held of others.
        tables: where they are stored.
        not_sent: who is not in HrFlow now, whichever run has pushed them.
    """

    delivery: Delivery
    by_partition: dict[str, Report]
    others: dict[str, Report]
    table: pd.DataFrame
    tables: TableStore
    not_sent: list[NotSentRow]


def push_partitions(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    config: PushConfig,
    candidates: pd.DataFrame,
) -> Pushed:
    """Deliver what the run covers, and the retries that are due."""
    workflow, keys = pipeline.workflow, pipeline.keys
    covered = partitions_of_run(context, pipeline.partitions, workflow.pull_parameters)
    tables = pipeline.open_tables(context)
    # First, where a fault of the storage costs nothing: it is of what former runs have stored.
    index_for_stories(tables, workflow.workflow_id)
    ledger = pipeline.ledger(tables)
    not_sent = pipeline.not_sent(tables)
    elsewhere = StoredCandidates(context, pipeline, tables)
    if covered.is_incremental:
        candidates = of_window(context, keys, candidates, covered)
        candidates = with_retries(elsewhere, ledger, candidates)
    candidates = with_refused(elsewhere, not_sent, candidates)
    stored = stored_frames(context, keys.profiles, covered.keys)
    reports = () if config.compare_with_hrflow else stored.values()
    history = history_of(candidates, ledger, reports)
    read_in = dict(zip(candidates["id"], candidates[PARTITION_COLUMN], strict=True))
    known = ledger.last_edits(_earliest(candidates)) | last_edits(stored.values())
    journal = pipeline.edit_journal(context, tables)
    brake = None if config.lets_through(context.run.tags) else pipeline.brake
    delivery = deliver_frame(context, pipeline, candidates, history, journal, brake)
    rows = with_last_edits(delivery.report.rows, known | edits_recovered(delivery))
    own, others = _by_partition(covered, rows, read_in)
    # The ledger before the report: should the run die between the two, what was compared is known
    # all the same, and no older read can win.
    record(ledger, own | others, read_in)
    not_sent.record(rows, read_in, pipeline.functions)
    kept = map(with_todays_outcomes, stored.values() if covered.is_incremental else ())
    table = latest_rows(kept, _table(own), [PARTITION_COLUMN, "candidate_id"], ["pushed_at"])
    return Pushed(delivery, own, others, table, tables, not_sent.rows())


def deliver_frame(
    context: dg.AssetExecutionContext | dg.OpExecutionContext,
    pipeline: Pipeline,
    candidates: pd.DataFrame,
    history: History,
    journal: EditJournal | None = None,
    brake: Brake | None = None,
) -> Delivery:
    """Deliver the candidates of a frame; without a journal, nothing may be edited."""
    workflow = pipeline.workflow
    source_key = resolve_source_key(workflow.push_parameters.source_key)
    with pipeline.hrflow(context).open(source_key, context.log) as client:
        return deliver(
            take_candidates(candidates),
            workflow,
            client,
            run_id=context.run.run_id,
            history=history,
            journal=journal,
            brake=brake,
            log=context.log,
        )


def history_of(
    candidates: pd.DataFrame, ledger: Ledger, reports: Iterable[pd.DataFrame] = ()
) -> History:
    """What earlier pushes know of these candidates.

    Args:
        reports: the stored ones; a profile that they left as the format gives it now is not
            compared with HrFlow.
    """
    if not len(candidates):
        return History()
    reported = rows_held_by_hrflow(reports, candidates["id"])
    # From the earliest of these rows on: the ledger tells whether any other push came after it.
    moments = [candidates["read_at"].min(), reported["pushed_at"].min()]
    since = min(moment for moment in moments if not pd.isna(moment))
    return replace(ledger.history(since), reported=reported_profiles(reported))


def edits_recovered(delivery: Delivery) -> dict[int, LastEdit]:
    """The last edits of runs that ended without saying so, by candidate id."""
    in_order = sorted(delivery.recovered, key=lambda edit: edit.edited_at)
    return {
        edit.candidate_id: LastEdit(edit.edited_at, edit.run_id, edit.fields) for edit in in_order
    }


def _earliest(candidates: pd.DataFrame) -> datetime:
    return candidates["read_at"].min() if len(candidates) else clock.utc_now()


def _by_partition(
    covered: RunPartitions, rows: Sequence[ReportRow], read_in: Mapping[int, str]
) -> tuple[dict[str, Report], dict[str, Report]]:
    """The rows of the run's own partitions, and those of others, from which it retried some."""
    own: dict[str, list[ReportRow]] = {key: [] for key in covered.keys}
    others: dict[str, list[ReportRow]] = {}
    for row in rows:
        key = covered.key_of(row.changed_at)
        if not covered.holds(row.changed_at):
            key = read_in.get(row.candidate_id, key)
        if key not in own and row.outcome is Outcome.WOULD_UPDATE:
            # A run that the brake has stopped says nothing new of another partition's candidate.
            continue
        (own if key in own else others).setdefault(key, []).append(row)
    return _reports(own), _reports(others)


def _reports(rows: Mapping[str, Sequence[ReportRow]]) -> dict[str, Report]:
    return {key: Report(of_partition) for key, of_partition in rows.items()}


def _table(by_partition: Mapping[str, Report]) -> pd.DataFrame:
    """The rows as a frame, with the column of their partition."""
    rows = [(key, row) for key, report in by_partition.items() for row in report.rows]
    table = report_frame(row for _, row in rows)
    table[PARTITION_COLUMN] = pd.Series([key for key, _ in rows], dtype="string[pyarrow]")
    return table


def record(ledger: Ledger, by_partition: Mapping[str, Report], read_in: Mapping[int, str]) -> None:
    """Let the ledger know how each was pushed, where it was read, and what is to be retried."""
    for key, report in by_partition.items():
        if report.rows:
            ledger.record(key, report.rows, read_in)
    ledger.note_pending(clock.utc_now())
