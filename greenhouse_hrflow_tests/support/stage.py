"""What the tests that run through Dagster need: a workflow, an instance on disk, and a sandbox.

Nothing is mocked: runs go through Dagster, tables through Parquet, requests over HTTP. Only the
clocks can be set, and the resources do not wait before they ask again. What a run or a tick says is
read by `dagster_results`.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
from urllib3.util import Retry

from greenhouse_hrflow.greenhouse.reader import CandidateReader, open_reader
from greenhouse_hrflow.hrflow.brake import Brake
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.orchestration.build import build_definitions
from greenhouse_hrflow.orchestration.dead_runs import place_of
from greenhouse_hrflow.orchestration.keys import PROCESS_TAG, Keys
from greenhouse_hrflow.orchestration.partitions import build_partitions
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.resources import GreenhouseResource, HrFlowResource
from greenhouse_hrflow.orchestration.sensor import Tick
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow.workflow import Cadence, Workflow
from greenhouse_hrflow_tests.support.dagster_results import requested

KEYS = Keys.of(Workflow())
CANDIDATES, PROFILES = KEYS.candidates, KEYS.profiles
RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
NO_WAIT = dg.RetryPolicy(max_retries=2, delay=0)
_ONCE_AGAIN = Retry(total=1, backoff_factor=0)

INSTANCE = """\
telemetry:
  enabled: false
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
event_log_storage:
  module: dagster._core.storage.event_log
  class: ConsolidatedSqliteEventLogStorage
  config:
    base_dir:
      env: DAGSTER_HOME
"""
"""A dagster.yaml: one database for the events of all runs, since one for each takes its time."""


class PromptGreenhouse(GreenhouseResource):
    """Asks again once, and at once."""

    def open(self, log: logging.Logger, **patience: Any) -> CandidateReader:
        prompt: dict[str, Any] = {"retries": _ONCE_AGAIN, "timeout": (3.0, 3.0), **patience}
        return open_reader(self.settings(), log=log, **prompt)


class PromptHrFlow(HrFlowResource):
    """Asks again once, and at once."""

    def open(self, source_key: str, log: logging.Logger | None = None) -> HrFlowClient:
        return HrFlowClient(self.settings(), source_key, log=log, retries=_ONCE_AGAIN)


def default_job() -> dg.JobDefinition:
    """The job of the plain workflow, for what Dagster loads by name."""
    definitions = build_definitions(
        Workflow(), greenhouse=PromptGreenhouse(), hrflow=PromptHrFlow(), retry_policy=NO_WAIT
    )
    return definitions.resolve_job_def(Workflow().job_name)


class Clock:
    """The sandbox's: the real time, unless a test sets another."""

    def __init__(self) -> None:
        self.moment: datetime | None = None

    def __call__(self) -> datetime:
        return self.moment or utc_now()


def utc_now() -> datetime:
    """Now."""
    return datetime.now(timezone.utc)


TODAY = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)
"""When the daily partition began that was open when the tests did."""


def days_ago(days: int, *, hour: int = 12) -> datetime:
    """A moment in the daily partition of so many days ago."""
    return TODAY - timedelta(days=days) + timedelta(hours=hour)


def key(days: int = 0) -> str:
    """The daily partition of so many days ago."""
    return f"{days_ago(days):%Y-%m-%d}"


