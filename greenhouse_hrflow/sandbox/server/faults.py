"""Faults on request: which requests they meet, and what the client gets in the place of an answer.

Carrying out a dropped or a hanging connection is the server's work.
"""

from __future__ import annotations

import random
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import Literal, get_args

from greenhouse_hrflow.sandbox.hrflow.api import PREFIX as HRFLOW
from greenhouse_hrflow.sandbox.hrflow.api import envelope
from greenhouse_hrflow.sandbox.moments import Clock
from greenhouse_hrflow.sandbox.wire import Answer, Call, html_answer, json_answer

Kind = Literal[
    "429",
    "429-no-retry-after",
    "500",
    "502-html",
    "html-200",
    "broken-json",
    "drop",
    "drop-after",
    "hang",
    "400",
    "401",
    "402",
    "403",
    "404-html",
    "405",
    "407",
    "422",
    "503",
    "charset",
    "code-500",
    "date",
    "foreign-link",
]
"""``drop-after`` carries the request out and then drops the connection; ``charset`` names one in
the content type of a true answer, ``date`` dates it wrongly, ``code-500`` puts that code into its
envelope alone, and ``foreign-link`` lets its next page lie on another host. All others do not carry
the request out. ``404-html``, ``407`` and ``502-html`` come from what stands before the API: they
have no body of its own form.
"""

_MESSAGES = {
    "400": "Invalid parameters.",
    "402": "Payment required. Quota exceeded",
    "403": "Forbidden",
    "405": "Method Not Allowed",
    "422": "Unprocessable Content",
    "429": "Too many requests",
    "500": "Internal Server Error",
    "503": "Service Unavailable",
}
_PAGES = {
    "404-html": (404, "404 Not Found"),
    "407": (407, "407 Proxy Authentication Required"),
    "502-html": (502, "502 Bad Gateway"),
    "html-200": (200, "Maintenance"),
}
_HEADERS = {
    "405": {"allow": "OPTIONS"},
    "407": {"proxy-authenticate": 'Basic realm="proxy"'},
}


@dataclass(frozen=True)
class Fault:
    """What goes wrong, for which requests and how often.

    ``path``: a regular expression, searched in the path with its query. ``times``: how many
    requests it meets, None for ever. ``probability``: whether it meets a matching request at all.
    ``retry_after``: of a 429, seconds or an HTTP date; of one without that header, the seconds
    until the reset that Greenhouse announces. ``body_contains``: only requests whose body has this
    text. ``seconds``: of a date, how far it is off (default: a day ahead). ``message``: what a
    refusal says, in the place of the API's own words.
    """

    kind: Kind
    path: str = ""
    method: str | None = None
    times: int | None = 1
    probability: float = 1.0
    retry_after: int | str = 1
    body_contains: str | None = None
    seconds: float = 86_400.0
    message: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"{self.kind!r} is none of the faults {', '.join(get_args(Kind))}")
        re.compile(self.path)

    def concerns(self, call: Call) -> bool:
        """Whether the request is one that this fault is meant for."""
        return (
            self.method in (None, call.method)
            and re.search(self.path, call.target) is not None
            and (self.body_contains is None or self.body_contains.encode() in call.body)
        )


class Faults:
    """The faults in force, oldest first."""

    def __init__(self, seed: int) -> None:
        self._faults: list[tuple[Fault, int | None]] = []
        self._met: Counter[Kind] = Counter()
        self._random = random.Random(f"faults/{seed}")
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        with self._lock:
            self._faults.append((fault, fault.times))

    def heal(self) -> None:
        """End them all."""
        with self._lock:
            self._faults.clear()

    @property
    def met(self) -> Counter[Kind]:
        """How many requests met a fault of each kind."""
        with self._lock:
            return Counter(self._met)

    def pick(self, call: Call) -> Fault | None:
        """The fault that meets this request, counted as used; None when it goes well."""
        with self._lock:
            for position, (fault, left) in enumerate(self._faults):
                if not fault.concerns(call) or self._random.random() >= fault.probability:
                    continue
                if left is not None and left <= 1:
                    del self._faults[position]
                elif left is not None:
                    self._faults[position] = (fault, left - 1)
                self._met[fault.kind] += 1
                return fault
        return None


def faulty_answer(
    fault: Fault, call: Call, true_answer: Callable[[Call], Answer], clock: Clock
) -> Answer:
    """The answer to a request that the fault meets (``drop`` and ``hang`` have none)."""
    if fault.kind in _PAGES:
        return html_answer(*_PAGES[fault.kind]).with_headers(_HEADERS.get(fault.kind, {}))
    if fault.kind == "date":
        date = format_datetime(clock() + timedelta(seconds=fault.seconds), usegmt=True)
        return true_answer(call).with_headers({"date": date})
    if fault.kind == "broken-json":
        return Answer(200, b'{"code": 200, "data": [{"id": 1', {"content-type": "application/json"})
    if fault.kind == "charset":
        content_type = "application/json; charset=utf-8"
        return true_answer(call).with_headers({"content-type": content_type})
    if fault.kind == "code-500":
        return Answer(200, envelope(500, "Internal Server Error").body)
    if fault.kind == "foreign-link":
        link = f'<https://elsewhere.invalid{call.path}?cursor=abc>; rel="next"'
        return true_answer(call).with_headers({"link": link})
    return _refusal(fault, call, clock)


def _refusal(fault: Fault, call: Call, clock: Clock) -> Answer:
    status = int(fault.kind[:3])
    headers = dict(_HEADERS.get(fault.kind, {}))
    if fault.kind == "429":
        headers["retry-after"] = str(fault.retry_after)
    elif fault.kind == "429-no-retry-after" and not call.path.startswith(HRFLOW):
        resets_at = clock() + timedelta(seconds=int(fault.retry_after))
        headers |= {
            "x-ratelimit-limit": "50",
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": str(int(resets_at.timestamp())),
        }
    if not call.path.startswith(HRFLOW):
        # What Greenhouse writes into most of these bodies is not known; nobody may lean on it.
        return json_answer(status, {"message": fault.message or _message(status)}, headers)
    message = fault.message or _message(status)
    if status == 401 and fault.message is None:
        message = f"Unauthorized. Invalid secret key: {call.headers.get('x-api-key')}"
    return envelope(status, message).with_headers(headers)


def _message(status: int) -> str:
    return _MESSAGES.get(str(status), "Unauthorized")
