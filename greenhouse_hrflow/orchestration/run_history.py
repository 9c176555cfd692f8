"""What the instance knows of past runs: how far a requested window has come, and the watermark.

A window is done when a run over it succeeded, up to the moment at which that run began to read.
Nothing here asks Greenhouse, and nothing starts a run; that is `sensor`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import dagster as dg

from greenhouse_hrflow.orchestration.cursor import RequestedWindow
from greenhouse_hrflow.orchestration.dead_runs import is_dead
from greenhouse_hrflow.orchestration.keys import READING_BEGAN_AT, WINDOW_END, WORKFLOW, Keys
from greenhouse_hrflow.storage.table_names import DEFAULT_WORKFLOW_ID
from greenhouse_hrflow.workflow import Workflow

_AT_ONCE = 200
"""How many materialisations are fetched at a time in search of the newest successful run."""


@dataclass(frozen=True)
class Progress:
    """How far the runs over a requested window have come.

    Attributes:
        watermark: set where one succeeded.
        in_flight: the run that is still under way.
        presumed_dead: runs that never ended, and never will.
        ended_at: when the last of them failed; when it was requested where none is left.
    """

    watermark: datetime | None
    in_flight: str | None
    presumed_dead: tuple[str, ...]
    ended_at: datetime


def progress_of(
    instance: dg.DagsterInstance, requested: RequestedWindow, workflow: Workflow
) -> Progress:
    """Look up every run that carries the window's tags."""
    tags = requested.tags(workflow.workflow_id)
    records = instance.get_run_records(dg.RunsFilter(tags=tags))
    runs = [record.dagster_run for record in records]
    unfinished = [run for run in runs if not run.is_finished]
    dead = tuple(
        run.run_id
        for run in unfinished
        if run.status is not dg.DagsterRunStatus.QUEUED and is_dead(instance, run)
    )
    alive = [run.run_id for run in unfinished if run.run_id not in dead]
    ends = [record.end_time for record in records if record.end_time]
    return Progress(
        watermark=_watermark_of(instance, Keys.of(workflow), runs, requested.updated_before),
        in_flight=alive[0] if alive else None,
        presumed_dead=dead,
        ended_at=datetime.fromtimestamp(max(ends), timezone.utc)
        if ends
        else requested.requested_at,
    )


@dataclass(frozen=True)
class Done:
    """A run that succeeded, and the watermark that it gives."""

    run_id: str
    watermark: datetime


def newest_watermark(instance: dg.DagsterInstance, workflow: Workflow) -> datetime | None:
    """The watermark that the newest successful run of this workflow gives; None where none did."""
    done = newest_done(instance, workflow)
    return done.watermark if done is not None else None


def newest_done(instance: dg.DagsterInstance, workflow: Workflow) -> Done | None:
    """The newest successful run of this workflow; None where none was.

    Its watermark is where its reading began or where its window ended, whichever is earlier. Other
    workflows may write the same asset on the same instance: their runs say nothing of this one.
    """
    keys = Keys.of(workflow)
    seen: set[str] = set()
    cursor: str | None = None
    while True:
        found = instance.fetch_materializations(keys.candidates, limit=_AT_ONCE, cursor=cursor)
        for record in found.records:
            run = instance.get_run_by_id(record.run_id) if record.run_id not in seen else None
            seen.add(record.run_id)
            if run is None or not run.is_success or not _is_of(workflow, record, run):
                continue
            watermark = _watermark_of(instance, keys, [run], None)
            if watermark is not None:
                return Done(run.run_id, watermark)
        if not found.has_more:
            return None
        cursor = found.cursor


def watermark_of_push(
    instance: dg.DagsterInstance, workflow: Workflow, run: dg.DagsterRun
) -> datetime | None:
    """The watermark that this run gives if it succeeds; None where it has not pushed."""
    keys = Keys.of(workflow)
    found = [*_materializations(instance, run.run_id)]
    bounds = [moment for _, metadata in found for moment in _moments(metadata)]
    has_pushed = any(asset_key == keys.profiles for asset_key, _ in found)
    return min(bounds, default=None) if has_pushed else None


def _is_of(workflow: Workflow, record: dg.EventLogRecord, run: dg.DagsterRun) -> bool:
    """Whether a run is one of this workflow."""
    materialization = record.asset_materialization
    noted = materialization.metadata.get(WORKFLOW) if materialization is not None else None
    if noted is not None:
        return noted.value == workflow.workflow_id
    # Version 0.1.0 noted nothing: its runs are known by their job; those that materialised assets
    # without one are taken for the default workflow's.
    if run.job_name.startswith("__"):
        return workflow.workflow_id == DEFAULT_WORKFLOW_ID
    return run.job_name == workflow.job_name


def _watermark_of(
    instance: dg.DagsterInstance,
    keys: Keys,
    runs: Sequence[dg.DagsterRun],
    window_end: datetime | None,
) -> datetime | None:
    """Where the reading began that a successful push among these runs rests on, or where its window
    ended: the earliest of all, since any of the pulls may be the one that was pushed."""
    pushed, bounds = False, [window_end] if window_end else []
    for run in runs:
        for asset_key, metadata in _materializations(instance, run.run_id):
            # A green partition of a run that failed moves no watermark: its report says why.
            pushed = pushed or (asset_key == keys.profiles and run.is_success)
            bounds.extend(_moments(metadata))
    return min(bounds, default=None) if pushed else None


def _materializations(
    instance: dg.DagsterInstance, run_id: str
) -> Iterable[tuple[dg.AssetKey, dict[str, Any]]]:
    records = instance.get_records_for_run(
        run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION
    ).records
    for record in records:
        materialization = record.asset_materialization
        if materialization is not None:
            yield materialization.asset_key, dict(materialization.metadata)


def _moments(metadata: dict[str, Any]) -> list[datetime]:
    values = (metadata.get(name) for name in (READING_BEGAN_AT, WINDOW_END))
    return [
        datetime.fromtimestamp(value.value, timezone.utc)
        for value in values
        if isinstance(value, dg.TimestampMetadataValue)
    ]
