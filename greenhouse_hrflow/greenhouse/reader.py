"""The way in: one interface to both Harvest versions, and the choice between them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from urllib3.util import Retry

from greenhouse_hrflow.greenhouse.candidate import ReadCandidate, RecentRecord
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.greenhouse.v1.reader import HarvestV1Reader
from greenhouse_hrflow.greenhouse.v3.reader import HarvestV3Reader
from greenhouse_hrflow.greenhouse.v3.together import CONNECTIONS
from greenhouse_hrflow.http import HttpSession
from greenhouse_hrflow.rate_limiter import AnnouncedLimit, Effort
from greenhouse_hrflow.windows import UpdateWindow

V3_WINDOW = 30.0
V1_WINDOW = 10.0
"""Seconds that an announced limit is for, as Harvest's documentation says."""


class CandidateReader(Protocol):
    """Reads candidates from one Greenhouse account. A context manager that closes itself."""

    @property
    def reading_began_at(self) -> datetime | None:
        """The Date of the first answer to the last `read`; None until that came.

        Up to this moment the read is complete. What changes later, while pages are read, may or
        may not be among the candidates.
        """
        ...

    def read(self, window: UpdateWindow, parameters: PullParameters) -> Iterator[ReadCandidate]:
        """The candidates that changed in the window and that the parameters select, once each.

        Lazy: requests are made as the iterator is consumed, and only a few pages of candidates are
        held at once. The parameters' own update bounds narrow the window. An empty window asks
        nothing.

        Raises:
            FatalError: one of its kinds; asking again would not help.
            TransientError: one of its kinds; the same read may succeed later.
        """
        ...

    def recent_records(self, window: UpdateWindow) -> list[RecentRecord]:
        """The records that changed in the window: of each list its first page, 500 at most.

        One request a list, so that a sensor's tick is cheap. v1 has one list; v3 has one and the
        child lists.
        """
        ...

    @property
    def effort(self) -> Effort:
        """What was asked of Greenhouse so far."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...

    def __enter__(self) -> CandidateReader: ...

    def __exit__(self, *_exception: object) -> None: ...


def open_reader(
    settings: GreenhouseSettings,
    *,
    log: logging.Logger | None = None,
    retries: Retry | None = None,
    timeout: tuple[float, float] = (10.0, 60.0),
    max_wait: float = 300.0,
) -> CandidateReader:
    """A reader of the version that the settings name; nothing is asked yet.

    Args:
        log: receives counts and waits, never a value of a candidate.
        retries: how often an unusable answer is asked for again, and with which waits.
        timeout: seconds to connect, and seconds of silence while reading.
        max_wait: seconds that one request may spend waiting, all retries together.
    """
    log = log or logging.getLogger(__name__)
    is_v3 = settings.harvest_version == "v3"
    session = HttpSession(
        "Greenhouse",
        retries=retries,
        timeout=timeout,
        max_wait=max_wait,
        connections=CONNECTIONS,
        announced_limit=AnnouncedLimit(
            settings.rate_share, V3_WINDOW if is_v3 else V1_WINDOW, settings.token_url
        ),
        log=log,
    )
    reader_class = HarvestV3Reader if is_v3 else HarvestV1Reader
    return reader_class(settings, session, log)
