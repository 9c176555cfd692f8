"""The two assets: `greenhouse_candidates` reads a window, `hrflow_profiles` delivers it.

Here is what Dagster is to know of them. What their steps do is in `pull_step` and `push_step`; a
workflow with persist off is a `preview`.
"""

# Dagster compares the annotation of an asset's context with its classes, so none may be a string.
from collections.abc import Iterator

import dagster as dg
import pandas as pd

from greenhouse_hrflow.orchestration.checks import (
    candidates_checks,
    candidates_results,
    profiles_checks,
    profiles_results,
)
from greenhouse_hrflow.orchestration.dead_runs import tag_process_of
from greenhouse_hrflow.orchestration.described import (
    CANDIDATES_COLUMNS,
    CANDIDATES_TEXT,
    PROFILES_COLUMNS,
    PROFILES_TEXT,
    described,
)
from greenhouse_hrflow.orchestration.execution import as_failure, store_without_event
from greenhouse_hrflow.orchestration.io_manager import table_of
from greenhouse_hrflow.orchestration.keys import PARTITION_COLUMN
from greenhouse_hrflow.orchestration.metadata import (
    column_schema,
    fault_metadata,
    place_metadata,
    profiles_metadata,
)
from greenhouse_hrflow.orchestration.other_partitions import store_others
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.pools import (
    ensure_one_push_at_a_time,
    release_slots_of_dead_runs,
)
from greenhouse_hrflow.orchestration.pull_step import pull_partitions
from greenhouse_hrflow.orchestration.push_step import Pushed, push_partitions
from greenhouse_hrflow.orchestration.run_config import PushConfig
from greenhouse_hrflow.storage.candidate_table import CANDIDATE_SCHEMA
from greenhouse_hrflow.storage.report_table import REPORT_SCHEMA
from greenhouse_hrflow.storage.split_rows import SplitRows

SCHEMA = "dagster/column_schema"


def build_candidates(pipeline: Pipeline) -> dg.AssetsDefinition:
    """The asset that reads the candidates of its partitions from Greenhouse."""
    keys = pipeline.keys

    @dg.asset(
        key=keys.candidates,
        deps=[keys.greenhouse_source],
        partitions_def=pipeline.partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(pipeline.cadence.partitions_per_run),
        io_manager_key=keys.tables,
        required_resource_keys={keys.greenhouse, keys.storage},
        pool=keys.greenhouse_pool,
        check_specs=candidates_checks(keys.candidates),
        **described(
            pipeline,
            CANDIDATES_TEXT,
            kinds={"greenhouse", "parquet"},
            metadata={SCHEMA: column_schema(CANDIDATE_SCHEMA, CANDIDATES_COLUMNS)},
        ),
    )
    def greenhouse_candidates(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.Output[pd.DataFrame] | dg.AssetCheckResult]:
        tag_process_of(context)
        release_slots_of_dead_runs(context.instance, keys, context.log)
        ensure_one_push_at_a_time(context.instance, keys, context.log)
        with as_failure(context, pipeline.retry_policy):
            frame, covered = pull_partitions(context, pipeline)
            results = [*candidates_results(frame, covered)]
        yield dg.Output(frame)
        yield from results

    return greenhouse_candidates


def build_profiles(pipeline: Pipeline) -> dg.AssetsDefinition:
    """The asset that brings the candidates of its partitions to HrFlow, and stores the report."""
    keys, retry_policy = pipeline.keys, pipeline.retry_policy

    @dg.asset(
        key=keys.profiles,
        ins={"candidates": dg.AssetIn(keys.candidates, input_manager_key=keys.tables)},
        partitions_def=pipeline.partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(pipeline.cadence.partitions_per_run),
        io_manager_key=keys.tables,
        required_resource_keys={keys.hrflow, keys.storage},
        pool=keys.hrflow_pool,
        check_specs=profiles_checks(keys.profiles),
        **described(
            pipeline,
            PROFILES_TEXT,
            kinds={"hrflow", "parquet"},
            metadata={SCHEMA: column_schema(REPORT_SCHEMA, PROFILES_COLUMNS)},
        ),
    )
    def hrflow_profiles(
        context: dg.AssetExecutionContext, config: PushConfig, candidates: pd.DataFrame
    ) -> Iterator[dg.Output[pd.DataFrame] | dg.AssetCheckResult]:
        tag_process_of(context)
        with as_failure(context, retry_policy):
            pushed = push_partitions(context, pipeline, config, candidates)
        delivery = pushed.delivery
        with as_failure(context, retry_policy, fault_metadata(delivery.report)):
            store_others(context, pipeline, pushed.tables, pushed.others, delivery)
            if delivery.fault is not None:
                # The report is stored past Dagster's events, and only then the fault is raised:
                # with an output event the partition would be green, and "failed and missing" would
                # never offer it again; raised first, nobody could read what became of whom.
                store_without_event(context, pushed.table)
                raise delivery.fault
        _show_figures(context, pipeline, pushed)
        yield dg.Output(pushed.table)
        yield from profiles_results(delivery, pushed.not_sent, pipeline.limits)

    return hrflow_profiles


def _show_figures(context: dg.AssetExecutionContext, pipeline: Pipeline, pushed: Pushed) -> None:
    """Let each partition of the run show the figures of its whole table."""
    table = table_of(pipeline.workflow.workflow_id, pipeline.keys.profiles)
    split = SplitRows(pushed.table, PARTITION_COLUMN)
    for key, own in pushed.by_partition.items():
        metadata = profiles_metadata(key, split.rows(key), own, pushed.delivery)
        place = place_metadata(pushed.tables.path(table, key))
        context.add_asset_metadata({**metadata, **place}, partition_key=key)
