"""How v3 is asked for a window of time: three ways to write one, and which of them v3 takes.

Greenhouse's reference and the clients in production disagree on the way, so all are tried. None is
relied on: whatever comes back is checked against the window by `selection` and `reader`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from greenhouse_hrflow.http import Answer
from greenhouse_hrflow.windows import UpdateWindow, format_moment

REFUSED = (400, 422)
"""The statuses by which v3 refuses a filter that it does not understand."""

Way = Callable[[str, UpdateWindow], dict[str, str]]
"""Makes the query parameters that ask for a window on a named moment, such as `updated_at`."""


def in_one_parameter(name: str, window: UpdateWindow) -> dict[str, str]:
    """`updated_at=gte|A|lt|B`, as the reference has it."""
    text = "|".join(f"{operator}|{moment}" for operator, moment in _bounds(window))
    return {name: text} if text else {}


def in_brackets(name: str, window: UpdateWindow) -> dict[str, str]:
    """`updated_at[gte]=A&updated_at[lt]=B`."""
    return {f"{name}[{operator}]": moment for operator, moment in _bounds(window)}


def from_the_lower_bound_on(name: str, window: UpdateWindow) -> dict[str, str]:
    """`updated_at=gte|A`, as the clients in production send it."""
    return in_one_parameter(name, UpdateWindow(window.updated_after, None))


class DateFilter:
    """Asks for windows in the first way that this Greenhouse does not refuse, and keeps to it."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._ways: list[Way] = [in_one_parameter, in_brackets, from_the_lower_bound_on]

    def ask(
        self, name: str, window: UpdateWindow, send: Callable[[Mapping[str, str]], Answer]
    ) -> Answer:
        """The answer to the first way that is not refused; where all are, the last refusal.

        Args:
            name: of the moment that has to lie in the window.
            send: makes the request with these query parameters.
        """
        answer = send(self._ways[0](name, window))
        if window.is_unbounded:
            return answer
        for way in self._ways[1:]:
            if answer.status not in REFUSED:
                break
            answer = send(way(name, window))
            if answer.status not in REFUSED:
                self._log.warning(
                    "Greenhouse refused a window on %s as it is documented, and took it as %s",
                    name,
                    " & ".join(way(name, window)) or "no filter",
                )
                # What one list of an account takes, the others take too.
                self._ways = [way]
        return answer


def _bounds(window: UpdateWindow) -> list[tuple[str, str]]:
    """The operator and the moment of each bound that is not open."""
    bounds = (("gte", window.updated_after), ("lt", window.updated_before))
    return [(operator, format_moment(at)) for operator, at in bounds if at is not None]
