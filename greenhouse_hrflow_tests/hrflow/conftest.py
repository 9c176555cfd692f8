"""The sandbox that the tests of a failing push share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from greenhouse_hrflow.hrflow import stored_profiles
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow_tests.support.pushing import CROWD, add_profiles


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """With a profile of each of `CROWD`, and of nobody else."""
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, *CROWD)
        yield sandbox


@pytest.fixture(params=["by single reads", "by sweep"])
def in_either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Profiles are read one by one, or in pages, whatever their number."""
    fewest = 1 if request.param == "by sweep" else 10_000
    monkeypatch.setattr(stored_profiles, "FEWEST", fewest)
    # However busy the machine is: a page is never taken to cost more than its profiles.
    monkeypatch.setattr(stored_profiles, "LEAST_SECONDS", 0.5)
