"""The lists of Harvest v3: pages, cursors, ids in fifties, and what each refusal means.

Which list is asked for what is decided in `selection`, `records` and `names`.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Lock
from typing import NoReturn

from greenhouse_hrflow.errors import CredentialsRefused, FatalError, RequestRefused
from greenhouse_hrflow.greenhouse.candidate import JsonObject, coerced_id
from greenhouse_hrflow.greenhouse.paging import (
    PageSize,
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
"""The most ids that v3 takes in one request."""

RESTARTS = 3
"""How often one list is begun again, after a cursor was refused."""

SAME_PAGE = 3
"""How often one address may be followed: a page linked to once more is not yet a circle."""

Within = tuple[str, UpdateWindow]
"""The name of a moment, such as `updated_at`, and the window that it must lie in."""

NO_FILTER: Within = ("updated_at", UpdateWindow())


class ReadStopped(Exception):
    """The read was given up while this request was to be made, as another of it failed."""


class _CursorRefused(Exception):
    """A 422 to a cursor. Cursors are said to expire, after a time that is not documented."""


@dataclass(frozen=True, slots=True)
class Page:
    """The records of one answer.

    Attributes:
        is_last: whether it links to no next page.
        is_full: whether it holds as many rows as were asked for.
    """

    rows: list[JsonObject]
    is_last: bool
    is_full: bool


@dataclass(frozen=True, slots=True)
class FoundRows:
    """What `HarvestV3Lists.find` found.

    Attributes:
        rows: by id; of a row that came twice, the later read.
        without_id: the rows whose own id is no id; their owner alone is known.
    """

    rows: dict[int, JsonObject] = field(default_factory=dict[int, JsonObject])
    without_id: list[JsonObject] = field(default_factory=list[JsonObject])

    def in_order(self) -> list[JsonObject]:
        """The rows by id ascending, those without one last."""
        return [*(row for _, row in sorted(self.rows.items())), *self.without_id]

    def add(self, row: JsonObject) -> None:
        """Add a row, in the place of an earlier read of it where there is one."""
        identifier = coerced_id(row.get("id"))
        if identifier is not None:
            self.rows[identifier] = row
        elif not any(_is_same(row, known) for known in self.without_id):
            self.without_id.append(row)


def _is_same(row: JsonObject, known: JsonObject) -> bool:
    """Whether two rows without an id are the same record, read twice."""
    # Greenhouse signs a file's address anew at each read.
    return {**row, "url": None} == {**known, "url": None}


class HarvestV3Lists:
    """GET /v3/<list>, by the rules of its paging; one object for each read.

    It is usable from many threads at once.

    Attributes:
        began_at: the Date of the earliest answer, refused tokens aside; None until one came.
        began_dated: the same as Greenhouse's clock has it, by which its records are stamped.
    """

    def __init__(
        self,
        base_url: str,
        tokens: TokenKeeper,
        session: HttpSession,
        date_filter: DateFilter,
        page_size: PageSize,
        log: logging.Logger,
    ) -> None:
        self._base_url = base_url
        self._tokens = tokens
        self._session = session
        self._date_filter = date_filter
        self._page_size = page_size
        self._log = log
        self.began_at: datetime | None = None
        self.began_dated: datetime | None = None
        self._lock = Lock()
        self._stopped = Event()
        self._left_out: Counter[str] = Counter()

    def count_left_out(self, list_name: str) -> None:
        """Count a record that is left out, as it belongs to no candidate."""
        with self._lock:
            self._left_out[list_name] += 1

    def stop(self) -> None:
        """Let no thread ask again in this read."""
        self._stopped.set()

    def log_left_out(self) -> None:
        """Log for each list how many records were left out since the last call."""
        for list_name, count in sorted(self._left_out.items()):
            log_left_out(self._log, list_name, count)
        self._left_out.clear()

    def first_page(
        self, list_name: str, parameters: Mapping[str, str], within: Within = NO_FILTER
    ) -> Page:
        """At most 500 rows: where Greenhouse keeps its order, those with the highest ids."""
        answer = self._first_answer(list_name, parameters, within)
        return self._parse_page(answer, list_name, self._url(list_name))[0]

    def pages(
        self, list_name: str, parameters: Mapping[str, str], within: Within = NO_FILTER
    ) -> Iterator[Page]:
        """Every page of a list; after a refused cursor from the first page again.

        Then rows that came already come again: callers hold them by id.

        Raises:
            CredentialsRefused: 403, or 401 to fresh tokens.
            RequestRefused: 404, 422, or an answer that is no list.
            FatalError: the next page is on another host, or pages go in a circle.
        """
        for _ in range(1 + RESTARTS):
            try:
                yield from self._walk(list_name, parameters, within)
            except _CursorRefused:
                # Not to be resumed: a cursor is the only way to a page. Ended here, the list would
                # be cut short without a sign of it.
                self._log.warning("v3: a cursor of %s was refused; beginning again", list_name)
            else:
                return
        refuse(422, list_name)

    def find(
        self, list_name: str, filter_name: str, ids: Collection[int], fields: Sequence[str] = ()
    ) -> FoundRows:
        """The rows that `filter_name` selects with any of the ids; without ids nothing is asked."""
        found = FoundRows()
        wanted = sorted(ids)
        for start in range(0, len(wanted), IDS_PER_REQUEST):
            parameters = {filter_name: comma_separated(wanted[start : start + IDS_PER_REQUEST])}
            if fields:
                parameters["fields"] = comma_separated(fields)
            for page in self.pages(list_name, parameters):
                for row in page.rows:
                    found.add(row)
        return found

    def _walk(
        self, list_name: str, parameters: Mapping[str, str], within: Within
    ) -> Iterator[Page]:
        url = self._url(list_name)
        answer = self._first_answer(list_name, parameters, within)
        times_followed: Counter[str] = Counter()
        while True:
            page, next_url = self._parse_page(answer, list_name, url)
            yield page
            if next_url is None:
                if page.is_full:
                    log_full_page(self._log, list_name)
                return
            url = next_url
            times_followed[url] += 1
            if times_followed[url] > SAME_PAGE:
                raise FatalError(f"Greenhouse's pages of {list_name} go in a circle.")
            # The link holds a cursor, and the cursor the filters and the page size: v3 refuses any
            # other parameter beside it.
            answer = self._ask(list_name, url)
            if answer.status == 422:
                raise _CursorRefused
            _check(answer, list_name)

    def _url(self, list_name: str) -> str:
        return f"{self._base_url}/v3/{list_name}"

    def _parse_page(self, answer: Answer, list_name: str, url: str) -> tuple[Page, str | None]:
        """The page, and the address of the next one."""
        rows = rows_of(answer, list_name)
        with self._lock:
            self._left_out[list_name] += rows.left_out
        next_url = link_of(answer, "next", url, self._base_url)
        return Page(rows.records, next_url is None, rows.is_full_page), next_url

    def _first_answer(
        self, list_name: str, parameters: Mapping[str, str], within: Within
    ) -> Answer:
        def send(bounds: Mapping[str, str]) -> Answer:
            def send_sized(size: Mapping[str, str]) -> Answer:
                return self._ask(list_name, self._url(list_name), {**size, **bounds, **parameters})

            return self._page_size.ask(send_sized)

        answer = self._date_filter.ask(*within, send)
        _check(answer, list_name)
        return answer

    def _ask(self, list_name: str, url: str, parameters: Mapping[str, str] | None = None) -> Answer:
        """The answer; a refused token is replaced, and the request repeated."""
        # It ends: `refused` raises when tokens are refused again and again before their first use.
        while True:
            if self._stopped.is_set():
                raise ReadStopped
            token = self._tokens.current()
            answer = self._session.request("GET", url, auth=token, params=parameters)
            if answer.status != 401:
                break
            self._log.info("v3: a token was refused for %s", list_name)
            self._tokens.refused(token)
        self._tokens.accepted(token)
        with self._lock:
            # The earliest: changes that this answer does not show belong to the next run.
            self.began_at = min(self.began_at or answer.answered_at, answer.answered_at)
            self.began_dated = min(self.began_dated or answer.dated, answer.dated)
        return answer


def _check(answer: Answer, list_name: str) -> None:
    if answer.status >= 300:
        refuse(answer.status, list_name)


def refuse(status: int, list_name: str) -> NoReturn:
    """Raise what a refusal of a list means.

    Raises:
        CredentialsRefused: 403.
        RequestRefused: any other.
    """
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
