"""How v3 is asked for a window of time: three ways to write it, and which of them is taken.

The reference and production clients disagree, so each way is safe: what comes back is checked
against the window in any case.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from greenhouse_hrflow.http import Answer
from greenhouse_hrflow.windows import UpdateWindow, format_moment

REFUSED = (400, 422)
"""What v3 answers to a filter that it does not understand."""

Way = Callable[[str, UpdateWindow], dict[str, str]]


def _in_one_parameter(name: str, window: UpdateWindow) -> dict[str, str]:
    """`updated_at=gte|A|lt|B`, as the reference has it."""
    text = "|".join(f"{operator}|{moment}" for operator, moment in _bounds(window))
    return {name: text} if text else {}


def _in_brackets(name: str, window: UpdateWindow) -> dict[str, str]:
    """`updated_at[gte]=A&updated_at[lt]=B`."""
    return {f"{name}[{operator}]": moment for operator, moment in _bounds(window)}


def _from_the_lower_bound_on(name: str, window: UpdateWindow) -> dict[str, str]:
    """`updated_at=gte|A`, which every client that was looked at sends."""
    return _in_one_parameter(name, UpdateWindow(window.updated_after, None))


class DateFilter:
    """Asks for a window in the way that this Greenhouse takes, once it has refused another."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._ways: list[Way] = [_in_one_parameter, _in_brackets, _from_the_lower_bound_on]

    def ask(
        self, name: str, window: UpdateWindow, ask: Callable[[Mapping[str, str]], Answer]
    ) -> Answer:
        """The answer to the first way that is not refused; the last refusal where all are."""
        answer = ask(self._ways[0](name, window))
        if window.is_unbounded:
            return answer
        for way in self._ways[1:]:
            if answer.status not in REFUSED:
                break
            answer = ask(way(name, window))
            if answer.status not in REFUSED:
                self._log.warning(
                    "Greenhouse refused a window on %s as it is documented, and took it as %s",
                    name,
                    " & ".join(way(name, window)) or "no filter",
                )
                # One way is as good for every list of this account.
                self._ways = [way]
        return answer


def _bounds(window: UpdateWindow) -> list[tuple[str, str]]:
    pairs = (("gte", window.updated_after), ("lt", window.updated_before))
    return [(operator, format_moment(at)) for operator, at in pairs if at is not None]
