"""A sandbox whose clock stands still until a test moves it, and clients of both its APIs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow_tests.sandbox.clients import V1, V3, HrFlow

NOW = datetime(2024, 12, 15, 12, 30, tzinfo=timezone.utc)


class StandingClock:
    """Tells the same moment until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def sandbox(clock: StandingClock) -> Iterator[Sandbox]:
    with Sandbox(people=60, clock=clock) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def calm() -> Iterator[Sandbox]:
    """A sandbox in which no test changes anything."""
    with Sandbox(people=60, clock=StandingClock()) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def calm_v3(calm: Sandbox) -> Iterator[V3]:
    with V3(calm) as client:
        yield client


@pytest.fixture(scope="session")
def calm_v1(calm: Sandbox) -> Iterator[V1]:
    with V1(calm) as client:
        yield client


@pytest.fixture
def v3(sandbox: Sandbox) -> Iterator[V3]:
    with V3(sandbox) as client:
        yield client


@pytest.fixture
def v1(sandbox: Sandbox) -> Iterator[V1]:
    with V1(sandbox) as client:
        yield client


@pytest.fixture
def hrflow(sandbox: Sandbox) -> Iterator[HrFlow]:
    with HrFlow(sandbox) as client:
        yield client
