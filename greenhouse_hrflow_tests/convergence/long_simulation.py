"""The long simulation: real time, a real `dagster dev`, real run processes.

What it is started with, and what it prints, stands in `soak`.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import dagster as dg

from greenhouse_hrflow.orchestration.sensor import LAST_RETRY
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.sandbox.trial.environment import sandbox_environment
from greenhouse_hrflow.sandbox.trial.process_group import ProcessGroup
from greenhouse_hrflow_tests.convergence import verdict
from greenhouse_hrflow_tests.convergence.clock import StampingClock
from greenhouse_hrflow_tests.convergence.ground import Ground, free_port
from greenhouse_hrflow_tests.convergence.location import WORKFLOW
from greenhouse_hrflow_tests.convergence.mutations import People
from greenhouse_hrflow_tests.convergence.recruiter import Recruiter
from greenhouse_hrflow_tests.convergence.runs import (
    are_runs_unfinished,
    is_sensor_satisfied,
    process_of,
    pushes,
)
from greenhouse_hrflow_tests.convergence.soak_location import (
    CADENCE,
    LENGTH,
    START_VARIABLE,
    key_of,
)
from greenhouse_hrflow_tests.convergence.weather import Weather
from greenhouse_hrflow_tests.convergence.webserver import Webserver

PROJECT = Path(__file__).resolve().parents[2]

_LOCATION = "greenhouse_hrflow_tests.convergence.soak_location"
_HISTORY = timedelta(hours=1)
_SETTLES_WITHIN = 2 * LAST_RETRY.total_seconds()


@dataclass(frozen=True)
class Plan:
    """How much happens, and how fast.

    Attributes:
        mutations: how often candidates change, so many times a second.
        failing: the share of all calls that fail.
        killed: how many run processes are killed, at moments all over that time.
        by_hand: seconds between two things that a person starts in the UI.
    """

    mutations: int
    seed: int
    people: int
    per_second: float
    failing: float
    killed: int
    by_hand: float


class Soak:
    """The sandbox, the people, and the Dagster that keeps them in step."""

    def __init__(self, stack: ExitStack, home: Path, ground: Ground, plan: Plan) -> None:
        seed = plan.seed
        self.plan = plan
        self.began = datetime.now(timezone.utc)
        self.first = self.began - _HISTORY
        stamps = StampingClock(lambda: datetime.now(timezone.utc))
        self.sandbox = stack.enter_context(Sandbox(people=plan.people, seed=seed, clock=stamps))
        late = 0.5 * CADENCE.overlap
        self.people = People(self.sandbox, stamps, seed=seed, late=late)
        self.recruiter = Recruiter(self.sandbox.hrflow, seed, stamps)
        self.weather = Weather(self.sandbox, self._kill, seed, failing=plan.failing)
        self.counts: Counter[str] = Counter()
        self._rng = random.Random(f"soak/{seed}")
        self.instance = stack.enter_context(dg.DagsterInstance.from_config(str(home)))
        self._killed: set[str] = set()
        port = free_port()
        self.webserver = Webserver(port, _LOCATION, WORKFLOW.job_name)
        environment = self._environment(home, ground)
        stack.enter_context(
            ProcessGroup(_command(port, home), environment=environment, folder=home)
        )

    def storm(self) -> None:
        """Everything at once, until candidates have changed so many times."""
        mutations, per_second = self.plan.mutations, self.plan.per_second
        poisoned = self._rng.choice(sorted(self.people.states))
        self.sandbox.before_request(self._while_asked)
        self.weather.storm(str(poisoned))
        goal, partition = self.people.count + mutations, key_of(_now())
        seconds = mutations / per_second
        outage, back = time.monotonic() + 0.4 * seconds, time.monotonic() + 0.5 * seconds
        by_hand = time.monotonic() + self.plan.by_hand
        self.weather.kill_at(
            time.monotonic() + 0.9 * seconds * self._rng.random() for _ in range(self.plan.killed)
        )
        while self.people.count < goal:
            time.sleep(self._rng.expovariate(per_second))
            self.people.mutate()
            self.recruiter.edit()
            self.weather.blow()
            now = time.monotonic()
            if now > outage:
                self.weather.outage()
                outage = float("inf")
            if now > back:
                self.weather.end_outage()
                back = float("inf")
            if now > by_hand:
                by_hand = now + self.plan.by_hand
                self._do_something_by_hand()
            if key_of(_now()) != partition:
                partition = key_of(_now())
                self.people.burst(_now().replace(second=0, microsecond=0))
        self.weather.calm()
        self.sandbox.before_request(self.recruiter.notice)
        self.counts["poisoned"] = poisoned

    def settle(self) -> None:
        """Wait until every requested run has succeeded, and nothing new is found.

        Raises:
            RuntimeError: that does not happen.
        """
        deadline = time.monotonic() + _SETTLES_WITHIN
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < 4 * CADENCE.sensor_interval:
            if not self._is_at_rest():
                quiet_since = time.monotonic()
            if time.monotonic() > deadline:
                raise RuntimeError("the sensor did not come to rest")
            time.sleep(1.0)

    def reconcile(self) -> None:
        """A backfill of everything, in fair weather."""
        status = self.webserver.wait_for_backfill(
            self.webserver.backfill(self._keys()), _SETTLES_WITHIN
        )
        self.counts[f"reconciled: {status}"] += 1

    def lags(self) -> list[float]:
        """Seconds from each state of a candidate to the PUT that first carried it."""
        found: list[float] = []
        for reference, edits in verdict.puts_of(self.sandbox.hrflow).items():
            for state in self.people.states[int(reference)][1:]:
                carried = [at for at, applied in edits if applied.hashes == state.hashes]
                later = [at for at in carried if at >= state.since]
                if later:
                    found.append((later[0] - state.since).total_seconds())
        return found

    def _is_at_rest(self) -> bool:
        if are_runs_unfinished(self.instance):
            return False
        self.recruiter.forget_readers()
        return is_sensor_satisfied(self.instance, WORKFLOW.job_name)

    def _do_something_by_hand(self) -> None:
        failed = self.instance.get_runs(
            dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]), limit=10
        )
        if failed and self._rng.random() < 0.6:
            self.webserver.execute_again(self._rng.choice(failed).run_id)
            self.counts["executed again"] += 1
        else:
            keys = self._keys()
            place = self._rng.randrange(len(keys))
            self.webserver.backfill(keys[place : place + 4])
            self.counts["backfills"] += 1

    def _keys(self) -> list[str]:
        count = (_now() - self.first) // LENGTH
        moments = [self.first + number * LENGTH for number in range(count + 1)]
        return sorted({key_of(moment) for moment in (*moments, _now())})

    def _while_asked(self, method: str, target: str) -> None:
        self.recruiter.notice(method, target)
        self.weather.notice()
        if target.startswith("/v3/") and random.random() < 0.01:
            self.people.mutate()

    def _kill(self) -> bool:
        runs = self.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
        living = [
            (run, process)
            for run in runs
            if run.run_id not in self._killed and (process := process_of(run)) is not None
        ]
        if not living:
            return False
        victim, process = self._rng.choice(living)
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            # It has ended by itself just now.
            return False
        self._killed.add(victim.run_id)
        self.counts["killed"] += 1
        self.counts["killed in the push"] += pushes(self.instance, victim)
        return True

    def _environment(self, home: Path, ground: Ground) -> dict[str, str]:
        return {
            **sandbox_environment(os.environ, self.sandbox),
            **ground.environment,
            "DAGSTER_HOME": str(home),
            "GREENHOUSE_HRFLOW_STORAGE": ground.storage,
            START_VARIABLE: key_of(self.first)[:10] + "T" + key_of(self.first)[11:] + ":00Z",
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")])
            ),
        }


def _command(port: int, home: Path) -> list[str]:
    """A `dagster dev` that says what it says in a file."""
    shell = ["sh", "-c", 'exec "$@" > "$0" 2>&1', str(home / "dagster_dev.log")]
    return [*shell, sys.executable, "-m", "dagster", "dev", "-m", _LOCATION, "-p", str(port)]


def _now() -> datetime:
    return datetime.now(timezone.utc)
