"""What the lists of both Harvest versions share: a JSON array a page, and `Link` headers.

How pages are walked differs: see `harvest_v3_lists` and `harvest_v1`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from urllib.parse import urljoin

from requests.utils import parse_header_links
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from greenhouse_hrflow.errors import FatalError, RequestRefused
from greenhouse_hrflow.greenhouse.candidate import JsonObject
from greenhouse_hrflow.http import Answer

PER_PAGE = 500
"""The most that either version allows."""

_PORTS = {"https": 443, "http": 80}


def rows_of(answer: Answer, list_name: str) -> list[JsonObject]:
    """The records of a page.

    Raises:
        RequestRefused: the answer is no array of objects.
    """
    if isinstance(answer.body, list):
        rows = cast("list[object]", answer.body)
        if all(isinstance(row, dict) for row in rows):
            return cast("list[JsonObject]", rows)
    raise RequestRefused(
        f"Greenhouse answered the list {list_name} with something that is not a list of records. "
        "Check GREENHOUSE_BASE_URL."
    )


def link_of(answer: Answer, relation: str, base_url: str) -> str | None:
    """The address that the answer links to as `relation`, or None.

    Raises:
        FatalError: it is on another host, which must not see our credentials.
    """
    for link in parse_header_links(answer.headers.get("Link", "")):
        url = link.get("url")
        if url and relation in link.get("rel", "").split():
            if "://" not in url:
                url = urljoin(f"{base_url}/", url)
            if _origin(url) != _origin(base_url):
                raise FatalError(
                    f"Greenhouse's answer links to its {relation} page on another host than that "
                    "of GREENHOUSE_BASE_URL. It was not followed, and no credential was sent "
                    "there. Check GREENHOUSE_BASE_URL, and what stands between."
                )
            return url
    return None


def comma_separated(values: Sequence[int] | Sequence[str]) -> str:
    """A list as both versions write it in a query."""
    return ",".join(map(str, values))


def _origin(url: str) -> tuple[str | None, str | None, int | None] | None:
    # Read by the parser that the connection is made with: two parsers can see two hosts in one URL.
    try:
        parts = parse_url(url)
    except LocationParseError:
        return None
    return parts.scheme, parts.host, parts.port or _PORTS.get(parts.scheme or "")
