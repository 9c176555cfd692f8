"""A fixed window of requests, and the headers in which Harvest announces it."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from greenhouse_hrflow.sandbox.moments import Clock

# Announced where no limit was asked for: high enough that no client paces itself by it.
_UNLIMITED = 1_000_000


class RateLimit:
    """Counts requests in windows that open with the first request after the last one closed.

    ``others``: of each window, what other integrations of the account spend at its beginning.
    """

    def __init__(
        self, limit: int | None, window_seconds: float, clock: Clock, *, others: int = 0
    ) -> None:
        self._limit = _UNLIMITED if limit is None else limit
        self._window = timedelta(seconds=window_seconds)
        self._clock = clock
        self._others = others
        self._ends: datetime | None = None
        self._used = 0
        self.refused = 0
        """How many requests it has not allowed so far."""

    def take(self) -> tuple[bool, dict[str, str]]:
        """Spend one request: whether it is allowed, and the headers that belong on its answer."""
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
