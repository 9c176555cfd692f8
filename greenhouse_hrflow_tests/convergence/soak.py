"""The long simulation from the command line: its figures, and what it found broken.

    python -m greenhouse_hrflow_tests.convergence.soak MUTATIONS SEED

ends with exit code 1 where something was lost, turned back or not told. On Postgres and S3 it keeps
its figures in docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path

from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow_tests.bench.document import DOCUMENT, NOWHERE, Document
from greenhouse_hrflow_tests.convergence import verdict
from greenhouse_hrflow_tests.convergence.edits_told import edit_log, told_otherwise
from greenhouse_hrflow_tests.convergence.ground import GROUNDS
from greenhouse_hrflow_tests.convergence.long_simulation import Plan, Soak
from greenhouse_hrflow_tests.convergence.soak_location import LENGTH

_STARTS_WITHIN = 120.0

_ABOUT = """\
`make reliability`: a real `dagster dev` with partitions of five minutes and the sensor every five
seconds, the schedule, backfills and re-executions by hand, while candidates change, recruiters edit
profiles, calls fail, HrFlow is down for a tenth of the time, and run processes are killed by
SIGKILL. When all has come to rest, every profile is compared with its candidate, every edit of a
recruiter must be there, no PUT may have been for nothing, none may have taken a profile back, and
the edit log must name each PUT once, under the run that made it. After each failure in a row the
sensor waits twice as long, so that kills in a row make the longest of the times to a PUT.

| figure | |
|---|---|"""


def main() -> int:
    """Run it, print the figures; 1 where a promise was broken."""
    options = _options()
    plan = Plan(
        options.mutations, options.seed, options.people, options.per_second, options.failing,
        options.killed, options.by_hand,
    )  # fmt: skip
    home = Path(tempfile.mkdtemp(prefix="soak."))
    print(f"{options.mutations} mutations, seed {options.seed}; DAGSTER_HOME is {home}", flush=True)
    with ExitStack() as stack:
        ground = stack.enter_context(GROUNDS[options.on](home))
        soak = Soak(stack, home, ground, plan)
        soak.webserver.wait_until_up(_STARTS_WITHIN)
        soak.webserver.start_schedule()
        soak.reconcile()
        soak.storm()
        soak.settle()
        soak.people.application(min(soak.people.moved - soak.people.gone))
        soak.settle()
        tables = TableStore(ground.storage)
        broken = _broken_promises(soak, tables)
        soak.reconcile()
        people, hrflow = soak.people, soak.sandbox.hrflow
        concerned = soak.sandbox.greenhouse.changed(soak.first + LENGTH, _now())
        broken += [f"after a reconciliation {p}" for p in _not_converged(soak, concerned)]
        broken += verdict.turned_back(people, hrflow)
        _tell(soak, options, tables, broken)
    if not broken:
        shutil.rmtree(home)
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("mutations", type=int, help="how often candidates change")
    parser.add_argument("seed", type=int, help="which simulation it is")
    parser.add_argument("--on", choices=GROUNDS, default="files")
    parser.add_argument("--people", type=int, default=700)
    parser.add_argument("--per-second", type=float, default=1.5, help="mutations")
    parser.add_argument("--failing", type=float, default=0.05, help="the share of all calls")
    parser.add_argument("--killed", type=int, default=5, help="run processes")
    parser.add_argument("--by-hand", type=float, default=30.0, help="seconds between two launches")
    return parser.parse_args()


def _broken_promises(soak: Soak, tables: TableStore) -> list[str]:
    people, hrflow = soak.people, soak.sandbox.hrflow
    promised = people.moved - people.silent - {soak.counts["poisoned"]}
    return [
        *(f"not in step: {problem}" for problem in _not_converged(soak, promised)),
        *(f"lost: {problem}" for problem in soak.recruiter.lost()),
        *(f"in vain: {problem}" for problem in verdict.written_in_vain(people, hrflow)),
        *(f"not told: {problem}" for problem in told_otherwise(hrflow.puts, tables, soak.instance)),
    ]


def _not_converged(soak: Soak, concerned: set[int] | list[int]) -> list[str]:
    return verdict.not_converged(soak.people, soak.sandbox.hrflow, concerned)


def _tell(soak: Soak, options: argparse.Namespace, tables: TableStore, broken: list[str]) -> None:
    document = Document(DOCUMENT if options.on == "postgres-s3" else NOWHERE)
    document.begin("Reliability", _ABOUT)
    for name, figure in _figures(soak, options, tables).items():
        document.add(f"| {name} | {figure} |")
    told = [f"- BROKEN: {problem}" for problem in broken]
    document.add("", *(told or ["Nothing was lost, doubled, turned back or left untold."]))


def _figures(soak: Soak, options: argparse.Namespace, tables: TableStore) -> dict[str, object]:
    runs = Counter(run.status.value for run in soak.instance.get_runs())
    faults, counts = soak.sandbox.faults_met, soak.counts
    lags = soak.lags() or [0.0]
    return {
        "seed": options.seed,
        "Dagster's records and the tables": options.on,
        "candidates": options.people,
        "mutations": soak.people.count,
        "states of a candidate that HrFlow was to hold": sum(map(len, soak.people.states.values())),
        "edits by recruiters in HrFlow": soak.recruiter.edits_by_hand,
        "PUTs": len(soak.sandbox.hrflow.puts),
        "of them of a candidate who was changing while read": verdict.all_half_seen(
            soak.people, soak.sandbox.hrflow
        ),
        "edits in the log": len(edit_log(tables)),
        "calls": soak.sandbox.requests.total(),
        "of them failed": f"{faults.total()}: {_listed(faults.items())}",
        "runs": _listed(runs.items()),
        "run processes killed": f"{counts['killed']}, {counts['killed in the push']} in the push",
        "runs executed again by hand": counts["executed again"],
        "backfills by hand": counts["backfills"],
        "seconds": round((_now() - soak.began).total_seconds()),
        "seconds from a change to its PUT": f"median {statistics.median(lags):.1f}, "
        f"max {max(lags):.1f}",
    }


def _listed(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts))


def _now() -> datetime:
    return datetime.now(timezone.utc)


if __name__ == "__main__":
    sys.exit(main())
