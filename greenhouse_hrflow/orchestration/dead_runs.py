"""Runs that have started and will never end: their process is gone, or nothing is heard of them.

Dagster notices some of them where run monitoring is configured. What is done about a dead run is in
`pools` (its slots) and in `sensor` (its window).
"""

from __future__ import annotations

import os
import socket
import time
from functools import cache
from pathlib import Path

import dagster as dg

from greenhouse_hrflow.orchestration.keys import PROCESS_TAG

_ONE_PROCESS = frozenset({"in_process", "execute_in_process_executor"})
"""Dagster's names for the executors that carry out a run's steps in the run's own process."""

PRESUMED_DEAD_AFTER = 30 * 60.0
"""Seconds without an event after which a run that never ended is taken for dead."""


def tag_process(instance: dg.DagsterInstance, run_id: str, process: int) -> None:
    """Note in the run in which process of this host it lives, so that others see when it ends.

    With the run's own id, since a re-execution is given a copy of all tags.
    """
    instance.add_run_tags(run_id, {PROCESS_TAG: _process_of(run_id, process)})


def tag_process_of(context: dg.AssetExecutionContext) -> None:
    """Note where a run lives, if it lives in the process of this step.

    Other executors give each step a process of its own: it ends with the step, and the run, of
    which another step is still to come, would be taken for dead.
    """
    if context.job_def.executor_def.name in _ONE_PROCESS:
        tag_process(context.instance, context.run.run_id, os.getpid())


def is_dead(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether a run that has started but not ended will never end.

    Its process is gone from this host, or nothing was heard of it for half an hour.
    """
    process = _process_here(run)
    if process is not None and not _is_alive(process):
        return True
    # A process that is there may be another one by now, which was given the same number.
    return time.time() - _last_heard(instance, run.run_id) > PRESUMED_DEAD_AFTER


def _last_heard(instance: dg.DagsterInstance, run_id: str) -> float:
    """When the run's last event was logged; when it was made where there is none."""
    records = instance.get_records_for_run(run_id, limit=1, ascending=False).records
    if records:
        return records[0].timestamp
    run = instance.get_run_record_by_id(run_id)
    return run.create_timestamp.timestamp() if run is not None else 0.0


def _process_here(run: dg.DagsterRun) -> int | None:
    """The process that the run lives in, where that is one of this host."""
    place = run.tags.get(PROCESS_TAG, "")
    process = place.rpartition(":")[2]
    is_here = process.isdecimal() and place == _process_of(run.run_id, int(process))
    return int(process) if is_here else None


def _process_of(run_id: str, process: int) -> str:
    return f"{run_id}@{_host()}:{process}"


@cache
def _host() -> str:
    """Where numbers of processes mean the same: this host, and on Linux this boot and container.

    The name alone is not enough: containers may share one, and each counts its own processes. A
    run that lives in another would be taken for dead, and two would push at once.
    """
    name = socket.gethostname()
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        # Such as pid:[4026531836].
        counted_in = str(Path("/proc/self/ns/pid").readlink()).partition(":")[2].strip("[]")
    except OSError:
        return name
    return f"{name}/{boot[:8]}/{counted_in}"


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
