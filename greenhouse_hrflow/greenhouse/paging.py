"""What the lists of both Harvest versions share: a JSON array a page, and `Link` headers.

In which order pages are read differs: see `v3.lists` and `v1.reader`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from greenhouse_hrflow.errors import BadRecord, FatalError, RequestRefused
from greenhouse_hrflow.greenhouse.candidate import JsonObject, coerced_id
from greenhouse_hrflow.greenhouse.link_header import target_of
from greenhouse_hrflow.greenhouse.settings import CHILDREN
from greenhouse_hrflow.http import Answer

PER_PAGE = 500
"""The most that either version allows."""

UNREADABLE_AT_LEAST = 10
"""A page of at least so many rows, none of which can be identified, is an error of the list."""

_REFUSED = 422

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_DEFAULT_PORTS = {"https": 443, "http": 80}


class PageSize:
    """Asks for the largest pages, or for Greenhouse's own size where those are refused."""

    def __init__(self) -> None:
        self._parameters: dict[str, str] = {"per_page": str(PER_PAGE)}

    def ask(self, send: Callable[[Mapping[str, str]], Answer]) -> Answer:
        """The answer to a request that is made with these query parameters."""
        parameters = self._parameters
        answer = send(parameters)
        if parameters and answer.status == _REFUSED and _names_page_size(answer.body):
            # What one list of an account refuses, the others refuse too.
            self._parameters = {}
            answer = send({})
        return answer


def _names_page_size(refusal: object) -> bool:
    """Whether a refusal is about the page size: v3 names it as a key, v1 as a value."""
    errors = cast("JsonObject", refusal).get("errors") if isinstance(refusal, dict) else None
    return "per_page" in str(errors)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a page.

    Attributes:
        records: those that can be identified.
        left_out: how many others there were.
    """

    records: list[JsonObject]
    left_out: int

    @property
    def is_full_page(self) -> bool:
        """Whether there are as many as were asked for."""
        return len(self.records) + self.left_out >= PER_PAGE


def rows_of(answer: Answer, list_name: str) -> Rows:
    """What a page holds.

    Raises:
        RequestRefused: the answer is no array.
        BadRecord: none of many rows can be identified. Of a few rows it would say nothing about
            the list: one malformed candidate may be all that changed.
    """
    if not isinstance(answer.body, list):
        raise RequestRefused(
            f"Greenhouse answered the list {list_name} with something that is not a list of "
            "records. Check GREENHOUSE_BASE_URL."
        )
    rows = cast("list[Any]", answer.body)
    records = [row for row in rows if _is_identifiable(row, list_name)]
    if len(rows) >= UNREADABLE_AT_LEAST and not records:
        raise BadRecord(
            f"In Greenhouse's answer none of {len(rows)} records of {list_name} can be read: they "
            "have no id, or are no records at all. Check GREENHOUSE_BASE_URL, or ask Greenhouse's "
            "support about it."
        )
    return Rows(records, len(rows) - len(records))


def log_left_out(log: logging.Logger, list_name: str, count: int) -> None:
    """Say how many records were left out of a list, if any were."""
    if count:
        log.warning(
            "Greenhouse gave %d records of %s without a readable id, or of nobody; they were "
            "left out",
            count,
            list_name,
        )


def _is_identifiable(row: object, list_name: str) -> bool:
    """By its own id; a child record also by that of its candidate or application."""
    if not isinstance(row, dict):
        return False
    record = cast("JsonObject", row)
    owners = ("candidate_id", "application_id") if list_name in CHILDREN else ()
    return any(coerced_id(record.get(name)) is not None for name in ("id", *owners))


def link_of(answer: Answer, relation: str, asked_url: str, base_url: str) -> str | None:
    """The address that the answer links to as `relation`, or None.

    Args:
        asked_url: where the answer came from; a relative link starts from there.
        base_url: the configured address; the link must have its scheme, host and port.

    Raises:
        FatalError: it is on another host, which must not see our credentials.
    """
    target = target_of(answer.headers.get("Link", ""), relation)
    if target is None:
        return None
    url = _absolute(target, asked_url)
    if url is None or _origin(url) != _origin(base_url):
        raise FatalError(
            f"Greenhouse's answer links to its {relation} page on another host than that "
            "of GREENHOUSE_BASE_URL. It was not followed, and no credential was sent "
            "there. Check GREENHOUSE_BASE_URL, and what stands between."
        )
    return url


def log_full_page(log: logging.Logger, list_name: str) -> None:
    """Warn of a full page that links to no next one: more records may exist, unseen."""
    log.warning(
        "A page of %s holds %d records, the most that one can, and no link to a next page; it is "
        "taken for the last",
        list_name,
        PER_PAGE,
    )


def comma_separated(values: Sequence[int] | Sequence[str]) -> str:
    """Several values as both versions take them in one query parameter."""
    return ",".join(map(str, values))


def _absolute(target: str, asked_url: str) -> str | None:
    """The link as a whole address; None where it is none."""
    # Verbatim: joining would normalise it, and Greenhouse wants its cursors back unaltered.
    if _SCHEME.match(target):
        return target
    try:
        return urljoin(asked_url, target)
    except ValueError:
        return None


def _origin(url: str) -> tuple[str | None, str | None, int | None] | None:
    # By the parser that opens the connection: another one could see another host in the same URL.
    try:
        parts = parse_url(url)
    except LocationParseError:
        return None
    return parts.scheme, parts.host, parts.port or _DEFAULT_PORTS.get(parts.scheme or "")
