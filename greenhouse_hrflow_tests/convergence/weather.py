"""What goes wrong around a simulation: calls that fail, an outage, processes that are killed."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable

from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow.sandbox.server.faults import Kind

_APIS = r"^/(v3|token|hrflow)"
_FAILING: tuple[tuple[Kind, float], ...] = (
    ("429", 0.30),
    ("500", 0.30),
    ("drop", 0.18),
    ("drop-after", 0.16),
    ("hang", 0.06),
)
"""How many of the calls that fail do so in which way."""


class Weather:
    """Storms on the sandbox until it calms down.

    `kill` is called from the thread of `blow`, and says whether there was somebody to kill;
    `killed` is the probability of a request to cost a process its life, some moments later; others
    die at moments of their own, by `kill_at`. `failing` is the share of all calls that fail.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        kill: Callable[[], bool],
        seed: int,
        *,
        killed: float = 0.0,
        failing: float = 0.05,
    ) -> None:
        self._sandbox = sandbox
        self._kill = kill
        self._killed = killed
        self._failing = failing
        self._rng = random.Random(f"weather/{seed}")
        self._lock = threading.Lock()
        self._poisoned: str | None = None
        self._is_bad = False
        self._deaths: list[float] = []

    def storm(self, poisoned: str) -> None:
        """From now on calls fail and processes die; and nothing works for one profile."""
        self._poisoned = poisoned
        self._is_bad = True
        self._fail()

    def outage(self) -> None:
        """HrFlow answers nobody."""
        self._sandbox.fail(Fault("500", path="^/hrflow", times=None))

    def end_outage(self) -> None:
        """Back to the storm."""
        self._sandbox.heal()
        self._fail()

    def calm(self) -> None:
        """All is well."""
        self._is_bad = False
        self._deaths.clear()
        self._sandbox.heal()

    def notice(self) -> None:
        """Learn that a request comes in; from any thread."""
        with self._lock:
            if self._is_bad and not self._deaths and self._rng.random() < self._killed:
                # Some die while they ask, others while they store what they heard.
                later = self._rng.choice((0.0, 0.5 * self._rng.random()))
                self._deaths.append(time.monotonic() + later)

    def kill_at(self, moments: Iterable[float]) -> None:
        """Kill a process at each of these, by `time.monotonic`, or as soon as there is one."""
        with self._lock:
            self._deaths += moments

    def blow(self) -> None:
        """Do what is due."""
        with self._lock:
            due = [moment for moment in self._deaths if moment <= time.monotonic()]
            self._deaths = [moment for moment in self._deaths if moment not in due]
        for _ in due:
            if not self._kill():
                # It waits for somebody, who may then have come some way.
                self.kill_at([time.monotonic() + 10.0 * self._rng.random()])

    def _fail(self) -> None:
        if self._poisoned:
            self._sandbox.fail(Fault("500", path=f"reference={self._poisoned}", times=None))
            body = f'"reference":"{self._poisoned}"'
            self._sandbox.fail(Fault("500", "indexing", "PUT", None, body_contains=body))
        # Each is asked in turn, and meets those calls alone that the ones before it let through.
        left = 1.0
        for kind, share in _FAILING:
            probability = self._failing * share
            self._sandbox.fail(
                Fault(kind, _APIS, times=None, probability=probability / left, retry_after=0)
            )
            left -= probability
