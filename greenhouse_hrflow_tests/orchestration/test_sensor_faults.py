"""Ticks that cannot be evaluated: an unreadable cursor, credentials, a Greenhouse that is down."""

from __future__ import annotations

import time
from typing import Any

import pytest

from greenhouse_hrflow.errors import ConfigurationError, FatalError, TransientError
from greenhouse_hrflow.sandbox import Fault
from greenhouse_hrflow_tests.orchestration.ticks import MINUTE, cursor_at
from greenhouse_hrflow_tests.support.dagster_results import skipped
from greenhouse_hrflow_tests.support.stage import Stage, utc_now


@pytest.mark.parametrize(
    "cursor", ["yesterday", "[]", '{"watermark": "soon"}', '{"requested": {}}', "7"]
)
def test_an_unreadable_cursor_says_how_to_set_it(stage: Stage, cursor: str) -> None:
    with pytest.raises(ConfigurationError, match=r"watermark.*2024-12-15T03:55:00Z"):
        stage.tick(cursor)


def test_a_missing_credential_fails_the_tick(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GREENHOUSE_CLIENT_SECRET")

    with pytest.raises(ConfigurationError, match="GREENHOUSE_CLIENT_SECRET"):
        stage.tick()


@pytest.mark.parametrize("kind", ["hang", "429", "429-no-retry-after", "500", "drop"])
def test_a_tick_ends_soon_and_fails_from_the_third_on_where_greenhouse_does_not_answer(
    stage: Stage, kind: Any
) -> None:
    stage.sandbox.fail(Fault(kind, "/v3/", times=None, retry_after=7200))
    began = time.monotonic()
    cursor: str | None = cursor_at(utc_now())
    for _ in range(2):
        tick = stage.tick(cursor)
        assert "Greenhouse" in skipped(tick)
        cursor = tick.cursor
    for _ in range(2):
        with pytest.raises(TransientError, match="Greenhouse"):
            stage.tick(cursor)

    assert time.monotonic() - began < 60
    assert sum(stage.sandbox.requests.values()) <= 4 * 8
    stage.sandbox.heal()
    tick = stage.tick(cursor)
    assert "Nothing has changed" in skipped(tick)
    stage.sandbox.fail(Fault(kind, "/v3/", times=None, retry_after=7200))
    assert "Greenhouse" in skipped(stage.tick(tick.cursor))


@pytest.mark.parametrize("kind", ["401", "403", "422"])
@pytest.mark.parametrize("requested_before", [False, True])
def test_a_fault_that_no_waiting_mends_fails_the_tick_at_once(
    stage: Stage, kind: Any, requested_before: bool
) -> None:
    stage.person()
    cursor = stage.tick().cursor if requested_before else None
    stage.sandbox.fail(Fault(kind, "/v3/", times=None))

    with pytest.raises(FatalError, match=kind):
        stage.tick(cursor, now=utc_now() + 2 * MINUTE)
