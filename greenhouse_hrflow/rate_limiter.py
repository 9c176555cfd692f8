"""Waiting for an API's rate limit: all threads of a session together.

How much may be sent is worked out in `rate_budget`; here threads wait for it, until it is
their turn or the session is closed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

from greenhouse_hrflow.errors import ApiUnavailable, RateLimited
from greenhouse_hrflow.rate_budget import Announced, RateBudget, Sent, read_announced

SPACING = 2.0
"""Seconds that every request may be held back for even spacing, however little it may wait."""


@dataclass(frozen=True)
class Effort:
    """What a session has asked of its API.

    Attributes:
        requests: how many were sent, each try counted.
        seconds_waited: for how long threads were held back for a rate limit's sake, all together.
    """

    requests: int = 0
    seconds_waited: float = 0.0


@dataclass(frozen=True)
class AnnouncedLimit:
    """A limit that an API announces in its answers, and what of it is ours.

    Attributes:
        share: of each announced limit, how much we may spend.
        window: seconds that a limit is for.
        unmetered_url: what is asked there does not count, nor do its headers speak of the limit.
        pause: seconds without requests after a 429 that names no moment.
    """

    share: float
    window: float
    unmetered_url: str
    pause: float = 30.0


class RateLimiter:
    """Lets requests through one by one, as the budget allows.

    Args:
        announced: None for an API that announces no limit: only its refusals slow us down.
        first_pause, longest_pause: seconds without requests after a refusal that names no moment,
            where no limit is announced.
        max_wait: seconds that one request may be held back.
        log: receives a line for each long wait.
    """

    def __init__(
        self,
        name: str,
        announced: AnnouncedLimit | None,
        log: logging.Logger,
        *,
        first_pause: float,
        longest_pause: float,
        max_wait: float,
    ) -> None:
        self._name = name
        self._announced = announced
        self._log = log
        self._max_wait = max_wait
        if announced is None:
            self._budget = RateBudget(
                None, 0.0, first_pause=first_pause, longest_pause=longest_pause
            )
        else:
            self._budget = RateBudget(
                announced.share, announced.window,
                first_pause=announced.pause, longest_pause=announced.pause,
            )  # fmt: skip
        # Guards the budget; a thread that waits on it does not hold it.
        self._changed = threading.Condition()
        self._is_closed = False
        self._told_until = 0.0
        self.requests_sent = 0
        self.seconds_waited = 0.0

    @property
    def effort(self) -> Effort:
        """What was asked so far."""
        return Effort(self.requests_sent, self.seconds_waited)

    def turn(self, url: str, may_wait: bool) -> Turn:
        """A turn to send one request, to be entered; `may_wait` longer than `SPACING`."""
        is_metered = self._announced is None or url != self._announced.unmetered_url
        return Turn(self, is_metered, may_wait)

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def admit(self, is_metered: bool, may_wait: bool) -> Sent | None:
        """Wait until a request may be sent.

        Raises:
            RateLimited: that takes longer than may be waited.
            ApiUnavailable: the session was closed meanwhile, or a longer wait is needed for a
                request that may not wait.
        """
        began = time.monotonic()
        with self._changed:
            now = began
            while is_metered and not self._is_closed and (delay := self._budget.delay(now)):
                self._check_wait(delay, now - began, may_wait)
                self._changed.wait(None if delay == float("inf") else delay)
                now = time.monotonic()
            self.seconds_waited += now - began
            if self._is_closed:
                raise ApiUnavailable(f"The connection to {self._name} is closed.")
            self.requests_sent += 1
            return self._budget.send(now) if is_metered else None

    def _check_wait(self, delay: float, waited: float, may_wait: bool) -> None:
        """Refuse a wait that is too long, and tell of a long one; once for all threads."""
        # Without an end it is for another request, whose own timeouts bound it.
        if not SPACING < delay < float("inf"):
            return
        if not may_wait:
            message = f"The rate limit of {self._name} holds a request back"
            raise ApiUnavailable(message, delay, is_rate_limit=True)
        if delay > self._max_wait - waited:
            raise RateLimited(
                f"The rate limit of {self._name} leaves us no request for another {delay:.0f} s; "
                f"at most {self._max_wait:.0f} s are waited for one request. Run it again later."
            )
        now = time.monotonic()
        if now >= self._told_until:
            self._told_until = now + delay
            self._log.info("waiting %.0f s for the rate limit of %s", delay, self._name)

    def read(self, headers: Mapping[str, str], dated: datetime | None) -> Announced | None:
        """The limit as an answer announces it; None where it does not."""
        if self._announced is None:
            return None
        return read_announced(headers, dated, self._announced.window)

    def pause_after(self, announced: Announced | None, retry_after: float | None) -> float | None:
        """How long to send nothing after a 429; None where neither it nor the API tells."""
        if retry_after is not None:
            return retry_after
        if announced is not None:
            return announced.resets_in
        return self._announced.pause if self._announced is not None else None

    def finish(self, turn: Turn) -> None:
        """Take over what came of a request, and wake those who wait for it."""
        if turn.sent is None:
            return
        with self._changed:
            if turn.is_refused:
                self._budget.refused(turn.sent, time.monotonic(), turn.pause)
            elif turn.is_answered:
                self._budget.answered(turn.sent, time.monotonic(), turn.announced)
            else:
                self._budget.unanswered(turn.sent)
            self._changed.notify_all()


class Turn:
    """One request from its admission to what came of it."""

    def __init__(self, limiter: RateLimiter, is_metered: bool, may_wait: bool) -> None:
        self._limiter = limiter
        self._may_wait = may_wait
        self._is_metered = is_metered
        self.sent: Sent | None = None
        self.announced: Announced | None = None
        self.is_answered = False
        self.is_refused = False
        self.pause: float | None = None

    def __enter__(self) -> Turn:
        self.sent = self._limiter.admit(self._is_metered, self._may_wait)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._limiter.finish(self)

    def answered(self, headers: Mapping[str, str], dated: datetime | None) -> None:
        """Note that an answer came, whatever its status."""
        self.is_answered = True
        if self._is_metered:
            self.announced = self._limiter.read(headers, dated)

    def refused(self, retry_after: float | None) -> float:
        """Note a 429: how many seconds to wait, 0 where it is not known."""
        self.is_refused = True
        self.pause = self._limiter.pause_after(self.announced, retry_after)
        return self.pause or 0.0


class Ceiling:
    """Spaces requests evenly, at most so many a minute."""

    def __init__(self, max_per_minute: int | None) -> None:
        self._gap = 60.0 / max_per_minute if max_per_minute else 0.0
        self._next_turn = 0.0
        self._lock = threading.Lock()

    def wait(self, stopped: threading.Event) -> None:
        """Wait until the caller's turn, or until no more is asked."""
        if not self._gap:
            return
        # A turn is taken under the lock and waited for outside: several threads wait at once.
        with self._lock:
            turn = max(self._next_turn, time.monotonic())
            self._next_turn = turn + self._gap
        stopped.wait(max(0.0, turn - time.monotonic()))
