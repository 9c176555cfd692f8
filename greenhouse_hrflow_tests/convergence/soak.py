"""The long simulation from the command line: its figures, and what it found broken.

    python -m greenhouse_hrflow_tests.convergence.soak MUTATIONS SEED

ends with exit code 1 where something was lost, turned back or not told.
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
from greenhouse_hrflow_tests.convergence import verdict
from greenhouse_hrflow_tests.convergence.edits_told import edit_log, told_otherwise
from greenhouse_hrflow_tests.convergence.ground import GROUNDS
from greenhouse_hrflow_tests.convergence.long_simulation import Plan, Soak
from greenhouse_hrflow_tests.convergence.soak_location import LENGTH

_STARTS_WITHIN = 120.0


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
        _print_figures(soak, options, tables)
    for problem in broken:
        print(f"BROKEN: {problem}")
    if not broken:
        print("Nothing is broken.")
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


def _print_figures(soak: Soak, options: argparse.Namespace, tables: TableStore) -> None:
    runs = Counter(run.status.value for run in soak.instance.get_runs())
    faults = soak.sandbox.faults_met
    lags = soak.lags() or [0.0]
    figures = {
        "seed": options.seed,
        "on": options.on,
        "people": options.people,
        "mutations": soak.people.count,
        "states": sum(map(len, soak.people.states.values())),
        "edits by recruiters": soak.recruiter.edits_by_hand,
        "PUTs": len(soak.sandbox.hrflow.puts),
        "of them half seen": verdict.all_half_seen(soak.people, soak.sandbox.hrflow),
        "edits in the log": len(edit_log(tables)),
        "calls": soak.sandbox.requests.total(),
        "of them failed": f"{faults.total()}: {_listed(faults.items())}",
        "runs": _listed(runs.items()),
        "killed": f"{soak.counts['killed']}, {soak.counts['killed in the push']} in the push",
        "executed again": soak.counts["executed again"],
        "backfills": soak.counts["backfills"],
        "seconds": round((_now() - soak.began).total_seconds()),
        "lag": f"median {statistics.median(lags):.1f} s, max {max(lags):.1f} s",
    }
    for name, figure in figures.items():
        print(f"{name:>20}  {figure}", flush=True)


def _listed(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts))


def _now() -> datetime:
    return datetime.now(timezone.utc)


if __name__ == "__main__":
    sys.exit(main())
