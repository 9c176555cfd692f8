"""The two assets: `greenhouse_candidates` reads a window, `hrflow_profiles` delivers it.

Here is what Dagster is to know of them. What their steps do is in `pull_step` and `push_step`; a
workflow with persist off is a `dry_run`.
"""

# Dagster compares the annotation of an asset's context with its classes, so none may be a string.
from collections.abc import Iterator

import dagster as dg
import pandas as pd

from greenhouse_hrflow.orchestration.checks import check_results, check_specs
from greenhouse_hrflow.orchestration.dead_runs import tag_process_of
from greenhouse_hrflow.orchestration.execution import as_failure, store_without_event
from greenhouse_hrflow.orchestration.keys import PROFILES_READ
from greenhouse_hrflow.orchestration.metadata import outcome_counts
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.pools import (
    ensure_one_push_at_a_time,
    release_slots_of_dead_runs,
)
from greenhouse_hrflow.orchestration.pull_step import pull_partitions
from greenhouse_hrflow.orchestration.push_step import push_partitions
from greenhouse_hrflow.orchestration.run_config import PushConfig

CANDIDATES_TEXT = "Candidates whose newest change lies in the partition, as Harvest v1 shows them."
PROFILES_TEXT = "What became of each candidate when it was merged into its profile in HrFlow."


def build_candidates(pipeline: Pipeline) -> dg.AssetsDefinition:
    """The asset that reads the candidates of its partitions from Greenhouse."""
    keys = pipeline.keys

    @dg.asset(
        key=keys.candidates,
        partitions_def=pipeline.partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(pipeline.cadence.partitions_per_run),
        description=CANDIDATES_TEXT,
        kinds={"greenhouse", "parquet"},
        io_manager_key=keys.tables,
        required_resource_keys={keys.greenhouse, keys.storage},
        pool=keys.greenhouse_pool,
    )
    def greenhouse_candidates(context: dg.AssetExecutionContext) -> pd.DataFrame:
        tag_process_of(context)
        release_slots_of_dead_runs(context.instance, keys, context.log)
        ensure_one_push_at_a_time(context.instance, keys, context.log)
        with as_failure(context, pipeline.retry_policy):
            return pull_partitions(context, pipeline)

    return greenhouse_candidates


def build_profiles(pipeline: Pipeline) -> dg.AssetsDefinition:
    """The asset that brings the candidates of its partitions to HrFlow, and stores the report."""
    keys, retry_policy = pipeline.keys, pipeline.retry_policy

    @dg.asset(
        key=keys.profiles,
        ins={"candidates": dg.AssetIn(keys.candidates, input_manager_key=keys.tables)},
        partitions_def=pipeline.partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(pipeline.cadence.partitions_per_run),
        description=PROFILES_TEXT,
        kinds={"hrflow", "parquet"},
        io_manager_key=keys.tables,
        required_resource_keys={keys.hrflow, keys.storage},
        pool=keys.hrflow_pool,
        check_specs=check_specs(keys.profiles),
    )
    def hrflow_profiles(
        context: dg.AssetExecutionContext, config: PushConfig, candidates: pd.DataFrame
    ) -> Iterator[dg.Output[pd.DataFrame] | dg.AssetCheckResult]:
        tag_process_of(context)
        with as_failure(context, retry_policy):
            pushed = push_partitions(context, pipeline, config, candidates)
        delivery = pushed.delivery
        if delivery.fault is not None:
            # The report is stored past Dagster's events, and only then the fault is raised: with an
            # output event the partition would be green, and "failed and missing" would never offer
            # it again; raised first, nobody could read what became of whom.
            with as_failure(context, retry_policy, outcome_counts(delivery.report)):
                store_without_event(context, pushed.table)
                raise delivery.fault
        for key, report in pushed.by_partition.items():
            counts = outcome_counts(report)
            metadata = {**counts, PROFILES_READ: delivery.reading}
            context.add_asset_metadata(metadata, partition_key=key)
        yield dg.Output(pushed.table)
        yield from check_results(delivery)

    return hrflow_profiles
