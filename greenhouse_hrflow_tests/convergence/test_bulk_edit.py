"""A bulk edit fills the first page of a list: what changes behind it is noticed all the same."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import dagster as dg
import pytest

from greenhouse_hrflow.orchestration.cursor import Cursor
from greenhouse_hrflow.orchestration.sensor import Tick
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow_tests.convergence.clock import StampingClock, ruled_by
from greenhouse_hrflow_tests.convergence.location import (
    START,
    greenhouse_of,
    pipeline,
)

PEOPLE = 520
ONE_MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> StampingClock:
    return StampingClock(lambda: datetime.now(timezone.utc))


@pytest.fixture
def sandbox(clock: StampingClock) -> Iterator[Sandbox]:
    long_ago = START - timedelta(days=30)
    with Sandbox(people=PEOPLE, clock=clock, started_on=long_ago) as sandbox:
        yield sandbox


def _tick(sandbox: Sandbox, cursor: Cursor, now: datetime) -> dg.SensorResult:
    with ruled_by(lambda: now), dg.DagsterInstance.ephemeral() as instance:
        tick = Tick(
            pipeline(),
            instance,
            greenhouse_of(sandbox),
            TableStore(instance.storage_directory()),
            logging.getLogger(__name__),
            now,
        )
        return tick.evaluate(cursor.write())


def _succeeded(asked: dg.SensorResult) -> Cursor:
    """The cursor once the run that a tick requested has succeeded."""
    window = Cursor.read(asked.cursor).requested
    assert window is not None
    return Cursor(window.updated_before, window.seen)


def test_a_change_behind_a_bulk_edit_is_seen(sandbox: Sandbox, clock: StampingClock) -> None:
    ids = sandbox.greenhouse.candidate_ids()
    with clock.held_at(START):
        for candidate_id in ids:
            sandbox.greenhouse.update_candidate(candidate_id, title="Moved in bulk")
    asked = _tick(sandbox, Cursor(START - ONE_MINUTE), START + ONE_MINUTE)
    assert asked.run_requests
    succeeded = _succeeded(asked)
    assert not _tick(sandbox, succeeded, START + 2 * ONE_MINUTE).run_requests

    with clock.held_at(START + 3 * ONE_MINUTE):
        sandbox.greenhouse.update_candidate(ids[0], title="Moved alone")

    assert _tick(sandbox, succeeded, START + 4 * ONE_MINUTE).run_requests
