"""What no waiting mends on the way to an API: it ends at once, and names the setting at fault."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from logging.handlers import BufferingHandler
from pathlib import Path

import pytest
import trustme
from requests.auth import HTTPBasicAuth
from urllib3.util import Retry

from greenhouse_hrflow.errors import ApiUnavailable, ConfigurationError
from greenhouse_hrflow.http import HttpSession
from greenhouse_hrflow.run_result import Status
from greenhouse_hrflow.update_profiles import update_profiles_in_hrflow
from greenhouse_hrflow_tests.support.dagster_results import failures
from greenhouse_hrflow_tests.support.stage import Stage, days_ago, key
from greenhouse_hrflow_tests.support.stand_in import Reply, StandIn

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
ADDRESSES = ("GREENHOUSE_BASE_URL", "GREENHOUSE_TOKEN_URL", "HRFLOW_BASE_URL")
UNKNOWN = "https://nobody.invalid/v1"


@pytest.fixture(autouse=True)
def bare_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no certificates but those of the test."""
    for name in (*PROXIES, *map(str.upper, PROXIES), "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


class _Proxy(BaseHTTPRequestHandler):
    """Refuses whatever it is asked for, with the server's `status`."""

    def do_GET(self) -> None:
        self.send_response(self.server.status)  # pyright: ignore[reportAttributeAccessIssue]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_CONNECT(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def proxy() -> Iterator[ThreadingHTTPServer]:
    """Asks for credentials, until a test gives it another status."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Proxy) as server:
        server.status = 407  # pyright: ignore[reportAttributeAccessIssue]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def authority() -> trustme.CA:
    """A certificate authority that nobody trusts."""
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[str]:
    """The address of a server with a certificate of that authority, for 127.0.0.1."""
    with StandIn(lambda _: Reply([1])) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        yield f"https://127.0.0.1:{server.server_port}/list"


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fault_at(url: str) -> str:
    """What a request says that is refused before it waited once."""
    said = BufferingHandler(100)
    log = logging.Logger("test")
    log.addHandler(said)
    session = HttpSession("The API", retries=Retry(total=3, backoff_factor=30), log=log)
    try:
        with pytest.raises(ConfigurationError) as caught:
            session.request("GET", f"{url}?email=ada", auth=HTTPBasicAuth(b"user", b"hush"))
    finally:
        session.close()
    assert said.buffer == []
    message = str(caught.value)
    assert "hush" not in message
    assert "ada" not in message
    return message


def test_an_authority_that_is_not_trusted_is_named(secure: str) -> None:
    message = fault_at(secure)
    assert "127.0.0.1" in message
    assert "not trusted" in message
    assert "REQUESTS_CA_BUNDLE" in message


def test_a_certificate_for_another_host_is_named(
    secure: str, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))

    session = HttpSession("The API")
    assert session.request("GET", secure, auth=HTTPBasicAuth("a", "b")).body == [1]
    session.close()
    assert "mismatch" in fault_at(secure.replace("127.0.0.1", "localhost"))


@pytest.mark.parametrize("bundle", ["missing.pem", "empty.pem", "text.pem"])
def test_certificates_that_cannot_be_read_are_named(
    bundle: str, secure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.pem").write_text("")
    (tmp_path / "text.pem").write_text("no certificate")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / bundle))

    message = fault_at(secure)

    assert "REQUESTS_CA_BUNDLE" in message
    assert "does not name a file" in message


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_that_nobody_knows_is_named(scheme: str) -> None:
    assert "nobody.invalid" in fault_at(f"{scheme}://nobody.invalid/list")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["127.0.0.1", "proxy.invalid"])
def test_a_dead_proxy_is_named(scheme: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    port = closed_port()
    monkeypatch.setenv(f"{scheme}_proxy", f"http://somebody:hush@{host}:{port}")

    message = fault_at(f"{scheme}://harvest.invalid/list")

    assert "harvest.invalid" in message
    assert f"{host}:{port}" in message
    assert f"{scheme.upper()}_PROXY" in message
    assert "somebody" not in message


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_asks_for_credentials_is_named(
    scheme: str, proxy: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{proxy.server_port}")

    message = fault_at(f"{scheme}://harvest.invalid/list")

    assert "(407)" in message
    assert f"{scheme.upper()}_PROXY" in message
    assert "harvest.invalid" in message


def test_a_proxy_that_lets_nobody_through_is_named(
    proxy: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.status = 403  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.server_port}")

    assert "NO_PROXY" in fault_at("https://harvest.invalid/list")


@pytest.mark.parametrize(
    "address", ["ftp://127.0.0.1:1", "socks5://127.0.0.1:1", "http://[", "http://", "http://a:b:c"]
)
def test_a_proxy_that_cannot_be_used_is_named(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", address)

    assert "HTTPS_PROXY" in fault_at("https://harvest.invalid/list")


def test_what_may_pass_is_asked_again(
    proxy: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = HttpSession("The API", retries=Retry(total=1, backoff_factor=0))
    auth = HTTPBasicAuth("a", "b")
    with pytest.raises(ApiUnavailable, match="ConnectionError"):
        session.request("GET", f"http://127.0.0.1:{closed_port()}/", auth=auth)
    proxy.status = 503  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.server_port}")
    with pytest.raises(ApiUnavailable, match="ProxyError"):
        session.request("GET", "https://harvest.invalid/list", auth=auth)
    session.close()


@pytest.mark.parametrize("variable", ADDRESSES)
def test_a_run_ends_at_once(stage: Stage, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.person(days_ago(1))
    monkeypatch.setenv(variable, UNKNOWN)

    result = stage.run(key(1))

    assert "nobody.invalid" in failures(result)[0]
    assert [event for event in result.all_events if event.is_step_up_for_retry] == []


@pytest.mark.parametrize("variable", ADDRESSES[:2])
def test_a_tick_fails_at_once(stage: Stage, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, UNKNOWN)

    with pytest.raises(ConfigurationError, match=r"nobody\.invalid"):
        stage.tick()


@pytest.mark.parametrize("variable", ADDRESSES)
def test_the_plain_function_ends_fatal_and_says_why(
    stage: Stage,
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage.person(days_ago(1))
    monkeypatch.setenv(variable, UNKNOWN)

    assert update_profiles_in_hrflow("outside").status is Status.fatal
    assert "nobody.invalid" in caplog.text
