"""The access token of Harvest v3: minted once, shared by all threads, renewed before it ends.

Which answers mean that a token was refused is decided in `lists`.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from typing import cast

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from greenhouse_hrflow.errors import CredentialsRefused, RequestRefused
from greenhouse_hrflow.greenhouse.candidate import JsonObject
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.http import Answer, HttpSession
from greenhouse_hrflow.windows import parse_moment

LIFETIME = 55 * 60.0
"""Seconds that a token is used for where its answer gives no end: an hour is usual."""

FRESH_REFUSALS = 2
"""So many tokens in a row may be refused at their first use, before the credentials are blamed:
another process may have minted in between, which may revoke ours."""


@dataclass(frozen=True, eq=False)
class BearerToken(AuthBase):
    """A token, to be put on requests until `renew_at`, by this process's monotonic clock."""

    value: str = field(repr=False)
    renew_at: float

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Put the token on the request."""
        r.headers["Authorization"] = f"Bearer {self.value}"
        return r


class TokenKeeper:
    """Hands out the current token, and mints another when it is about to end or was refused."""

    def __init__(
        self, settings: GreenhouseSettings, session: HttpSession, log: logging.Logger
    ) -> None:
        self._settings = settings
        self._session = session
        self._log = log
        self._lock = threading.Lock()
        self._token: BearerToken | None = None
        self._was_accepted = False
        self._fresh_refusals = 0

    def current(self) -> BearerToken:
        """The token to use now. Threads that ask while one is being minted wait for it."""
        with self._lock:
            if self._token is None or time.monotonic() >= self._token.renew_at:
                self._token = self._mint()
                self._was_accepted = False
            return self._token

    def accepted(self, token: BearerToken) -> None:
        """Note that Greenhouse took this token: if it is refused later, it has only ended."""
        with self._lock:
            # Another thread may have replaced it meanwhile; this says nothing about the new one.
            if token is self._token:
                self._was_accepted = True
                self._fresh_refusals = 0

    def refused(self, token: BearerToken) -> None:
        """Drop a token that Greenhouse answered with 401; the request may then be repeated.

        It is not documented whether a mint revokes the client's older tokens. If it does, another
        process can end ours at any moment. So the refusal of a token that once worked is answered
        with a mint, however often; only tokens refused at their first use are counted.

        Raises:
            CredentialsRefused: tokens just minted are refused, again and again.
        """
        with self._lock:
            # Of threads that were refused with one token, the first alone drops it.
            if token is not self._token:
                return
            self._token = None
            if self._was_accepted:
                return
            self._fresh_refusals += 1
            if self._fresh_refusals > FRESH_REFUSALS:
                raise CredentialsRefused(
                    "Greenhouse gives out access tokens for GREENHOUSE_CLIENT_ID and then answers "
                    "401 to each. Check that GREENHOUSE_BASE_URL and GREENHOUSE_TOKEN_URL belong "
                    "together, and that no other process uses the same client at this moment."
                )
            # Two processes that revoke each other's tokens must fall out of step to get anywhere.
            # Slept under the lock, so that no other thread mints during the wait.
            wait = random.uniform(0.0, 0.3 * self._fresh_refusals)
            self._log.warning(
                "Greenhouse refused a token just minted; minting another in %.1f s", wait
            )
            time.sleep(wait)

    def _mint(self) -> BearerToken:
        # Before the request: the lifetime is then counted from too early, never from too late.
        asked_at = time.monotonic()
        answer = request_token(self._settings, self._session)
        value = token_value(answer)
        lifetime = token_end(answer).seconds
        # A minute before its end, or a tenth of its life, so that it does not end on the way.
        return BearerToken(value, asked_at + lifetime - min(60.0, lifetime / 10))


@dataclass(frozen=True)
class TokenEnd:
    """When a token ends, as the answer tells it.

    Attributes:
        field: the field of the answer that tells; None where none does.
        seconds: from the answer's own Date on.
    """

    field: str | None
    seconds: float


def client_auth(settings: GreenhouseSettings) -> HTTPBasicAuth:
    """The client's credentials in a Basic header, as Greenhouse documents it."""
    return HTTPBasicAuth(
        settings.client_id.get_secret_value().encode(),
        settings.client_secret.get_secret_value().encode(),
    )


def request_token(settings: GreenhouseSettings, session: HttpSession) -> Answer:
    """Ask for a token by the client's credentials; the answer, which may be a refusal.

    Raises:
        what `HttpSession.request` raises.
    """
    form = {"grant_type": "client_credentials"}
    if settings.user_id:
        form["sub"] = settings.user_id
    return session.request("POST", settings.token_url, auth=client_auth(settings), form=form)


def token_value(answer: Answer) -> str:
    """The token of an answer of the token endpoint.

    Raises:
        CredentialsRefused, RequestRefused: the answer holds none.
    """
    if answer.status in (400, 401, 403):
        raise CredentialsRefused(
            f"Greenhouse answered {answer.status} when asked for an access token: "
            "GREENHOUSE_CLIENT_ID or GREENHOUSE_CLIENT_SECRET is wrong, or was revoked, or "
            "GREENHOUSE_USER_ID is not a user it may act for. Compare them with the credential in "
            "Greenhouse under Configure > Dev Center > API Credentials."
        )
    body: JsonObject = cast("JsonObject", answer.body) if isinstance(answer.body, dict) else {}
    value = body.get("access_token")
    if answer.status < 300 and isinstance(value, str) and value.isascii() and value.isprintable():
        return value
    raise RequestRefused(
        f"The token endpoint answered {answer.status} without an access token. "
        "Check GREENHOUSE_TOKEN_URL."
    )


def token_end(answer: Answer) -> TokenEnd:
    """When the token of an answer ends.

    Sources disagree on the field: `expires_at` and `expires` are moments, `expires_in` is seconds.
    A moment is compared with the answer's own Date, since our clock may be off.
    """
    body, dated = cast("JsonObject", answer.body), answer.dated
    told = {
        "expires_at": _seconds_until(body.get("expires_at"), dated),
        "expires": _seconds_until(body.get("expires"), dated),
        "expires_in": _positive_seconds(body.get("expires_in")),
    }
    ends = (TokenEnd(field, seconds) for field, seconds in told.items() if seconds is not None)
    return next(ends, TokenEnd(None, LIFETIME))


def _seconds_until(moment: object, dated: datetime) -> float | None:
    """The seconds from the answer's Date to a moment; None where it is none, or has passed."""
    if not isinstance(moment, str):
        return None
    try:
        seconds = (parse_moment(moment) - dated).total_seconds()
    except ValueError:
        return None
    return seconds if seconds > 0 else None


def _positive_seconds(value: object) -> float | None:
    """A number of seconds, given as a number or as text; None unless positive and finite."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if isfinite(seconds) and seconds > 0 else None
