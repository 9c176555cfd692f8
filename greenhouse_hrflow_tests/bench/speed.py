"""How fast each contender pushes: all changed, unchanged, and the same run again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from tempfile import TemporaryDirectory

from greenhouse_hrflow.sandbox.server.sandbox import Sandbox
from greenhouse_hrflow_tests.bench.running import CONTENDERS, OURS, Contender, Figures, run

CASES = ("changed", "unchanged", "again")


@dataclass(frozen=True)
class Line:
    """One case of the matrix; `latency` in seconds."""

    people: int
    latency: float
    case: str


def measure(line: Line, repetitions: int, slow_from: int) -> dict[str, Figures]:
    """The medians of every contender, which take turns.

    Those that send one request at a time are left out where each request takes a while and there
    are more than `slow_from` people: their rate is that of fewer.
    """
    contenders = [
        each
        for each in CONTENDERS
        if not (each.sequential and line.latency and line.people > slow_from)
    ]
    figures: dict[str, list[Figures]] = {each.name: [] for each in contenders}
    for _ in range(repetitions):
        for contender in contenders:
            figures[contender.name].append(_once(line, contender))
    return {name: _medians(runs) for name, runs in figures.items()}


def _once(line: Line, contender: Contender) -> Figures:
    with (
        Sandbox(people=line.people, null_text="empty", latency=line.latency) as sandbox,
        TemporaryDirectory() as home,
    ):
        if line.case == "again" and contender.remembering:
            contender = replace(contender, program=contender.remembering)
        if line.case == "again":
            run(contender, sandbox, DAGSTER_HOME=home)
        elif line.case == "unchanged":
            # Of another workflow: to the one that is measured, it is the first look.
            run(OURS, sandbox, BENCH_WORKFLOW="before")
        return run(contender, sandbox, DAGSTER_HOME=home)


def _medians(runs: list[Figures]) -> Figures:
    return Figures(
        median(each.pull_seconds for each in runs),
        median(each.push_seconds for each in runs),
        median(each.cpu_seconds for each in runs),
        round(median(each.failed for each in runs)),
        round(median(each.requests for each in runs)),
        round(median(each.connections for each in runs)),
        max(each.peak_mib for each in runs),
    )
