"""Why no connection comes about, where no waiting mends it: a setting is at fault.

What may pass (a timeout, a refused or dropped connection, a name server that asks to come back)
is not here: for that `http` asks again.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationParseError,
    MaxRetryError,
    NewConnectionError,
    ProxySchemeUnknown,
)

_CA_BUNDLE = "REQUESTS_CA_BUNDLE (or CURL_CA_BUNDLE)"
_UNKNOWN_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
"""What a name server says of a name that is not there; EAI_AGAIN is that it cannot say now."""

_NO_URL = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    UnicodeError,
)
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
_NO_BUNDLE_IN_FILE = ("X509", "PEM", "ASN1")
"""Parts of OpenSSL that complain about a file, and not about what the other side says."""


def setting_at_fault(error: Exception, name: str, url: str) -> str | None:
    """Which setting keeps a request from an API and why, as a sentence; None where it may pass.

    Args:
        error: what requests raised.
        name: what messages call the API, such as "HrFlow".
        url: where the request went; of it the host alone is told.
    """
    parts = urlsplit(url)
    whom = f"{name} at {parts.hostname}"
    proxy = f"{parts.scheme.upper()}_PROXY (or ALL_PROXY)"
    causes = list(_causes(error))
    if isinstance(error, requests.exceptions.ProxyError):
        return _fault_of_proxy(causes, whom, proxy)
    if any(map(_is_proxy_malformed, causes)):
        return (
            f"{whom} is not asked: {proxy} is no address of a proxy that can be used. It must look "
            "like http://host:port; for socks5:// the package PySocks is needed."
        )
    if isinstance(error, _NO_URL):
        return f"The configured address of {name} is not a URL: it must look like https://host/path"
    return _fault_of_certificates(causes, whom) or _fault_of_name(causes, name, parts.hostname)


def asks_for_credentials(url: str) -> str:
    """The sentence for a 407, which comes from a proxy and never from an API."""
    parts = urlsplit(url)
    return (
        f"A proxy in the way to {parts.hostname} asks for credentials (407). Put them into "
        f"{parts.scheme.upper()}_PROXY, as in http://user:password@host:port, or keep the proxy "
        "out of the way with NO_PROXY."
    )


def _fault_of_proxy(causes: list[BaseException], whom: str, proxy: str) -> str | None:
    for cause in causes:
        refused = _TUNNEL.search(str(cause)) if isinstance(cause, OSError) else None
        if refused is None:
            continue
        if refused[1] == "407":
            return (
                f"{whom} is behind a proxy that asks for credentials (407). Put them into {proxy}, "
                "as in http://user:password@host:port."
            )
        if refused[1].startswith("4"):
            return (
                f"{whom} is behind a proxy that does not let us through to it ({refused[1]}). Ask "
                f"whoever runs the proxy that {proxy} names, or list the host in NO_PROXY."
            )
        return None
    unreachable = (NewConnectionError, ConnectTimeoutError, socket.gaierror)
    if any(isinstance(c, unreachable) and not _may_resolve_later(c) for c in causes):
        return (
            f"{whom} is behind a proxy that cannot be reached{_host_of_proxy(causes)}. Check "
            f"{proxy}, or list the host in NO_PROXY."
        )
    return None


def _fault_of_certificates(causes: list[BaseException], whom: str) -> str | None:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"The certificate of {whom} is not trusted ({cause.verify_message}). If a proxy "
                "opens the connections of your network, or the certificate is your own "
                f"authority's, name the file of that authority in {_CA_BUNDLE}."
            )
        if _is_bundle_unusable(cause):
            return (
                f"{whom} is not asked: {_CA_BUNDLE} does not name a file with certificates that "
                "can be read."
            )
    return None


def _fault_of_name(causes: list[BaseException], name: str, host: str | None) -> str | None:
    if any(isinstance(c, socket.gaierror) and not _may_resolve_later(c) for c in causes):
        return (
            f"No host has the name {host}, at which {name} is to be asked. Check the configured "
            "address, and the network's name server; where a proxy leads out, name it in "
            "HTTPS_PROXY."
        )
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it was made of, as requests and urllib3 pack them."""
    todo: list[BaseException] = [error]
    while todo:
        cause = todo.pop()
        yield cause
        inner = (*cause.args, getattr(cause, "reason", None), cause.__cause__)
        todo += [each for each in inner if isinstance(each, BaseException)]


def _is_bundle_unusable(cause: BaseException) -> bool:
    """Whether our own file of certificates is missing, unreadable or holds none."""
    if isinstance(cause, ssl.SSLError):
        return (cause.library or "") in _NO_BUNDLE_IN_FILE
    # requests raises a bare OSError for it, urllib3 lets through what opening the file raised.
    return type(cause) in (FileNotFoundError, PermissionError, IsADirectoryError) or (
        type(cause) is OSError and "TLS CA certificate bundle" in str(cause)
    )


def _is_proxy_malformed(cause: BaseException) -> bool:
    # Where the API's own address is no URL, requests' own InvalidURL stands alone.
    malformed = (requests.exceptions.InvalidProxyURL, ProxySchemeUnknown, LocationParseError)
    lacks_socks = isinstance(cause, requests.exceptions.InvalidSchema) and "SOCKS" in str(cause)
    return isinstance(cause, malformed) or lacks_socks


def _may_resolve_later(cause: BaseException) -> bool:
    return isinstance(cause, socket.gaierror) and cause.errno not in _UNKNOWN_NAME


def _host_of_proxy(causes: list[BaseException]) -> str:
    """Where the proxy is, without the user and password that its address may hold."""
    for cause in causes:
        pool = cause.pool if isinstance(cause, MaxRetryError) else None
        where = getattr(pool, "proxy", None)
        if where is not None:
            return f" at {where.host}:{where.port}"
    return ""
