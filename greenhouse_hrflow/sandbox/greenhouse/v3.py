"""Harvest v3 as a client meets it: lists with filters, keyset pages, scopes, limits, refusals.

The rows are the store's; the lists' fields and parameters stand in ``lists``. Sources: the
official v3 reference and pagination guide for parameters, order and the 422 bodies; others'
measurements for 401, 404, the 422 of an unknown parameter and the 400 of a range of dots. The body
of a 403 and of a 429 is not known to anybody.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from typing import Any, cast

from greenhouse_hrflow.sandbox.greenhouse.bounds import Refused
from greenhouse_hrflow.sandbox.greenhouse.filters import Filters, read_filters
from greenhouse_hrflow.sandbox.greenhouse.lists import LISTS
from greenhouse_hrflow.sandbox.greenhouse.rate_limit import RateLimit
from greenhouse_hrflow.sandbox.greenhouse.store import GreenhouseStore
from greenhouse_hrflow.sandbox.greenhouse.tokens import Tokens
from greenhouse_hrflow.sandbox.greenhouse.v1_documents import file_url
from greenhouse_hrflow.sandbox.modes import GreenhouseModes
from greenhouse_hrflow.sandbox.moments import Clock
from greenhouse_hrflow.sandbox.shapes import Shapes, shaped
from greenhouse_hrflow.sandbox.wire import Answer, Call, JsonObject, json_answer

_PREFIX = "/v3/"
_CURSOR_ALONE = "When passing a cursor, do not include other query params."
_REFUSALS = {400: "Bad Request", 422: "Unprocessable Content"}
_UNAUTHORIZED = {
    "message": "Unauthorized",
    "errors": ["Token could not be decoded. Please ensure your token is from a trusted source."],
}


class HarvestV3:
    """Answers GET /v3/<list>."""

    def __init__(
        self,
        store: GreenhouseStore,
        tokens: Tokens,
        limit: RateLimit,
        clock: Clock,
        *,
        url: str,
        modes: GreenhouseModes,
        shapes: Shapes,
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._limit = limit
        self._clock = clock
        self._url = url
        self._modes = modes
        self._shapes = shapes

    def answer(self, call: Call) -> Answer:
        """Whatever the request deserves, with the rate-limit headers on it."""
        allowed, headers = self._limit.take()
        answer = self._answer(call) if allowed else Answer(429, b"")
        return answer.with_headers(headers)

    def _answer(self, call: Call) -> Answer:
        resource = call.path.removeprefix(_PREFIX)
        if call.method != "GET" or resource not in LISTS:
            return json_answer(404, {"message": "Resource not found"})
        if not self._tokens.accepts(call.headers.get("authorization", "")):
            return json_answer(401, _UNAUTHORIZED)
        scopes = self._modes.scopes
        if self._modes.lists == "refused" or (scopes is not None and resource not in scopes):
            return json_answer(403, {"message": "Forbidden"})
        try:
            return self._page(resource, call.parameters())
        except Refused as refusal:
            body = {"message": _REFUSALS[refusal.status], "errors": refusal.errors}
            return json_answer(refusal.status, body)

    def _page(self, resource: str, parameters: list[tuple[str, str]]) -> Answer:
        last_id: int | None = None
        if any(name == "cursor" for name, _ in parameters):
            parameters, last_id = _read_cursor(resource, parameters)
        with self._store.lock:
            filters = read_filters(resource, parameters, self._store.tables, self._modes)
            rows = list(_first(filters.per_page + 1, self._matching(resource, filters, last_id)))
        page = rows[: filters.per_page]
        headers: dict[str, str] = {}
        if len(rows) > len(page):
            cursor = _write_cursor(resource, parameters, page[-1]["id"])
            headers["link"] = f'<{self._url}{_PREFIX}{resource}?cursor={cursor}>; rel="next"'
        return json_answer(200, [self._shown(resource, row, filters) for row in page], headers)

    def _matching(
        self, resource: str, filters: Filters, last_id: int | None
    ) -> Iterator[JsonObject]:
        """Rows in the order of their ids, the keyset; the filters are asked again each page."""
        if self._modes.lists == "empty":
            return
        rows = self._store.tables.rows[resource]
        descending = self._modes.order == "descending"
        for record_id in sorted(self._narrowed(resource, filters), reverse=descending):
            if last_id is not None and (
                record_id >= last_id if descending else record_id <= last_id
            ):
                continue
            row = rows.get(record_id)
            if row is not None and filters.match(row) and not self._is_hidden(resource, row):
                yield row

    def _is_hidden(self, resource: str, row: JsonObject) -> bool:
        """Whether it is of a private candidate whom the acting user may not see."""
        if self._modes.private_candidates == "shown":
            return False
        tables = self._store.tables
        candidate_id = row["id"] if resource == "candidates" else tables.owner(resource, row["id"])
        return tables.rows["candidates"].get(candidate_id or 0, {}).get("private") is True

    def _narrowed(self, resource: str, filters: Filters) -> Iterable[int]:
        """Ids that can match at all: by parent where an index knows them, else every id."""
        if "ids" in filters.id_lists:
            return filters.id_lists["ids"]
        return self._store.tables.ids_below(resource, filters.id_lists)

    def _shown(self, resource: str, row: JsonObject, filters: Filters) -> JsonObject:
        if resource == "attachments":
            row = row | {"url": file_url(row, self._clock)}
        row = shaped(row, self._shapes.get(resource))
        if filters.fields is None:
            return row
        return {name: row[name] for name in filters.fields if name in row}


def _first(count: int, rows: Iterator[JsonObject]) -> Iterator[JsonObject]:
    for _, row in zip(range(count), rows, strict=False):
        yield row


def _as_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _write_cursor(resource: str, parameters: list[tuple[str, str]], last_id: int) -> str:
    text = json.dumps([resource, parameters, last_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read_cursor(
    resource: str, parameters: list[tuple[str, str]]
) -> tuple[list[tuple[str, str]], int]:
    if len(parameters) != 1:
        raise Refused(_CURSOR_ALONE)
    try:
        text = base64.b64decode(parameters[0][1], altchars=b"-_", validate=True)
        made_for, embedded, last_id = cast("tuple[str, list[list[str]], Any]", json.loads(text))
        pairs = [(_as_text(name), _as_text(value)) for name, value in embedded]
    except (binascii.Error, ValueError, TypeError):
        raise Refused({"cursor": "is invalid"}) from None
    if made_for != resource or not isinstance(last_id, int):
        raise Refused({"cursor": "is invalid"})
    return pairs, last_id
