"""The time of a simulation: it runs faster than the machine's, and in every process alike.

The moments lie years ahead, so that no clock of the machine can stand in for it unnoticed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import dagster._time

import greenhouse_hrflow.clock


@dataclass(frozen=True)
class FastClock:
    """Tells a moment from the machine's monotonic clock, which all processes share."""

    start: datetime
    started: float
    speed: float

    @classmethod
    def from_now(cls, start: datetime, speed: float) -> FastClock:
        """A clock that shows `start` now, and then `speed` seconds in each second."""
        return cls(start, time.monotonic(), speed)

    def __call__(self) -> datetime:
        return self.start + timedelta(seconds=(time.monotonic() - self.started) * self.speed)

    def rule(self) -> None:
        """Let this process take this clock's time for now, for good.

        Dagster does where its own tests do: partitions exist up to its now. Ours does where
        Greenhouse's clock is compared with this machine's.
        """
        greenhouse_hrflow.clock.utc_now = self
        dagster._time._mockable_get_current_datetime = self  # pyright: ignore[reportPrivateUsage]
        dagster._time._mockable_get_current_timestamp = (  # pyright: ignore[reportPrivateUsage]
            lambda: self().timestamp()
        )


@contextmanager
def ruled_by(clock: Callable[[], datetime]) -> Generator[None]:
    """Let our own code take this clock's time for now, in this process, for a while."""
    before = greenhouse_hrflow.clock.utc_now
    greenhouse_hrflow.clock.utc_now = clock
    try:
        yield
    finally:
        greenhouse_hrflow.clock.utc_now = before


class StampingClock:
    """A sandbox's clock: the time of another one, unless the calling thread holds it still."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._held = threading.local()

    def __call__(self) -> datetime:
        held: datetime | None = getattr(self._held, "moment", None)
        return held or self._clock()

    @contextmanager
    def held_at(self, moment: datetime) -> Generator[None]:
        """Whatever this thread changes in this block carries that moment."""
        self._held.moment = moment
        try:
            yield
        finally:
            self._held.moment = None
