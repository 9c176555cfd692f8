"""Our own clock, and how much another one may differ from it before its word is not taken.

What follows for two reads of one candidate is in `read_version`.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone

from greenhouse_hrflow.windows import format_moment

CLOCKS_APART = timedelta(minutes=5)
"""How far two clocks that are set right may be apart."""

WRONG_CLOCK_APART = timedelta(days=2)
"""How far a clock may be wrong that nobody answers for, for its moments still to be of use: that of
a record's `updated_at`, that of the machine that stores a file."""


def utc_now() -> datetime:
    """Now, by our own clock."""
    return datetime.now(timezone.utc)


def latest_believed() -> datetime:
    """The latest moment that may have passed by a clock that is set right."""
    return utc_now() + CLOCKS_APART


def is_ahead(moment: datetime) -> bool:
    """Whether a moment that is said to have passed is yet to come."""
    return moment > latest_believed()


class AnswerDates:
    """What is believed of the Dates of one API's answers.

    Upwards our own clock is the bound: one answer dated a day ahead would make every later read an
    earlier one until that day has passed. Downwards it is not: what is read is taken to be complete
    up to the answer's moment, so a clock of ours that is fast must not move that moment on. There
    the API's own earlier answers are the bound, since time does not run backwards.
    """

    def __init__(self, name: str, log: logging.Logger) -> None:
        self._name = name
        self._log = log
        self._latest: datetime | None = None
        self._has_warned = False

    def believed(self, dated: datetime, sent_at: datetime) -> datetime:
        """The Date, or in its place a moment that the answer is certainly not older than."""
        if is_ahead(dated):
            # In whole seconds, as every Date is: two reads of one second are of one moment.
            moment = sent_at.replace(microsecond=0)
        elif self._latest is not None and dated < self._latest - CLOCKS_APART:
            moment = self._latest
        else:
            moment = dated
        # Threads may overwrite each other's value; any of their moments is a bound.
        self._latest = max(moment, self._latest or moment)
        if moment != dated and not self._has_warned:
            self._has_warned = True
            self._log.warning(
                "%s dates an answer %s, which cannot be: it is taken for %s. Compare the clock of "
                "this machine with the true time.",
                self._name, format_moment(dated), format_moment(moment),
            )  # fmt: skip
        return moment
