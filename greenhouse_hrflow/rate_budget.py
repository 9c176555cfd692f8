"""What an API's rate limit leaves to us at a moment: the arithmetic alone.

Nothing is slept for and nothing sent here, and every moment is given: seconds of one monotonic
clock. Who waits, and how, is decided in `rate_limiter`.

Harvest counts in fixed windows (30 seconds in v3, 10 in v1), over all of a customer's integrations,
and announces in each answer `X-RateLimit-Limit`, `-Remaining` and `-Reset` (UTC epoch seconds).
What they say is the truth. Our own count serves for what they cannot tell yet: requests that are
in flight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

SAME_WINDOW = 0.1
"""Of a window's length: so far apart the resets may be that its answers announce."""

WHOLE_SECOND = 1.0
"""Date and Reset tell no fractions: by so much the true reset may be later than they say."""

PROMPT = 0.01
"""Seconds between two requests that are not worth a wait."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What the headers of one answer say.

    Attributes:
        limit: requests in a window, those of others included.
        remaining: how many of them are left.
        resets_at: UTC epoch seconds; None where it is no moment within a window of the answer.
        resets_in: seconds from the answer on, certainly not too few.
    """

    limit: int
    remaining: int
    resets_at: float | None
    resets_in: float


def read_announced(
    headers: Mapping[str, str], dated: datetime | None, window: float
) -> Announced | None:
    """The rate limit as an answer announces it; None where it does not.

    Args:
        dated: the answer's own Date: the clock of this machine may be wrong.
        window: seconds; a reset that is further away, or has passed, is not believed.
    """
    limit = _whole_number(headers.get("X-RateLimit-Limit"))
    remaining = _whole_number(headers.get("X-RateLimit-Remaining"))
    if limit is None or remaining is None:
        return None
    resets_at = _whole_number(headers.get("X-RateLimit-Reset"))
    if resets_at is not None and dated is not None:
        seconds = resets_at - dated.timestamp()
        if 0.0 <= seconds <= window + WHOLE_SECOND:
            return Announced(limit, remaining, resets_at, seconds + WHOLE_SECOND)
    return Announced(limit, remaining, None, window)


def _whole_number(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that was let through, until it is answered."""

    at: float
    is_first: bool
    """Whether it asks for a budget that is not known: no other is sent meanwhile."""


@dataclass(slots=True)
class _Window:
    limit: int
    remaining: int
    resets_at: float | None
    ends: float


class RateBudget:
    """When the next request may be sent; to be used by one thread at a time.

    Args:
        share: of each announced limit, how much we may spend; the rest is left to others. None for
            an API that announces no limit: only its refusals slow us down.
        window: seconds that a limit is for.
        first_pause, longest_pause: seconds without requests after a refusal that names no moment;
            after each in close succession twice as long.
    """

    def __init__(
        self, share: float | None, window: float, *, first_pause: float, longest_pause: float
    ) -> None:
        self._share = share
        self._window_length = window
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self._window: _Window | None = None
        # Where it is not known what is left, one request at a time finds out.
        self._is_known = share is None
        self._is_asking = False
        self._in_flight = 0
        self._last_sent = -math.inf
        self._pause = 0.0
        self._paused_until = -math.inf

    def delay(self, now: float) -> float:
        """Seconds until the next request; infinite where an answer must come first."""
        if now < self._paused_until:
            return self._paused_until - now
        window = self._current(now)
        if not self._is_known:
            return math.inf if self._is_asking else 0.0
        if window is None:
            return 0.0
        left = self._left(window)
        if left <= 0:
            return math.inf if self._in_flight else window.ends - now
        gap = (window.ends - now) / left
        return max(0.0, self._last_sent + gap - now) if gap >= PROMPT else 0.0

    def is_used_up(self, now: float) -> bool:
        """Whether nothing may be sent before a moment that the API named."""
        if now < self._paused_until:
            return True
        window = self._current(now)
        return window is not None and not self._in_flight and self._left(window) <= 0

    def send(self, now: float) -> Sent:
        """Note that a request is sent."""
        sent = Sent(now, is_first=not self._is_known)
        self._is_asking = self._is_asking or sent.is_first
        self._in_flight += 1
        self._last_sent = now
        return sent

    def unanswered(self, sent: Sent) -> None:
        """Note that no answer comes: it may have been counted, as the next answer will tell."""
        self._in_flight -= 1
        if sent.is_first:
            self._is_asking = False

    def answered(self, sent: Sent, now: float, announced: Announced | None) -> None:
        """Take over what an answer announces, but for that of a refusal for the limit's sake."""
        self.unanswered(sent)
        if self._share is None or announced is None:
            # Without a word of a limit there is none, until an answer announces one.
            self._is_known = self._is_known or sent.at >= self._paused_until
            return
        window, ends = self._current(now), now + announced.resets_in
        if window is None or self._is_later(announced, window):
            window = _Window(announced.limit, announced.remaining, announced.resets_at, ends)
        elif self._is_earlier(announced, window):
            return
        else:
            # Answers overtake each other, and within a window the remainder only falls.
            window.limit = announced.limit
            window.remaining = min(window.remaining, announced.remaining)
            window.ends = min(window.ends, ends)
        if sent.at >= self._paused_until:
            self._window, self._is_known = window, True

    def refused(self, sent: Sent, now: float, seconds: float | None) -> None:
        """Note a refusal for the limit's sake: nobody sends until so many seconds have passed.

        Args:
            seconds: None where it names no moment. Then a refusal of what was sent before the last
                pause tells nothing new.
        """
        self.unanswered(sent)
        if seconds is None:
            if sent.at < self._paused_until:
                return
            is_close = sent.at < self._paused_until + self._pause
            longer = min(2 * self._pause, self._longest_pause)
            self._pause = seconds = longer if is_close else self._first_pause
        self._paused_until = max(self._paused_until, now + seconds)
        self._window, self._is_known = None, False

    def _current(self, now: float) -> _Window | None:
        if self._window is not None and now >= self._window.ends:
            self._window, self._is_known = None, False
        return self._window

    def _left(self, window: _Window) -> int:
        """How many requests we may still send in the window."""
        # At least one, or a small limit would never be asked about again.
        ours = max(1, math.floor(window.limit * (self._share or 0.0)))
        return window.remaining - max(0, window.limit - ours) - self._in_flight

    def _is_later(self, announced: Announced, window: _Window) -> bool:
        return _apart(announced, window) > SAME_WINDOW * self._window_length

    def _is_earlier(self, announced: Announced, window: _Window) -> bool:
        return _apart(announced, window) < -SAME_WINDOW * self._window_length


def _apart(announced: Announced, window: _Window) -> float:
    """Seconds by which an announced reset is later; 0 where one of the two is not believed."""
    if announced.resets_at is None or window.resets_at is None:
        return 0.0
    return announced.resets_at - window.resets_at
