"""The concurrency pools of the two steps, and the slots that a killed run leaves taken.

Two pushes at once could each write an older read over what the other has just written, so `hrflow`
is one at a time. Dagster enforces a pool where the instance sets its limit; where it sets none,
the run does. Dagster frees the slots of a run that was killed only where run monitoring is
configured to, so that is done here as well.
"""

from __future__ import annotations

import logging
import os
import socket
import time

import dagster as dg
from dagster._core.storage.event_log.base import EventLogStorage

from greenhouse_hrflow.orchestration.keys import PROCESS_TAG, Keys

_ONE_PROCESS = frozenset({"in_process", "execute_in_process_executor"})
"""Dagster's names for the executors that carry out a run's steps in the run's own process."""

PRESUMED_DEAD_AFTER = 30 * 60.0
"""Seconds without an event after which a run that never ended is taken for dead."""


def ensure_one_push_at_a_time(
    instance: dg.DagsterInstance, keys: Keys, log: logging.Logger
) -> None:
    """Set the pool's limit where the instance has none, by name or by default."""
    storage = instance.event_log_storage
    if not storage.supports_global_concurrency_limits:
        log.warning("This instance cannot limit pools: never let two runs push at once")
        return
    has_default = storage.get_pool_config().default_pool_limit is not None
    if has_default or any(pool.name == keys.hrflow_pool for pool in storage.get_pool_limits()):
        return
    storage.set_concurrency_slots(keys.hrflow_pool, 1)
    log.info("This instance set no limit for the pool %r; it is 1 now", keys.hrflow_pool)


def tag_process(instance: dg.DagsterInstance, run_id: str) -> None:
    """Note in the run where it lives, so that others can see when it does no more.

    With the run's own id, since a re-execution is given a copy of all tags.
    """
    instance.add_run_tags(run_id, {PROCESS_TAG: _process_of(run_id, os.getpid())})


def tag_process_of(context: dg.AssetExecutionContext) -> None:
    """Note where a run lives, if it lives in the process of this step.

    Other executors give each step a process of its own: it ends with the step, and the run, of
    which another step is still to come, would be taken for dead.
    """
    if context.job_def.executor_def.name in _ONE_PROCESS:
        tag_process(context.instance, context.run.run_id)


def release_slots_of_dead_runs(
    instance: dg.DagsterInstance, keys: Keys, log: logging.Logger
) -> None:
    """Free what runs hold that have ended, were deleted, or died without a word."""
    storage = instance.event_log_storage
    if not storage.supports_global_concurrency_limits:
        return
    pools = [
        storage.get_concurrency_info(pool) for pool in (keys.greenhouse_pool, keys.hrflow_pool)
    ]
    held = {slot.run_id for pool in pools for slot in pool.claimed_slots}
    # A run that died while it waited can be given a slot that it never comes to claim.
    waiting = {step.run_id for pool in pools for step in pool.pending_steps}
    for run_id in sorted(held | waiting):
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished or is_dead(instance, run):
            storage.free_concurrency_slots_for_run(run_id)
            log.warning("Freed the pool slots of run %s, which ended without doing so", run_id)
    for pool in (keys.greenhouse_pool, keys.hrflow_pool):
        _wake_overlooked(storage, pool)


def _wake_overlooked(storage: EventLogStorage, pool: str) -> None:
    """Let a step queue anew that waits for a slot which nobody has.

    Dagster (seen in 1.13.27) hands a slot on when it is freed; a step that begins to wait at that
    very moment is overlooked, and would wait for ever. Queued anew, it finds the slot.
    """
    info = storage.get_concurrency_info(pool)
    waiting = [step for step in info.pending_steps if step.assigned_timestamp is None]
    is_free = len(info.pending_steps) - len(waiting) < info.slot_count
    if waiting and is_free:
        first = max(waiting, key=lambda step: step.priority or 0)
        storage.free_concurrency_slot_for_step(first.run_id, first.step_key)


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
    return f"{run_id}@{socket.gethostname()}:{process}"


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
