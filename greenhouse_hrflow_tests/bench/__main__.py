"""`make bench`: this project beside other ways to do the same. Nothing is asserted on time.

It prints what it measures, and keeps it in docs/benchmarks.md after every line, so that what an
interrupted run measured is there. Parts that are not measured stay as they were.
"""

from __future__ import annotations

import argparse
from itertools import chain, product

from greenhouse_hrflow_tests.bench.cpu import cpu_of_steps
from greenhouse_hrflow_tests.bench.document import DOCUMENT, NOWHERE, Document
from greenhouse_hrflow_tests.bench.faults import SCENARIOS, suffer
from greenhouse_hrflow_tests.bench.running import CONTENDERS, REFERENCE, Figures
from greenhouse_hrflow_tests.bench.speed import Line, measure
from greenhouse_hrflow_tests.bench.stages import Stage, backfills, memory, pulls
from greenhouse_hrflow_tests.bench.trace import trace_a_year

_SPEED = (
    "| people | latency | case | contender | profiles/s | × reference | requests a profile "
    "| new connections | CPU ms a profile |\n|---|---|---|---|---|---|---|---|---|"
)
_STAGES = (
    "| stage | candidates | seconds: pull | push | requests to Greenhouse | of it 429s "
    "| requests to HrFlow | peak MiB |\n|---|---|---|---|---|---|---|---|"
)
_CPU = "| step | CPU ms |\n|---|---|"
_TRACE = (
    "| days | rows a day in each table | files | events told | seconds: median | slowest |\n"
    "|---|---|---|---|---|---|"
)
_LEAGUE = (
    "| fault | contender | lost | turned back | written twice | fields destroyed "
    "| failures told |\n|---|---|---|---|---|---|---|"
)


def _rows(line: Line, case: str, figures: dict[str, Figures]) -> list[str]:
    of_reference = figures[REFERENCE.name].rate
    return [
        f"| {each.people} | {line.latency * 1000:.0f} ms | {case} | {name} "
        f"| {each.rate:.1f} | {each.rate / of_reference:.1f} "
        f"| {each.requests / each.people:.3f} | {each.connections} "
        f"| {each.cpu_seconds / each.people * 1000:.2f} |"
        for name, each in figures.items()
    ]


def _stage_row(stage: Stage) -> str:
    figures = stage.figures
    return (
        f"| {stage.name} | {stage.people} | {figures.pull_seconds:.1f} "
        f"| {figures.push_seconds:.1f} | {stage.harvest} | {stage.refused} "
        f"| {figures.requests} | {figures.peak_mib} |"
    )


def main() -> None:
    """Measure what the options choose."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny numbers, and nothing written")
    parser.add_argument("--people", type=int, nargs="+", default=[500, 5000])
    parser.add_argument("--latencies", type=float, nargs="+", default=[0.0, 0.05])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--only", choices=("speed", "cpu", "stages", "trace", "faults"))
    parser.add_argument("--pulled", type=int, default=5000, help="candidates of the pull")
    parser.add_argument("--loaded", type=int, default=20_000, help="candidates of the backfills")
    parser.add_argument("--days", type=int, default=365, help="of which a candidate is traced")
    parser.add_argument("--changed", type=int, default=10_000, help="candidates a day of them")
    parser.add_argument("--held", type=int, nargs="+", default=[10_000, 100_000])
    options = parser.parse_args()
    if options.quick:
        options.people, options.latencies, options.repetitions = [20], [0.0], 1
        options.pulled, options.held = 20, []
        options.days, options.changed = 3, 20
    document = Document(NOWHERE if options.quick else DOCUMENT)
    parts = {
        "speed": _speed, "cpu": _cpu, "stages": _stages, "trace": _trace, "faults": _faults,
    }  # fmt: skip
    for name, measure_part in parts.items():
        if options.only in (None, name):
            measure_part(document, options)


def _speed(document: Document, options: argparse.Namespace) -> None:
    document.begin("How fast", _SPEED)
    for people, latency in product(options.people, options.latencies):
        line = Line(people, latency)
        measured = measure(line, options.repetitions)
        for case, figures in measured.items():
            document.add(*_rows(line, case, figures))


def _cpu(document: Document, options: argparse.Namespace) -> None:
    document.begin("CPU of a changed profile, in one thread", _CPU)
    for step, milliseconds in cpu_of_steps(options.people[0], options.repetitions).items():
        document.add(f"| {step} | {milliseconds:.2f} |")


def _stages(document: Document, options: argparse.Namespace) -> None:
    document.begin("Stages of this project", _STAGES)
    stages = [pulls(options.pulled), *map(memory, options.held)]
    if not options.quick:
        stages.insert(1, backfills(options.loaded))
    for stage in chain(*stages):
        document.add(_stage_row(stage))


def _trace(document: Document, options: argparse.Namespace) -> None:
    document.begin("One candidate's story", _TRACE)
    figures = trace_a_year(options.days, options.changed, options.repetitions)
    document.add(
        f"| {figures.days} | {figures.rows} | {figures.files} | {figures.events} "
        f"| {figures.median:.2f} | {max(figures.seconds):.2f} |"
    )


def _faults(document: Document, options: argparse.Namespace) -> None:
    document.begin("Under faults", _LEAGUE)
    scenarios, people = (list(SCENARIOS)[:1], 20) if options.quick else (list(SCENARIOS), 200)
    for scenario, each in product(scenarios, CONTENDERS):
        harm = suffer(scenario, each, people)
        document.add(
            f"| {scenario} | {each.name} | {harm.lost} | {harm.turned_back} | {harm.twice} "
            f"| {harm.destroyed} | {harm.told} |"
        )


if __name__ == "__main__":
    main()
