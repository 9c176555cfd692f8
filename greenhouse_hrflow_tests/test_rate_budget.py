"""The arithmetic of the rate budget, on a simulated API: its share is kept, and no 429 provoked."""

from __future__ import annotations

import heapq
import math
import random
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenhouse_hrflow.rate_budget import Announced, RateBudget, Sent, read_announced

WINDOW = 30.0
BEGAN = datetime(2025, 3, 10, 15, tzinfo=timezone.utc)


class Api:
    """A limit in fixed windows, of which others spend their part. Its clock is not ours."""

    def __init__(self, limit: int, others: int, chance: random.Random) -> None:
        self.limit, self.others = limit, others
        self.offset = chance.uniform(0.0, WINDOW)
        self.chance = chance
        self.ours: Counter[int] = Counter()
        self.theirs: Counter[int] = Counter()
        self.refused = 0

    def answer(self, now: float) -> Announced | None:
        number = int((now + self.offset) // WINDOW)
        self.theirs[number] = self.chance.randint(self.theirs[number], self.others)
        spent = self.ours[number] + self.theirs[number]
        if spent >= self.limit:
            self.refused += 1
            return None
        self.ours[number] += 1
        date = (BEGAN + timedelta(seconds=now)).replace(microsecond=0)
        ends = BEGAN.timestamp() + (number + 1) * WINDOW - self.offset
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.limit - spent - 1),
            "X-RateLimit-Reset": str(self.chance.choice([math.floor, math.ceil])(ends)),
        }
        return read_announced(headers, date, WINDOW)


def spend(budget: RateBudget, api: Api, threads: int, seconds: float) -> int:
    """Send as soon as the budget allows it, from so many threads; how many requests were sent."""
    now, number, sent_count = 0.0, 0, 0
    arrivals: list[tuple[float, int, Sent, Announced | None]] = []
    while now < seconds:
        while arrivals and arrivals[0][0] <= now:
            _, _, sent, announced = heapq.heappop(arrivals)
            if announced is None:
                budget.refused(sent, now, WINDOW)
            else:
                budget.answered(sent, now, announced)
        wait = budget.delay(now) if len(arrivals) < threads else math.inf
        if wait <= 0:
            sent = budget.send(now)
            reached = now + api.chance.uniform(0.0, 0.5)
            arrival = reached + api.chance.uniform(0.0, 0.5)
            number, sent_count = number + 1, sent_count + 1
            heapq.heappush(arrivals, (arrival, number, sent, api.answer(reached)))
            continue
        assert wait < math.inf or arrivals, "nobody would ever send again"
        now = min(now + wait + 1e-6, arrivals[0][0] if arrivals else math.inf)
    return sent_count


@settings(max_examples=150)
@given(
    limit=st.integers(2, 200),
    share=st.sampled_from([0.1, 0.5, 0.8, 1.0]),
    threads=st.integers(1, 16),
    seed=st.integers(0, 10_000),
)
def test_never_more_than_the_share_and_never_a_429(
    limit: int, share: float, threads: int, seed: int
) -> None:
    ours = max(1, math.floor(limit * share))
    api = Api(limit, limit - ours, random.Random(seed))
    budget = RateBudget(share, WINDOW, first_pause=1.0, longest_pause=30.0)

    spend(budget, api, threads, 10 * WINDOW)

    assert api.refused == 0
    # One request more may ask, in each window, whether others have left anything.
    assert max(api.ours.values()) <= ours + 1
    assert len(api.ours) >= 10


@pytest.mark.parametrize(("limit", "at_least"), [(50, 360), (100, 720)])
def test_most_of_the_share_is_spent(limit: int, at_least: int) -> None:
    api = Api(limit, 0, random.Random(1))
    budget = RateBudget(0.8, WINDOW, first_pause=1.0, longest_pause=30.0)
    assert spend(budget, api, 6, 10 * WINDOW) >= at_least


@pytest.mark.parametrize("reset", [None, "soon", "17", "99999999999999", "1741618500"])
def test_a_reset_that_makes_no_sense_is_a_window_away(reset: str | None) -> None:
    headers = {"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0"}
    told = headers if reset is None else {**headers, "X-RateLimit-Reset": reset}
    assert read_announced(told, BEGAN - timedelta(hours=1), WINDOW) == Announced(
        50, 0, None, WINDOW
    )


@pytest.mark.parametrize("missing", ["X-RateLimit-Limit", "X-RateLimit-Remaining"])
def test_without_headers_nothing_is_spaced(missing: str) -> None:
    headers = {"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "49"}
    budget = RateBudget(0.8, WINDOW, first_pause=1.0, longest_pause=30.0)
    first = budget.send(0.0)
    assert budget.delay(0.0) == math.inf
    del headers[missing]
    budget.answered(first, 0.1, read_announced(headers, BEGAN, WINDOW))
    for _ in range(100):
        assert budget.delay(0.1) == 0.0
        budget.send(0.1)


def test_a_very_large_limit_costs_no_waiting() -> None:
    budget = RateBudget(0.8, WINDOW, first_pause=1.0, longest_pause=30.0)
    budget.answered(budget.send(0.0), 0.1, Announced(1_000_000, 999_999, None, WINDOW))
    for _ in range(1000):
        assert budget.delay(0.1) == 0.0
        budget.send(0.1)


def test_refusals_without_a_moment_pause_all_ever_longer_and_count_once() -> None:
    budget = RateBudget(None, WINDOW, first_pause=1.0, longest_pause=4.0)
    now, pauses = 0.0, list[float]()
    together = [budget.send(now) for _ in range(64)]
    for sent in together:
        budget.refused(sent, now, None)
    for _ in range(4):
        pauses.append(budget.delay(now))
        now += pauses[-1]
        sent = budget.send(now)
        assert budget.delay(now) == math.inf
        budget.refused(sent, now, None)
    assert pauses == [1.0, 2.0, 4.0, 4.0]
    now += 4.0
    budget.answered(budget.send(now), now, None)
    assert budget.delay(now) == 0.0
