"""What one look of the alert sensor has before it: the instance, the tables, and what is ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import dagster as dg

from greenhouse_hrflow.orchestration.alerts.memory import Memory
from greenhouse_hrflow.orchestration.keys import WORKFLOW_TAG
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.storage.not_sent import NotSentRow

_AT_LEAST = timedelta(minutes=10)


@dataclass(frozen=True)
class Look:
    """One look.

    Attributes:
        jobs: the names of the workflow's jobs.
        checks: the checks of its assets.
        location: the name of the code location; None where it is not known.
        not_sent: who is not in HrFlow now; None where the tables cannot be read.
        memory: of the look before.
        fresh_within: how old the moment may be up to which all changes are in HrFlow.
    """

    pipeline: Pipeline
    instance: dg.DagsterInstance
    jobs: frozenset[str]
    checks: Sequence[dg.AssetCheckKey]
    location: str | None
    not_sent: Sequence[NotSentRow] | None
    memory: Memory
    fresh_within: timedelta
    now: datetime

    @property
    def patience(self) -> timedelta:
        """How long nothing may be heard of the incremental sensor."""
        return max(_AT_LEAST, 3 * timedelta(seconds=self.pipeline.cadence.sensor_interval))

    def is_ours(self, run: dg.DagsterRun) -> bool:
        """Whether a run is one of this workflow: of its jobs, or of its assets without a job."""
        workflow_id = self.pipeline.workflow.workflow_id
        if run.tags.get(WORKFLOW_TAG, workflow_id) != workflow_id:
            return False
        # Another workflow, in a location of its own, has assets of the same names.
        origin = run.remote_job_origin
        if origin is not None and not self.is_here(origin.repository_origin):
            return False
        if run.job_name in self.jobs:
            return True
        keys = self.pipeline.keys
        ours = {keys.candidates, keys.profiles}
        return run.job_name.startswith("__") and bool(ours & (run.asset_selection or set()))

    def is_here(self, repository_origin: Any) -> bool:
        """Whether something is of this code location, as far as that is known."""
        location = repository_origin.code_location_origin.location_name
        return self.location is None or location == self.location


def path_of_asset(asset: dg.AssetKey, check: str | None = None) -> str:
    """The page of an asset, or of one of its checks, in Dagster's UI."""
    path = "/".join(quote(part, safe="") for part in asset.path)
    query = f"?view=checks&checkDetail={quote(check, safe='')}" if check else ""
    return f"/assets/{path}{query}"
