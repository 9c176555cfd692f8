"""A short simulation: hours in a minute, with the sensor, the schedule and people at work.

Ticks are evaluated here, in the parent; what they ask for is carried out by `runs`.
"""

from __future__ import annotations

import logging
import random
import time
from datetime import datetime
from pathlib import Path

import dagster as dg

from greenhouse_hrflow.errors import TransientError
from greenhouse_hrflow.orchestration.cursor import Cursor
from greenhouse_hrflow.orchestration.sensor import Tick
from greenhouse_hrflow.sandbox import GreenhouseModes, Sandbox
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow.windows import MILLISECOND
from greenhouse_hrflow_tests.convergence import location
from greenhouse_hrflow_tests.convergence.clock import FastClock, StampingClock, ruled_by
from greenhouse_hrflow_tests.convergence.location import (
    CADENCE,
    FIRST_PARTITION,
    LENGTH,
    START,
    WORKFLOW,
    key_of,
    start_of,
)
from greenhouse_hrflow_tests.convergence.mutations import People
from greenhouse_hrflow_tests.convergence.recruiter import Recruiter
from greenhouse_hrflow_tests.convergence.run_process import SWEEP_FROM, Order
from greenhouse_hrflow_tests.convergence.runs import Runs
from greenhouse_hrflow_tests.convergence.weather import Weather
from greenhouse_hrflow_tests.support.stage import PROFILES

SPEED = 150.0
"""Seconds of the simulation in each of the machine's."""

_LOOP = 0.02
_AT_ONCE = 2
"""How many run processes there may be where a person starts another."""


class Simulation:
    """A sandbox, an instance on disk, and all who act on them. Close it after use."""

    def __init__(
        self, home: Path, *, people: int, seed: int, workers: int, sweep_from: int
    ) -> None:
        self.clock = FastClock.from_now(START, SPEED)
        stamps = StampingClock(self.clock)
        self.sandbox = Sandbox(
            people=people,
            seed=seed,
            clock=stamps,
            started_on=START,
            greenhouse=GreenhouseModes(token_lifetime=7 * 86_400.0),
        )
        self.sandbox.__enter__()
        late = 0.7 * CADENCE.overlap
        self.people = People(self.sandbox, stamps, seed=seed, late=late)
        self.recruiter = Recruiter(self.sandbox.hrflow, seed, self.clock, SPEED)
        self._tables = str(home / "tables")
        environment = {
            **self.sandbox.environment(),
            "GREENHOUSE_HRFLOW_PUSH_WORKERS": str(workers),
            SWEEP_FROM: str(sweep_from),
        }
        self.runs = Runs(home, environment, self.clock, seed)
        self.weather = Weather(self.sandbox, self.runs.kill_one, seed, killed=0.015)
        self.cursor: str | None = None
        self.skipped: list[str] = []
        self.poisoned = 0
        """The candidate whose profile HrFlow fails for, always."""
        self._rng = random.Random(f"simulation/{seed}")
        self._walks = random.Random(f"walks/{seed}")
        self._partitions = location.partitions()
        self._greenhouse = location.greenhouse_of(self.sandbox)

    def close(self) -> None:
        """End every process and the sandbox."""
        self.runs.close()
        self.sandbox.__exit__(None, None, None)

    # Who acts

    def tick(self) -> bool:
        """Evaluate one tick of the sensor, and start what it requests; whether all is done."""
        tick = Tick(
            location.pipeline(),
            self.runs.instance,
            self._greenhouse,
            TableStore(self._tables),
            logging.getLogger(__name__),
            self.clock(),
        )
        try:
            with ruled_by(self.clock):
                result = tick.evaluate(self.cursor)
        except TransientError:
            # A tick that fails keeps its cursor, as it does under Dagster's daemon.
            return False
        self.cursor = result.cursor
        for request in result.run_requests or ():
            self._start(request)
        if result.skip_reason is not None:
            self.skipped.append(result.skip_reason.skip_message or "")
        return Cursor.read(self.cursor).requested is None and not result.run_requests

    def close_partition(self, at: datetime) -> None:
        """Evaluate the schedule at one of its moments."""
        repository = location.definitions().get_repository_def()
        context = dg.build_schedule_context(scheduled_execution_time=at, repository_def=repository)
        schedule = repository.get_schedule_def(f"{WORKFLOW.workflow_id}_schedule")
        for request in schedule.evaluate_tick(context).run_requests or ():
            self._start(request)

    def backfill(self, first: datetime, last: datetime, size: int) -> list[Order]:
        """The runs of a backfill over the partitions that hold these moments, so many in each."""
        count = (start_of(last) - start_of(first)) // LENGTH + 1
        keys = [key_of(first + number * LENGTH) for number in range(count)]
        return [
            Order(
                {
                    "dagster/asset_partition_range_start": chunk[0],
                    "dagster/asset_partition_range_end": chunk[-1],
                }
            )
            for chunk in (keys[place : place + size] for place in range(0, len(keys), size))
        ]

    def backfill_everything(self) -> None:
        """Do every partition again, one run after the other, until each has succeeded."""
        for order in self.backfill(FIRST_PARTITION, self.clock(), CADENCE.partitions_per_run):
            for _ in range(3):
                before = self.runs.counts["succeeded"]
                self.runs.start(order)
                self.wait_for_runs()
                if self.runs.counts["succeeded"] > before:
                    break
            else:
                raise RuntimeError(f"a run over {order.tags} failed three times in fair weather")

    def push_an_old_partition(self) -> None:
        """Push what one of the first partitions holds, without reading it again."""
        if self.runs.alive >= _AT_ONCE:
            return
        back = self._rng.randint(1, 10) * LENGTH
        self.runs.start(Order({"dagster/partition": key_of(START - back)}, (PROFILES,)))

    def execute_again(self) -> None:
        """Execute some run that failed again, from its failure, as the UI does."""
        failed = self.runs.failed()
        if failed and self.runs.alive < _AT_ONCE:
            run = self._rng.choice(failed)
            self.runs.start(Order(dict(run.tags), failed_run=run.run_id))

    # Time

    def storm(self, mutations: int, seconds: float) -> None:
        """Let everything happen at once, so long, and until so many changes have been made."""
        self.poisoned = self._rng.choice(sorted(self.people.states))
        self.sandbox.before_request(self._while_asked)
        self.weather.storm(str(self.poisoned))
        plan = _Plan(self, mutations / seconds, seconds)
        goal, ends = self.people.count + mutations, time.monotonic() + seconds
        while self.people.count < goal or time.monotonic() < ends:
            plan.follow()
            self._pass()
        self.weather.calm()
        self.sandbox.before_request(self.recruiter.notice)

    def settle(self) -> None:
        """Let the sensor tick until all runs have succeeded and Greenhouse shows nothing new.

        Raises:
            RuntimeError: it never does.
        """
        for _ in range(60):
            is_over = self.tick()
            if is_over and not self.runs.alive:
                return
            ticks_again = time.monotonic() + CADENCE.sensor_interval / SPEED
            # With no run under way, the clock alone brings the moment at which one is repeated.
            is_due_later = not self.runs.alive
            while (self.runs.alive or is_due_later) and time.monotonic() < ticks_again:
                self._pass()
        raise RuntimeError(f"the sensor never came to rest; it said last: {self.skipped[-3:]}")

    def wait_for_runs(self) -> None:
        """Until no run process is left."""
        while self.runs.alive:
            self._pass()
        self.recruiter.forget_readers()

    def _start(self, request: dg.RunRequest) -> None:
        partition = {"dagster/partition": request.partition_key} if request.partition_key else {}
        config = dict(request.run_config)
        self.runs.start(Order({**request.tags, **partition}, config=config))

    def _while_asked(self, method: str, target: str) -> None:
        self.recruiter.notice(method, target)
        self.weather.notice()
        # One thread each, so the sequence differs from run to run; its frequency does not.
        if target.startswith("/v3/") and self._walks.random() < 0.04:
            self.people.mutate()

    def _pass(self) -> None:
        time.sleep(_LOOP)
        self.weather.blow()
        self.runs.reap()
        if not self.runs.alive:
            self.recruiter.forget_readers()


