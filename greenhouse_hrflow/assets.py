"""The two assets: `greenhouse_candidates` reads a window, `hrflow_profiles` delivers it.

Here is only what joins the plain modules to a Dagster run: its partitions, its storage, its
metadata, its errors. What an incremental run does otherwise is in `incremental`.
"""

# Dagster compares the annotation of an asset's context with its classes, so none may be a string.
import warnings
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from functools import partial

import dagster as dg
import pandas as pd

from greenhouse_hrflow import clock
from greenhouse_hrflow.cadence import Cadence
from greenhouse_hrflow.delivery import Delivery
from greenhouse_hrflow.greenhouse.resource import GreenhouseResource
from greenhouse_hrflow.hrflow.resource import HrFlowResource
from greenhouse_hrflow.incremental import (
    merged,
    of_window,
    read_since,
    stored_frames,
    stored_meanwhile,
    with_retries,
)
from greenhouse_hrflow.io_manager import PARTITION_KEY, Storage, table_of
from greenhouse_hrflow.ledger import Ledger
from greenhouse_hrflow.mission import Workflow
from greenhouse_hrflow.partitions import RunPartitions, partitions_of_run
from greenhouse_hrflow.pools import (
    GREENHOUSE_POOL,
    HRFLOW_POOL,
    ensure_one_push_at_a_time,
    release_slots_of_dead_runs,
    tag_process_of,
)
from greenhouse_hrflow.report import Outcome, ReportRow, count_outcomes, report_frame
from greenhouse_hrflow.steps import as_failure, pull, push, store_without_event
from greenhouse_hrflow.windows import UpdateWindow

CANDIDATES = dg.AssetKey("greenhouse_candidates")
PROFILES = dg.AssetKey("hrflow_profiles")
NONE_REJECTED = "no_candidate_is_rejected"
ARE_FOUND = "profiles_are_found"
READING_BEGAN_AT = "greenhouse_hrflow/reading_began_at"
WINDOW_END = "greenhouse_hrflow/window_end"
WORKFLOW = "greenhouse_hrflow/workflow"

_CANDIDATES_TEXT = "Candidates whose newest change lies in the partition, as Harvest v1 shows them."
_PROFILES_TEXT = "What became of each candidate when it was laid over its profile in HrFlow."

_ARE_FOUND_TEXT = (
    "The source holds a profile of at least one of the candidates. Where it holds none of ten or "
    "more, HRFLOW_SOURCE_KEY may name another source than the one that the résumés go to, or the "
    "format's references may be others than the profiles'."
)


def build_assets(
    workflow: Workflow,
    partitions: dg.TimeWindowPartitionsDefinition,
    cadence: Cadence,
    retry_policy: dg.RetryPolicy,
) -> list[dg.AssetsDefinition]:
    """Both assets of a workflow; with persist off, as one dry run that stores nothing."""
    with warnings.catch_warnings():
        # Backfill policies are beta, and Dagster says so each time the definitions are loaded.
        warnings.simplefilter("ignore", dg.BetaWarning)
        if not workflow.persist:
            return [_dry_run(workflow, partitions, cadence, retry_policy)]
        return [
            _greenhouse_candidates(workflow, partitions, cadence, retry_policy),
            _hrflow_profiles(workflow, partitions, cadence, retry_policy),
        ]


