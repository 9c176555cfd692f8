"""Trying again: how often one piece of work is repeated, and how long is waited in between.

Every `ApiUnavailable` is worth a try more: `http` repeats a single request, `hrflow.push` the
reading, merging and editing of one profile.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from urllib3.exceptions import MaxRetryError
from urllib3.util import Retry

from greenhouse_hrflow.errors import ApiUnavailable, RateLimited

RATE_LIMITED = 429
_REQUEST_TIMEOUT = 408

T = TypeVar("T")


def is_worth_retrying(status: int) -> bool:
    """Whether an HTTP status says that the same request may be answered later."""
    return status in (_REQUEST_TIMEOUT, RATE_LIMITED) or status >= 500


def growing_wait(first: timedelta, longest: timedelta, failures: int) -> timedelta:
    """How long to wait after so many failures in a row: after each twice as long, up to a limit."""
    # The exponent is bounded, since a timedelta is.
    return min(first * 2 ** min(max(failures - 1, 0), 20), longest)


@dataclass(frozen=True)
class Retrying:
    """How one piece of work is tried again.

    Attributes:
        policy: how often, and with which waits where the API asks for none.
        stopped: once it is set, nobody waits and nothing is tried again.
        log: receives a line for each wait, with its reason.
        retry_on: the kind of failure after which the work is repeated.
        max_wait: seconds that may be spent waiting, all tries together.
    """

    policy: Retry
    stopped: threading.Event
    log: logging.Logger
    retry_on: type[ApiUnavailable] = ApiUnavailable
    max_wait: float = math.inf

    def call(self, attempt: Callable[[], T]) -> T:
        """Call `attempt` until it returns.

        Raises:
            ApiUnavailable: what the last attempt raised, where no try is left.
            RateLimited: it asks for a longer wait than is left.
        """
        left, waited = self.policy, 0.0
        while True:
            try:
                return attempt()
            except self.retry_on as failure:
                if self.stopped.is_set():
                    raise
                left, wait = self._next_try(left, failure, waited)
                self.log.warning("%s; trying again in %.1f s", failure, wait)
            self.stopped.wait(wait)
            waited += wait

    def _next_try(self, left: Retry, failure: ApiUnavailable, waited: float) -> tuple[Retry, float]:
        """What is left of the tries, and how long to wait before the next of them."""
        asked = failure.retry_after
        if waited + asked > self.max_wait:
            raise RateLimited(
                f"{failure}, asking for a wait of {asked:.0f} s; at most {self.max_wait:.0f} s are "
                "waited for one request. Run it again later."
            ) from None
        # A limiter that says when to come back is an API at work: it costs waiting, no try.
        if failure.is_rate_limit and asked and left.total:
            return left, asked
        try:
            left = left.increment()
        except MaxRetryError:
            failure.is_exhausted = True
            raise failure from None
        return left, max(left.get_backoff_time(), asked)