@dataclass
class Stage:
    """One workflow between the two APIs of a sandbox."""

    home: Path
    sandbox: Sandbox
    clock: Clock
    instance: dg.DagsterInstance
    workflow: Workflow = field(default_factory=Workflow)
    cadence: Cadence = field(default_factory=Cadence)
    partitions: str = "daily"
    start_date: str = "2024-01-01"
    retry_policy: dg.RetryPolicy = field(default=NO_WAIT)
    tables: dg.ConfigurableIOManager | None = None
    brake: Brake | None = None

    @property
    def definitions(self) -> dg.Definitions:
        """What the workflow builds, in resources that do not wait."""
        return build_definitions(
            self.workflow,
            greenhouse=PromptGreenhouse(),
            hrflow=PromptHrFlow(),
            partitions=self.partitions,
            start_date=self.start_date,
            cadence=self.cadence,
            retry_policy=self.retry_policy,
            tables=self.tables,
            brake=self.brake,
        )

    @property
    def job(self) -> dg.JobDefinition:
        """The job over both assets."""
        return self.definitions.resolve_job_def(self.workflow.job_name)

    @property
    def store(self) -> TableStore:
        """The tables that the runs store."""
        return TableStore(str(self.home / "greenhouse_hrflow"))

    def person(self, at: datetime | None = None, *, profile: bool = True, **fields: Any) -> int:
        """A new candidate, changed at that moment (default: now), and their profile."""
        self.clock.moment = at
        candidate = self.sandbox.greenhouse.add_candidate(**{"first_name": "Ada"} | fields)
        self.clock.moment = None
        if profile:
            self.profile(candidate)
        return candidate

    def profile(self, candidate: int) -> None:
        """Another flow creates the profile of a candidate."""
        self.sandbox.hrflow.add(
            {
                "reference": str(candidate),
                "info": {"first_name": "nobody yet", "gender": "female"},
                "skills": [{"name": "weaving", "type": "hard", "value": None}],
            }
        )

    def change(self, candidate: int, at: datetime | None = None, **fields: Any) -> None:
        """Change a candidate at that moment (default: now)."""
        self.clock.moment = at
        self.sandbox.greenhouse.update_candidate(candidate, **fields)
        self.clock.moment = None

    def first_name(self, candidate: int) -> str:
        """What HrFlow holds."""
        profile = self.sandbox.hrflow.profile(str(candidate))
        assert profile is not None
        return profile["info"]["first_name"]

    def run(
        self,
        first: str,
        last: str | None = None,
        *,
        tags: Mapping[str, str] | None = None,
        only: dg.AssetKey | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """Run the job, or one of its assets, over a partition or a range."""
        range_tags = {} if last is None else dict(zip(RANGE, (first, last), strict=True))
        return self.job.execute_in_process(
            instance=self.instance,
            partition_key=first if last is None else None,
            tags={**(tags or {}), **range_tags},
            asset_selection=None if only is None else [only],
            run_config={**QUIET, **(config or {})},
            raise_on_error=False,
        )

    def tick(self, cursor: str | None = None, *, now: datetime | None = None) -> dg.SensorResult:
        """One tick of the incremental sensor, at that moment by our own clock."""
        tick = Tick(
            Pipeline(
                self.workflow,
                build_partitions(self.partitions, self.start_date),
                self.cadence,
                self.retry_policy,
            ),
            self.instance,
            GreenhouseResource(),
            self.store,
            logging.getLogger("tick"),
            now or utc_now(),
        )
        return tick.evaluate(cursor)

    def obey(self, result: dg.SensorResult, **more_tags: str) -> dg.ExecuteInProcessResult:
        """Run what a tick requested."""
        request = requested(result)
        return self.job.execute_in_process(
            instance=self.instance,
            partition_key=request.partition_key,
            tags={**request.tags, **more_tags},
            run_config=QUIET,
            raise_on_error=False,
        )

    def push_again(self, failed: dg.ExecuteInProcessResult) -> dg.JobExecutionResult:
        """Re-execute a run from its failure, with its tags, as the UI does."""
        return dg.execute_job(
            dg.reconstructable(default_job),
            instance=self.instance,
            tags=dict(failed.dagster_run.tags),
            run_config=QUIET,
            reexecution_options=dg.ReexecutionOptions.from_failure(failed.run_id, self.instance),
        )

    def report(
        self, run: dg.DagsterRun, kind: dg.DagsterEventType, *, ago: timedelta = timedelta()
    ) -> None:
        """Let an event of a run be in the log, as of some time ago."""
        event = dg.DagsterEvent(kind.value, run.job_name, message="as of some time ago")
        entry = dg.EventLogEntry(
            error_info=None,
            level=logging.INFO,
            user_message="",
            run_id=run.run_id,
            timestamp=(utc_now() - ago).timestamp(),
            job_name=run.job_name,
            dagster_event=event,
        )
        self.instance.handle_new_event(entry)

    def tag_with_dead_process(self, run: dg.DagsterRun) -> None:
        """Let a run say that it lives in a process of this host, which has ended."""
        with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
            place = place_of(run.run_id, process.pid)
        self.instance.add_run_tags(run.run_id, {PROCESS_TAG: place})

    def table(self, asset: dg.AssetKey, partition_key: str) -> pd.DataFrame:
        """A stored partition."""
        frame = self.store.read(tuple(asset.path), partition_key)
        assert frame is not None, f"{asset.path} has no table for {partition_key}"
        return frame

    def shown(self, asset: dg.AssetKey, partition_key: str) -> dict[str, Any]:
        """What the UI shows of a partition: the metadata of its newest materialisation."""
        events = dg.AssetRecordsFilter(asset, asset_partitions=[partition_key])
        [record] = self.instance.fetch_materializations(events, limit=1).records
        assert record.asset_materialization is not None
        return {name: value.value for name, value in record.asset_materialization.metadata.items()}

    def status(self, asset: dg.AssetKey, *partition_keys: str) -> list[str]:
        """How the UI shows these partitions: MATERIALIZED, FAILED, IN_PROGRESS, MISSING."""
        statuses = self.instance.get_status_by_partition(
            asset, partition_keys, build_partitions(self.partitions, self.start_date)
        )
        shown = [(statuses or {}).get(partition_key) for partition_key in partition_keys]
        return ["MISSING" if status is None else status.name for status in shown]

    def candidates(self, partition_key: str) -> set[int]:
        """The candidates that a stored partition holds; none is there twice."""
        ids = self.table(CANDIDATES, partition_key)["id"].tolist()
        assert len(set(ids)) == len(ids)
        return set(ids)

    def outcomes(self, partition_key: str) -> dict[int, str]:
        """The outcome of each candidate in the stored report."""
        frame = self.table(PROFILES, partition_key)
        assert frame["candidate_id"].is_unique
        return dict(zip(frame["candidate_id"], frame["outcome"], strict=True))

    def puts(self) -> int:
        """How many edits HrFlow has seen."""
        return len(self.sandbox.hrflow.puts)

    def forget(self, *folders: str) -> None:
        """Delete folders of the storage: `ledger`, `hrflow_profiles/2024-01-01`, …"""
        for folder in folders:
            shutil.rmtree(self.home / "greenhouse_hrflow" / folder)
