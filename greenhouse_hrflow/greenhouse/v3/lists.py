"""The lists of Harvest v3: pages, cursors, ids in fifties, and what each refusal means.

Which lists are asked for what is decided in `harvest_v3_selection` and `harvest_v3_join`.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NoReturn

from greenhouse_hrflow.errors import CredentialsRefused, FatalError, RequestRefused
from greenhouse_hrflow.greenhouse.candidate import JsonObject, named_id
from greenhouse_hrflow.greenhouse.paging import (
    PER_PAGE,
    comma_separated,
    link_of,
    log_full_page,
    log_left_out,
    rows_of,
)
from greenhouse_hrflow.greenhouse.v3.date_filter import DateFilter
from greenhouse_hrflow.greenhouse.v3.token import TokenKeeper
from greenhouse_hrflow.http import Answer, HttpSession
from greenhouse_hrflow.windows import UpdateWindow

IDS_PER_REQUEST = 50
RESTARTS = 3
SAME_PAGE = 3
"""How often one page may be the next: an answer given twice is no circle, one given for ever is."""


Within = tuple[str, UpdateWindow]
"""The name of a moment, such as `updated_at`, and the window that it has to lie in."""

NO_FILTER: Within = ("updated_at", UpdateWindow())


class _CursorRefused(Exception):
    """A 422 to a cursor: sources say that one also ends, after a time that nobody names."""


@dataclass(frozen=True, slots=True)
class Page:
    """The records of one answer, and its Date."""

    rows: list[JsonObject]
    answered_at: datetime
    is_full: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Rows by id, the later read of each, and the earliest Date of their answers (if any).

    `nameless` are those whose own id is no id, and that are known by their owner alone.
    """

    rows: dict[int, JsonObject]
    answered_at: datetime | None
    nameless: list[JsonObject] = field(default_factory=list[JsonObject])

    def add(self, row: JsonObject) -> None:
        """Take a row in, or in the place of an earlier read of it."""
        identifier = named_id(row.get("id"))
        if identifier is not None:
            self.rows[identifier] = row
        elif not any(_is_same(row, other) for other in self.nameless):
            self.nameless.append(row)


def _is_same(one: JsonObject, other: JsonObject) -> bool:
    """Whether two reads are of one record, though it has no id; a file's address always differs."""
    return {**one, "url": None} == {**other, "url": None}