def _greenhouse_candidates(
    workflow: Workflow,
    partitions: dg.TimeWindowPartitionsDefinition,
    cadence: Cadence,
    retry_policy: dg.RetryPolicy,
) -> dg.AssetsDefinition:
    @dg.asset(
        key=CANDIDATES,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(cadence.partitions_per_run),
        description=_CANDIDATES_TEXT,
        kinds={"greenhouse", "parquet"},
        io_manager_key="tables",
        pool=GREENHOUSE_POOL,
    )
    def greenhouse_candidates(
        context: dg.AssetExecutionContext, greenhouse: GreenhouseResource, storage: Storage
    ) -> pd.DataFrame:
        tag_process_of(context)
        release_slots_of_dead_runs(context.instance, context.log)
        ensure_one_push_at_a_time(context.instance, context.log)
        with as_failure(context, retry_policy):
            # Whether it can be opened is seen before anything is read, and not after an hour.
            storage.open(context.instance)
            covered = partitions_of_run(context, partitions, workflow.pull_parameters)
            asked_at, whole = datetime.now(timezone.utc), not covered.is_incremental
            stored = {} if whole else stored_frames(context, CANDIDATES, covered.keys)
            windows = covered.windows_to_read(stored)
            read, began_at = pull(context, greenhouse, workflow, windows)
            meanwhile = stored_meanwhile(context, CANDIDATES, covered, asked_at)
        stored |= read_since(meanwhile, began_at) if whole else meanwhile
        read[PARTITION_KEY] = _text([covered.key_of(moment) for moment in read["changed_at"]])
        frame = merged(stored, read, "read_at", "changed_at")
        counts = frame[PARTITION_KEY].value_counts()
        told = _reading(workflow, covered, windows, began_at)
        for key in covered.keys:
            count = {"dagster/row_count": int(counts.get(key, 0))}
            context.add_asset_metadata({**count, **told}, partition_key=key)
        return frame

    return greenhouse_candidates


def _hrflow_profiles(
    workflow: Workflow,
    partitions: dg.TimeWindowPartitionsDefinition,
    cadence: Cadence,
    retry_policy: dg.RetryPolicy,
) -> dg.AssetsDefinition:
    @dg.asset(
        key=PROFILES,
        ins={"candidates": dg.AssetIn(CANDIDATES, input_manager_key="tables")},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(cadence.partitions_per_run),
        description=_PROFILES_TEXT,
        kinds={"hrflow", "parquet"},
        io_manager_key="tables",
        pool=HRFLOW_POOL,
        check_specs=[
            dg.AssetCheckSpec(NONE_REJECTED, asset=PROFILES),
            dg.AssetCheckSpec(ARE_FOUND, asset=PROFILES, description=_ARE_FOUND_TEXT),
        ],
    )
    def hrflow_profiles(
        context: dg.AssetExecutionContext,
        candidates: pd.DataFrame,
        hrflow: HrFlowResource,
        storage: Storage,
    ) -> Iterator[dg.Output[pd.DataFrame] | dg.AssetCheckResult]:
        tag_process_of(context)
        with as_failure(context, retry_policy):
            covered = partitions_of_run(context, partitions, workflow.pull_parameters)
            store = storage.open(context.instance)
            ledger = Ledger(store, workflow.workflow_id, cadence)
            if covered.is_incremental:
                candidates = of_window(context, CANDIDATES, PROFILES, candidates, covered)
                table = table_of(workflow.workflow_id, CANDIDATES)
                read_stored = partial(store.read, table)
                candidates = with_retries(
                    context, CANDIDATES, partitions, ledger, read_stored, candidates
                )
            delivery = push(context, hrflow, workflow, candidates, ledger)
            by_partition = _by_partition(covered, delivery.rows)
            # The ledger before the report: should the run die between the two, what was compared
            # is known all the same, and no older read can win.
            _record(ledger, by_partition, candidates)
            keys = covered.keys if covered.is_incremental else ()
            stored = stored_frames(context, PROFILES, keys)
        report = report_frame(delivery.rows)
        report[PARTITION_KEY] = _text([covered.key_of(row.changed_at) for row in delivery.rows])
        report = merged(stored, report, "pushed_at")
        if delivery.fault is not None:
            # Stored past Dagster's events and only then raised: with an output event the partition
            # would be green, and "failed and missing" would never offer it again.
            with as_failure(context, retry_policy, _counts(delivery.rows)):
                store_without_event(context, report)
                raise delivery.fault
        for key in covered.keys:
            context.add_asset_metadata(_counts(by_partition.get(key, ())), partition_key=key)
        yield dg.Output(report)
        yield _none_rejected(delivery.rows)
        yield _are_found(delivery)

    return hrflow_profiles


