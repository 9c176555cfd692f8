"""A fixed window of requests, and the headers in which Harvest announces it."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from greenhouse_hrflow.sandbox.modes import GreenhouseModes
from greenhouse_hrflow.sandbox.moments import Clock


class RateLimit:
    """Counts requests in windows that open with the first request after the last one closed.

    ``window_seconds``: of the version, where the modes name no window.
    """

    def __init__(self, modes: GreenhouseModes, window_seconds: float, clock: Clock) -> None:
        self._limit = modes.rate_limit
        self._window = timedelta(seconds=modes.rate_window or window_seconds)
        self._clock = clock
        self._others = modes.rate_others
        self._ends: datetime | None = None
        self._used = 0
        self.refused = 0
        """How many requests it has not allowed so far."""

    def take(self) -> tuple[bool, dict[str, str]]:
        """Spend one request: whether it is allowed, and the headers that belong on its answer."""
        if self._limit is None:
            return True, {}
        now = self._clock()
        if self._ends is None or not self._ends - self._window <= now < self._ends:
            self._ends, self._used = now + self._window, self._others
        allowed = self._used < self._limit
        self._used += allowed
        headers = {
            "x-ratelimit-limit": str(self._limit),
            "x-ratelimit-remaining": str(self._limit - self._used),
            "x-ratelimit-reset": str(math.ceil(self._ends.timestamp())),
        }
        if not allowed:
            self.refused += 1
            headers["retry-after"] = str(max(1, math.ceil((self._ends - now).total_seconds())))
        return allowed, headers
