"""The access token of Harvest v3: minted once, shared by all threads, renewed before it ends.

Which answers mean that a token was refused is for `harvest_v3_lists` to tell.
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
"""Seconds that a token is used for where its answer does not tell: an hour is the usual life."""

FRESH_REFUSALS = 2
"""So many tokens in a row may be refused unused: another process's mint may have revoked them."""


@dataclass(frozen=True, eq=False)
class BearerToken(AuthBase):
    """A token on a request; `renew_at` is on this process's monotonic clock."""

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
        """The token to use now. Threads that come while one is minted wait for that one."""
        with self._lock:
            if self._token is None or time.monotonic() >= self._token.renew_at:
                self._token = self._mint()
                self._was_accepted = False
            return self._token

    def accepted(self, token: BearerToken) -> None:
        """Note that Greenhouse took this token: a refusal after it is the token's end."""
        with self._lock:
            if token is self._token:
                self._was_accepted = True
                self._fresh_refusals = 0

    def refused(self, token: BearerToken) -> None:
        """Drop a token that Greenhouse answered with 401; the request may then be repeated.

        Whether a mint revokes the older tokens of its client is uncertain. If it does, another
        process can end ours at any moment, so a token that once worked costs a mint and no more.

        Raises:
            CredentialsRefused: tokens just minted are refused, again and again.
        """
        with self._lock:
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
            # Two processes that revoke each other must fall out of step to get anywhere.
            wait = random.uniform(0.0, 0.3 * self._fresh_refusals)
            self._log.warning(
                "Greenhouse refused a token just minted; minting another in %.1f s", wait
            )
            time.sleep(wait)

    def _mint(self) -> BearerToken:
        """Ask for a token: client credentials in a Basic header, as Greenhouse documents it."""
        settings = self._settings
        form = {"grant_type": "client_credentials"}
        if settings.user_id:
            form["sub"] = settings.user_id
        asked_at = time.monotonic()
        answer = self._session.request(
            "POST",
            settings.token_url,
            auth=HTTPBasicAuth(
                settings.client_id.get_secret_value().encode(),
                settings.client_secret.get_secret_value().encode(),
            ),
            form=form,
        )
        value = _token_of(answer)
        lifetime = _lifetime(cast("JsonObject", answer.body), answer.dated)
        return BearerToken(value, asked_at + lifetime - min(60.0, lifetime / 10))


def _token_of(answer: Answer) -> str:
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


def _lifetime(body: JsonObject, answered_at: datetime) -> float:
    """Seconds from the answer to the token's end.

    Sources disagree on the field: `expires_at` and `expires` are moments, `expires_in` is seconds.
    A moment is compared with the answer's own Date, since our clock may be off.
    """
    told = (
        _until(body.get("expires_at"), answered_at),
        _until(body.get("expires"), answered_at),
        _seconds(body.get("expires_in")),
    )
    return next((seconds for seconds in told if seconds is not None), LIFETIME)


def _until(moment: object, answered_at: datetime) -> float | None:
    """The seconds to a moment; None for one that is none, or that has passed."""
    if not isinstance(moment, str):
        return None
    try:
        seconds = (parse_moment(moment) - answered_at).total_seconds()
    except ValueError:
        return None
    return seconds if seconds > 0 else None


def _seconds(value: object) -> float | None:
    """A number of seconds, as one or as text; None for what is none, and for nothing or ever."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if isfinite(seconds) and seconds > 0 else None
