"""A webhook of the user's: one message, one try, and nothing of its address but the host in any
text. The address itself is a secret: that of Slack's webhooks holds a token in its path.

What is said to it is decided in `orchestration.alerts`.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from greenhouse_hrflow.connection_faults import asks_for_credentials, setting_at_fault
from greenhouse_hrflow.connections import Connections
from greenhouse_hrflow.errors import ApiUnavailable, ConfigurationError

TIMEOUT = (3.0, 10.0)
"""Seconds to connect, and of silence."""

_NAME = "the webhook for alerts"


class Webhook:
    """Connections to one webhook, by the proxies and certificates that the environment names."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._host = urlsplit(url).hostname
        self._connections = Connections({"Accept": "*/*"}, 1, TIMEOUT)

    def close(self) -> None:
        """Close every connection."""
        self._connections.close()

    def post(self, message: object) -> None:
        """Send a message as JSON, once; any 2xx is success, and no redirect is followed.

        Raises:
            ApiUnavailable: it did not answer, or with another status.
            ConfigurationError: the proxy, the certificates or the host's name keep every request
                from it.
        """
        status = self._send(message)
        if status == 407:
            raise ConfigurationError(asks_for_credentials(self._url))
        if not 200 <= status < 300:
            raise ApiUnavailable(f"The webhook at {self._host} answered {status}")

    def _send(self, message: object) -> int:
        try:
            with (
                _unlogged(self._url),
                self._connections.send("POST", self._url, _NoAuth(), json_body=message) as answer,
            ):
                # The body says nothing that is of use here, and may be endless.
                return answer.status_code
        except (requests.exceptions.RequestException, HTTPError, UnicodeError, OSError) as error:
            sentence = setting_at_fault(error, _NAME, self._url)
            kind = type(error).__name__
        # Outside the except: the text of the cause holds the whole address.
        if sentence is not None:
            raise ConfigurationError(sentence)
        raise ApiUnavailable(f"The webhook at {self._host} does not answer ({kind})")


class _NoAuth(AuthBase):
    """The address is the credential."""

    def __call__(self, r: Any) -> Any:
        return r


@contextmanager
def _unlogged(url: str) -> Generator[None]:
    """Keep the address out of the log: at the level of DEBUG, urllib3 writes each one down."""
    address = urlsplit(url)
    secrets = [part for part in (address.path.strip("/"), address.query) if part]

    def names_no_secret(record: logging.LogRecord) -> bool:
        text = record.getMessage()
        return not any(secret in text for secret in secrets)

    logger = logging.getLogger("urllib3.connectionpool")
    logger.addFilter(names_no_secret)
    try:
        yield
    finally:
        logger.removeFilter(names_no_secret)
