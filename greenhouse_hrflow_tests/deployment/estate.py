"""What a team runs this on, for a test: Dagster on Postgres, the tables on S3, both APIs.

A host is a folder of its own with a DAGSTER_HOME: all that hosts share is Postgres and S3.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import yaml

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.sandbox.trial.environment import sandbox_environment
from greenhouse_hrflow.sandbox.trial.process_group import ProcessGroup
from greenhouse_hrflow_tests.support.s3 import S3

PROJECT = Path(__file__).resolve().parents[2]
MODULE = "greenhouse_hrflow.definitions"
JOB = "update_profiles_in_hrflow"
SENSOR = f"{JOB}_incremental"
PEOPLE = 20

_INSTANCE = PROJECT / "deploy" / "dagster.yaml"


@dataclass(frozen=True)
class Host:
    """A machine: a working folder, a DAGSTER_HOME, and an environment.

    Attributes:
        inside: what a command begins with that runs there, where that is not this machine.
    """

    folder: Path
    environment: Mapping[str, str]
    inside: Sequence[str] = ()

    def command(self, *arguments: str) -> ProcessGroup:
        """A Python module that runs here, and its arguments; what it says is in `said.log`."""
        shell = ["sh", "-c", 'exec "$@" >> "$0" 2>&1', str(self.folder / "said.log")]
        command = [*shell, *self.inside, sys.executable, "-m", *arguments]
        return ProcessGroup(command, environment=self.environment, folder=self.folder)

    def do(self, *arguments: str) -> None:
        """The same to its end.

        Raises:
            AssertionError: it did not succeed.
        """
        with self.command(*arguments) as process:
            until(lambda: process.exit_code is not None, " ".join(arguments))
            assert process.exit_code == 0, self.said

    @property
    def said(self) -> str:
        """What its commands have said."""
        return (self.folder / "said.log").read_text(encoding="utf-8")


def host(folder: Path, postgres: str, bucket: S3, sandbox: Sandbox, **settings: str) -> Host:
    """A new one."""
    home = folder / "dagster_home"
    home.mkdir(parents=True)
    instance = yaml.safe_load(_INSTANCE.read_text(encoding="utf-8"))
    instance["storage"] = {"postgres": {"postgres_url": {"env": "DAGSTER_POSTGRES_URL"}}}
    (home / "dagster.yaml").write_text(yaml.safe_dump(instance), encoding="utf-8")
    inherited = {name: v for name, v in os.environ.items() if not name.startswith("GREENHOUSE_")}
    environment = {
        **sandbox_environment(inherited, sandbox),
        **bucket.environment,
        "DAGSTER_HOME": str(home),
        "DAGSTER_POSTGRES_URL": postgres,
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "GREENHOUSE_HRFLOW_STORAGE": bucket.url,
        "PYTHONPATH": str(PROJECT),
        **settings,
    }
    return Host(folder, environment)


def until(holds: Callable[[], bool], what: str, seconds: float = 300.0) -> None:
    """Wait for it.

    Raises:
        TimeoutError: in vain.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen in {seconds:.0f} s")
        time.sleep(0.1)


def ended_well(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether a run has succeeded; AssertionError where it ended otherwise."""
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert not run.is_failure_or_canceled, run.status
    return run.is_success


def add_people(sandbox: Sandbox) -> None:
    """Some candidates who are called "Before", each with a profile of another name."""
    for _ in range(PEOPLE):
        candidate = sandbox.greenhouse.add_candidate(first_name="Before")
        sandbox.hrflow.add({"reference": str(candidate), "info": {"first_name": "Nobody"}})


def rename_everybody(sandbox: Sandbox, first_name: str) -> None:
    """In Greenhouse."""
    for candidate in sandbox.greenhouse.candidate_ids():
        sandbox.greenhouse.update_candidate(candidate, first_name=first_name)


def first_names(sandbox: Sandbox) -> list[str]:
    """Of all profiles in HrFlow."""
    return [profile["info"]["first_name"] for profile in sandbox.hrflow.profiles()]
