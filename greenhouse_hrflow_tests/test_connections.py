"""What is sent, and by which way: the environment's, as `requests` alone would go."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from requests.auth import HTTPBasicAuth
from urllib3.util import Retry

from greenhouse_hrflow.errors import ApiUnavailable
from greenhouse_hrflow.http import HttpSession
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

AUTH = HTTPBasicAuth(b"user", b"hush")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def bare_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy but those of the test."""
    for name in (*PROXIES, *map(str.upper, PROXIES)):
        monkeypatch.delenv(name, raising=False)


def answer_nothing(_asked: Asked) -> Reply:
    return Reply([])


@pytest.mark.parametrize("no_proxy", ["", "127.0.0.1", "127.0.0.0/8", "example.com", "*"])
@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "HTTPS_PROXY"])
def test_a_proxy_is_used_as_requests_uses_it(
    variable: str, no_proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StandIn(answer_nothing) as server, StandIn(answer_nothing) as proxy:
        monkeypatch.setenv(variable, f"http://somebody:secret@127.0.0.1:{proxy.server_port}")
        monkeypatch.setenv("NO_PROXY", no_proxy)
        requests.get(f"{server.url}/list", params={"a": "b c"}, auth=AUTH, timeout=10)
        session = HttpSession("The API")
        for _ in range(2):
            session.request("GET", f"{server.url}/list", auth=AUTH, params={"a": "b c"})
        session.close()

        assert len(server.asked) in (0, 3)
        assert len(server.asked) + len(proxy.asked) == 3
        by_requests, *ours = server.asked or proxy.asked
        relevant = ("Host", "Authorization", "Proxy-Authorization", "User-Agent")
        for asked in ours:
            assert (asked.path, asked.query) == (by_requests.path, by_requests.query)
            for name in relevant:
                assert asked.headers.get(name) == by_requests.headers.get(name)


def test_a_body_is_compact_ascii() -> None:
    document = {"name": "Zoë", "list": [1, None]}
    with StandIn(answer_nothing) as server:
        session = HttpSession("The API")
        session.request("PUT", server.url, auth=AUTH, json_body=document)
        session.close()
    [asked] = server.asked
    assert asked.body == b'{"name":"Zo\\u00eb","list":[1,null]}'
    assert json.loads(asked.body) == document
    assert asked.headers["Content-Type"] == "application/json"


def test_a_number_that_json_does_not_know_is_not_sent() -> None:
    with StandIn(answer_nothing) as server:
        session = HttpSession("The API", retries=Retry(total=0))
        with pytest.raises(ApiUnavailable, match="InvalidJSONError"):
            session.request("PUT", server.url, auth=AUTH, json_body=[float("nan")])
        session.close()
    assert server.asked == []


def test_each_thread_keeps_one_connection() -> None:
    opened: list[object] = []

    class Counting(StandIn):
        def get_request(self) -> tuple[object, object]:  # pyright: ignore[reportIncompatibleMethodOverride]
            connection = super().get_request()
            opened.append(connection)
            return connection

    together = threading.Barrier(4)

    def answer(_asked: Asked) -> Reply:
        together.wait()
        return Reply([])

    with Counting(answer) as server, ThreadPoolExecutor(4) as threads:
        session = HttpSession("The API", connections=4)
        asks = [
            threads.submit(session.request, "GET", f"{server.url}/{i}", auth=AUTH)
            for i in range(40)
        ]
        assert all(ask.result().status == 200 for ask in asks)
        session.close()
    assert len(opened) == 4


def test_cookies_are_not_kept() -> None:
    cookie = Reply([], headers={"Set-Cookie": "session=1"})
    with StandIn(lambda _: cookie) as server:
        session = HttpSession("The API")
        for _ in range(2):
            session.request("GET", server.url, auth=AUTH)
        session.close()
    assert "Cookie" not in server.asked[-1].headers
