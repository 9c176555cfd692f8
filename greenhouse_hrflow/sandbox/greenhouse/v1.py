"""Harvest v1's GET /v1/candidates: numbered pages, Basic auth, its filters and its refusals.

Source: Greenhouse's v1 documentation. Its order is not documented; here it is by id ascending. A
page is counted anew at each request, so a candidate that leaves the window during a walk shifts
the pages behind it, as it must on the real API. Unknown parameters are refused, though v1 may well
ignore them: a misspelt filter that is ignored would look like one that works.

v1 was announced to end; nobody saw what a closed one answers, so no client may read its body.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from greenhouse_hrflow.sandbox.greenhouse.rate_limit import RateLimit
from greenhouse_hrflow.sandbox.greenhouse.store import GreenhouseStore
from greenhouse_hrflow.sandbox.modes import GreenhouseModes
from greenhouse_hrflow.sandbox.moments import first_millisecond_from, read_moment
from greenhouse_hrflow.sandbox.shapes import Shape, shaped
from greenhouse_hrflow.sandbox.wire import Answer, Call, JsonObject, json_answer, whole_number

_PATH = "/v1/candidates"
_PER_PAGE = 100
_MOST_IDS = 50
_CLOSED = {401: "Unauthorized", 403: "Forbidden", 404: "Resource not found", 410: "Gone"}


class _Refused(Exception):
    def __init__(self, name: str, message: str) -> None:
        super().__init__(name, message)
        self.body = {
            "message": "Validation error",
            "errors": [{"message": message, "field": name}],
        }


@dataclass
class _Request:
    page: int = 1
    per_page: int = _PER_PAGE
    skip_count: bool = False
    job_id: int | None = None
    email: str | None = None
    candidate_ids: frozenset[int] | None = None
    bounds: dict[str, str] = field(default_factory=dict[str, str])
    """Of each bound, the first stamp that is not before it."""


class HarvestV1:
    """Answers GET /v1/candidates."""

    def __init__(
        self,
        store: GreenhouseStore,
        limit: RateLimit,
        *,
        api_key: str,
        url: str,
        modes: GreenhouseModes,
        shape: Shape | None,
    ) -> None:
        self._modes = modes
        self._shape = shape
        self._store = store
        self._limit = limit
        self._api_key = api_key
        self._url = url
        self._last_walk: tuple[_Request, int] | None = None
        self._last_ids: list[int] = []

    def answer(self, call: Call) -> Answer:
        """Whatever the request deserves, with the rate-limit headers on it."""
        allowed, headers = self._limit.take()
        answer = self._answer(call) if allowed else Answer(429, b"")
        return answer.with_headers(headers)

    def _answer(self, call: Call) -> Answer:
        if self._modes.v1 != "open":
            status = int(self._modes.v1.removeprefix("closed_"))
            return json_answer(status, {"message": _CLOSED[status]})
        if call.method != "GET" or call.path != _PATH:
            return json_answer(404, {"message": "Resource not found"})
        if call.basic_credentials() != (self._api_key, ""):
            return json_answer(401, {"message": "Invalid Basic Auth credentials"})
        if call.body:
            return json_answer(403, {"message": "A GET request must not have a body"})
        try:
            request = _read(call.parameters(), self._modes.most_per_page)
        except _Refused as refusal:
            return json_answer(422, refusal.body)
        return self._page(call, request)

    def _page(self, call: Call, request: _Request) -> Answer:
        with self._store.lock:
            ids = self._ids(request)
            start = (request.page - 1) * request.per_page
            shown = ids[start : start + request.per_page]
            body = [shaped(self._store.v1_candidate(i), self._shape) for i in shown]
        last = max(1, -(-len(ids) // request.per_page))
        return json_answer(200, body, self._links(call, request, last))

    def _ids(self, request: _Request) -> list[int]:
        """Who is selected; of a walk in which nothing changes, worked out at its first page."""
        walk = replace(request, page=1), self._store.tables.changes
        if walk != self._last_walk:
            self._last_ids = [i for i in self._candidates(request) if self._selected(i, request)]
            self._last_walk = walk
        return self._last_ids

    def _candidates(self, request: _Request) -> list[int]:
        """Ids among which to select; an e-mail makes the API ignore a list of ids."""
        known = self._store.candidate_ids()
        if request.candidate_ids is None or request.email is not None:
            return known
        return [i for i in known if i in request.candidate_ids]

    def _selected(self, candidate_id: int, request: _Request) -> bool:
        row = self._store.candidate(candidate_id)
        updated_at = self._store.v1_updated_at(candidate_id)
        return (
            _within(row["created_at"], request, "created")
            and _within(updated_at, request, "updated")
            and (request.email is None or _has_email(row, request.email))
            and (request.job_id is None or self._applied(candidate_id, request.job_id))
        )

    def _applied(self, candidate_id: int, job_id: int) -> bool:
        """Whether they applied to the job; a prospect on it did not."""
        return any(
            row["job_id"] == job_id and not row["prospect"]
            for row in self._store.children("application", candidate_id)
        )

    def _links(self, call: Call, request: _Request, last: int) -> dict[str, str]:
        pages: dict[str, int] = {}
        if request.page < last:
            pages["next"] = request.page + 1
        if request.page > 1:
            pages["prev"] = request.page - 1
        if pages and not request.skip_count:
            pages["last"] = last
        kept = [(name, value) for name, value in call.parameters() if name != "page"]
        links = [
            f'<{self._url}{_PATH}?{urlencode([("page", page), *kept])}>; rel="{rel}"'
            for rel, page in pages.items()
        ]
        return {"link": ", ".join(links)} if links else {}


def _within(at: str, request: _Request, name: str) -> bool:
    after = request.bounds.get(f"{name}_after")
    before = request.bounds.get(f"{name}_before")
    return (after is None or at >= after) and (before is None or at < before)


def _has_email(row: JsonObject, email: str) -> bool:
    return any(each["value"].casefold() == email.casefold() for each in row["email_addresses"])


def _read(parameters: list[tuple[str, str]], most_per_page: int) -> _Request:
    request = _Request(per_page=min(_PER_PAGE, most_per_page))
    for name, value in parameters:
        if name not in _READERS:
            raise _Refused(name, "Unknown parameter")
        _READERS[name](request, name, value)
    if request.per_page > most_per_page:
        raise _Refused("per_page", f"Must be between 1 and {most_per_page}")
    return request


def _read_number(request: _Request, name: str, value: str) -> None:
    setattr(request, name, _integer(name, value))


def _read_flag(request: _Request, name: str, value: str) -> None:
    if value not in ("true", "false"):
        raise _Refused(name, "Must be one of: true, false")
    request.skip_count = value == "true"


def _read_email(request: _Request, name: str, value: str) -> None:
    request.email = value


def _read_ids(request: _Request, name: str, value: str) -> None:
    ids = [_integer(name, part) for part in value.split(",")]
    if len(ids) > _MOST_IDS:
        raise _Refused(name, f"Must be at most {_MOST_IDS} ids")
    request.candidate_ids = frozenset(ids)


def _read_bound(request: _Request, name: str, value: str) -> None:
    try:
        request.bounds[name] = first_millisecond_from(read_moment(value))
    except ValueError:
        raise _Refused(name, "Must be an ISO-8601 date-time") from None


def _integer(name: str, value: str) -> int:
    try:
        number = whole_number(value)
    except ValueError:
        number = 0
    if not number:
        raise _Refused(name, "Must be a positive integer")
    return number


_READERS: dict[str, Callable[[_Request, str, str], None]] = {
    "page": _read_number,
    "per_page": _read_number,
    "job_id": _read_number,
    "skip_count": _read_flag,
    "email": _read_email,
    "candidate_ids": _read_ids,
    "created_after": _read_bound,
    "created_before": _read_bound,
    "updated_after": _read_bound,
    "updated_before": _read_bound,
}
