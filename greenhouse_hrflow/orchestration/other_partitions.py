"""What a run changes in partitions that are not its own: the rows of candidates that it retried.

A row stands in the partition of its candidate's change, whichever run pushed it last; else a
candidate who is retried would stand in the reports of many days.
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg
import pandas as pd

from greenhouse_hrflow.deliver import Delivery
from greenhouse_hrflow.orchestration.execution import store_without_event
from greenhouse_hrflow.orchestration.incremental import load_partition
from greenhouse_hrflow.orchestration.io_manager import table_of
from greenhouse_hrflow.orchestration.keys import PARTITION_COLUMN
from greenhouse_hrflow.orchestration.metadata import place_metadata, profiles_metadata
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.report import Report
from greenhouse_hrflow.storage.latest_rows import latest_rows
from greenhouse_hrflow.storage.report_table import report_frame, with_todays_outcomes
from greenhouse_hrflow.storage.tables import TableStore


def stored_reports(
    context: dg.AssetExecutionContext, pipeline: Pipeline, tables: TableStore, keys: list[str]
) -> dict[str, pd.DataFrame]:
    """The stored reports of these partitions, wherever they lie and whatever became of them."""
    profiles = pipeline.keys.profiles
    materialized = context.instance.get_materialized_partitions(profiles)
    found: dict[str, pd.DataFrame] = {}
    for key in keys:
        if key in materialized and pipeline.partitions.has_partition_key(key):
            frame = load_partition(context, profiles, key)
        else:
            # The definition knows it no more, or the push of it has failed: its report is stored
            # all the same, and Dagster knows nothing of it.
            frame = tables.read(table_of(pipeline.workflow.workflow_id, profiles), key)
        if frame is not None:
            stored = frame.drop(columns=PARTITION_COLUMN, errors="ignore")
            found[key] = with_todays_outcomes(stored)
    return found


def store_others(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    tables: TableStore,
    reports: Mapping[str, Report],
    delivery: Delivery,
) -> None:
    """Put the rows of other partitions into their reports, and tell Dagster their figures anew.

    A partition that was never done stays so: a few of its rows are not all of it.
    """
    profiles = pipeline.keys.profiles
    stored = stored_reports(context, pipeline, tables, [*reports])
    name = table_of(pipeline.workflow.workflow_id, profiles)
    materialized = context.instance.get_materialized_partitions(profiles)
    for key, report in reports.items():
        kept = [stored[key]] if key in stored else []
        table = latest_rows(kept, report_frame(report.rows), ["candidate_id"], ["pushed_at"])
        if not pipeline.partitions.has_partition_key(key):
            tables.write(name, key, table)
            continue
        store_without_event(context, table.assign(**{PARTITION_COLUMN: key}), [key])
        if key in materialized:
            metadata = profiles_metadata(key, table, report, delivery)
            place = place_metadata(tables.path(name, key))
            context.log_event(
                dg.AssetMaterialization(profiles, partition=key, metadata={**metadata, **place})
            )
