"""Fixtures of the tests that run through Dagster: an instance on disk, and a stage on a sandbox."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from hypothesis import HealthCheck, settings

from greenhouse_hrflow.sandbox import GreenhouseModes, HrFlowModes, Sandbox
from greenhouse_hrflow_tests.support.stage import INSTANCE, Clock, Stage

# A busy machine is slow, and what fails once fails again: nothing by the clock, nothing by chance.
settings.register_profile(
    "repeatable",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
)
settings.load_profile("repeatable")

MakeStage = Callable[..., Stage]

# A shell starts what runs in its background deaf to Ctrl-C, and every child inherits that; some
# tests are about Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: some tests wait for processes of their own."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DAGSTER_HOME with empty databases: to create them takes seconds, to copy them none."""
    home = tmp_path_factory.mktemp("empty_home")
    (home / "dagster.yaml").write_text(INSTANCE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(home))
        with dg.DagsterInstance.from_config(str(home)) as instance:
            instance.get_runs(limit=1)
    return home


@pytest.fixture
def home(empty_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DAGSTER_HOME of the test's own, in an environment that names no account."""
    for name in [name for name in os.environ if name.startswith(("GREENHOUSE_", "HRFLOW_"))]:
        monkeypatch.delenv(name)
    copied = tmp_path / "home"
    shutil.copytree(empty_home, copied)
    monkeypatch.setenv("DAGSTER_HOME", str(copied))
    return copied


@pytest.fixture
def make_stage(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeStage]:
    """`make_stage(version="v1", hrflow=HrFlowModes(…), people=20, workflow=…, cadence=…)`."""
    with ExitStack() as stack:
        instance = stack.enter_context(dg.DagsterInstance.from_config(str(home)))

        def make(
            *,
            version: str = "v3",
            greenhouse: GreenhouseModes | None = None,
            hrflow: HrFlowModes | None = None,
            people: int = 0,
            latency: float = 0.0,
            **options: Any,
        ) -> Stage:
            clock = Clock()
            sandbox = stack.enter_context(
                Sandbox(
                    people=people,
                    clock=clock,
                    latency=latency,
                    greenhouse=greenhouse,
                    hrflow=hrflow,
                )
            )
            for name, value in sandbox.environment().items():
                monkeypatch.setenv(name, value)
            monkeypatch.setenv("GREENHOUSE_HARVEST_VERSION", version)
            return Stage(home, sandbox, clock, instance, **options)

        yield make


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """The plain workflow on v3, and nobody in Greenhouse yet."""
    return make_stage()