class HarvestV3Lists:
    """GET /v3/<list>, with every rule of its paging kept.

    Attributes:
        began_at: the Date of the first answer since this was last set to None.
    """

    def __init__(
        self,
        base_url: str,
        tokens: TokenKeeper,
        session: HttpSession,
        dates: DateFilter,
        log: logging.Logger,
    ) -> None:
        self._base_url = base_url
        self._tokens = tokens
        self._session = session
        self._dates = dates
        self._log = log
        self.began_at: datetime | None = None
        self._left_out: Counter[str] = Counter()

    def leave_out(self, list_name: str) -> None:
        """Count a record that belongs to nobody."""
        self._left_out[list_name] += 1

    def log_left_out(self) -> None:
        """Say of each list how many of its records were left out since this was said."""
        for list_name, count in sorted(self._left_out.items()):
            log_left_out(self._log, list_name, count)
        self._left_out.clear()

    def first_page(
        self, list_name: str, parameters: Mapping[str, str], within: Within = NO_FILTER
    ) -> Page:
        """At most 500 rows, those with the highest ids."""
        return self._page(self._first_answer(list_name, parameters, within), list_name)

    def pages(
        self, list_name: str, parameters: Mapping[str, str], within: Within = NO_FILTER
    ) -> Iterator[Page]:
        """Every page of a list; after a restart, rows that came already come again.

        Raises:
            CredentialsRefused: 403, or 401 to fresh tokens.
            RequestRefused: 404, 422, or an answer that is no list.
            FatalError: the next page is on another host, or pages go in a circle.
        """
        for _ in range(1 + RESTARTS):
            try:
                yield from self._walk(list_name, parameters, within)
            except _CursorRefused:
                self._log.warning("v3: a cursor of %s was refused; from its start again", list_name)
            else:
                return
        _refuse(422, list_name)

    def find(
        self, list_name: str, filter_name: str, ids: Collection[int], fields: Sequence[str] = ()
    ) -> Found:
        """The rows whose `filter_name` holds one of the ids; no ids, no request."""
        found = Found({}, None)
        dates: list[datetime] = []
        wanted = sorted(ids)
        for start in range(0, len(wanted), IDS_PER_REQUEST):
            parameters = {filter_name: comma_separated(wanted[start : start + IDS_PER_REQUEST])}
            if fields:
                parameters["fields"] = comma_separated(fields)
            for page in self.pages(list_name, parameters):
                dates.append(page.answered_at)
                for row in page.rows:
                    found.add(row)
        return replace(found, answered_at=min(dates, default=None))

    def _walk(
        self, list_name: str, parameters: Mapping[str, str], within: Within
    ) -> Iterator[Page]:
        url = self._url(list_name)
        answer = self._first_answer(list_name, parameters, within)
        followed: Counter[str] = Counter()
        while True:
            page = self._page(answer, list_name)
            yield page
            following = link_of(answer, "next", url, self._base_url)
            if following is None:
                if page.is_full:
                    log_full_page(self._log, list_name)
                return
            url = following
            followed[url] += 1
            if followed[url] > SAME_PAGE:
                raise FatalError(f"Greenhouse's pages of {list_name} go in a circle.")
            # The cursor holds filters and page size; v3 refuses any other parameter beside it.
            answer = self._ask(list_name, url)
            if answer.status == 422:
                raise _CursorRefused
            _check(answer, list_name)

    def _url(self, list_name: str) -> str:
        return f"{self._base_url}/v3/{list_name}"

    def _page(self, answer: Answer, list_name: str) -> Page:
        rows = rows_of(answer, list_name)
        self._left_out[list_name] += rows.left_out
        return Page(rows.records, answer.answered_at, rows.fill_the_page)

    def _first_answer(
        self, list_name: str, parameters: Mapping[str, str], within: Within
    ) -> Answer:
        def ask(bounds: Mapping[str, str]) -> Answer:
            asked = {"per_page": str(PER_PAGE), **bounds, **parameters}
            return self._ask(list_name, self._url(list_name), asked)

        answer = self._dates.ask(*within, ask)
        _check(answer, list_name)
        return answer

    def _ask(self, list_name: str, url: str, parameters: Mapping[str, str] | None = None) -> Answer:
        while True:
            token = self._tokens.current()
            answer = self._session.request("GET", url, auth=token, params=parameters)
            if answer.status != 401:
                break
            self._log.info("v3: a token was refused for %s", list_name)
            self._tokens.refused(token)
        self._tokens.accepted(token)
        self.began_at = self.began_at or answer.answered_at
        return answer


def _check(answer: Answer, list_name: str) -> None:
    if answer.status >= 300:
        _refuse(answer.status, list_name)


def _refuse(status: int, list_name: str) -> NoReturn:
    if status == 403:
        raise CredentialsRefused(
            f"Greenhouse answered 403 to the list {list_name}. Give the credential the scope "
            f"harvest:{list_name}:list (API Credentials > Manage Scopes), and let it act for a "
            "user who is a Site Admin (GREENHOUSE_USER_ID)."
        )
    if status == 404:
        raise RequestRefused(
            f"Greenhouse answered 404 to /v3/{list_name}. Check GREENHOUSE_BASE_URL: it ends "
            "before /v3."
        )
    raise RequestRefused(
        f"Greenhouse answered {status} to the list {list_name}: it does not take the request as "
        "it stands. Check the pull parameters and GREENHOUSE_BASE_URL."
    )
