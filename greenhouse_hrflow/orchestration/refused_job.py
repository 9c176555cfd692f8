"""The job that sends the refused again: after somebody has mended a cause that no fingerprint
tells, such as a profile in HrFlow. It pushes those whom its filter names, as they are stored, and
nobody else.
"""

# Dagster compares the annotation of an op's context with its classes, so none may be a string.
from collections import defaultdict
from collections.abc import Sequence

import dagster as dg
import pandas as pd
from pydantic import Field

from greenhouse_hrflow.deliver import Delivery
from greenhouse_hrflow.orchestration.dead_runs import tag_process
from greenhouse_hrflow.orchestration.execution import as_failure
from greenhouse_hrflow.orchestration.incremental import placed
from greenhouse_hrflow.orchestration.io_manager import table_of
from greenhouse_hrflow.orchestration.keys import PARTITION_COLUMN, WORKFLOW_TAG
from greenhouse_hrflow.orchestration.metadata import (
    outcome_counts,
    place_metadata,
    profiles_metadata,
)
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.push_step import (
    deliver_frame,
    edits_recovered,
    history_of,
    record,
)
from greenhouse_hrflow.orchestration.summary import NOT_SENT, in_words, not_sent_table
from greenhouse_hrflow.report import Report, ReportRow, with_last_edits
from greenhouse_hrflow.run_result import count_events
from greenhouse_hrflow.storage.latest_rows import latest_rows
from greenhouse_hrflow.storage.not_sent import NotSentRow
from greenhouse_hrflow.storage.report_table import last_edits, report_frame, with_todays_outcomes
from greenhouse_hrflow.storage.tables import TableStore, together

_TEXT = (
    "Sends candidates again that were refused, once their cause is mended: all of them, or those "
    "of a reason or of some partitions (see the launchpad). Nobody else is touched. Who was "
    "refused by logics or a format that have changed since is sent again by the next run anyway."
)


class RefusedConfig(dg.Config):
    """Whom to send again."""

    reason: str = Field(
        default="",
        description="Only those whose reason begins so, such as hrflow_refused_400; empty for all. "
        "The reasons stand in the report and in docs/reasons.md.",
    )
    first_partition: str = Field(
        default="",
        description="Only those who stand in this partition or a later one, such as 2026-01-31.",
    )
    last_partition: str = Field(
        default="", description="Only those who stand in this partition or an earlier one."
    )

    def selects(self, row: NotSentRow) -> bool:
        """Whether a candidate who is not sent is to be sent again."""
        return (
            row.outcome == "rejected"
            and (row.reason or "").startswith(self.reason)
            and self.first_partition <= row.table_partition
            and (not self.last_partition or row.table_partition <= self.last_partition)
        )


def build_refused_job(pipeline: Pipeline) -> dg.JobDefinition:
    """The job, with one op: it takes its turn with the pushes of the main job."""
    keys = pipeline.keys

    @dg.op(
        name="retry_refused",
        description=_TEXT,
        required_resource_keys={keys.hrflow, keys.storage},
        pool=keys.hrflow_pool,
        out=dg.Out(dg.Nothing),
    )
    def retry_refused(context: dg.OpExecutionContext, config: RefusedConfig) -> None:
        tag_process(context.instance, context.run.run_id)
        with as_failure(context, pipeline.retry_policy):
            delivery = _send_again(context, pipeline, config)
            context.add_output_metadata(_metadata(delivery))
            if delivery.fault is not None:
                raise delivery.fault

    @dg.job(
        name=keys.refused_job,
        description=_TEXT,
        executor_def=dg.in_process_executor,
        tags={WORKFLOW_TAG: pipeline.workflow.workflow_id},
    )
    def refused_job() -> None:
        retry_refused()

    return refused_job


def _send_again(
    context: dg.OpExecutionContext, pipeline: Pipeline, config: RefusedConfig
) -> Delivery:
    tables = pipeline.open_tables(context)
    not_sent, ledger = pipeline.not_sent(tables), pipeline.ledger(tables)
    selected = [row for row in not_sent.rows() if config.selects(row)]
    candidates = _stored(context, pipeline, tables, selected)
    if candidates is None:
        context.log.info("Nobody is to be sent again")
        return Delivery(Report(), count_events(Report()))
    read_in = dict(zip(candidates["id"], candidates[PARTITION_COLUMN], strict=True))
    history = history_of(candidates, ledger)
    journal = pipeline.edit_journal(context, tables)
    delivery = deliver_frame(context, pipeline, candidates, history, journal)
    by_partition: defaultdict[str, list[ReportRow]] = defaultdict(list)
    for row in delivery.report.rows:
        by_partition[read_in[row.candidate_id]].append(row)
    reports = {key: Report(rows) for key, rows in by_partition.items()}
    record(ledger, reports, read_in)
    not_sent.record(delivery.report.rows, read_in, pipeline.functions)
    for key, report in reports.items():
        _store(context, pipeline, tables, key, report, delivery)
    return delivery


def _stored(
    context: dg.OpExecutionContext,
    pipeline: Pipeline,
    tables: TableStore,
    selected: Sequence[NotSentRow],
) -> pd.DataFrame | None:
    """The stored candidates of these rows; None for nobody."""
    table = table_of(pipeline.workflow.workflow_id, pipeline.keys.candidates)
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for row in selected:
        wanted[row.table_partition].add(row.candidate_id)
    frames: list[pd.DataFrame] = []
    for key, ids in wanted.items():
        frame = placed(tables.read(table, key), key)
        if frame is not None:
            frames.append(frame[frame["id"].isin(ids)])
    found = together(frames) if frames else None
    count = 0 if found is None else len(found)
    context.log.info("Sending %d of %d candidates again, who are stored", count, len(selected))
    return found if count else None


def _store(
    context: dg.OpExecutionContext,
    pipeline: Pipeline,
    tables: TableStore,
    key: str,
    report: Report,
    delivery: Delivery,
) -> None:
    """Put rows into the report of their partition; one that was never done stays so."""
    profiles = pipeline.keys.profiles
    name = table_of(pipeline.workflow.workflow_id, profiles)
    stored = tables.read(name, key)
    kept = [] if stored is None else [with_todays_outcomes(stored)]
    known = last_edits(kept) | edits_recovered(delivery)
    report = Report(with_last_edits(report.rows, known))
    table = latest_rows(kept, report_frame(report.rows), ["candidate_id"], ["pushed_at"])
    tables.write(name, key, table)
    if key in context.instance.get_materialized_partitions(profiles):
        metadata = profiles_metadata(key, table, report, delivery)
        metadata |= place_metadata(tables.path(name, key))
        context.log_event(dg.AssetMaterialization(profiles, partition=key, metadata=metadata))


def _metadata(delivery: Delivery) -> dict[str, object]:
    counts = outcome_counts(delivery.report)
    refused = [
        {"candidate_id": row.candidate_id, "outcome": row.outcome.value, "reason": row.reason}
        for row in delivery.report.rows
        if row.outcome in NOT_SENT
    ]
    told = f"Sent {len(delivery.report.rows)} again: {in_words(counts) or 'nobody'}."
    shown: dict[str, object] = {"summary": dg.MetadataValue.md(told), **counts}
    if refused:
        shown["candidates_not_sent"] = dg.MetadataValue.md(not_sent_table(refused))
    return shown
