"""What a changed profile costs of this project's CPU: one thread, step by step."""

from __future__ import annotations

from statistics import median

from greenhouse_hrflow.sandbox.modes import HrFlowModes
from greenhouse_hrflow.sandbox.server.sandbox import Sandbox
from greenhouse_hrflow_tests.bench.running import Contender, told_by

_STEPS = Contender("CPU of each step", "cpu_steps")


def cpu_of_steps(people: int, repetitions: int) -> dict[str, float]:
    """Milliseconds of CPU that each step takes a changed profile, the medians."""
    runs = [_measure(people) for _ in range(repetitions)]
    return {name: median(run[name] for run in runs) for name in runs[0]}


def _measure(people: int) -> dict[str, float]:
    with Sandbox(people=people, hrflow=HrFlowModes(null_text="empty")) as sandbox:
        return told_by(_STEPS, sandbox)
