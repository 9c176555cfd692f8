"""The client of one HrFlow source: reading and editing a profile, and reading a page of them.

What to write is decided in `profiles.edit_plan`; what a refusal means, in `refusal`; how often an
unusable answer is asked for again, in `http`. The calls are those that HrFlow's own SDK makes
(hrflow 4.3.0).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.auth import AuthBase
from urllib3.util import Retry

from greenhouse_hrflow import reasons
from greenhouse_hrflow.errors import (
    ApiUnavailable,
    EditUnanswered,
    GreenhouseHrflowError,
    ProfileMissing,
    ProfileRejected,
    RequestRefused,
)
from greenhouse_hrflow.hrflow.refusal import code_of, message_of, refuse
from greenhouse_hrflow.hrflow.settings import HrFlowSettings
from greenhouse_hrflow.http import Answer, HttpSession
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.rate_limiter import Effort


@dataclass(frozen=True)
class ProfilePage:
    """One page of the list of a source's profiles.

    Attributes:
        profiles: whole profiles; entries of another form are left out.
        size: how many entries the page has.
        pages: how many pages of this size the list has.
        total: how many profiles the list has.
    """

    profiles: list[JsonObject]
    size: int
    pages: int
    total: int


class HrFlowClient:
    """Profiles of one source, usable from many threads at once. Close it after use.

    Args:
        log: receives a line for each wait, with its reason.
        retries: how often an unusable answer is asked for again, and with which waits.
        timeout: seconds to connect, and seconds of silence while reading.
    """

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
        self.max_requests_per_minute = settings.max_requests_per_minute
        self._auth = ApiKeyAuth(settings)
        self._http = HttpSession(
            "HrFlow",
            status_of=worse_of_status_and_code,
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
        """Close every connection; threads that wait before a retry give up."""
        self._http.close()

    @property
    def is_down(self) -> bool:
        """Whether so many answers in a row were unusable that no candidate can be the cause."""
        return self._http.is_down

    @property
    def has_answered(self) -> bool:
        """Whether any of the last answers was usable."""
        return self._http.has_answered

    @property
    def effort(self) -> Effort:
        """What was asked of HrFlow so far."""
        return self._http.effort

    def get_profile(self, reference: str) -> JsonObject:
        """Read the whole profile with this reference: GET /profile/indexing.

        Raises:
            ProfileMissing: the source has none.
            ProfileRejected: HrFlow refuses to read this one for good, or answers another one.
            ApiUnavailable, RateLimited: HrFlow kept failing.
            CredentialsRefused, QuotaExhausted, RequestRefused, ConfigurationError: no profile can
                be read.
        """
        answer = self._ask("GET", params={"source_key": self.source_key, "reference": reference})
        if not isinstance(answer.body, dict) or "data" not in answer.body:
            # No word of HrFlow's that the profile is missing.
            raise ApiUnavailable("HrFlow answered a profile's reading without any data.")
        profile = answer.body["data"]
        if not profile:
            # HrFlow is known to answer a missing profile with a 400. Its own envelope around
            # nothing says the same: it knows the source, and has nothing there to edit. An empty
            # answer in any other form need not come from HrFlow.
            if message_of(answer.body) is None:
                raise ApiUnavailable("HrFlow answered a profile's reading without any data.")
            raise ProfileMissing(reasons.NO_PROFILE.text())
        if not isinstance(profile, dict) or str(profile.get("reference", reference)) != reference:
            raise ProfileRejected(reasons.ANOTHER_PROFILE.text())
        return profile

    def list_profiles(self, page: int, limit: int) -> ProfilePage:
        """Read a page of the source's profiles, whole: GET /storing/profiles, the first being 1.

        Those created first come first: a field that an edit writes, such as `updated_at`, would
        move profiles from page to page while they are edited.

        Args:
            limit: how many are asked for; the page may hold fewer, as the highest that HrFlow
                honours is not documented.

        Raises:
            RequestRefused: HrFlow refuses the list, or answers in another form than documented.
            ApiUnavailable, RateLimited: HrFlow kept failing.
            ConfigurationError: it cannot be reached.
        """
        return self._list({"page": str(page), "limit": str(limit)})

    def listed_profile(self, reference: str) -> JsonObject | None:
        """The profile as the list shows it, asked for alone; None where it shows none.

        Raises:
            as `list_profiles`.
        """
        page = self._list({"reference": reference, "page": "1", "limit": "1"})
        return next((p for p in page.profiles if p.get("reference") == reference), None)

    def edit_profile(self, profile: JsonObject) -> None:
        """Write a whole profile, which holds its key and reference: PUT /profile/indexing.

        The request is not repeated: an edit without an answer may have been made, and what it lost
        must be seen before it is made again.

        Raises:
            EditUnanswered: the edit may have been made or not.
            and what else `get_profile` raises.
        """
        try:
            self._ask("PUT", json_body={**profile, "source_key": self.source_key}, retry=False)
        except ApiUnavailable as failure:
            # As a rate limit it costs the push waiting, and no try.
            raise EditUnanswered(
                failure.message, failure.retry_after, is_rate_limit=failure.is_rate_limit
            ) from None

    def source_exists(self) -> bool | None:
        """Whether HrFlow knows the source (GET /source); None where its answer does not say.

        No failure is raised.
        """
        try:
            answer = self._http.request(
                "GET", f"{self.base_url}/source", auth=self._auth, params={"key": self.source_key}
            )
        except GreenhouseHrflowError:
            return None
        message = message_of(answer.body)
        if message is None:
            return None
        if answer.status < 400:
            return True
        # "Invalid source fields", or "Unauthorized Access to source key": the credentials
        # themselves have just been good for the profiles.
        is_refused = answer.status in (400, 401, 403, 404) and "source" in message.casefold()
        return False if is_refused else None

    def check_alive(self) -> None:
        """Ask something that depends on no profile (GET /auth), to tell whether the API is at work.

        Any usable answer will do, a refusal too.

        Raises:
            ApiUnavailable, RateLimited, ConfigurationError: HrFlow answers nobody.
        """
        self._http.request("GET", f"{self.base_url}/auth", auth=self._auth)

    def _list(self, selection: Mapping[str, str]) -> ProfilePage:
        query = {
            "source_keys": json.dumps([self.source_key]),
            "return_profile": "True",
            "sort_by": "created_at",
            "order_by": "asc",
            **selection,
        }
        url = f"{self.base_url}/storing/profiles"
        answer = self._http.request("GET", url, auth=self._auth, params=query)
        page = page_of(answer.body) if answer.status < 300 else None
        if page is None:
            raise RequestRefused(
                f"HrFlow answered {answer.status} to the list of profiles, and no page of it."
            )
        return page

    def _ask(self, method: str, **request: Any) -> Answer:
        url = f"{self.base_url}/profile/indexing"
        answer = self._http.request(method, url, auth=self._auth, **request)
        if answer.status >= 400:
            refuse(answer, self.base_url)
        return answer


class ApiKeyAuth(AuthBase):
    """The two headers that HrFlow knows its callers by."""

    def __init__(self, settings: HrFlowSettings) -> None:
        self._headers = {
            "X-API-KEY": settings.api_secret.get_secret_value(),
            "X-USER-EMAIL": settings.api_user.get_secret_value(),
        }

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


def page_of(body: Any) -> ProfilePage | None:
    """A page of the list in its documented form, `{"data": […], "meta": {"maxPage": 3, …}}`."""
    entries = body.get("data") if isinstance(body, dict) else None
    meta = body.get("meta") if isinstance(body, dict) else None
    if not isinstance(entries, list) or not isinstance(meta, dict):
        return None
    pages, total = meta.get("maxPage"), meta.get("total")
    if not isinstance(pages, int) or not isinstance(total, int):
        return None
    profiles = [entry for entry in entries if isinstance(entry, dict)]
    return ProfilePage(profiles, len(entries), pages, total)


def worse_of_status_and_code(status: int, body: Any) -> int:
    """HrFlow's envelope repeats the status; that the two always agree is not documented."""
    return max(status, code_of(body) or status)
