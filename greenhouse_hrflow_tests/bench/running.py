"""A contender run once as a process of its own, against a sandbox in this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from greenhouse_hrflow.sandbox.server.sandbox import Sandbox

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Contender:
    """Who pushes: `program` is a module of `contenders`, `workers` its connections where it asks.

    `sequential`: one request at a time, so that its rate does not depend on the count.
    `remembering`: the module that pushes as a run that may remember an earlier one, where there
    is another one for that.
    """

    name: str
    program: str
    workers: int | None = None
    sequential: bool = True
    remembering: str = ""


OURS = Contender("this project, 16 workers", "this_project", 16, False, "this_project_in_dagster")
REFERENCE = Contender("hrflow-connectors 4.28.0", "reference")
CONTENDERS = (
    OURS,
    Contender("this project, 64 workers", "this_project", 64, False, "this_project_in_dagster"),
    REFERENCE,
    Contender("one connection", "one_connection"),
    Contender("plain upsert", "plain_upsert"),
)


@dataclass(frozen=True)
class Figures:
    """What one run took: seconds, and what the sandbox counted at HrFlow and in connections.

    `peak_mib`: the most memory that its process had resident.
    """

    people: int
    pull_seconds: float
    push_seconds: float
    cpu_seconds: float
    failed: int
    requests: int
    connections: int
    peak_mib: int

    @property
    def rate(self) -> float:
        """Profiles a second."""
        return self.people / self.push_seconds


def start(contender: Contender, sandbox: Sandbox, **more: str) -> subprocess.Popen[str]:
    """The contender's process, begun; its figures come on its standard output."""
    python = sys.executable
    if contender.program == REFERENCE.program:
        python = str(_ROOT / ".venv-bench" / "bin" / "python")
    workers = {"GREENHOUSE_HRFLOW_PUSH_WORKERS": str(contender.workers or 1)}
    return subprocess.Popen(
        [python, "-m", f"greenhouse_hrflow_tests.bench.contenders.{contender.program}"],
        env={**os.environ, **sandbox.environment(), **workers, "PYTHONPATH": str(_ROOT), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(contender: Contender, sandbox: Sandbox, **more: str) -> Figures:
    """Run it to its end; RuntimeError where it told no figures."""
    sandbox.forget_requests()
    connections = sandbox.connections
    told = told_by(contender, sandbox, **more)
    hrflow = sum(count for name, count in sandbox.requests.items() if " /hrflow/" in name)
    opened = sandbox.connections - connections
    seconds = (told["pull"], told["push"], told["cpu"])
    people = len(sandbox.greenhouse.candidate_ids())
    return Figures(people, *seconds, told["failed"], hrflow, opened, told["peak_mib"])


def told_by(contender: Contender, sandbox: Sandbox, **more: str) -> dict[str, Any]:
    """Run it to its end: the figures that it tells; RuntimeError where there are none."""
    out, errors = start(contender, sandbox, **more).communicate()
    if not out.strip():
        raise RuntimeError(f"{contender.name} told no figures: {errors[-1000:]}")
    return json.loads(out.strip().splitlines()[-1])
