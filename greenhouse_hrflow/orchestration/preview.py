"""The preview: what a push would change, and nothing that is changed by it.

It reads, formats and compares as a push does, and stores nothing: its asset has no table, and its
materialisation holds the figures. An asset of its own, so that a preview over any range is green,
also as a backfill, and says nothing of the partitions of the other two. A workflow with persist
off is this asset alone.
"""

# Dagster compares the annotation of an asset's context with its classes, so none may be a string.
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
import pandas as pd

from greenhouse_hrflow.deliver import Delivery
from greenhouse_hrflow.orchestration.described import described
from greenhouse_hrflow.orchestration.execution import as_failure
from greenhouse_hrflow.orchestration.keys import ROWS
from greenhouse_hrflow.orchestration.metadata import Reading, outcome_counts
from greenhouse_hrflow.orchestration.partitions import RunPartitions, partitions_of_run
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.pull_step import read_windows
from greenhouse_hrflow.orchestration.push_step import deliver_frame, history_of
from greenhouse_hrflow.orchestration.summary import fields_counted, preview_summary, preview_table
from greenhouse_hrflow.report import Report, ReportRow
from greenhouse_hrflow.storage.tables import TableStore

_TEXT = (
    "What a push of the partition would change: how many profiles, which fields, and whose. "
    "Materialise it to look; nothing is written to HrFlow or to a table."
)


def build_preview(pipeline: Pipeline) -> dg.AssetsDefinition:
    """The asset of the preview."""
    keys = pipeline.keys

    @dg.asset(
        key=keys.preview,
        deps=[keys.greenhouse_source],
        partitions_def=pipeline.partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(pipeline.cadence.partitions_per_run),
        required_resource_keys={keys.greenhouse, keys.hrflow, keys.storage},
        pool=keys.greenhouse_pool,
        output_required=True,
        **described(pipeline, _TEXT, kinds={"greenhouse", "hrflow"}),
    )
    def preview(context: dg.AssetExecutionContext) -> Iterator[Any]:
        yield from _previewed(context, pipeline)

    return preview


def _previewed(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Iterator[Any]:
    with as_failure(context, pipeline.retry_policy):
        parameters = pipeline.workflow.pull_parameters
        # Whether they can be opened is seen before anything is read.
        tables = pipeline.open_tables(context)
        covered = partitions_of_run(context, pipeline.partitions, parameters)
        frame, reading = read_windows(context, pipeline, [covered.window])
        delivery = _compared(context, pipeline, frame, tables)
        if delivery.fault is not None:
            raise delivery.fault
    by_partition: dict[str, list[ReportRow]] = {key: [] for key in covered.keys}
    for row in delivery.report.rows:
        by_partition[covered.key_of(row.changed_at)].append(row)
    for key, rows in by_partition.items():
        metadata = _metadata(key, rows, reading, delivery)
        context.add_asset_metadata(metadata, partition_key=key)
    yield from _observations(pipeline, covered, by_partition)
    yield dg.MaterializeResult()


def _compared(
    context: dg.AssetExecutionContext, pipeline: Pipeline, frame: pd.DataFrame, tables: TableStore
) -> Delivery:
    """The candidates as a push would bring them; persist off, whatever the workflow says."""
    history = history_of(frame, pipeline.ledger(tables))
    return deliver_frame(context, pipeline.without_persist, frame, history)


def _metadata(
    partition: str, rows: Sequence[ReportRow], reading: Reading, delivery: Delivery
) -> dict[str, Any]:
    report = Report(rows)
    shown: dict[str, Any] = {
        "summary": dg.MetadataValue.md(preview_summary(partition, report, delivery)),
        ROWS: len(rows),
        **outcome_counts(report),
        "fields_that_would_change": dict(fields_counted(rows)),
        "run_greenhouse_requests": reading.effort.requests,
        "run_hrflow_requests": delivery.effort.requests,
    }
    if table := preview_table(rows):
        shown["candidates"] = dg.MetadataValue.md(table)
    return shown


def _observations(
    pipeline: Pipeline, covered: RunPartitions, by_partition: dict[str, list[ReportRow]]
) -> Iterator[dg.AssetObservation]:
    """The same in the history of the two assets, where a workflow with persist off is these alone.

    Where they are there, it would stand beside the figures of their tables, as if it were one.
    """
    if pipeline.workflow.persist:
        return
    keys = pipeline.keys
    for key in covered.keys:
        report = Report(by_partition[key])
        shown = {"dry_run": True, ROWS: len(report.rows)}
        yield dg.AssetObservation(keys.candidates, partition=key, metadata=shown)
        shown |= outcome_counts(report)
        yield dg.AssetObservation(keys.profiles, partition=key, metadata=shown)
