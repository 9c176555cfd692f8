"""Our own clock, and how much an API's may differ from it before its word is not taken.

Greenhouse's clock orders the reads of a candidate, and ours only bounds it: one answer whose Date
is a day ahead would make every later read an earlier one until that day has passed.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone

from greenhouse_hrflow.windows import format_moment

Version = tuple[datetime, datetime]
"""(read_at, changed_at): which of two reads of a candidate is the later one."""

CLOCKS_APART = timedelta(minutes=5)
"""How far two clocks that are set right may be apart."""


def utc_now() -> datetime:
    """Now, by our own clock."""
    return datetime.now(timezone.utc)


def latest_believed() -> datetime:
    """The latest moment that may have passed by a clock that is set right."""
    return utc_now() + CLOCKS_APART


def is_ahead(moment: datetime) -> bool:
    """Whether a moment that somebody says has passed is yet to come."""
    return moment > latest_believed()


def believed_read_at(read_at: datetime, changed_at: datetime) -> datetime:
    """When a candidate was read at the earliest, as far as it is known.

    A moment that is yet to come was written with a wrong clock, by a state of this package that
    believed every Date. What is certain is that the candidate was read after it had changed.
    """
    return changed_at if is_ahead(read_at) else read_at


def is_later(known: Version, one: Version) -> bool:
    """Whether a read that is known of is later than this one, which must then not be written.

    Where the known read's moment is not to be believed, this one is earlier for certain only if
    it does not reach the known one's newest change.
    """
    read_at, changed_at = known
    return changed_at > max(one) if is_ahead(read_at) else known > one


class AnswerDates:
    """What is believed of the Dates of one API's answers.

    Upwards our own clock is the bound. Downwards it is not: what is read is taken to be complete
    up to the answer's moment, so a clock of ours that is fast must not move that moment on. There
    the API's own earlier answers are the bound: none was given before one that had come already.
    """

    def __init__(self, name: str, log: logging.Logger) -> None:
        self._name = name
        self._log = log
        self._latest: datetime | None = None
        self._is_told = False

    def believed(self, dated: datetime, sent_at: datetime) -> datetime:
        """The Date, or in its place a moment that the answer is certainly not older than."""
        if is_ahead(dated):
            # In whole seconds, as every Date is: two reads of one second are of one moment.
            moment = sent_at.replace(microsecond=0)
        elif self._latest is not None and dated < self._latest - CLOCKS_APART:
            moment = self._latest
        else:
            moment = dated
        # Threads may overwrite each other's: any of their moments is a bound.
        self._latest = max(moment, self._latest or moment)
        if moment != dated and not self._is_told:
            self._is_told = True
            self._log.warning(
                "%s dates an answer %s, which cannot be: it is taken for %s. Compare the clock of "
                "this machine with the true time.",
                self._name, format_moment(dated), format_moment(moment),
            )  # fmt: skip
        return moment
