"""Sending by a rate limit: no 429 that was announced, and none that costs more than waiting."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping

import pytest
from requests.auth import HTTPBasicAuth
from urllib3.util import Retry

from greenhouse_hrflow.errors import ApiUnavailable, RateLimited
from greenhouse_hrflow.http import HttpSession
from greenhouse_hrflow.rate_limiter import AnnouncedLimit
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

AUTH = HTTPBasicAuth(b"user", b"hush")


class Limited:
    """An API that counts in windows of two seconds, and of each spends some for others."""

    def __init__(self, limit: int, others: int = 0) -> None:
        self.limit = limit
        self.others = others
        self.refused = 0
        self.ours: dict[int, int] = {}
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({}, headers={"X-RateLimit-Limit": "1", "X-RateLimit-Remaining": "0"})
        with self._lock:
            window = math.floor(time.time() / 2)
            used = self.ours.get(window, 0) + self.others
            is_refused = used >= self.limit
            if is_refused:
                self.refused += 1
            else:
                self.ours[window] = self.ours.get(window, 0) + 1
                used += 1
        headers = announced(self.limit, self.limit - used, 2 * (window + 1))
        return Reply([], status=429 if is_refused else 200, headers=headers)


def announced(limit: int, remaining: int, reset: float) -> Mapping[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(math.ceil(reset)),
    }


def session_of(server: StandIn, *, share: float = 0.8, max_wait: float = 300.0) -> HttpSession:
    return HttpSession(
        "The API",
        retries=Retry(total=0),
        connections=8,
        max_wait=max_wait,
        announced_limit=AnnouncedLimit(share, 2.0, server.url + "/token", pause=0.2),
    )


def ask_at_once(session: HttpSession, url: str, threads: int, each: int) -> None:
    def ask() -> None:
        for _ in range(each):
            session.request("GET", url, auth=AUTH)

    askers = [threading.Thread(target=ask) for _ in range(threads)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()


@pytest.mark.parametrize("others", [0, 6])
def test_many_threads_keep_to_the_share_and_meet_no_429(others: int) -> None:
    api = Limited(20, others)
    with StandIn(api) as server:
        session = session_of(server)
        ask_at_once(session, server.url + "/list", threads=6, each=5)
        session.close()
    assert api.refused == 0
    assert sum(api.ours.values()) == session.effort.requests == 30
    assert max(api.ours.values()) <= 16


def test_tokens_do_not_count() -> None:
    with StandIn(Limited(1_000_000)) as server:
        session = session_of(server, max_wait=0.0)
        for path in ("/token", "/list", "/token", "/list"):
            session.request("GET", server.url + path, auth=AUTH)
        session.close()
        assert len(server.asked) == 4


def test_a_429_without_a_moment_is_waited_for_and_costs_no_try() -> None:
    left = [Reply("", status=429), Reply("", status=429), Reply([1])]
    with StandIn(lambda _asked: left.pop(0)) as server:
        session = HttpSession(
            "The API",
            retries=Retry(total=1, backoff_factor=0),
            announced_limit=AnnouncedLimit(0.8, 2.0, "", pause=0.1),
        )
        assert session.request("GET", server.url, auth=AUTH).body == [1]
        session.close()


def test_a_window_that_is_used_up_ends_what_may_not_wait() -> None:
    spent = Reply([], headers=announced(50, 10, time.time() + 25))
    with StandIn(lambda _asked: spent) as server:
        session = HttpSession(
            "The API", max_wait=0.0, announced_limit=AnnouncedLimit(0.8, 30.0, "")
        )
        session.request("GET", server.url, auth=AUTH)
        with pytest.raises(RateLimited, match="The rate limit of The API leaves us no request"):
            session.request("GET", server.url, auth=AUTH)
        session.close()
        assert len(server.asked) == 1


def test_closing_ends_a_wait() -> None:
    spent = Reply([], headers=announced(50, 0, time.time() + 25))
    with StandIn(lambda _asked: spent) as server:
        session = HttpSession("The API", announced_limit=AnnouncedLimit(0.8, 30.0, ""))
        session.request("GET", server.url, auth=AUTH)
        closing = threading.Timer(0.1, session.close)
        closing.start()
        with pytest.raises(ApiUnavailable, match="is closed"):
            session.request("GET", server.url, auth=AUTH)
        closing.join()
        assert len(server.asked) == 1


def test_the_body_of_a_429_is_not_waited_for() -> None:
    headers = {"Content-Length": "99", "Retry-After": "0"}
    with StandIn(lambda _asked: Reply("cut", status=429, headers=headers)) as server:
        session = HttpSession("The API", retries=Retry(total=0))
        with pytest.raises(ApiUnavailable, match="answered 429"):
            session.request("GET", server.url, auth=AUTH)
        session.close()


def test_an_edit_is_not_held_back_until_it_is_stale() -> None:
    spent = Reply("", status=429, headers={"Retry-After": "20"})
    with StandIn(lambda _asked: spent) as server:
        session = HttpSession("The API")
        for _ in range(2):
            with pytest.raises(ApiUnavailable) as caught:
                session.request("PUT", server.url, auth=AUTH, json_body={}, retry=False)
            assert caught.value.is_rate_limit
            assert 0 < caught.value.retry_after <= 20
        session.close()
        assert len(server.asked) == 1
