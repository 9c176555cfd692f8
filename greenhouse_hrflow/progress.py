"""Saying now and then how far a long piece of work has come, so that a person sees it is alive."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

EVERY = 5.0
"""Seconds between two lines."""

_LONGEST_IN_SECONDS = 90.0
_LONGEST_IN_MINUTES = 90 * 60.0


class Progress:
    """The progress of one piece of work.

    Args:
        log: receives the lines.
        line: with a place for the count, such as "%d of 5000 profiles are done".
        total: how many there are; None where that is not known, and so neither is what is left.
        done: how many of them were done before this began, which tell nothing of its speed.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        log: logging.Logger,
        line: str,
        *,
        total: int | None = None,
        done: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._line = line
        self._total = total
        self._clock = clock
        self._logged_at = clock()
        self._logged = done

    def note(self, done: int) -> None:
        """Log the line with this count, if the last one is long enough ago."""
        now = self._clock()
        seconds = now - self._logged_at
        # A clock with coarse ticks may show the same moment twice: there is no rate yet.
        if seconds < EVERY or not seconds:
            return
        # Of the time since the last line alone: a wait for a rate limit is over some time.
        rate = (done - self._logged) / seconds
        self._logged_at, self._logged = now, done
        self._log.info(f"{self._line} (%s)", done, self._speed(done, rate))

    def _speed(self, done: int, rate: float) -> str:
        speed = f"{_rounded(rate)} a second"
        left = 0 if self._total is None else self._total - done
        # Where nothing moves there is no telling when it ends.
        return f"{speed}, {_duration(left / rate)} left" if left > 0 and rate > 0 else speed


def _duration(seconds: float) -> str:
    if seconds > _LONGEST_IN_MINUTES:
        return f"{_rounded(seconds / 3600)} hours"
    if seconds > _LONGEST_IN_SECONDS:
        return f"{_rounded(seconds / 60)} minutes"
    # Never "0 seconds": something is left.
    whole = max(1, round(seconds))
    return f"{whole} second" if whole == 1 else f"{whole} seconds"


def _rounded(number: float) -> str:
    """Two figures are enough where there are not more before the point."""
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")
