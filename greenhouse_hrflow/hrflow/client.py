"""One source of HrFlow: reading and editing a profile, and what each refusal means.

What to write is decided in `push`; how often an unusable answer is asked for again, in `http`.
"""

from __future__ import annotations

import logging
from typing import Any, NoReturn

import requests
from requests.auth import AuthBase
from urllib3.util import Retry

from greenhouse_hrflow.errors import (
    ApiUnavailable,
    CredentialsRefused,
    ProfileMissing,
    ProfileRejected,
    QuotaExhausted,
    RequestRefused,
)
from greenhouse_hrflow.hrflow.settings import HrFlowSettings
from greenhouse_hrflow.hrflow.values import JsonObject
from greenhouse_hrflow.http import Answer, HttpSession


class HrFlowClient:
    """Profiles of one source, usable from many threads at once. Close it after use."""

    def __init__(
        self,
        settings: HrFlowSettings,
        source_key: str,
        *,
        log: logging.Logger | None = None,
        retries: Retry | None = None,
        timeout: tuple[float, float] = (10.0, 30.0),
    ) -> None:
        self.source_key = source_key
        self.base_url = settings.base_url
        self.workers = settings.push_workers
        self._auth = _ApiKey(settings)
        self._http = HttpSession(
            "HrFlow",
            judge=_worse_of_status_and_code,
            retries=retries,
            max_wait=120.0,
            timeout=timeout,
            connections=settings.push_workers,
            max_per_minute=settings.max_requests_per_minute,
            log=log,
        )

    def __enter__(self) -> HrFlowClient:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; threads that wait for another try give up."""
        self._http.close()

    @property
    def is_down(self) -> bool:
        """Whether so many answers in a row were unusable that no candidate can be the cause."""
        return self._http.is_down

    @property
    def has_answered(self) -> bool:
        """Whether any of the last answers was usable."""
        return self._http.has_answered

    def get_profile(self, reference: str) -> JsonObject:
        """Read the whole profile with this reference.

        Raises:
            ProfileMissing: the source has none.
            ProfileRejected: HrFlow refuses the question for good.
            ApiUnavailable: HrFlow kept failing.
            CredentialsRefused, QuotaExhausted, RequestRefused: no profile can be read.
        """
        answer = self._ask("GET", params={"source_key": self.source_key, "reference": reference})
        if not isinstance(answer.body, dict) or "data" not in answer.body:
            # Nobody said that the profile is missing.
            raise ApiUnavailable("HrFlow answered a profile's reading without any data.")
        profile = answer.body["data"]
        if not profile:
            raise ProfileMissing("no_profile_with_this_reference")
        if not isinstance(profile, dict) or str(profile.get("reference", reference)) != reference:
            raise ProfileRejected("hrflow_answered_another_profile")
        return profile

    def edit_profile(self, profile: JsonObject) -> None:
        """Write a whole profile, which names itself by its key and reference. Asked once only.

        Raises:
            as `get_profile`. After an ApiUnavailable the edit may have been made or not: read
            the profile again before writing anything.
        """
        self._ask("PUT", json_body={**profile, "source_key": self.source_key}, retry=False)

    def check_alive(self) -> None:
        """Ask something that depends on no profile, to tell a candidate's fault from the API's.

        Raises:
            ApiUnavailable: HrFlow answers nobody.
        """
        self._http.request("GET", f"{self.base_url}/auth", auth=self._auth)

    def _ask(self, method: str, **request: Any) -> Answer:
        url = f"{self.base_url}/profile/indexing"
        answer = self._http.request(method, url, auth=self._auth, **request)
        if answer.status >= 400:
            _refuse(answer)
        return answer


class _ApiKey(AuthBase):
    """The two headers that HrFlow knows its callers by."""

    def __init__(self, settings: HrFlowSettings) -> None:
        self._headers = {
            "X-API-KEY": settings.api_secret,
            "X-USER-EMAIL": settings.api_user,
        }

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


def _worse_of_status_and_code(status: int, body: Any) -> int:
    """HrFlow's envelope repeats the status; that both always agree is not documented."""
    code = body.get("code") if isinstance(body, dict) else None
    return max(status, code) if isinstance(code, int) and not isinstance(code, bool) else status


def _refuse(answer: Answer) -> NoReturn:
    """Raise what a refusal means. HrFlow answers 400, not 404, where something is missing."""
    told = answer.body.get("message") if isinstance(answer.body, dict) else None
    message = told if isinstance(told, str) else ""
    missing = message.casefold()
    if answer.status in (401, 403):
        raise CredentialsRefused(
            f"HrFlow refused the credentials ({answer.status}). Check HRFLOW_API_SECRET (a key "
            "that reads and writes, ask_…), HRFLOW_API_USER, and that they may use the source in "
            "HRFLOW_SOURCE_KEY."
        )
    if answer.status == 402:
        raise QuotaExhausted(
            "HrFlow answered that the account's quota is used up (402). Raise it in HrFlow's "
            "billing page, then run this again: nothing is lost."
        )
    if "unable to find object: source" in missing or "invalid source" in missing:
        raise RequestRefused(
            "HrFlow knows no source with the configured key. Check HRFLOW_SOURCE_KEY."
        )
    if answer.status == 404 or "unable to find object: profile" in missing:
        raise ProfileMissing("no_profile_with_this_reference", message)
    raise ProfileRejected(f"hrflow_refused_{answer.status}", message)
