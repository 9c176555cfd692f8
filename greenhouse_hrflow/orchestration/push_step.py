"""The step of `hrflow_profiles`: deliver what the run covers, and record what became of it.

How a candidate becomes an edit is told in `deliver` and the rooms below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import dagster as dg
import pandas as pd

from greenhouse_hrflow import clock
from greenhouse_hrflow.deliver import Delivery, deliver
from greenhouse_hrflow.hrflow.brake import Brake
from greenhouse_hrflow.hrflow.settings import resolve_source_key
from greenhouse_hrflow.orchestration.incremental import of_window, stored_frames, with_retries
from greenhouse_hrflow.orchestration.io_manager import table_of
from greenhouse_hrflow.orchestration.keys import PARTITION_COLUMN
from greenhouse_hrflow.orchestration.partitions import RunPartitions, partitions_of_run
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.run_config import PushConfig
from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.report import Report, ReportRow
from greenhouse_hrflow.storage.candidate_table import take_candidates
from greenhouse_hrflow.storage.latest_rows import latest_rows
from greenhouse_hrflow.storage.ledger import Ledger
from greenhouse_hrflow.storage.report_table import (
    report_frame,
    reported_profiles,
    rows_held_by_hrflow,
    with_todays_outcomes,
)


@dataclass(frozen=True)
class Pushed:
    """What a push made of the run's partitions.

    Attributes:
        by_partition: the report of every partition of the run, empty ones too.
        table: the rows to store, with those that the tables held of others.
    """

    delivery: Delivery
    by_partition: dict[str, Report]
    table: pd.DataFrame


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
    ledger = pipeline.ledger(tables)
    if covered.is_incremental:
        candidates = of_window(context, keys, candidates, covered)
        read_stored = partial(tables.read, table_of(workflow.workflow_id, keys.candidates))
        candidates = with_retries(context, pipeline, ledger, read_stored, candidates)
    stored = stored_frames(context, keys.profiles, covered.keys)
    reports = () if config.compare_with_hrflow else stored.values()
    history = history_of(candidates, ledger, reports)
    brake = None if config.lets_through(context.run.tags) else pipeline.brake
    delivery = deliver_frame(context, pipeline, candidates, history, brake)
    rows = delivery.report.rows
    by_partition = _by_partition(covered, rows)
    # The ledger before the report: should the run die between the two, what was compared is known
    # all the same, and no older read can win.
    _record(ledger, by_partition, candidates)
    table = report_frame(rows)
    table[PARTITION_COLUMN] = covered.column_of(row.changed_at for row in rows)
    kept = stored.values() if covered.is_incremental else ()
    table = latest_rows(
        map(with_todays_outcomes, kept),
        table,
        [PARTITION_COLUMN, "candidate_id"],
        ["pushed_at"],
    )
    return Pushed(delivery, by_partition, table)


def deliver_frame(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    candidates: pd.DataFrame,
    history: History,
    brake: Brake | None = None,
) -> Delivery:
    """Deliver the candidates of a frame."""
    workflow = pipeline.workflow
    source_key = resolve_source_key(workflow.push_parameters.source_key)
    with pipeline.hrflow(context).open(source_key, context.log) as client:
        return deliver(
            take_candidates(candidates),
            workflow,
            client,
            run_id=context.run.run_id,
            history=history,
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


def _by_partition(covered: RunPartitions, rows: Sequence[ReportRow]) -> dict[str, Report]:
    found: dict[str, list[ReportRow]] = {key: [] for key in covered.keys}
    for row in rows:
        found[covered.key_of(row.changed_at)].append(row)
    return {key: Report(of_partition) for key, of_partition in found.items()}


def _record(ledger: Ledger, by_partition: dict[str, Report], candidates: pd.DataFrame) -> None:
    """Let the ledger know how each was pushed, where it was read, and what is to be retried."""
    read_in = dict(zip(candidates["id"], candidates[PARTITION_COLUMN], strict=True))
    for key, report in by_partition.items():
        if report.rows:
            ledger.record(key, report.rows, read_in)
    ledger.note_pending(clock.utc_now())
