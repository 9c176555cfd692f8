"""The transport: what is asked again, how long is waited, and what no message may show."""

from __future__ import annotations

import gzip
import logging
import socketserver
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import pytest
from requests.auth import HTTPBasicAuth
from urllib3.util import Retry

from greenhouse_hrflow.errors import ApiUnavailable, ConfigurationError, RateLimited
from greenhouse_hrflow.http import Answer, HttpSession
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

AUTH = HTTPBasicAuth(b"user", b"hush")
PATH = "/list?email=ada@example.com"


def ask(server: StandIn, *, retries: int = 2, max_wait: float = 300.0) -> Answer:
    session = HttpSession(
        "The API", retries=Retry(total=retries, backoff_factor=0), max_wait=max_wait
    )
    try:
        return session.request("GET", server.url + PATH, auth=AUTH)
    finally:
        session.close()


@contextmanager
def replies(*in_turn: Reply) -> Generator[StandIn]:
    """Answer with these, the last one for ever."""
    left = list(in_turn)

    def answer(_asked: Asked) -> Reply:
        return left.pop(0) if len(left) > 1 else left[0]

    with StandIn(answer) as server:
        yield server


@pytest.mark.parametrize(
    "bad",
    [
        Reply("", status=500),
        Reply("<html>", status=502),
        Reply("<html>"),
        Reply('{"cut": "o'),
        Reply("[NaN]"),
        Reply("", status=408),
        Reply("", status=429),
        Reply("[]", headers={"Content-Length": "99", "Connection": "close"}),
    ],
)
def test_an_unusable_answer_is_asked_for_again(bad: Reply) -> None:
    with replies(bad, bad, Reply([1])) as server:
        assert ask(server).body == [1]
        assert len(server.asked) == 3


def test_retries_end_with_a_message_without_query_or_secret() -> None:
    with replies(Reply("ada@example.com hush", status=503)) as server:
        with pytest.raises(ApiUnavailable) as caught:
            ask(server)
        assert len(server.asked) == 3
    assert str(caught.value) == (
        "The API answered 503 to GET /list, and no retry is left. Run it again later."
    )
    assert caught.value.__cause__ is None


def test_a_dropped_connection_is_retried() -> None:
    class Drop(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1024)

    with socketserver.TCPServer(("127.0.0.1", 0), Drop) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/list?email=ada@example.com"
        session = HttpSession("The API", retries=Retry(total=1, backoff_factor=0))
        with pytest.raises(ApiUnavailable, match=r"^The API: ConnectionError on GET /list, and no"):
            session.request("GET", url, auth=AUTH)
        session.close()
        server.shutdown()
        thread.join()


def test_retry_after_is_obeyed_and_costs_no_retry(caplog: pytest.LogCaptureFixture) -> None:
    limited = Reply("", status=429, headers={"Retry-After": "1"})
    with replies(limited, Reply([1])) as server, caplog.at_level(logging.WARNING):
        asked_at = time.monotonic()
        assert ask(server, retries=1).body == [1]
        assert time.monotonic() - asked_at >= 1.0
    assert caplog.messages == ["The API answered 429 to GET /list; trying again in 1.0 s"]


def test_a_wait_beyond_the_cap_is_refused_at_once() -> None:
    with replies(Reply("", status=429, headers={"Retry-After": "3600"})) as server:
        with pytest.raises(RateLimited, match=r"asking for a wait of 3600 s; at most 5 s"):
            ask(server, max_wait=5.0)
        assert len(server.asked) == 1


def test_an_unreadable_retry_after_is_an_ordinary_retry() -> None:
    with replies(Reply("", status=429, headers={"Retry-After": "soon"}), Reply([])) as server:
        assert ask(server).status == 200


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422])
def test_a_refusal_is_an_answer_and_not_repeated(status: int) -> None:
    with replies(Reply("no JSON", status=status)) as server:
        answer = ask(server)
        assert (answer.status, answer.body, len(server.asked)) == (status, None, 1)


def test_a_redirect_is_not_followed() -> None:
    with replies(Reply([1])) as other:
        redirect = Reply("", status=302, headers={"Location": other.url})
        with replies(redirect) as server, pytest.raises(ConfigurationError, match="a redirect"):
            ask(server)
        assert other.asked == []


def test_a_netrc_does_not_take_the_place_of_the_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login intruder password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with replies(Reply([])) as server:
        ask(server)
        assert server.asked[0].headers["Authorization"] == "Basic dXNlcjpodXNo"


def test_the_date_is_the_apis_own() -> None:
    date = "Mon, 10 Mar 2025 15:00:00 GMT"
    with replies(Reply([], headers={"Date": date})) as server:
        assert ask(server).answered_at == datetime(2025, 3, 10, 15, tzinfo=timezone.utc)


@pytest.mark.parametrize("date", ["", "soon", "Fri, 31 Dec 9999 23:59:59 -0500"])
def test_a_date_that_cannot_be_read_is_none(date: str) -> None:
    before = datetime.now(timezone.utc)
    with replies(Reply([], headers={"Date": date})) as server:
        assert before <= ask(server).answered_at <= datetime.now(timezone.utc)


def test_a_compressed_body_is_read_whole() -> None:
    body = gzip.compress(b"[" + b"1," * 200_000 + b"1]")
    with replies(Reply(body, headers={"Content-Encoding": "gzip"})) as server:
        assert len(ask(server).body) == 200_001


def test_what_is_no_url_is_a_configuration_error() -> None:
    session = HttpSession("The API")
    with pytest.raises(ConfigurationError, match="The configured address of The API is not a URL"):
        session.request("GET", "harvest/list?email=ada@example.com", auth=AUTH)
    session.close()
