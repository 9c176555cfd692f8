"""Runs that have started and will never end: their process is gone, or nothing is heard of them.

Dagster notices some of them where run monitoring is configured. What is done about a dead run is in
`pools` (its slots) and in `sensor` (its window).
"""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import NamedTuple

import dagster as dg

from greenhouse_hrflow.orchestration.keys import PROCESS_TAG

_ONE_PROCESS = frozenset({"in_process", "execute_in_process_executor"})
"""Dagster's names for the executors that carry out a run's steps in the run's own process."""

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NUMBERS = Path("/proc/self/ns/pid")

PRESUMED_DEAD_AFTER = 30 * 60.0
"""Seconds without an event after which a run that never ended is taken for dead."""


def tag_process(instance: dg.DagsterInstance, run_id: str) -> None:
    """Note in the run where it lives, so that others can see when it does no more."""
    instance.add_run_tags(run_id, {PROCESS_TAG: place_of(run_id, os.getpid())})


def place_of(run_id: str, process: int) -> str:
    """Where a run lives: its id, its host, and a process there with the moment of its start.

    With the run's own id, since a re-execution is given a copy of all tags.
    """
    return f"{run_id}@{_this_host()}:{_look_at(process).started}:{process}"


def tag_process_of(context: dg.AssetExecutionContext) -> None:
    """Note where a run lives, if it lives in the process of this step.

    Other executors give each step a process of its own: it ends with the step, and the run, of
    which another step is still to come, would be taken for dead.
    """
    if context.job_def.executor_def.name in _ONE_PROCESS:
        tag_process(context.instance, context.run.run_id)


def is_dead(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether a run that has started but not ended will never end.

    Its process is gone from this host, or nothing was heard of it for half an hour. Of a process
    elsewhere only the silence tells, and elsewhere is also a container of this machine.
    """
    return _has_ended_here(run) or (
        time.time() - _last_heard(instance, run.run_id) > PRESUMED_DEAD_AFTER
    )


def _last_heard(instance: dg.DagsterInstance, run_id: str) -> float:
    """When the run's last event was logged; when it was made where there is none."""
    records = instance.get_records_for_run(run_id, limit=1, ascending=False).records
    if records:
        return records[0].timestamp
    run = instance.get_run_record_by_id(run_id)
    return run.create_timestamp.timestamp() if run is not None else 0.0


def _has_ended_here(run: dg.DagsterRun) -> bool:
    """Whether the run lived in a process of this host, and that one is no more."""
    place, _, process = run.tags.get(PROCESS_TAG, "").rpartition(":")
    place, _, started = place.rpartition(":")
    if place != f"{run.run_id}@{_this_host()}" or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    now = _look_at(int(process))
    # The number of an ended process is given to another one, soonest where a container starts
    # again: there it is the same few numbers each time.
    return now.is_over or (now.started != started and bool(now.started))


def _this_host() -> str:
    """The host, as far as a process number means the same process.

    Two machines may have one name, and so may two containers of a machine, or one before and after
    it was started again; each has numbers of its own. Linux tells them apart: by when the machine
    was started, and by the namespace of process numbers.
    """
    try:
        booted = _BOOT.read_text().strip()
        namespace = _NUMBERS.readlink().name.strip("pid:[]")
    except OSError:
        # Not a Linux: the name has to do.
        return socket.gethostname()
    return f"{socket.gethostname()}:{booted}:{namespace}"


class _Process(NamedTuple):
    is_over: bool
    started: str


def _look_at(process: int) -> _Process:
    """Whether a process is over and only waits to be noticed, and when it was started; an empty
    text where that is not shown."""
    try:
        # Its name stands in parentheses, and may hold some.
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return _Process(is_over=False, started="")
    return _Process(is_over=fields[0] in ("Z", "X"), started=fields[19])
