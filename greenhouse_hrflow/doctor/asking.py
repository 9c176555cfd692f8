"""Asking within a budget: so many requests are sent at most, whatever the doctor meets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from requests.auth import AuthBase
from urllib3.util import Retry

from greenhouse_hrflow.doctor.findings import Notes, Stopped, Verdict
from greenhouse_hrflow.errors import ConfigurationError, TransientError
from greenhouse_hrflow.http import Answer, HttpSession

MOST_REQUESTS = 40
"""What all questions to both APIs may cost together, each try counted."""

TRIES = 2
"""How often one question is sent at most."""

RETRIES = Retry(total=TRIES - 1, backoff_factor=0.5, backoff_max=5.0)
"""Between two tries; a rate limit that names its end costs waiting, and no try."""


class Budget:
    """How many requests are left to both APIs."""

    def __init__(self) -> None:
        self._sessions: list[HttpSession] = []
        self.kept = 0
        """So many are kept for what must be asked at the end."""

    def count(self, session: HttpSession) -> None:
        """From now on what this session sends is counted."""
        self._sessions.append(session)

    @property
    def spent(self) -> int:
        """How many were sent."""
        return sum(session.effort.requests for session in self._sessions)

    @property
    def left(self) -> int:
        """How many may be sent by now."""
        return MOST_REQUESTS - self.spent - self.kept

    @property
    def allows_a_question(self) -> bool:
        """Whether one more question can be asked, should it need every try."""
        return self.left >= TRIES


class Asker:
    """Asks one API, and writes down where it does not answer at all.

    Args:
        addresses: the variables that say where it answers.
    """

    def __init__(self, session: HttpSession, notes: Notes, budget: Budget, addresses: str) -> None:
        self._session = session
        self._addresses = addresses
        self._notes = notes
        self.budget = budget
        budget.count(session)

    def ask(self, method: str, url: str, auth: AuthBase, **request: Any) -> Answer:
        """The answer, which may be a refusal; `request` is what `HttpSession.request` takes.

        Raises:
            Stopped: there is none, the address or the network is set wrong, or the budget is spent.
        """
        return self.attempt(lambda: self._session.request(method, url, auth=auth, **request))

    def attempt(self, send: Callable[[], Answer]) -> Answer:
        """The answer to one request that `send` makes; see `ask`."""
        if not self.budget.allows_a_question:
            self.stop(
                "Requests",
                f"{MOST_REQUESTS} at most",
                f"{self.budget.spent} sent",
                "Questions had to be asked again, so some are left. Run it again when both APIs "
                "answer at once.",
                Verdict.NOT_TOLD,
            )
        try:
            return send()
        except ConfigurationError as error:
            self.stop("Address", "is reached", "is not reached", str(error))
        except TransientError as error:
            meaning = f"{error} If that does not help, check {self._addresses}."
            self.stop("Answers", "can be read", "none that can be read", meaning)

    def stop(
        self,
        question: str,
        assumed: str,
        seen: str,
        meaning: str,
        verdict: Verdict = Verdict.BREAKS,
    ) -> NoReturn:
        """Write down why nothing more can be asked.

        Raises:
            Stopped: always.
        """
        self._notes.add(question, assumed, seen, verdict, meaning)
        raise Stopped
