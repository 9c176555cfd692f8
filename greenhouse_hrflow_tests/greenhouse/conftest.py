"""What the tests of reading share: a moment, a window, and readers on a sandbox or a stand-in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from urllib3.util import Retry

from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.greenhouse.reader import CandidateReader, open_reader
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.windows import UpdateWindow

START = datetime(2025, 3, 10, 15, 0, tzinfo=timezone.utc)
LAST_WEEK = UpdateWindow(START - timedelta(days=7), START)

Read = Callable[..., dict[int, ReadCandidate]]
OpenReader = Callable[..., CandidateReader]


class SetClock:
    """A clock that stands still until a test sets it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GREENHOUSE_", "HRFLOW_"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def sandbox(clock: SetClock) -> Iterator[Sandbox]:
    """People whom a test may change."""
    with Sandbox(people=60, started_on=START, clock=clock) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def crowd() -> Iterator[Sandbox]:
    """Enough people for several pages, whom no test changes."""
    with Sandbox(people=1100, started_on=START, clock=SetClock()) as sandbox:
        yield sandbox


@pytest.fixture
def reader_of() -> Iterator[OpenReader]:
    """Open a reader: `reader_of(sandbox, "v1")`, or with an address in the sandbox's place."""
    opened: list[CandidateReader] = []

    def open_on(
        server: Sandbox | str, version: str = "v3", *, retries: int = 3, **given: Any
    ) -> CandidateReader:
        settings = {
            "client_id": "a-client-1",
            "client_secret": "hush",
            "api_key": "hush",
            "base_url": server if isinstance(server, str) else server.url,
            "token_url": f"{server}/token",
        }
        if isinstance(server, Sandbox):
            names = {name for name in server.environment() if name.startswith("GREENHOUSE_")}
            settings = {
                name.removeprefix("GREENHOUSE_").lower(): server.environment()[name]
                for name in names
            }
        resolved = GreenhouseSettings.resolve(harvest_version=version, **settings | given)
        opened.append(open_reader(resolved, retries=Retry(total=retries, backoff_factor=0)))
        return opened[-1]

    yield open_on
    for reader in opened:
        reader.close()


@pytest.fixture
def read(reader_of: OpenReader) -> Read:
    """Everything that a fresh reader reads, by id; no candidate may come twice."""

    def read_all(
        server: Sandbox | str,
        version: str = "v3",
        window: UpdateWindow = LAST_WEEK,
        parameters: dict[str, object] | None = None,
        **given: Any,
    ) -> dict[int, ReadCandidate]:
        reader = reader_of(server, version, **given)
        candidates = list(reader.read(window, PullParameters.parse(parameters)))
        by_id = {candidate.id: candidate for candidate in candidates}
        assert len(by_id) == len(candidates)
        return by_id

    return read_all
