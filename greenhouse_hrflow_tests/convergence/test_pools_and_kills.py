"""A pool goes on after a run died while it waited, and after Dagster overlooked one that waits.

Both were found by the simulation: each stopped everything, for ever.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

from greenhouse_hrflow.orchestration.dead_runs import place_of
from greenhouse_hrflow.orchestration.keys import PROCESS_TAG, Keys
from greenhouse_hrflow.orchestration.pools import (
    release_slots_of_dead_runs,
)
from greenhouse_hrflow_tests.convergence import location

KEYS = Keys.of(location.WORKFLOW)
LOG = logging.getLogger(__name__)
STEP = "hrflow_profiles"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        instance.event_log_storage.set_concurrency_slots(KEYS.hrflow_pool, 1)
        yield instance


def _started_run(instance: dg.DagsterInstance) -> str:
    run = instance.create_run_for_job(location.job(), status=dg.DagsterRunStatus.STARTED)
    instance.report_engine_event("Here.", run)
    return run.run_id


def _let_die(instance: dg.DagsterInstance, run_id: str) -> None:
    """Its process is gone, and nobody said so."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        place = place_of(run_id, process.pid)
    instance.add_run_tags(run_id, {PROCESS_TAG: place})


def _claims(instance: dg.DagsterInstance, run_id: str, priority: int = 0) -> bool:
    storage = instance.event_log_storage
    return storage.claim_concurrency_slot(KEYS.hrflow_pool, run_id, STEP, priority).is_claimed


def test_a_slot_that_was_assigned_to_a_dead_run_goes_to_the_next(
    instance: dg.DagsterInstance,
) -> None:
    pushes, dies, waits = (_started_run(instance) for _ in range(3))
    assert _claims(instance, pushes)
    assert not _claims(instance, dies, priority=10)
    assert not _claims(instance, waits)
    _let_die(instance, dies)
    instance.event_log_storage.free_concurrency_slots_for_run(pushes)
    assert not _claims(instance, waits)

    release_slots_of_dead_runs(instance, KEYS, LOG)

    assert _claims(instance, waits)


def test_a_step_that_waits_for_a_free_slot_gets_it(instance: dg.DagsterInstance) -> None:
    waits, later = _started_run(instance), _started_run(instance)
    storage = instance.event_log_storage
    assert isinstance(storage, SqlEventLogStorage)
    # What is left when a slot is freed between the two statements by which a step begins to wait.
    for run_id in (waits, later):
        storage.add_pending_step(KEYS.hrflow_pool, run_id, STEP)
    assert not _claims(instance, waits)
    assert not _claims(instance, later)

    release_slots_of_dead_runs(instance, KEYS, LOG)

    assert [_claims(instance, waits), _claims(instance, later)].count(True) == 1
