"""The concurrency pools of the two steps, and the slots that a killed run leaves taken.

Two pushes at once could each write an older read over what the other has just written, so `hrflow`
is one at a time. Dagster enforces a pool where the instance sets its limit; where it sets none,
the run does. Dagster frees the slots of a run that was killed only where run monitoring is
configured to, so that is done here as well.
"""

from __future__ import annotations

import logging

import dagster as dg
from dagster._core.storage.event_log.base import EventLogStorage

from greenhouse_hrflow.orchestration.dead_runs import is_dead
from greenhouse_hrflow.orchestration.keys import Keys


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
