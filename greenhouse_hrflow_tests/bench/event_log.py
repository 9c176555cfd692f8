"""How much Dagster's storage grows: bytes a run and a tick, on Postgres and on SQLite, and a day of
them; and what the purge gives back.

    .venv/bin/python -m greenhouse_hrflow_tests.bench.event_log

Real runs over a sandbox, through Dagster. It needs Postgres on this machine, and prints a table.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import psycopg2
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import TickData, TickStatus
from rich.console import Console
from rich.table import Table

from greenhouse_hrflow.orchestration.build import build_definitions
from greenhouse_hrflow.orchestration.freshness import keep_freshness
from greenhouse_hrflow.orchestration.partitions import build_partitions
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.convergence.clock import ruled_by
from greenhouse_hrflow_tests.support.postgres import postgres
from greenhouse_hrflow_tests.support.stage import INSTANCE, QUIET, RANGE, Clock, Stage, key, utc_now

RANGES = (1, 7, 31)
RUNS, TICKS = 5, 400
KEPT_FOR = timedelta(days=30)

# Each run in a file of its own, as Dagster does without a dagster.yaml.
_SQLITE = INSTANCE.partition("event_log_storage")[0]
_POSTGRES = _SQLITE + "storage:\n  postgres:\n    postgres_url: {url}\n"

Size = Callable[[], int]


def measured(stage: Stage, size: Size) -> Iterator[tuple[str, float]]:
    """What each kind of work adds to the storage, in bytes."""
    yield "an instance without runs", size()
    # What the first run alone writes down, such as the job itself.
    _run(stage, 1)
    for days in RANGES:
        before = size()
        for _ in range(RUNS):
            _run(stage, days)
        yield f"a run over {days} partition{'s' if days > 1 else ''}", (size() - before) / RUNS
    before = size()
    for number in range(TICKS):
        _skipped_tick(stage.instance, number)
    yield "a skipped tick", (size() - before) / TICKS
    before = size()
    for number in range(TICKS):
        _kept_check(stage, utc_now() + number * timedelta(hours=1))
    yield "a result of the check changes_have_arrived", (size() - before) / TICKS


def purged(stage: Stage, size: Size) -> tuple[int, int]:
    """The bytes before and after the purge of all runs but those that something rests on."""
    before = size()
    definitions = build_definitions(Workflow(), keep_runs_for=KEPT_FOR)
    moment = utc_now() + 2 * KEPT_FOR
    with ruled_by(lambda: moment):
        job = definitions.resolve_job_def("update_profiles_in_hrflow_purge")
        assert job.execute_in_process(instance=stage.instance, run_config=QUIET).success
    return before, size()


def _run(stage: Stage, days: int) -> None:
    """A run over so many days, the last of which is open; logged as a daemon's run is."""
    span = (key(days - 1), key())
    result = stage.job.execute_in_process(
        instance=stage.instance,
        partition_key=span[1] if days == 1 else None,
        tags={} if days == 1 else dict(zip(RANGE, span, strict=True)),
        run_config=QUIET,
    )
    assert result.success


def _skipped_tick(instance: dg.DagsterInstance, number: int) -> None:
    """What the daemon writes down of a tick of the sensor that requests no run."""
    cursor = '{"watermark": "2025-01-31T12:00:00.000Z", "seen": []}'
    tick = instance.create_tick(
        TickData(
            instigator_origin_id="0123456789abcdef0123456789abcdef01234567",
            instigator_name="update_profiles_in_hrflow_incremental",
            instigator_type=InstigatorType.SENSOR,
            status=TickStatus.STARTED,
            timestamp=utc_now().timestamp() + number,
            selector_id="0123456789abcdef0123456789abcdef01234567",
        )
    )
    reason = "Nothing has changed in Greenhouse since 2025-01-31T12:00:00.000Z."
    instance.update_tick(
        tick.with_status(TickStatus.SKIPPED).with_reason(reason).with_cursor(cursor)
    )


def _kept_check(stage: Stage, now: datetime) -> None:
    """What the sensor writes down of the check that it keeps, every ten minutes."""
    pipeline = Pipeline(
        stage.workflow,
        build_partitions(stage.partitions, stage.start_date),
        stage.cadence,
        stage.retry_policy,
    )
    keep_freshness(stage.instance, pipeline, now, now)


def on_postgres(stack: ExitStack, home: Path) -> Size:
    """A new Postgres for the instance of this home; its size."""
    url = stack.enter_context(postgres())
    (home / "dagster.yaml").write_text(_POSTGRES.format(url=url))

    def size() -> int:
        connection = psycopg2.connect(url)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                # What is deleted is free for what comes; what is shown is what is in use.
                cursor.execute("VACUUM FULL")
                cursor.execute("SELECT pg_database_size(current_database())")
                [(found,)] = cursor.fetchall()
                return int(found)
        finally:
            connection.close()

    return size


def on_sqlite(stack: ExitStack, home: Path) -> Size:
    """SQLite's files in this home; their size."""
    (home / "dagster.yaml").write_text(_SQLITE)

    def size() -> int:
        files = [*(home / "history").rglob("*.db"), *(home / "schedules").rglob("*.db")]
        return sum(file.stat().st_size for file in files)

    return size


def main() -> None:
    """Measure both, and print."""
    table = Table("bytes of", "Postgres", "SQLite")
    columns = [_column(make) for make in (on_postgres, on_sqlite)]
    for rows in zip(*columns, strict=True):
        [name] = {name for name, _ in rows}
        table.add_row(name, *(f"{number:,.0f}" for _, number in rows))
    Console().print(table)


def _column(make: Callable[[ExitStack, Path], Size]) -> list[tuple[str, float]]:
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        size = make(stack, home)
        os.environ["DAGSTER_HOME"] = str(home)
        clock = Clock()
        sandbox = stack.enter_context(Sandbox(people=100, clock=clock))
        os.environ.update(sandbox.environment())
        instance = stack.enter_context(dg.DagsterInstance.from_config(str(home)))
        stage = Stage(home, sandbox, clock, instance)
        rows = [*measured(stage, size)]
        before, after = purged(stage, size)
    return [*rows, ("all of it before the purge", before), ("all of it after", after)]


if __name__ == "__main__":
    main()
