"""`make load`: what a first load of a large account costs, and a day after it.

It prints what it measures, and keeps it in docs/benchmarks.md, with what the same would be for four
times as many candidates. Nothing is asserted on time.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from greenhouse_hrflow_tests.bench.document import DOCUMENT, NOWHERE, Document
from greenhouse_hrflow_tests.bench.load_evening import LATENCY, RATE_LIMIT, Evening, Phase, Size
from greenhouse_hrflow_tests.bench.load_figures import MIB, sizes_of

_SPENT = 0.8
"""The share of Greenhouse's limit that is ours by default."""

_TRUE_WINDOW = 30.0
_LARGER = 400_000

_PHASES = (
    "| phase | minutes | runs | minutes pulling | pushing | requests to Greenhouse | of it 429s "
    "| to HrFlow: reading one | reading a page | editing | peak MiB of a run | events more "
    "| Postgres MiB more | seconds of a tick: median | most | seconds until in HrFlow: median "
    "| most |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)
_TABLES = "| table | files | MiB |\n|---|---|---|"


def main() -> None:
    """Measure what the options choose."""
    options = _options()
    size = Size(
        options.people, options.days, options.per_run, options.changed, options.batches,
        options.window,
    )  # fmt: skip
    document = Document(NOWHERE if options.quick else DOCUMENT)
    home = Path(tempfile.mkdtemp(prefix="load."))
    print(f"DAGSTER_HOME is {home}", flush=True)
    with ExitStack() as stack:
        evening = Evening(stack, home, size)
        document.begin(f"A load of {size.people:,} candidates", _about(size) + _PHASES)
        phases = [evening.first_load()]
        document.add(_row(phases[0]))
        for phase in (
            evening.sensor_begins, evening.nothing_changes, evening.day, evening.closed_partition,
        ):  # fmt: skip
            phases.append(phase())
            document.add(_row(phases[-1]))
        document.add("", *_TABLES.splitlines())
        for name, (files, stored) in sizes_of(evening.tables).items():
            document.add(f"| {name} | {files} | {stored / MIB:.1f} |")
        tables = sum(stored for _, stored in sizes_of(evening.tables).values())
        document.add("", *_larger(phases, size, tables))
    shutil.rmtree(home)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make load", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny numbers, and nothing written")
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=731)
    parser.add_argument("--per-run", type=int, default=31, help="partitions of the backfill")
    parser.add_argument("--changed", type=int, default=2000, help="candidates in a day")
    parser.add_argument("--batches", type=int, default=8)
    parser.add_argument(
        "--window", type=float, default=_TRUE_WINDOW, help="seconds of Greenhouse's rate limit"
    )
    options = parser.parse_args()
    if options.quick:
        options.people, options.days, options.per_run = 60, 4, 2
        options.changed, options.batches, options.window = 4, 1, 1.0
    return options


def _about(size: Size) -> str:
    return (
        f"`make load`: {size.people:,} candidates whose last changes lie over {size.days} daily "
        f"partitions, a backfill of {size.per_run} partitions a run, by `dagster dev` on Postgres; "
        f"the tables in a local folder. Greenhouse lets {RATE_LIMIT} requests through in "
        f"{size.window:.0f} s, of which ours are {_SPENT:.0%}; every answer of both APIs takes "
        f"{LATENCY * 1000:.0f} ms more.\n\n"
    )


def _row(phase: Phase) -> str:
    requests, runs = phase.requests, phase.runs
    cells = [
        phase.name,
        f"{phase.seconds / 60:.1f}",
        f"{runs.count}" + (f", {runs.failed} failed" if runs.failed else ""),
        f"{runs.pulling / 60:.1f}",
        f"{runs.pushing / 60:.1f}",
        requests.greenhouse,
        requests.refused,
        requests.reading_one,
        requests.reading_pages,
        requests.editing,
        runs.peak,
        phase.records.events - phase.records_before.events,
        f"{(phase.records.size - phase.records_before.size) / MIB:.1f}",
        *_middle_and_most(phase.ticks),
        *_middle_and_most(phase.lags),
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _middle_and_most(seconds: list[float]) -> tuple[str, str]:
    return (f"{median(seconds):.1f}", f"{max(seconds):.1f}") if seconds else ("", "")


def _larger(phases: list[Phase], size: Size, tables: int) -> Iterator[str]:
    """The same for more candidates over the same partitions, by arithmetic."""
    load, times = phases[0], _LARGER / size.people
    asked, base = load.requests.greenhouse, min(p.runs.least_peak for p in phases if p.runs.count)
    a_minute = RATE_LIMIT * _SPENT * 60 / _TRUE_WINDOW
    records = (load.records.size - load.records_before.size) / MIB
    yield f"| of the first load | measured | rule | with {_LARGER:,} candidates |"
    yield "|---|---|---|---|"
    for name, measured, rule, larger in (
        ("requests to Greenhouse", asked, "linear in candidates", asked * times),
        (
            f"hours that they take at {a_minute:.0f} a minute",
            asked / a_minute / 60, "linear in requests", asked * times / a_minute / 60,
        ),
        ("edits", load.requests.editing, "linear in candidates", load.requests.editing * times),
        (
            "minutes pushing", load.runs.pushing / 60, "linear in candidates, 16 workers",
            load.runs.pushing / 60 * times,
        ),
        (
            "peak MiB of a run", load.runs.peak,
            f"{base} MiB for a run of hardly anybody, the rest linear in the candidates of a run",
            base + (load.runs.peak - base) * times,
        ),
        (
            "Postgres MiB more", records,
            "linear in partitions and runs; the same however many candidates", records,
        ),
        ("MiB of tables, the day's included", tables / MIB, "linear in candidates",
         tables / MIB * times),
    ):  # fmt: skip
        yield f"| {name} | {_figure(measured)} | {rule} | {_figure(larger)} |"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


if __name__ == "__main__":
    main()
