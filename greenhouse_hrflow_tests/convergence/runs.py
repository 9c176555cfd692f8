"""The run processes of a simulation: started, killed and mourned."""

from __future__ import annotations

import multiprocessing
import random
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import dagster as dg

from greenhouse_hrflow.orchestration.cursor import Cursor
from greenhouse_hrflow.orchestration.keys import PROCESS_TAG
from greenhouse_hrflow.sandbox.trial import dev
from greenhouse_hrflow_tests.convergence.clock import FastClock
from greenhouse_hrflow_tests.convergence.run_process import LAUNCH_TAG, Order, execute

INSTANCE_YAML = dev.PROJECT / "deploy" / "dagster.yaml"
NOTICED = 0.7
"""How often a killed run is noticed and marked as failed; else its machine died with it."""


@dataclass
class _Launched:
    number: str
    process: ForkServerProcess
    was_killed: bool = False


class Runs:
    """Starts each run in a process of its own, which a fork server keeps cheap."""

    def __init__(
        self, home: Path, environment: dict[str, str], clock: FastClock, seed: int
    ) -> None:
        home.mkdir()
        # The instance that the project ships.
        shutil.copy(INSTANCE_YAML, home / "dagster.yaml")
        self.environment = {
            **environment,
            "DAGSTER_HOME": str(home),
            "GREENHOUSE_HRFLOW_STORAGE": str(home / "tables"),
        }
        self.instance = dg.DagsterInstance.from_config(str(home))
        self.counts: Counter[str] = Counter()
        self._log = home / "runs.log"
        self._clock = clock
        self._rng = random.Random(f"runs/{seed}")
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["greenhouse_hrflow_tests.convergence.warm"])
        self._alive: list[_Launched] = []

    @property
    def alive(self) -> int:
        """How many run processes there are."""
        return len(self._alive)

    def start(self, order: Order) -> None:
        """Start a run, and do not wait for it."""
        self.counts["runs"] += 1
        number = str(self.counts["runs"])
        tagged = replace(order, tags={**order.tags, LAUNCH_TAG: number})
        process = self._context.Process(
            target=execute,
            args=(tagged, self.environment, self._clock, self._log),
            daemon=True,
        )
        process.start()
        self._alive.append(_Launched(number, process))

    def kill_one(self) -> bool:
        """SIGKILL to one of the processes, at whatever it is doing; whether there was one."""
        victims = [one for one in self._alive if not one.was_killed]
        if not victims:
            return False
        victim = self._rng.choice(victims)
        victim.was_killed = True
        victim.process.kill()
        return True

    def reap(self) -> None:
        """Note which processes have ended, and do for the killed ones what a code server would."""
        for one in [each for each in self._alive if not each.process.is_alive()]:
            one.process.join()
            self._alive.remove(one)
            runs = self.instance.get_runs(dg.RunsFilter(tags={LAUNCH_TAG: one.number}))
            if one.was_killed:
                self.counts["killed"] += 1
                self._bury(runs)
            elif one.process.exitcode != 0 or not runs or not runs[0].is_finished:
                raise RuntimeError(f"launch {one.number} ended oddly; see {self._log}")
            elif runs[0].is_success:
                self.counts["succeeded"] += 1
            else:
                self.counts["failed"] += 1

    def failed(self) -> list[dg.DagsterRun]:
        """The runs that may be executed again from where they failed."""
        return list(
            self.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]), limit=20)
        )

    def close(self) -> None:
        """End what still runs."""
        for one in self._alive:
            one.process.kill()
            one.process.join()
        self.instance.dispose()

    def _bury(self, runs: Sequence[dg.DagsterRun]) -> None:
        for run in runs:
            if run.is_finished:
                continue
            self.counts["killed in the push" if pushes(self.instance, run) else "in the pull"] += 1
            # Where it never said which process it is, only the code server can tell of its end.
            is_placed = run.tags.get(PROCESS_TAG, "").startswith(run.run_id)
            if not is_placed or self._rng.random() < NOTICED:
                self.instance.report_run_failed(run, "The process of the run was killed.")


def pushes(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether a run has come as far as its push."""
    steps = instance.get_run_step_stats(run.run_id)
    return any(stats.step_key == "hrflow_profiles" for stats in steps)


def process_of(run: dg.DagsterRun) -> int | None:
    """The process that a run says it lives in; a re-execution is given a copy of all tags."""
    place, _, process = run.tags.get(PROCESS_TAG, "").rpartition(":")
    return int(process) if place.startswith(f"{run.run_id}@") else None


def are_runs_unfinished(instance: dg.DagsterInstance) -> bool:
    """Whether a run is queued or under way."""
    unfinished = [
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
    return instance.get_runs_count(dg.RunsFilter(statuses=unfinished)) > 0


def is_sensor_satisfied(instance: dg.DagsterInstance, job: str) -> bool:
    """Whether the sensor of a job has ticked, and waits for no run that it has asked for."""
    cursors = [
        getattr(state.instigator_data, "cursor", None)
        for state in instance.all_instigator_state()
        if state.instigator_name == f"{job}_incremental"
    ]
    return bool(cursors) and all(Cursor.read(cursor).requested is None for cursor in cursors)
