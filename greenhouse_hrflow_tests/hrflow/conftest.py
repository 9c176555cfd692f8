"""The sandbox that the tests of a failing push share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow_tests.support.pushing import CROWD, add_profiles


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """With a profile of each of `CROWD`, and of nobody else."""
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, *CROWD)
        yield sandbox
