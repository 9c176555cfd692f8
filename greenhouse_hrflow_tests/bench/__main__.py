"""`make bench`: this project beside other ways to do the same. Nothing is asserted on time.

It prints what it measures, and keeps it in docs/benchmarks.md after every line, so that what an
interrupted run measured is there.
"""

from __future__ import annotations

import argparse
import os
import platform
from datetime import datetime, timezone
from pathlib import Path

from greenhouse_hrflow_tests.bench.faults import SCENARIOS, suffer
from greenhouse_hrflow_tests.bench.running import CONTENDERS, REFERENCE, Figures
from greenhouse_hrflow_tests.bench.speed import CASES, Line, measure

_DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_SPEED = (
    "| people | latency | case | contender | profiles/s | × reference | requests a profile "
    "| new connections | CPU ms a profile |\n|---|---|---|---|---|---|---|---|---|"
)
_LEAGUE = (
    "| fault | contender | differ at the end | failures told | written twice "
    "| fields destroyed |\n|---|---|---|---|---|---|"
)
_NOTES = """\
Written by `make bench`. Every contender is a process of its own; the sandbox is another, and its
own CPU bounds what can be measured at 0 ms. The pull (Harvest v1) is taken from the time of the
push. Candidates without a profile count too. HrFlow takes a null text for an empty one here, which
the reference needs. The reference's reader, references, dates and nulls are mended in memory. The
contenders that send one request at a time are measured at 50 ms on the fewest people alone: their
rate does not depend on how many there are. `plain upsert` is a script that PUTs without reading.
"""


def _machine() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next((line.split(": ")[1] for line in lines if line.startswith("model name")), "")
    now = datetime.now(timezone.utc)
    return f"{now:%Y-%m-%d}, {os.cpu_count()} cores, {model}, Python {platform.python_version()}"


def _rows(line: Line, figures: dict[str, Figures]) -> list[str]:
    reference = figures.get(REFERENCE.name)
    rows: list[str] = []
    for name, each in figures.items():
        ratio = f"{reference.push_seconds / each.push_seconds:.1f}" if reference else ""
        rows.append(
            f"| {line.people} | {line.latency * 1000:.0f} ms | {line.case} | {name} "
            f"| {line.people / each.push_seconds:.0f} | {ratio} "
            f"| {each.requests / line.people:.2f} | {each.connections} "
            f"| {each.cpu_seconds / line.people * 1000:.2f} |"
        )
    return rows


class _Document:
    """The tables so far, printed row by row, and written whole each time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = ["# Benchmarks", "", _NOTES, _machine(), ""]

    def add(self, *lines: str) -> None:
        print(*lines, sep="\n", flush=True)
        self._lines += lines
        self._path.write_text("\n".join(self._lines) + "\n")


def main() -> None:
    """Measure what the options choose."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny numbers, and nothing written")
    parser.add_argument("--people", type=int, nargs="+", default=[500, 5000])
    parser.add_argument("--latencies", type=float, nargs="+", default=[0.0, 0.05])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--only", choices=("speed", "faults"))
    options = parser.parse_args()
    if options.quick:
        options.people, options.latencies, options.repetitions = [20], [0.0], 1
        options.cases = CASES[:1]
    document = _Document(Path(os.devnull) if options.quick else _DOCUMENT)
    if options.only != "faults":
        document.add("## How fast", "", _SPEED)
        for people in options.people:
            for latency in options.latencies:
                for case in options.cases:
                    line = Line(people, latency, case)
                    figures = measure(line, options.repetitions, min(options.people))
                    document.add(*_rows(line, figures))
    if options.only != "speed":
        document.add("", "## Under faults", "", _LEAGUE)
        for scenario in list(SCENARIOS)[: 1 if options.quick else None]:
            for each in CONTENDERS:
                harm = suffer(scenario, each, 20 if options.quick else 200)
                document.add(
                    f"| {scenario} | {each.name} | {harm.differ} | {harm.told} "
                    f"| {harm.twice} | {harm.destroyed} |"
                )


if __name__ == "__main__":
    main()
