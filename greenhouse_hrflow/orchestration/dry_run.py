"""A workflow with persist off: reads, plans and shows what would be done, and stores nothing."""

# Dagster compares the annotation of an asset's context with its classes, so none may be a string.
from collections.abc import Iterator

import dagster as dg

from greenhouse_hrflow.orchestration.assets import CANDIDATES_TEXT, PROFILES_TEXT
from greenhouse_hrflow.orchestration.execution import as_failure
from greenhouse_hrflow.orchestration.metadata import outcome_counts, row_count
from greenhouse_hrflow.orchestration.partitions import partitions_of_run
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.pull_step import read_windows
from greenhouse_hrflow.orchestration.push_step import deliver_frame, history_of


def build_dry_run(pipeline: Pipeline) -> dg.AssetsDefinition:
    """Both assets as one step: a step that yields nothing would have the next one skipped."""
    keys = pipeline.keys

    @dg.multi_asset(
        name="dry_run",
        outs={
            "candidates": dg.AssetOut(
                key=keys.candidates, is_required=False, description=CANDIDATES_TEXT
            ),
            "profiles": dg.AssetOut(
                key=keys.profiles, is_required=False, description=PROFILES_TEXT
            ),
        },
        internal_asset_deps={"candidates": set(), "profiles": {keys.candidates}},
        can_subset=True,
        partitions_def=pipeline.partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(pipeline.cadence.partitions_per_run),
        required_resource_keys={keys.greenhouse, keys.hrflow, keys.storage},
        pool=keys.greenhouse_pool,
    )
    def dry_run(context: dg.AssetExecutionContext) -> Iterator[dg.AssetObservation]:
        yield from _observe(context, pipeline)

    return dry_run


def _observe(
    context: dg.AssetExecutionContext, pipeline: Pipeline
) -> Iterator[dg.AssetObservation]:
    keys, retry_policy = pipeline.keys, pipeline.retry_policy
    parameters = pipeline.workflow.pull_parameters
    with as_failure(context, retry_policy):
        covered = partitions_of_run(context, pipeline.partitions, parameters)
        frame, _ = read_windows(context, pipeline, [covered.window])
    yield from _observations(context, keys.candidates, row_count(len(frame)))
    if keys.profiles not in context.selected_asset_keys:
        return
    with as_failure(context, retry_policy):
        ledger = pipeline.ledger(pipeline.open_tables(context))
        delivery = deliver_frame(context, pipeline, frame, history_of(frame, ledger))
    yield from _observations(context, keys.profiles, outcome_counts(delivery.report))
    with as_failure(context, retry_policy):
        if delivery.fault is not None:
            raise delivery.fault


def _observations(
    context: dg.AssetExecutionContext, key: dg.AssetKey, counts: dict[str, int]
) -> Iterator[dg.AssetObservation]:
    for partition in context.partition_keys:
        yield dg.AssetObservation(key, partition=partition, metadata={"dry_run": True, **counts})
