"""What this project alone is measured by: the pull under a rate limit, backfills, and memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from tempfile import TemporaryDirectory

from greenhouse_hrflow.greenhouse.settings import CHILDREN
from greenhouse_hrflow.sandbox.modes import GreenhouseModes
from greenhouse_hrflow.sandbox.moments import greenhouse_stamp
from greenhouse_hrflow.sandbox.server.sandbox import Sandbox
from greenhouse_hrflow_tests.bench.running import Contender, Figures, run

RATE_LIMIT = 60
"""Requests that the sandbox's Harvest lets through, v3 in 30 s and v1 in 10 s."""

_PULL = Contender("pull", "pull")
_IN_DAGSTER = Contender("this project in Dagster", "this_project_in_dagster", 16)


@dataclass(frozen=True)
class Stage:
    """One run of a stage; `harvest` counts requests to Greenhouse, `refused` its 429s."""

    name: str
    people: int
    harvest: int
    refused: int
    figures: Figures


def pulls(people: int) -> Iterator[Stage]:
    """A window that holds everybody, read by each Harvest version with the rate limit on."""
    for version in ("v3", "v1"):
        with Sandbox(people=people, greenhouse=GreenhouseModes(rate_limit=RATE_LIMIT)) as sandbox:
            figures = run(_PULL, sandbox, GREENHOUSE_HARVEST_VERSION=version)
            yield _stage(f"pull, {version}, {RATE_LIMIT} a window", people, sandbox, figures)


def backfills(people: int) -> Iterator[Stage]:
    """The last 90 days, and a first load of two years at 31 and at 366 partitions a run."""
    for name, days, per_run in (
        ("backfill of 90 days, 31 a run", 90, 31),
        ("first load of two years, 31 a run", 731, 31),
        ("first load of two years, 366 a run", 731, 366),
    ):
        first = datetime.now(timezone.utc) - timedelta(days=days)
        settings = {"BENCH_GRAIN": "daily", "BENCH_FIRST": f"{first:%Y-%m-%d}"}
        with Sandbox(people=people) as sandbox, TemporaryDirectory() as home:
            spread(sandbox, timedelta(days=days))
            figures = run(
                _IN_DAGSTER, sandbox, DAGSTER_HOME=home, BENCH_PER_RUN=str(per_run),
                GREENHOUSE_HARVEST_VERSION="v3", **settings,
            )  # fmt: skip
            yield _stage(name, people, sandbox, figures)


def memory(people: int) -> Iterator[Stage]:
    """Everybody in one run, pull and push, by v1."""
    with Sandbox(people=people) as sandbox, TemporaryDirectory() as home:
        figures = run(_IN_DAGSTER, sandbox, DAGSTER_HOME=home)
        yield _stage("all in one run, v1", people, sandbox, figures)


def spread(sandbox: Sandbox, span: timedelta) -> None:
    """Let everybody's last change lie in this span up to now, one after the other."""
    tables, now = sandbox.greenhouse.tables, datetime.now(timezone.utc)
    ids = sorted(tables.rows["candidates"])
    moments = {
        candidate_id: greenhouse_stamp(now - span * (1 - (place + 0.5) / len(ids)))
        for place, candidate_id in enumerate(ids)
    }
    for candidate_id, row in tables.rows["candidates"].items():
        row["updated_at"] = moments[candidate_id]
    for child in CHILDREN:
        for record_id, row in tables.rows[child].items():
            row["updated_at"] = moments.get(tables.owner(child, record_id) or 0, row["updated_at"])


def _stage(name: str, people: int, sandbox: Sandbox, figures: Figures) -> Stage:
    harvest = sum(n for path, n in sandbox.requests.items() if "/v1/c" in path or "/v3/" in path)
    return Stage(name, people, harvest, sandbox.refused_by_rate_limit, figures)
