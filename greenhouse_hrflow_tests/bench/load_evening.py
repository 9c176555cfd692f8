"""One evening and a day of a large account in a real Dagster on Postgres, phase by phase.

The sandbox lives in this process, and nothing else that works: runs have processes of their own.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import dagster as dg

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.sandbox.modes import GreenhouseModes
from greenhouse_hrflow.sandbox.trial.environment import sandbox_environment
from greenhouse_hrflow.sandbox.trial.process_group import ProcessGroup
from greenhouse_hrflow.storage.table_names import DEFAULT_WORKFLOW_ID
from greenhouse_hrflow_tests.bench.load_figures import (
    Records,
    Requests,
    RunFigures,
    figures_of,
    history_forgotten,
    memory_watched,
    ticks_of,
    wait_until,
)
from greenhouse_hrflow_tests.bench.stages import spread
from greenhouse_hrflow_tests.convergence.ground import free_port, write_instance
from greenhouse_hrflow_tests.convergence.runs import are_runs_unfinished, is_sensor_satisfied
from greenhouse_hrflow_tests.convergence.webserver import Webserver
from greenhouse_hrflow_tests.support.postgres import postgres

RATE_LIMIT = 50
LATENCY = 0.02

_PROJECT = Path(__file__).resolve().parents[2]
_LOCATION = "greenhouse_hrflow.definitions"
_SENSOR_INTERVAL = 15
_STARTS_WITHIN = 180.0
_HOURS = 3600.0


@dataclass(frozen=True)
class Size:
    """How large the account is, and how fast its Greenhouse.

    Attributes:
        days: over which everybody's last change lies, up to today: so many partitions.
        per_run: partitions that the backfill puts into one run.
        changed: candidates who change in a day, in so many `batches`.
        window: seconds of Greenhouse's rate limit; its own are 30.
    """

    people: int
    days: int
    per_run: int
    changed: int
    batches: int
    window: float


@dataclass(frozen=True)
class Phase:
    """What one phase took.

    Attributes:
        lags: seconds from each batch of changes until HrFlow held the last of them.
        ticks: seconds of each tick of the sensor.
    """

    name: str
    seconds: float
    requests: Requests
    records_before: Records
    records: Records
    runs: RunFigures
    ticks: list[float]
    lags: list[float]


class Evening:
    """The sandbox and the Dagster that loads it, from `dagster dev` on the default location."""

    def __init__(self, stack: ExitStack, home: Path, size: Size) -> None:
        self.size = size
        self.tables = home / "tables"
        self.sandbox = stack.enter_context(
            Sandbox(
                people=size.people,
                greenhouse=GreenhouseModes(rate_limit=RATE_LIMIT, rate_window=size.window),
                latency=LATENCY,
            )
        )
        stack.enter_context(history_forgotten(self.sandbox))
        self._first = datetime.now(timezone.utc) - timedelta(days=size.days - 1)
        spread(self.sandbox, timedelta(days=size.days - 1))
        self._random = random.Random(1)
        self._url = stack.enter_context(postgres())
        write_instance(home, self._url)
        self._instance = stack.enter_context(dg.DagsterInstance.from_config(str(home)))
        self._peaks = stack.enter_context(memory_watched(self._instance))
        port = free_port()
        self._webserver = Webserver(port, _LOCATION, DEFAULT_WORKFLOW_ID)
        stack.enter_context(
            ProcessGroup(_command(port, home), environment=self._environment(home), folder=home)
        )
        self._webserver.wait_until_up(_STARTS_WITHIN)

    def first_load(self) -> Phase:
        """A backfill of all partitions."""
        keys = [f"{self._first + timedelta(days=day):%Y-%m-%d}" for day in range(self.size.days)]

        def load() -> list[float]:
            status = self._webserver.wait_for_backfill(self._webserver.backfill(keys), 12 * _HOURS)
            if status != "COMPLETED_SUCCESS":
                raise RuntimeError(f"the backfill ended as {status}")
            return []

        return self._phase(f"first load, {self.size.days} partitions", load)

    def sensor_begins(self) -> Phase:
        """The sensor is switched on after the load, and catches up with what it took."""

        def begin() -> list[float]:
            self._webserver.start_sensor()
            self._wait_for_rest()
            return []

        return self._phase("the sensor catches up", begin)

    def nothing_changes(self) -> Phase:
        """Some ticks that find nothing."""

        def wait() -> list[float]:
            time.sleep(4 * _SENSOR_INTERVAL)
            return []

        return self._phase("a minute without a change", wait)

    def day(self) -> Phase:
        """A day's changes by the sensor, batch by batch."""
        size = self.size
        people = self._reachable()

        def change() -> list[float]:
            return [
                self._change(self._random.sample(people, size.changed // size.batches), number)
                for number in range(size.batches)
            ]

        return self._phase(f"{size.changed} candidates change, {size.batches} times", change)

    def closed_partition(self) -> Phase:
        """What the schedule does the night after: yesterday's partition again, in full."""

        def launch() -> list[float]:
            today = datetime.now(timezone.utc).replace(hour=0, minute=30, second=0, microsecond=0)
            if not self._webserver.do_what_the_schedule_would(today):
                raise RuntimeError("the schedule asked for no run")
            self._wait_for_rest()
            return []

        return self._phase("the schedule, yesterday again", launch)

    def _phase(self, name: str, work: Callable[[], list[float]]) -> Phase:
        earlier = {run.run_id for run in self._instance.get_runs()}
        requests, records = Requests.to(self.sandbox), Records.of(self._url)
        began, since = time.monotonic(), time.time()
        lags = work()
        seconds = time.monotonic() - began
        runs = [run.run_id for run in self._instance.get_runs() if run.run_id not in earlier]
        return Phase(
            name,
            seconds,
            Requests.to(self.sandbox).since(requests),
            records,
            Records.of(self._url),
            figures_of(self._instance, runs, self._peaks),
            ticks_of(self._instance, f"{DEFAULT_WORKFLOW_ID}_incremental", since),
            lags,
        )

    def _change(self, people: list[int], number: int) -> float:
        """Change them, and wait until HrFlow holds it all; how long that took."""
        began = time.monotonic()
        wanted = {one: f"+1 202 {number:03}{place:04}" for place, one in enumerate(people)}
        for one, phone in wanted.items():
            phones = [{"type": "mobile", "value": phone}]
            self.sandbox.greenhouse.update_candidate(one, phone_numbers=phones)

        def have_arrived() -> bool:
            return all(
                (self.sandbox.hrflow.profile(str(one)) or {})["info"]["phone"] == phone
                for one, phone in wanted.items()
            )

        wait_until(have_arrived, _HOURS, f"batch {number} in HrFlow")
        lag = time.monotonic() - began
        self._wait_for_rest()
        return lag

    def _reachable(self) -> list[int]:
        """Who has a profile that may be edited."""
        greenhouse, hrflow = self.sandbox.greenhouse, self.sandbox.hrflow
        profiles = {each["reference"]: each for each in hrflow.profiles()}
        return [
            one
            for one in greenhouse.candidate_ids()
            if (profile := profiles.get(str(one))) is not None
            and profile["archived_at"] is None
            and greenhouse.candidate(one)["first_name"] != "Anonymized"
        ]

    def _wait_for_rest(self) -> None:
        def is_at_rest() -> bool:
            return not are_runs_unfinished(self._instance) and is_sensor_satisfied(
                self._instance, DEFAULT_WORKFLOW_ID
            )

        # It may be about to ask for a run.
        time.sleep(_SENSOR_INTERVAL)
        wait_until(is_at_rest, _HOURS, "rest")

    def _environment(self, home: Path) -> dict[str, str]:
        return {
            **sandbox_environment(os.environ, self.sandbox),
            "DAGSTER_HOME": str(home),
            "GREENHOUSE_HRFLOW_STORAGE": str(self.tables),
            "GREENHOUSE_HRFLOW_START_DATE": f"{self._first:%Y-%m-%d}",
            "GREENHOUSE_HRFLOW_SENSOR_INTERVAL": str(_SENSOR_INTERVAL),
            "GREENHOUSE_HRFLOW_PARTITIONS_PER_RUN": str(self.size.per_run),
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(_PROJECT), os.environ.get("PYTHONPATH")])
            ),
        }


def _command(port: int, home: Path) -> list[str]:
    """A `dagster dev` that says what it says in a file."""
    shell = ["sh", "-c", 'exec "$@" > "$0" 2>&1', str(home / "dagster_dev.log")]
    return [*shell, sys.executable, "-m", "dagster", "dev", "-m", _LOCATION, "-p", str(port)]
