"""GET /v1/candidates: what is sent for a selection, and what a page of the answer holds.

In which order pages are read is decided in `reader`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from urllib.parse import parse_qs, urlsplit

from requests.auth import HTTPBasicAuth

from greenhouse_hrflow.errors import CredentialsRefused, RequestRefused
from greenhouse_hrflow.greenhouse.candidate import (
    JsonObject,
    ReadCandidate,
    complete_candidate,
    may_be_created_in,
    moment_inside,
    readable_moment,
    unreadable_field,
    with_unreadable_field,
)
from greenhouse_hrflow.greenhouse.paging import PageSize, link_of, rows_of
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.http import HttpSession
from greenhouse_hrflow.windows import UpdateWindow, format_moment

_END_OF_V1 = (
    "Greenhouse announced the end of v1 for 31 August 2026, which has passed: set "
    "GREENHOUSE_HARVEST_VERSION=v3, with GREENHOUSE_CLIENT_ID and GREENHOUSE_CLIENT_SECRET of a "
    "credential of the type Harvest V3 (OAuth)."
)


@dataclass(frozen=True, slots=True)
class HarvestV1Query:
    """One selection: pull parameters, and a window that their update bounds already narrowed."""

    window: UpdateWindow
    parameters: PullParameters

    def filters(self) -> dict[str, str]:
        """What is sent, by v1's names. Beside an e-mail address v1 ignores ids: none are sent."""
        parameters, created = self.parameters, self.parameters.created_window
        moments = {
            "created_after": created.updated_after,
            "created_before": created.updated_before,
            "updated_after": self.window.updated_after,
            "updated_before": self.window.updated_before,
        }
        texts = {
            "skip_count": "true" if parameters.skip_count else None,
            "job_id": parameters.job_id,
            "email": parameters.email,
            "candidate_ids": parameters.candidate_ids if parameters.ids else None,
        }
        sent = {name: format_moment(at) for name, at in moments.items() if at is not None}
        return sent | {name: text for name, text in texts.items() if text is not None}

    def selects(self, read: ReadCandidate) -> bool:
        """Whether a candidate lies in both windows: v1's own filters are not relied on."""
        created = self.parameters.created_window
        return read.changed_at in self.window and may_be_created_in(created, read.candidate)


@dataclass(frozen=True, slots=True)
class HarvestV1Page:
    """One page of the answer.

    Attributes:
        candidates: those that are selected, by id.
        left_out: how many records could not be identified.
        has_next: whether pages follow it.
        last_number: the number of the last page, where the answer tells it.
        is_full: whether it holds as many records as were asked for.
    """

    candidates: dict[int, ReadCandidate]
    left_out: int
    answered_at: datetime
    has_next: bool
    last_number: int | None
    is_full: bool


class HarvestV1Pages:
    """Asks for one page at a time."""

    def __init__(self, settings: GreenhouseSettings, session: HttpSession) -> None:
        self._base_url = settings.base_url
        # v1 takes the key as the user, with no password.
        self._auth = HTTPBasicAuth(settings.api_key.get_secret_value().encode(), b"")
        self._session = session
        self._page_size = PageSize()

    def get(self, query: HarvestV1Query, number: int) -> HarvestV1Page:
        """The page of this number, counted from 1; one beyond the end is empty.

        Raises:
            CredentialsRefused: 401 or 403.
            RequestRefused: any other refusal, or an answer that is no list.
            BadRecord: none of many candidates can be read.
        """
        url = f"{self._base_url}/v1/candidates"
        asked = {**query.filters(), "page": str(number)}
        answer = self._page_size.ask(
            lambda size: self._session.request(
                "GET", url, auth=self._auth, params={**asked, **size}
            )
        )
        if answer.status >= 300:
            refuse(answer.status)
        rows = rows_of(answer, "candidates")
        candidates = (_read_candidate(record, answer.answered_at, query) for record in rows.records)
        return HarvestV1Page(
            candidates={read.id: read for read in candidates if query.selects(read)},
            left_out=rows.left_out,
            answered_at=answer.answered_at,
            # An empty page is the end, whatever it links to: such links could go on for ever.
            has_next=bool(answer.body) and link_of(answer, "next", url, self._base_url) is not None,
            last_number=_page_number(link_of(answer, "last", url, self._base_url)),
            is_full=rows.is_full_page,
        )


def _page_number(url: str | None) -> int | None:
    """The number in the address of a page, if it has one."""
    number = parse_qs(urlsplit(url).query).get("page", [""])[-1] if url else ""
    return int(number) if number.isascii() and number.isdigit() else None


def _read_candidate(
    record: JsonObject, answered_at: datetime, query: HarvestV1Query
) -> ReadCandidate:
    unreadable = unreadable_field(record, query.parameters.created_window)
    updated_at = readable_moment(record.get("updated_at"))
    return ReadCandidate(
        with_unreadable_field(complete_candidate(record), unreadable),
        updated_at or moment_inside(query.window, answered_at),
        answered_at,
    )


def refuse(status: int) -> NoReturn:
    """Raise what a refusal means.

    How v1 answers after its end is not known. 401, 403, 404 and 410 may each be it, so their
    messages name both causes.

    Raises:
        CredentialsRefused: 401 or 403.
        RequestRefused: any other.
    """
    if status in (401, 403):
        raise CredentialsRefused(
            f"Greenhouse answered {status} to Harvest v1. {_END_OF_V1} Else GREENHOUSE_API_KEY is "
            "wrong, was revoked, or may not list candidates: compare it with the key in Greenhouse "
            "under Configure > Dev Center > API Credentials (Manage Permissions: Candidates)."
        )
    if status in (404, 410):
        raise RequestRefused(
            f"Greenhouse answered {status} to Harvest v1. {_END_OF_V1} Else GREENHOUSE_BASE_URL is "
            "wrong: it ends before /v1."
        )
    raise RequestRefused(
        f"Greenhouse answered {status} to Harvest v1's list of candidates: it does not take the "
        "request as it stands. Check the pull parameters and GREENHOUSE_BASE_URL."
    )