class _Plan:
    """What happens when, in a storm of so many seconds."""

    def __init__(self, simulation: Simulation, per_second: float, seconds: float) -> None:
        self._simulation = simulation
        self._rng = random.Random("plan")
        now = time.monotonic()
        self._every = {
            # Some of the changes come while pages are walked.
            self._mutate: (1.4 / per_second, now),
            simulation.recruiter.edit: (0.25, now),
            self._tick: (CADENCE.sensor_interval / SPEED, now),
            simulation.push_an_old_partition: (seconds / 4, now + seconds / 6),
            simulation.execute_again: (seconds / 8, now + seconds / 5),
            self._disturb_poisoned: (seconds / 6, now),
        }
        self._once = [
            (now + 0.3 * seconds, self._backfill),
            (now + 0.4 * seconds, simulation.people.remove_one),
            (now + 0.45 * seconds, simulation.weather.outage),
            (now + 0.5 * seconds, self._create_missing),
            (now + 0.6 * seconds, simulation.weather.end_outage),
        ]
        self._began = start_of(simulation.clock())
        self._waiting: list[Order] = []

    def follow(self) -> None:
        """Do what is due by now."""
        now = time.monotonic()
        for act, (gap, due) in self._every.items():
            if now >= due:
                self._every[act] = (gap, max(due + gap, now - gap))
                act()
        while self._once and now >= self._once[0][0]:
            self._once.pop(0)[1]()
        while self._waiting and self._simulation.runs.alive < _AT_ONCE:
            self._simulation.runs.start(self._waiting.pop(0))
        self._cross_edges()

    def _cross_edges(self) -> None:
        began = start_of(self._simulation.clock())
        if began > self._began:
            self._began = began
            for moment in (began - MILLISECOND, began):
                self._simulation.people.burst(moment)
            self._simulation.close_partition(began)

    def _mutate(self) -> None:
        self._simulation.people.mutate()
        if self._rng.random() < 0.05:
            self._simulation.people.burst(self._simulation.clock())

    def _tick(self) -> None:
        self._simulation.tick()

    def _disturb_poisoned(self) -> None:
        self._simulation.people.mutate(self._simulation.poisoned)

    def _backfill(self) -> None:
        """Over the partitions that the sensor writes, too."""
        now = self._simulation.clock()
        self._waiting += self._simulation.backfill(now - 5 * LENGTH, now, 3)

    def _create_missing(self) -> None:
        """Another flow creates profiles that there were none of."""
        store = self._simulation.sandbox.hrflow
        missing = [one for one in self._simulation.people.states if not store.profile(str(one))]
        for one in missing[::2]:
            store.add({"reference": str(one), "info": {"full_name": "Created later"}})
