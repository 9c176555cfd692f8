"""The Sandbox: both APIs on one loopback server, with its people, its faults and its counts.

What each API answers stands in ``greenhouse`` and ``hrflow``; here they are put together, and every
request is led to its API.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from types import TracebackType

from greenhouse_hrflow.sandbox.greenhouse.rate_limit import RateLimit
from greenhouse_hrflow.sandbox.greenhouse.store import GreenhouseStore
from greenhouse_hrflow.sandbox.greenhouse.tokens import Tokens
from greenhouse_hrflow.sandbox.greenhouse.v1 import HarvestV1
from greenhouse_hrflow.sandbox.greenhouse.v3 import HarvestV3
from greenhouse_hrflow.sandbox.hrflow.api import KEY_PREFIXES, HrFlowApi
from greenhouse_hrflow.sandbox.hrflow.store import HrFlowStore
from greenhouse_hrflow.sandbox.modes import GreenhouseModes, HrFlowModes
from greenhouse_hrflow.sandbox.moments import Clock, checked_clock, in_utc, utc_now
from greenhouse_hrflow.sandbox.people.candidates import populate
from greenhouse_hrflow.sandbox.people.profiles import add_profiles
from greenhouse_hrflow.sandbox.server.control import Control
from greenhouse_hrflow.sandbox.server.faults import Fault, Faults, Kind, faulty_answer
from greenhouse_hrflow.sandbox.server.loopback import HOST, Loopback, NoAnswer
from greenhouse_hrflow.sandbox.shapes import PROFILE, V1_CANDIDATE, Shapes
from greenhouse_hrflow.sandbox.wire import Answer, Call, html_answer, json_answer

V3_WINDOW_SECONDS = 30.0
V1_WINDOW_SECONDS = 10.0


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(f"sandbox/{text}".encode()).hexdigest()[:length]


CLIENT_ID = "sandbox-client-1"
CLIENT_SECRET = f"sandbox-{_digest('client secret', 32)}"
API_KEY = f"{_digest('api key', 32)}-1"
HRFLOW_USER = "sandbox@example.com"
SOURCE_KEY = _digest("source key", 40)


class Sandbox:
    """Both APIs with people of their own, on 127.0.0.1, while the ``with`` block lasts.

    ``people`` and ``seed``: how many, and which; the same seed and ``started_on`` (default: now)
    give the same ones. ``greenhouse`` and ``hrflow``: how each API behaves where that is uncertain;
    ``shapes``: the fields that their records have. ``clock``: the time by which records are
    stamped, tokens expire and limits are counted. ``latency``: seconds before every answer.
    ``control``: also serve /sandbox, for a person who tries things.
    """

    def __init__(
        self,
        *,
        people: int = 300,
        seed: int = 1,
        greenhouse: GreenhouseModes | None = None,
        hrflow: HrFlowModes | None = None,
        shapes: Shapes | None = None,
        clock: Clock | None = None,
        latency: float = 0.0,
        port: int = 0,
        started_on: datetime | None = None,
        control: bool = False,
    ) -> None:
        self._greenhouse_modes = greenhouse or GreenhouseModes()
        self._hrflow_modes = hrflow or HrFlowModes()
        self._clock = checked_clock(clock or utc_now)
        self._make_stores(people, seed, in_utc(started_on or self._clock()))
        self.tokens = Tokens((CLIENT_ID, CLIENT_SECRET), self._clock, self._greenhouse_modes)
        self._faults = Faults(seed)
        self._latency = latency
        self._server = Loopback(self._handle, self._clock, port)
        self.url = f"http://{HOST}:{self._server.port}"
        self.hrflow_url = f"{self.url}/hrflow/v1"
        self._limits = (
            RateLimit(self._greenhouse_modes, V3_WINDOW_SECONDS, self._clock),
            RateLimit(self._greenhouse_modes, V1_WINDOW_SECONDS, self._clock),
        )
        self._apis = self._make_apis(*self._limits, shapes or {})
        if control:
            answer = Control(self.greenhouse, self.hrflow, self._faults, self).answer
            self._apis["/sandbox"] = answer
        self._requests: Counter[str] = Counter()
        self._before: Callable[[str, str], None] | None = None
        self._crash: Exception | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Sandbox:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop()
        if error is None and self._crash is not None:
            raise RuntimeError("the sandbox could not answer a request") from self._crash

    def environment(self) -> dict[str, str]:
        """The variables that make a program read and write here."""
        return {
            "GREENHOUSE_CLIENT_ID": CLIENT_ID,
            "GREENHOUSE_CLIENT_SECRET": CLIENT_SECRET,
            "GREENHOUSE_API_KEY": API_KEY,
            "GREENHOUSE_BASE_URL": self.url,
            "GREENHOUSE_TOKEN_URL": f"{self.url}/token",
            "HRFLOW_API_SECRET": self._hrflow_secret,
            "HRFLOW_API_USER": HRFLOW_USER,
            "HRFLOW_SOURCE_KEY": SOURCE_KEY,
            "HRFLOW_BASE_URL": self.hrflow_url,
        }

    @property
    def requests(self) -> Counter[str]:
        """How many requests came, by method and path: ``GET /v3/candidates``."""
        with self._lock:
            return Counter(self._requests)

    @property
    def connections(self) -> int:
        """How many connections were opened since the sandbox started."""
        return self._server.connections

    @property
    def refused_by_rate_limit(self) -> int:
        """How many requests to Harvest were answered with a 429 of its rate limit."""
        return sum(limit.refused for limit in self._limits)

    def forget_requests(self) -> None:
        """Count from zero again."""
        with self._lock:
            self._requests.clear()

    def fail(self, fault: Fault) -> None:
        """From now on this goes wrong, besides what does already."""
        self._faults.add(fault)

    @property
    def faults_met(self) -> Counter[Kind]:
        """How many requests met a fault of each kind since the sandbox started."""
        return self._faults.met

    def heal(self) -> None:
        """End all faults."""
        self._faults.heal()

    def before_request(self, callback: Callable[[str, str], None] | None) -> None:
        """Call ``callback(method, path with query)`` before each answer is computed.

        It may change people and send requests. None takes it back; an error of it is raised when
        the ``with`` block ends.
        """
        self._before = callback

    @property
    def _hrflow_secret(self) -> str:
        return f"{KEY_PREFIXES[self._hrflow_modes.key]}_{_digest('hrflow secret', 32)}"

    def _make_stores(self, people: int, seed: int, start: datetime) -> None:
        tables = populate(people, seed, start)
        touches = self._greenhouse_modes.children_touch_candidate
        self.greenhouse = GreenhouseStore(tables, self._clock, children_touch_candidate=touches)
        modes = self._hrflow_modes
        self.hrflow = HrFlowStore(SOURCE_KEY, self._clock, modes)
        add_profiles(self.hrflow, tables, seed, start, modes.references)
        if modes.list_lags:
            self.hrflow.let_list_lag()

    def _make_apis(
        self, v3_limit: RateLimit, v1_limit: RateLimit, shapes: Shapes
    ) -> dict[str, Callable[[Call], Answer]]:
        modes = self._greenhouse_modes
        v3 = HarvestV3(
            self.greenhouse,
            self.tokens,
            v3_limit,
            self._clock,
            url=self.url,
            modes=modes,
            shapes=shapes,
        )
        v1 = HarvestV1(
            self.greenhouse,
            v1_limit,
            api_key=API_KEY,
            url=self.url,
            modes=modes,
            shape=shapes.get(V1_CANDIDATE),
        )
        hrflow = HrFlowApi(
            self.hrflow,
            self._hrflow_modes,
            secret=self._hrflow_secret,
            user=HRFLOW_USER,
            shape=shapes.get(PROFILE),
        )
        return {
            "/v3": v3.answer,
            "/v1": v1.answer,
            "/token": self.tokens.answer,
            "/introspect": self.tokens.introspect,
            "/hrflow/v1": hrflow.answer,
            # A base URL without the version misses the API, and meets whatever serves its host.
            "/hrflow": lambda call: html_answer(404, "404 Not Found"),
        }

    async def _handle(self, call: Call) -> Answer | NoAnswer:
        with self._lock:
            self._requests[f"{call.method} {call.path}"] += 1
        if self._latency:
            await asyncio.sleep(self._latency)
        try:
            if self._before is not None:
                await asyncio.to_thread(self._before, call.method, call.target)
            return self._meet(call)
        except Exception as error:  # noqa: BLE001 - the one who uses the sandbox is told
            self._crash = self._crash or error
            return json_answer(500, {"message": f"The sandbox failed: {type(error).__name__}"})

    def _meet(self, call: Call) -> Answer | NoAnswer:
        fault = self._faults.pick(call)
        if fault is None:
            return self._answer(call)
        if fault.kind == "hang":
            return NoAnswer.HANG
        if fault.kind == "drop-after":
            self._answer(call)
        if fault.kind in ("drop", "drop-after"):
            return NoAnswer.DROP
        return faulty_answer(fault, call, self._answer, self._clock)

    def _answer(self, call: Call) -> Answer:
        for prefix, answer in self._apis.items():
            if f"{call.path}/".startswith(f"{prefix}/"):
                return answer(call)
        return json_answer(404, {"message": "Resource not found"})
