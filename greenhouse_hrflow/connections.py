"""Connections to one API that are kept alive: how a request is put on one of them, and the body of
its answer read.

What is the same for every request to a host is found out once: the proxy and the certificates that
the environment names, as `requests` understands them, and the pool that the connections are in. To
find that out anew each time took more than half of a request's CPU.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urldefrag, urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict
from urllib3 import BaseHTTPResponse
from urllib3.connectionpool import ConnectionPool

JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"

# Made once: `json.dumps` makes an encoder at each call that asks for more than its defaults.
_to_strict_json = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


class Connections:
    """Connections to the hosts of one API, usable from many threads at once.

    Args:
        headers: sent with every request.
        size: how many connections are kept open to a host.
        timeout: seconds to connect, and seconds of silence while reading.
    """

    def __init__(self, headers: Mapping[str, str], size: int, timeout: tuple[float, float]) -> None:
        self._timeout = timeout
        self._size = size
        self._hosts: dict[tuple[str, str], _HostAdapter] = {}
        self._session = requests.Session()
        self._headers = dict(
            CaseInsensitiveDict[str]({**requests.utils.default_headers(), **headers})
        )

    def close(self) -> None:
        """Close every connection."""
        # Another thread may be about to reach its first host.
        for host in list(self._hosts.values()):
            host.close()
        self._session.close()

    def send(
        self,
        method: str,
        url: str,
        auth: AuthBase,
        *,
        params: Mapping[str, str] | None = None,
        json_body: object = None,
        form: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send one request; the body of the answer is still to be read. No redirect is followed.

        Raises:
            requests.RequestException, urllib3's HTTPError, OSError: as `requests` raises them.
        """
        request = requests.PreparedRequest()
        request.method = method
        request.url = _prepared_url(url) if params is None else _with_query(url, params)
        # A plain dict: each name is written in one way alone, and to copy and read the dict of
        # requests, which knows a name in any case, takes a tenth of a request's CPU.
        request.headers = cast("CaseInsensitiveDict[str]", dict(self._headers))
        if json_body is not None:
            _set_body(request, JSON, _encoded(json_body))
        elif form is not None:
            _set_body(request, _FORM, urlencode(form).encode())
        # By the address without the query, whose parts Python remembers.
        host = self._host(url)
        return host.send(auth(request), stream=True, timeout=self._timeout, **host.settings)

    def _host(self, url: str) -> _HostAdapter:
        """What sends to the host of this address."""
        parts = urlsplit(url)
        address = (parts.scheme, parts.netloc)
        host = self._hosts.get(address)
        if host is None:
            # requests knows which schemes it can send: it raises InvalidSchema for any other.
            self._session.get_adapter(url)
            settings = self._session.merge_environment_settings(url, {}, True, None, None)
            # Threads may race for it: all of them go on with the first one's.
            host = self._hosts.setdefault(address, _HostAdapter(self._size, settings))
        return host


def read_body(response: requests.Response, seconds: float) -> bytes:
    """The whole body. A socket's timeout bounds each silence alone; here the sum is bounded.

    Raises:
        TimeoutError: it took more than so many seconds.
        urllib3's HTTPError, OSError: the connection broke, or the body does.
    """
    deadline = time.monotonic() + seconds
    parts: list[bytes] = []
    while part := response.raw.read1(1 << 16, decode_content=True):
        parts.append(part)
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(parts)


class _HostAdapter(HTTPAdapter):
    """Sends to one host, by settings that do not change.

    It retries nothing: that is left to `http`, which knows what to wait for.

    Attributes:
        settings: of `HTTPAdapter.send`: `proxies`, `verify` and `cert`.
    """

    def __init__(self, size: int, settings: Mapping[str, Any]) -> None:
        # urllib3 closes each connection that is returned to a full pool, and warns of it.
        super().__init__(pool_maxsize=size)
        self.settings = {name: settings[name] for name in ("proxies", "verify", "cert")}
        self._pool: ConnectionPool | None = None
        self._is_verified = False

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> ConnectionPool:
        """The pool of the host."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
        return self._pool

    def get_connection(self, url: Any, proxies: Any = None) -> ConnectionPool:
        """The pool of the host, by the name that requests gave this before 2.32."""
        if self._pool is None:
            self._pool = super().get_connection(url, proxies)  # pyright: ignore[reportDeprecated]
        return self._pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Let the pool use the certificates of the settings, which are looked for once."""
        if not self._is_verified:
            super().cert_verify(conn, url, verify, cert)
            self._is_verified = True

    def build_response(
        self, req: requests.PreparedRequest, resp: BaseHTTPResponse
    ) -> requests.Response:
        """The answer without cookies: threads could race for them."""
        response = requests.Response()
        response.status_code = resp.status
        # Those of urllib3 are known in any case too.
        response.headers = cast("CaseInsensitiveDict[str]", resp.headers)
        response.raw = resp
        return response


@lru_cache(maxsize=64)
def _prepared_url(url: str) -> str:
    """An address as `requests` would send it, checked to be one."""
    request = requests.PreparedRequest()
    request.prepare_url(urldefrag(url).url, None)
    return request.url or ""


def _with_query(url: str, params: Mapping[str, str]) -> str:
    prepared = _prepared_url(url)
    return f"{prepared}{'&' if '?' in prepared else '?'}{urlencode(params)}"


def _set_body(request: requests.PreparedRequest, content_type: str, body: bytes) -> None:
    request.body = body
    request.headers["Content-Type"] = content_type
    request.headers["Content-Length"] = str(len(body))


def _encoded(json_body: object) -> bytes:
    try:
        return _to_strict_json(json_body).encode()
    except ValueError as error:
        raise requests.exceptions.InvalidJSONError(error) from None
