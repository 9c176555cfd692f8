"""Which windows have landed: the sensor's memory, and what the instance knows of its runs.

A window has landed when a run over it succeeded, up to the moment at which that run began to
read. Nothing here asks Greenhouse, and nothing starts a run; that is `sensor`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import dagster as dg

from greenhouse_hrflow.assets import CANDIDATES, PROFILES, READING_BEGAN_AT, WINDOW_END, WORKFLOW
from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.mission import DEFAULT_WORKFLOW_ID, Workflow
from greenhouse_hrflow.partitions import UPDATED_AFTER_TAG, UPDATED_BEFORE_TAG
from greenhouse_hrflow.pools import is_dead
from greenhouse_hrflow.windows import UpdateWindow, format_moment, parse_moment

WORKFLOW_TAG = "greenhouse_hrflow/workflow"

_AT_ONCE = 200
"""How many materialisations are fetched at a time in search of the newest successful run."""


@dataclass(frozen=True)
class AskedWindow:
    """A window for which a run was asked, and that is not known to have landed.

    Attributes:
        attempt: how often it was asked for, in this form or a smaller one.
        seen: what Greenhouse showed when it was asked for, as `RecentRecord` digests.
    """

    updated_after: datetime
    updated_before: datetime
    attempt: int
    asked_at: datetime
    seen: tuple[str, ...] = ()

    @property
    def window(self) -> UpdateWindow:
        """The window itself."""
        return UpdateWindow(self.updated_after, self.updated_before)

    def tags(self, workflow_id: str) -> dict[str, str]:
        """The tags that every run over this window carries, re-executions too."""
        return {
            WORKFLOW_TAG: workflow_id,
            UPDATED_AFTER_TAG: format_moment(self.updated_after),
            UPDATED_BEFORE_TAG: format_moment(self.updated_before),
        }


@dataclass(frozen=True)
class Cursor:
    """What the sensor remembers between ticks, as JSON that an operator can read and set.

    The least that can be set is `{"landed_until": "2024-12-15T03:55:00Z"}`: all changes up to
    that moment are in HrFlow.
    """

    landed_until: datetime | None = None
    seen: tuple[str, ...] = ()
    asked: AskedWindow | None = None
    faults: int = 0
    """How many ticks in a row met a fault that may pass."""

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """Read a cursor; None is the cursor of a sensor that never ticked.

        Raises:
            ConfigurationError: it is not such JSON; says how to set it.
        """
        if not text:
            return cls()
        try:
            content = json.loads(text)
            landed, asked = content.get("landed_until"), content.get("asked")
            return cls(
                parse_moment(landed) if landed is not None else None,
                tuple(map(str, content.get("seen") or ())),
                _asked(asked) if asked is not None else None,
                int(content.get("faults") or 0),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            raise ConfigurationError(
                "The sensor's cursor cannot be read. Reset it in the UI (Automation > the sensor "
                '> Edit cursor): leave it empty, or set {"landed_until": "2024-12-15T03:55:00Z"} '
                "with the moment up to which all changes are in HrFlow."
            ) from None

    def write(self) -> str:
        """The cursor as JSON."""
        content: dict[str, Any] = {"landed_until": _text(self.landed_until)}
        if self.asked is not None:
            content["asked"] = {
                "updated_after": _text(self.asked.updated_after),
                "updated_before": _text(self.asked.updated_before),
                "attempt": self.asked.attempt,
                "asked_at": _text(self.asked.asked_at),
                "seen": list(self.asked.seen),
            }
        if self.faults:
            content["faults"] = self.faults
        return json.dumps({**content, "seen": list(self.seen)})


@dataclass(frozen=True)
class Progress:
    """How far the runs over an asked window have come.

    Attributes:
        landed_until: set where one succeeded.
        in_flight: the run that is still under way.
        presumed_dead: runs that never ended, and never will.
        ended_at: when the last of them failed; when it was asked for where none is left.
    """

    landed_until: datetime | None
    in_flight: str | None
    presumed_dead: tuple[str, ...]
    ended_at: datetime


def progress_of(instance: dg.DagsterInstance, asked: AskedWindow, workflow_id: str) -> Progress:
    """Look up every run that carries the window's tags."""
    records = instance.get_run_records(dg.RunsFilter(tags=asked.tags(workflow_id)))
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
        landed_until=_landed_until(instance, runs, asked.updated_before),
        in_flight=alive[0] if alive else None,
        presumed_dead=dead,
        ended_at=datetime.fromtimestamp(max(ends), timezone.utc) if ends else asked.asked_at,
    )


def newest_landing(instance: dg.DagsterInstance, workflow: Workflow) -> datetime | None:
    """Up to where the newest run of a workflow that pulled and pushed with success is sure to
    have read.

    That is where its reading began or where its window ended, whichever is earlier. None where
    there is no such run.
    """
    seen: set[str] = set()
    cursor: str | None = None
    while True:
        found = instance.fetch_materializations(CANDIDATES, limit=_AT_ONCE, cursor=cursor)
        for record in found.records:
            run = instance.get_run_by_id(record.run_id) if record.run_id not in seen else None
            seen.add(record.run_id)
            if run is None or not run.is_success or not _is_of(workflow, record, run):
                continue
            landed = _landed_until(instance, [run], None)
            if landed is not None:
                return landed
        if not found.has_more:
            return None
        cursor = found.cursor


def _is_of(workflow: Workflow, record: dg.EventLogRecord, run: dg.DagsterRun) -> bool:
    """Whether a run is one of this workflow: others may write the same asset on one instance."""
    materialization = record.asset_materialization
    noted = materialization.metadata.get(WORKFLOW) if materialization is not None else None
    if noted is not None:
        return noted.value == workflow.workflow_id
    # Version 0.1.0 noted nothing: its runs are known by their job; those that materialised assets
    # without one are taken for the default workflow's.
    if run.job_name.startswith("__"):
        return workflow.workflow_id == DEFAULT_WORKFLOW_ID
    return run.job_name == workflow.job_name


def _landed_until(
    instance: dg.DagsterInstance, runs: Sequence[dg.DagsterRun], window_end: datetime | None
) -> datetime | None:
    """Where the reading that a successful push among these runs rests on began, or its window
    ended: the earliest of all, since any of the pulls may be the one that was pushed."""
    pushed, bounds = False, [window_end] if window_end else []
    for run in runs:
        for asset_key, metadata in _materializations(instance, run.run_id):
            # A green partition of a run that failed is no landing: its report says why.
            pushed = pushed or (asset_key == PROFILES and run.is_success)
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


def _asked(content: dict[str, Any]) -> AskedWindow:
    return AskedWindow(
        parse_moment(content["updated_after"]),
        parse_moment(content["updated_before"]),
        int(content["attempt"]),
        parse_moment(content["asked_at"]),
        tuple(map(str, content.get("seen") or ())),
    )


def _text(moment: datetime | None) -> str | None:
    return format_moment(moment) if moment is not None else None
