"""The one transport to both APIs: timeouts, retries, rate limits, and no secret in any message.

What a status means to one API is decided in `greenhouse` and `hrflow`. Here is what both share:
which answers are asked for again, and how a request is sent and its answer read. How long is waited
between two tries is decided in `retry`, how long for a rate limit in `rate_limiter`; which faults
no waiting mends, in `connection_faults`.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from greenhouse_hrflow.clock import AnswerDates
from greenhouse_hrflow.connection_faults import asks_for_credentials, setting_at_fault
from greenhouse_hrflow.connections import JSON, Connections, read_body
from greenhouse_hrflow.errors import ApiUnavailable, ConfigurationError
from greenhouse_hrflow.rate_limiter import AnnouncedLimit, Ceiling, Effort, RateLimiter, Turn
from greenhouse_hrflow.retry import RATE_LIMITED, Retrying, is_worth_retrying

BODY_DEADLINE = 2.0
"""A whole body may take so many reading timeouts to arrive, however steadily it drips."""

LAST_ANSWERS = 50
"""So many unusable answers in a row mean that the API is down; fewer may be odd candidates."""


@dataclass(frozen=True)
class Answer:
    """A usable answer: any status but 408, 429 and 5xx.

    Attributes:
        status: the HTTP status, or the worse one that `HttpSession.status_of` found in the body.
        body: the parsed JSON; None where a refusal came without any.
        headers: case-insensitive.
        answered_at: the answer's Date, or what `AnswerDates` believes in its place.
        dated: the Date as it stands: moments in the answer are on the same clock. Where it has no
            readable Date, when the request was sent, by our clock.
    """

    status: int
    body: Any
    headers: Mapping[str, str]
    answered_at: datetime
    dated: datetime


def http_status_alone(status: int, _body: object) -> int:
    """For an API whose body repeats no status: the HTTP status itself."""
    return status


@dataclass(frozen=True)
class _Request:
    """What is sent, at each try."""

    method: str
    url: str
    auth: AuthBase
    params: Mapping[str, str] | None
    json_body: object
    form: Mapping[str, str] | None
    may_wait: bool

    @property
    def line(self) -> str:
        """As messages name it, without the query: that can hold an e-mail address or a cursor."""
        return f"{self.method} {urlsplit(self.url).path}"


class HttpSession:
    """Keep-alive connections to one API, usable from many threads at once.

    Args:
        name: what messages call the API, such as "HrFlow".
        status_of: tells an answer's true status from the HTTP status and the parsed body.
        retries: how often an unusable answer is asked for again, and with which waits.
        max_wait: seconds that one request may spend waiting, all retries together; and as many for
            the rate limit before each try.
        timeout: seconds to connect, and seconds of silence while reading.
        connections: how many are kept open: one for each thread that asks at the same time.
        max_per_minute: a ceiling on requests; None for none.
        announced_limit: the rate limit that the API announces in its answers; None where it has
            none. Its refusals slow all threads down in either case.
        log: receives a line for each wait, with its reason.
    """

    def __init__(
        self,
        name: str,
        *,
        headers: Mapping[str, str] | None = None,
        status_of: Callable[[int, Any], int] = http_status_alone,
        retries: Retry | None = None,
        max_wait: float = 300.0,
        timeout: tuple[float, float] = (10.0, 60.0),
        connections: int = 1,
        max_per_minute: int | None = None,
        announced_limit: AnnouncedLimit | None = None,
        log: logging.Logger | None = None,
    ) -> None:
        self.name = name
        self._status_of = status_of
        self._retries = retries or Retry(
            total=5, backoff_factor=0.5, backoff_max=30.0, backoff_jitter=0.5
        )
        self._max_wait = max_wait
        self._timeout = timeout
        self._ceiling = Ceiling(max_per_minute)
        self._last_usable: deque[bool] = deque(maxlen=LAST_ANSWERS)
        self._log = log or logging.getLogger(__name__)
        self._limiter = RateLimiter(
            name, announced_limit, self._log, max_wait=max_wait,
            first_pause=self._retries.backoff_factor, longest_pause=self._retries.backoff_max,
        )  # fmt: skip
        self._answer_dates = AnswerDates(name, self._log)
        self._reached_hosts: set[str] = set()
        self._closed = threading.Event()
        self._connections = Connections({"Accept": JSON, **(headers or {})}, connections, timeout)

    @property
    def has_answered(self) -> bool:
        """Whether any of the last answers was usable."""
        # Other threads append meanwhile, but `any` over booleans runs without giving way to them.
        return any(self._last_usable)

    @property
    def effort(self) -> Effort:
        """What was asked so far."""
        return self._limiter.effort

    @property
    def is_down(self) -> bool:
        """Whether the last `LAST_ANSWERS` answers were all unusable."""
        return len(self._last_usable) == LAST_ANSWERS and not self.has_answered

    def close(self) -> None:
        """Close every connection, and let no thread wait or ask again."""
        # Set first: a thread that loses its connection to the closing must not ask again.
        self._closed.set()
        self._limiter.close()
        self._connections.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        auth: AuthBase,
        params: Mapping[str, str] | None = None,
        json_body: object = None,
        form: Mapping[str, str] | None = None,
        retry: bool = True,
    ) -> Answer:
        """Ask until the answer is usable, or the retries or the waiting time are used up.

        `auth` is required, so that no .netrc of the machine takes its place.

        Args:
            retry: False sends it once, and soon or not at all: what it writes was worked out from
                an answer that a long wait would make too old.

        Raises:
            ApiUnavailable: timeouts, dropped connections, 408, 5xx, HTML or broken JSON.
            RateLimited: a 429 that asks for more waiting than is left.
            ConfigurationError: the address is no URL or answers with a redirect, or the proxy,
                the certificates or the host's name keep every request from it.
        """
        request = _Request(method, url, auth, params, json_body, form, may_wait=retry)
        retries = self._retries if retry else self._retries.new(total=0)
        retrying = Retrying(retries, self._closed, self._log, max_wait=self._max_wait)
        return retrying.call(lambda: self._attempt(request))

    def _attempt(self, request: _Request) -> Answer:
        """One request; whether its answer was usable is kept for `has_answered` and `is_down`."""
        # A closed Session of requests would open new connections without a word.
        if self._closed.is_set():
            raise ApiUnavailable(f"The connection to {self.name} is closed.")
        try:
            answer = self._send(request)
        except ApiUnavailable as failure:
            # A rate limit that says when to come back is an API at work.
            if not (failure.is_rate_limit and failure.retry_after):
                self._last_usable.append(False)
            raise
        self._last_usable.append(True)
        return answer

    def _send(self, request: _Request) -> Answer:
        """One request: its answer, or the error that tells whether to ask again."""
        self._ceiling.wait(self._closed)
        with self._limiter.turn(request.url, request.may_wait) as turn:
            # After the wait and before the request: what the answer tells is not older than this.
            sent_at = datetime.now(timezone.utc)
            response, content = self._exchange(request, turn)
            return self._parse_answer(response, content, request.line, sent_at, turn)

    def _exchange(self, request: _Request, turn: Turn) -> tuple[requests.Response, bytes]:
        """Send one request: its answer and the whole body, which a 429 is not read for."""
        host = urlsplit(request.url).netloc
        try:
            with self._connections.send(
                request.method, request.url, request.auth,
                params=request.params, json_body=request.json_body, form=request.form,
            ) as response:  # fmt: skip
                turn.answered(response.headers, _parse_date(response.headers.get("Date")))
                content = b""
                if response.status_code != RATE_LIMITED:
                    content = read_body(response, BODY_DEADLINE * self._timeout[1])
        # The body is read past requests, which therefore does not wrap the errors of urllib3.
        except (requests.exceptions.RequestException, HTTPError, UnicodeError, OSError) as error:
            # A host that answered once is configured right: what keeps us from it now may pass.
            # `from None`: the text of the cause holds the whole URL, query included.
            is_reached = host in self._reached_hosts
            if not is_reached and (sentence := setting_at_fault(error, self.name, request.url)):
                raise ConfigurationError(sentence) from None
            kind = type(error).__name__
            raise ApiUnavailable(f"{self.name}: {kind} on {request.line}") from None
        if response.status_code == 407:
            raise ConfigurationError(asks_for_credentials(request.url))
        self._reached_hosts.add(host)
        return response, content

    def _parse_answer(
        self,
        response: requests.Response,
        content: bytes,
        request_line: str,
        sent_at: datetime,
        turn: Turn,
    ) -> Answer:
        """The answer, where its status and its body make it a usable one."""
        try:
            body = json.loads(content, parse_constant=_refuse_constant)
            is_json = True
        except (ValueError, RecursionError):
            # Broken, or with a number or a nesting that neither API ever sends.
            body, is_json = None, False
        status = self._status_of(response.status_code, body)
        if is_worth_retrying(status):
            retry_after = _retry_after_seconds(self._retries, response.headers.get("Retry-After"))
            message = f"{self.name} answered {status} to {request_line}"
            if status == RATE_LIMITED:
                raise ApiUnavailable(message, turn.refused(retry_after), is_rate_limit=True)
            raise ApiUnavailable(message, retry_after or 0.0)
        if 300 <= status < 400:
            raise ConfigurationError(
                f"{self.name} answered {request_line} with a redirect ({status}), which is not "
                "followed: credentials go to the configured address only. Check the base URL."
            )
        if status < 300 and not is_json:
            raise ApiUnavailable(
                f"{self.name} answered {request_line} with {status} and no readable JSON"
            )
        dated = _parse_date(response.headers.get("Date")) or sent_at
        answered_at = self._answer_dates.believed(dated, sent_at)
        return Answer(status, body, response.headers, answered_at, dated)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _retry_after_seconds(retry: Retry, retry_after: str | None) -> float | None:
    """A Retry-After in either of its forms, as seconds; None where it is absent or unreadable."""
    if retry_after is None:
        return None
    try:
        return retry.parse_retry_after(retry_after)
    except HTTPError:
        return None


@lru_cache(maxsize=4)
def _parse_date(date: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(date).astimezone(timezone.utc) if date else None
    except (ValueError, TypeError, OverflowError):
        return None
