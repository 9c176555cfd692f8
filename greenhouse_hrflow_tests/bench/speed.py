"""How fast each contender pushes: all changed, the same run again, a first look at unchanged."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from statistics import median
from tempfile import TemporaryDirectory

from greenhouse_hrflow.sandbox.modes import HrFlowModes
from greenhouse_hrflow.sandbox.server.sandbox import Sandbox
from greenhouse_hrflow_tests.bench.running import CONTENDERS, Contender, Figures, run

CASES = ("changed", "again", "unchanged")
FEWER_PEOPLE = 100


@dataclass(frozen=True)
class Line:
    """So many people, and what each request takes, in seconds."""

    people: int
    latency: float


def measure(line: Line, repetitions: int) -> dict[str, dict[str, Figures]]:
    """The medians of each case and contender; the contenders take turns.

    Those that send one request at a time push fewer people where each request takes a while: their
    rate does not depend on how many there are.
    """
    runs: dict[str, dict[str, list[Figures]]] = {case: defaultdict(list) for case in CASES}
    for _ in range(repetitions):
        for contender in CONTENDERS:
            is_slow = contender.sequential and line.latency
            people = min(line.people, FEWER_PEOPLE) if is_slow else line.people
            for case, figures in _all_cases(replace(line, people=people), contender).items():
                runs[case][contender.name].append(figures)
    return {case: {name: _medians(of) for name, of in runs[case].items()} for case in CASES}


def _all_cases(line: Line, contender: Contender) -> dict[str, Figures]:
    with (
        Sandbox(
            people=line.people, hrflow=HrFlowModes(null_text="empty"), latency=line.latency
        ) as sandbox,
        TemporaryDirectory() as home,
    ):
        changed = run(contender, sandbox)
        # Of another workflow: to the one that is measured, it is the first look.
        unchanged = run(contender, sandbox, BENCH_WORKFLOW="another")
        again = unchanged
        if contender.remembering:
            remembering = replace(contender, program=contender.remembering)
            run(remembering, sandbox, DAGSTER_HOME=home)
            again = run(remembering, sandbox, DAGSTER_HOME=home)
        return {"changed": changed, "again": again, "unchanged": unchanged}


def _medians(runs: list[Figures]) -> Figures:
    return Figures(
        runs[0].people,
        median(each.pull_seconds for each in runs),
        median(each.push_seconds for each in runs),
        median(each.cpu_seconds for each in runs),
        round(median(each.failed for each in runs)),
        round(median(each.requests for each in runs)),
        round(median(each.connections for each in runs)),
        max(each.peak_mib for each in runs),
    )
