"""Which of two reads of a candidate is the later one: the rule by which no profile goes back.

Greenhouse always answers with the current state, so the moment of the answer is the version of what
was read. Its clock orders the reads; ours only bounds it (`clock`).
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from greenhouse_hrflow.clock import is_ahead


class ReadVersion(NamedTuple):
    """One read of a candidate; a later one compares as greater.

    Attributes:
        read_at: the Date of Greenhouse's answer.
        changed_at: the candidate's newest change. Dates have whole seconds: of two reads of one
            second, the one that saw the newer change is the later one.
    """

    read_at: datetime
    changed_at: datetime

    def believed(self) -> ReadVersion:
        """This read with a moment that it certainly took place after.

        A `read_at` that is yet to come was written by version 0.1.0, which believed every Date.
        What is certain is that the candidate was read after it had changed: in whole seconds, as
        every Date is, or a read of the same second that saw a newer change would be the earlier.
        """
        if not is_ahead(self.read_at):
            return self
        return self._replace(read_at=self.changed_at.replace(microsecond=0))

    def is_later_than(self, other: ReadVersion) -> bool:
        """Whether this read is known to be later than the other one, which must not be written.

        Where this read's own moment is not to be believed, the other one is earlier for certain
        only if it does not reach this one's newest change.
        """
        if is_ahead(self.read_at):
            return self.changed_at > max(other)
        return self > other
