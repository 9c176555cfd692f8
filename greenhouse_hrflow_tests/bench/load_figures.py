"""What a load costs, looked at from outside: requests, runs, memory, records, tables."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import psycopg2

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow_tests.convergence.runs import process_of

MIB = 2**20
_LOOKS_EVERY = 1.0


@dataclass(frozen=True)
class Requests:
    """How many requests of each kind the two APIs have answered."""

    greenhouse: int
    refused: int
    reading_one: int
    reading_pages: int
    editing: int

    @classmethod
    def to(cls, sandbox: Sandbox) -> Requests:
        """Those that this sandbox has seen since it started."""
        seen = sandbox.requests
        return cls(
            greenhouse=sum(count for name, count in seen.items() if name.startswith("GET /v3/")),
            refused=sandbox.refused_by_rate_limit,
            reading_one=seen["GET /hrflow/v1/profile/indexing"],
            reading_pages=seen["GET /hrflow/v1/storing/profiles"],
            editing=seen["PUT /hrflow/v1/profile/indexing"],
        )

    def since(self, before: Requests) -> Requests:
        """Those that came later."""
        return Requests(
            self.greenhouse - before.greenhouse,
            self.refused - before.refused,
            self.reading_one - before.reading_one,
            self.reading_pages - before.reading_pages,
            self.editing - before.editing,
        )


@dataclass(frozen=True)
class Records:
    """What Dagster's database holds: bytes, events and runs."""

    size: int
    events: int
    runs: int

    @classmethod
    def of(cls, url: str) -> Records:
        """Those of a Postgres."""
        query = (
            "select pg_database_size(current_database()), (select count(*) from event_logs),"
            " (select count(*) from runs)"
        )
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            [row] = cursor.fetchall()
        return cls(*row)


@dataclass(frozen=True)
class RunFigures:
    """What the runs of a phase took; seconds and MiB."""

    count: int
    failed: int
    waited: float
    """The longest that one took from being taken from the queue to its first step."""
    pulling: float
    pushing: float
    peak: int
    least_peak: int


@contextmanager
def _meanwhile(work: Callable[[], None]) -> Generator[None]:
    """Do it once in a while, in a thread, until the ``with`` block ends."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(_LOOKS_EVERY):
            work()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def memory_watched(instance: dg.DagsterInstance) -> Generator[dict[str, int]]:
    """The most MiB that the process of each run has had resident, looked at while it runs."""
    peaks: dict[str, int] = {}
    started = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])

    def look() -> None:
        for run in instance.get_runs(started):
            process = process_of(run)
            peak = _peak_of(process) if process is not None else None
            if peak is not None:
                peaks[run.run_id] = peak

    with _meanwhile(look):
        yield peaks


@contextmanager
def history_forgotten(sandbox: Sandbox) -> Generator[None]:
    """HrFlow's history of PUTs is taken away while it grows: of a hundred thousand profiles, it
    would be most of the sandbox's memory."""

    def forget() -> None:
        with sandbox.hrflow.lock:
            sandbox.hrflow.puts.clear()

    with _meanwhile(forget):
        yield


def _peak_of(process: int) -> int | None:
    """MiB; None where there is no such process."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return None
    lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) // 1024 if lines else None


def figures_of(
    instance: dg.DagsterInstance, run_ids: Iterable[str], peaks: dict[str, int]
) -> RunFigures:
    """What these runs took together."""
    seconds: defaultdict[str, float] = defaultdict(float)
    waited, failed, known = 0.0, 0, [*run_ids]
    for run_id in known:
        record = instance.get_run_record_by_id(run_id)
        if record is None:
            continue
        failed += not record.dagster_run.is_success
        steps = instance.get_run_step_stats(run_id)
        started = [step.start_time for step in steps if step.start_time is not None]
        waited = max(waited, min(started, default=0.0) - (record.start_time or 0.0))
        for step in steps:
            seconds[step.step_key] += (step.end_time or 0.0) - (step.start_time or 0.0)
    seen = [peaks[run_id] for run_id in known if run_id in peaks]
    return RunFigures(
        len(known), failed, waited, seconds["greenhouse_candidates"], seconds["hrflow_profiles"],
        max(seen, default=0), min(seen, default=0),
    )  # fmt: skip


def ticks_of(instance: dg.DagsterInstance, sensor: str, since: float) -> list[float]:
    """Seconds of each tick of a sensor that began at this moment or later."""
    return [
        tick.end_timestamp - tick.timestamp
        for state in instance.all_instigator_state()
        if state.instigator_name == sensor
        for tick in instance.get_ticks(state.instigator_origin_id, state.selector_id, after=since)
        if tick.end_timestamp is not None
    ]


def sizes_of(tables: Path) -> dict[str, tuple[int, int]]:
    """Files and bytes of each table, by its folder."""
    found: dict[str, tuple[int, int]] = {}
    for folder in sorted(tables.iterdir()):
        sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        found[folder.name] = (len(sizes), sum(sizes))
    return found


def wait_until(is_so: Callable[[], bool], seconds: float, what: str) -> None:
    """Look once a second.

    Raises:
        RuntimeError: it does not come true in time.
    """
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not happen in {seconds:.0f} s")
        time.sleep(_LOOKS_EVERY)
