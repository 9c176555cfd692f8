"""Saying now and then how far a long piece of work has come, so that a person sees it is alive."""

from __future__ import annotations

import logging
import time

_EVERY = 10.0
"""Seconds between two lines."""


class Progress:
    """The progress of one piece of work.

    Args:
        log: receives the lines.
        line: with a place for each count, such as "%d of %d profiles are done".
    """

    def __init__(self, log: logging.Logger, line: str) -> None:
        self._log = log
        self._line = line
        self._logged_at = time.monotonic()

    def note(self, *counts: int) -> None:
        """Log the line with these counts, if the last one is long enough ago."""
        if time.monotonic() - self._logged_at > _EVERY:
            self._logged_at = time.monotonic()
            self._log.info(self._line, *counts)