def _dry_run(
    workflow: Workflow,
    partitions: dg.TimeWindowPartitionsDefinition,
    cadence: Cadence,
    retry_policy: dg.RetryPolicy,
) -> dg.AssetsDefinition:
    """Both assets as one step: a step that yields nothing would have the next one skipped."""

    @dg.multi_asset(
        name="dry_run",
        outs={
            "candidates": dg.AssetOut(
                key=CANDIDATES, is_required=False, description=_CANDIDATES_TEXT
            ),
            "profiles": dg.AssetOut(key=PROFILES, is_required=False, description=_PROFILES_TEXT),
        },
        internal_asset_deps={"candidates": set(), "profiles": {CANDIDATES}},
        can_subset=True,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(cadence.partitions_per_run),
        pool=GREENHOUSE_POOL,
    )
    def dry_run(
        context: dg.AssetExecutionContext,
        greenhouse: GreenhouseResource,
        hrflow: HrFlowResource,
        storage: Storage,
    ) -> Iterator[dg.AssetObservation]:
        with as_failure(context, retry_policy):
            covered = partitions_of_run(context, partitions, workflow.pull_parameters)
            frame, _ = pull(context, greenhouse, workflow, [covered.window])
        yield from _observed(context, CANDIDATES, {"dagster/row_count": len(frame)})
        if PROFILES not in context.selected_asset_keys:
            return
        with as_failure(context, retry_policy):
            ledger = Ledger(storage.open(context.instance), workflow.workflow_id, cadence)
            delivery = push(context, hrflow, workflow, frame, ledger)
        yield from _observed(context, PROFILES, _counts(delivery.rows))
        with as_failure(context, retry_policy):
            if delivery.fault is not None:
                raise delivery.fault

    return dry_run


def _reading(
    workflow: Workflow,
    covered: RunPartitions,
    windows: Sequence[UpdateWindow],
    began_at: datetime,
) -> dict[str, str | dg.TimestampMetadataValue]:
    """What was read, and the two moments of which the earlier one is where it has landed."""
    told: dict[str, str | dg.TimestampMetadataValue] = {
        "window": ", ".join(map(str, windows)) or "empty",
        WORKFLOW: workflow.workflow_id,
        READING_BEGAN_AT: dg.TimestampMetadataValue(began_at.timestamp()),
    }
    if covered.window.updated_before is not None:
        told[WINDOW_END] = dg.TimestampMetadataValue(covered.window.updated_before.timestamp())
    return told


def _by_partition(covered: RunPartitions, rows: Sequence[ReportRow]) -> dict[str, list[ReportRow]]:
    found: dict[str, list[ReportRow]] = {}
    for row in rows:
        found.setdefault(covered.key_of(row.changed_at), []).append(row)
    return found


def _record(
    ledger: Ledger, by_partition: dict[str, list[ReportRow]], candidates: pd.DataFrame
) -> None:
    """Let the ledger know how each was pushed, where it was read, and what is to be tried again."""
    read_in = dict(zip(candidates["id"], candidates[PARTITION_KEY], strict=True))
    for key, rows in by_partition.items():
        ledger.record(key, rows, read_in)
    ledger.note_pending(clock.utc_now())


def _counts(rows: Sequence[ReportRow]) -> dict[str, int]:
    """Metadata under stable names: every outcome, those that did not occur too."""
    counts = count_outcomes(rows)
    return {"dagster/row_count": len(rows), **{o.value: counts[o] for o in Outcome}}


def _none_rejected(rows: Sequence[ReportRow]) -> dg.AssetCheckResult:
    rejected = [row for row in rows if row.outcome is Outcome.REJECTED]
    reasons = {row.reason or "": row.candidate_id for row in rejected}
    return dg.AssetCheckResult(
        check_name=NONE_REJECTED,
        passed=not rejected,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"rejected": len(rejected), "a_candidate_for_each_reason": reasons},
    )


def _are_found(delivery: Delivery) -> dg.AssetCheckResult:
    missing = count_outcomes(delivery.rows)[Outcome.MISSING]
    return dg.AssetCheckResult(
        check_name=ARE_FOUND,
        passed=not delivery.none_found,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"missing": missing, "candidates": len(delivery.rows)},
    )


def _observed(
    context: dg.AssetExecutionContext, key: dg.AssetKey, counts: dict[str, int]
) -> Iterator[dg.AssetObservation]:
    for partition in context.partition_keys:
        yield dg.AssetObservation(key, partition=partition, metadata={"dry_run": True, **counts})


def _text(values: list[str]) -> "pd.Series[str]":
    return pd.Series(values, dtype="string[pyarrow]")
