"""Connections that fail because a setting is wrong, so that no waiting mends them.

What may pass (a timeout, a refused or dropped connection, a name server that cannot answer now) is
not here: after that, `http` asks again.
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
"""No such name. EAI_AGAIN is not among them: the name server cannot tell at this moment."""

_NOT_A_URL = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    UnicodeError,
)
_TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: (\d{3})")
_OPENSSL_FILE_PARTS = ("X509", "PEM", "ASN1")
"""The parts of OpenSSL that complain about a file, and not about what the other side sent."""


def setting_at_fault(error: Exception, name: str, url: str) -> str | None:
    """Which setting keeps a request from an API and why, as a sentence; None where it may pass.

    Args:
        error: what sending the request, or reading its answer, raised.
        name: what messages call the API, such as "HrFlow".
        url: where the request went; the sentence names its host and nothing else of it.
    """
    address = urlsplit(url)
    api = f"{name} at {address.hostname}"
    proxy_variable = f"{address.scheme.upper()}_PROXY (or ALL_PROXY)"
    causes = list(_causes(error))
    if isinstance(error, requests.exceptions.ProxyError):
        return _fault_of_proxy(causes, api, proxy_variable)
    if any(map(_is_proxy_malformed, causes)):
        return (
            f"{api} is not asked: {proxy_variable} is no address of a proxy that can be used. It "
            "must look like http://host:port; for socks5:// the package PySocks is needed."
        )
    # Only now: requests tells of a malformed proxy, too, with an error of these kinds.
    if isinstance(error, _NOT_A_URL):
        return f"The configured address of {name} is not a URL: it must look like https://host/path"
    return _fault_of_certificates(causes, api) or _fault_of_name(causes, name, address.hostname)


def asks_for_credentials(url: str) -> str:
    """The sentence for a 407, which comes from a proxy and never from an API."""
    address = urlsplit(url)
    return (
        f"A proxy in the way to {address.hostname} asks for credentials (407). Put them into "
        f"{address.scheme.upper()}_PROXY, as in http://user:password@host:port, or keep the proxy "
        "out of the way with NO_PROXY."
    )


def _fault_of_proxy(causes: list[BaseException], api: str, proxy_variable: str) -> str | None:
    for cause in causes:
        refusal = _TUNNEL_REFUSED.search(str(cause)) if isinstance(cause, OSError) else None
        if refusal is None:
            continue
        status = refusal[1]
        if status == "407":
            return (
                f"{api} is behind a proxy that asks for credentials (407). Put them into "
                f"{proxy_variable}, as in http://user:password@host:port."
            )
        if status.startswith("4"):
            return (
                f"{api} is behind a proxy that does not let us through to it ({status}). Ask "
                f"whoever runs the proxy that {proxy_variable} names, or list the host in NO_PROXY."
            )
        # A 5xx is the proxy's word that the API, or itself, cannot be reached now.
        return None
    unreachable = (NewConnectionError, ConnectTimeoutError, socket.gaierror)
    if any(isinstance(cause, unreachable) and not _may_resolve_later(cause) for cause in causes):
        return (
            f"{api} is behind a proxy that cannot be reached{_host_of_proxy(causes)}. Check "
            f"{proxy_variable}, or list the host in NO_PROXY."
        )
    return None


def _fault_of_certificates(causes: list[BaseException], api: str) -> str | None:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"The certificate of {api} is not trusted ({cause.verify_message}). If a proxy "
                "opens the connections of your network, or the certificate is your own "
                f"authority's, name the file of that authority in {_CA_BUNDLE}."
            )
        if _is_bundle_unusable(cause):
            return (
                f"{api} is not asked: {_CA_BUNDLE} does not name a file with certificates that "
                "can be read."
            )
    return None


def _fault_of_name(causes: list[BaseException], name: str, host: str | None) -> str | None:
    if any(
        isinstance(cause, socket.gaierror) and not _may_resolve_later(cause) for cause in causes
    ):
        return (
            f"No host has the name {host}, at which {name} is to be asked. Check the configured "
            "address, and the network's name server; where a proxy leads out, name it in "
            "HTTPS_PROXY."
        )
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and all errors inside it: requests and urllib3 wrap them in three ways."""
    unvisited: list[BaseException] = [error]
    while unvisited:
        cause = unvisited.pop()
        yield cause
        wrapped = (*cause.args, getattr(cause, "reason", None), cause.__cause__)
        unvisited += [part for part in wrapped if isinstance(part, BaseException)]


def _is_bundle_unusable(cause: BaseException) -> bool:
    """Whether our own file of certificates is missing, unreadable or holds none."""
    if isinstance(cause, ssl.SSLError):
        return (cause.library or "") in _OPENSSL_FILE_PARTS
    # requests raises a bare OSError for it; urllib3 lets through what opening the file raised. By
    # `type` and not `isinstance`: a dropped connection is an OSError too.
    return type(cause) in (FileNotFoundError, PermissionError, IsADirectoryError) or (
        type(cause) is OSError and "TLS CA certificate bundle" in str(cause)
    )


def _is_proxy_malformed(cause: BaseException) -> bool:
    # A LocationParseError is about the proxy: where the API's own address is no URL, requests
    # raises an InvalidURL with no other error inside it.
    malformed = (requests.exceptions.InvalidProxyURL, ProxySchemeUnknown, LocationParseError)
    lacks_socks = isinstance(cause, requests.exceptions.InvalidSchema) and "SOCKS" in str(cause)
    return isinstance(cause, malformed) or lacks_socks


def _may_resolve_later(cause: BaseException) -> bool:
    return isinstance(cause, socket.gaierror) and cause.errno not in _UNKNOWN_NAME


def _host_of_proxy(causes: list[BaseException]) -> str:
    """Host and port of the proxy, without the user and password that its address may hold."""
    for cause in causes:
        pool = cause.pool if isinstance(cause, MaxRetryError) else None
        proxy = getattr(pool, "proxy", None)
        if proxy is not None:
            return f" at {proxy.host}:{proxy.port}"
    return ""
