"""How long `python -m greenhouse_hrflow trace` takes over a year of tables and of edits."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.storage.candidate_table import CANDIDATE_SCHEMA
from greenhouse_hrflow.storage.edit_index import EditIndex
from greenhouse_hrflow.storage.edit_log import EDIT_SCHEMA, place_of
from greenhouse_hrflow.storage.report_table import REPORT_SCHEMA
from greenhouse_hrflow.storage.story import index_for_stories
from greenhouse_hrflow.storage.table_names import CANDIDATES, DEFAULT_WORKFLOW_ID, PROFILES
from greenhouse_hrflow.storage.tables import TableStore, to_frame, to_parquet

_ROOT = Path(__file__).parents[2]
_FIRST_ID = 40_000_000
_PEOPLE = 1_000_000
"""As many candidates as an account has, of whom a day changes some."""

_TEXTS = 2_000
"""Different candidates whose JSON is stored; more would only take longer to make."""

_RUNS_A_DAY = 288
"""Of today, which is not indexed before it is over."""

_FIELDS = ["info.first_name", "tags", "educations", "metadatas"]


@dataclass(frozen=True)
class TraceFigures:
    """Seconds from the start of the process to its end, and what it told."""

    days: int
    rows: int
    files: int
    seconds: Sequence[float]
    events: int

    @property
    def median(self) -> float:
        """Of all repetitions."""
        return median(self.seconds)


def trace_a_year(days: int, rows: int, repetitions: int) -> TraceFigures:
    """Look one candidate up in so many days of so many reads, outcomes and edits each."""
    with TemporaryDirectory() as folder:
        year = _Year(TableStore(folder), days, rows)
        candidate = year.make()
        # Twice unmeasured: what is in the disk's cache and what is not differ by the machine.
        runs = [_trace(folder, candidate) for _ in range(repetitions + 2)][2:]
        files = sum(1 for _ in Path(folder).rglob("*.parquet")) - year.indexed_log_files
        return TraceFigures(days, rows, files, [each for each, _ in runs], runs[0][1])


def _trace(folder: str, candidate: int) -> tuple[float, int]:
    command = [sys.executable, "-m", "greenhouse_hrflow", "trace", str(candidate)]
    environment = {**os.environ, "GREENHOUSE_HRFLOW_STORAGE": folder, "PYTHONPATH": str(_ROOT)}
    began = time.monotonic()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    took = time.monotonic() - began
    told = subprocess.run([*command, "--json"], env=environment, check=True, capture_output=True)
    return took, len(json.loads(told.stdout)["events"])


class _Year:
    """The storage of a workflow that has run for a while, up to today."""

    def __init__(self, tables: TableStore, days: int, rows: int) -> None:
        self._tables = tables
        self._days = days
        self._rows = rows
        self._random = random.Random(1)
        self._texts = _texts(min(rows, _TEXTS))
        self.indexed_log_files = 0

    def make(self) -> int:
        """Store it all; a candidate that every thirtieth day has."""
        today = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
        sought = _FIRST_ID + _PEOPLE // 2
        for ago in range(self._days):
            ids = self._random.sample(range(_FIRST_ID, _FIRST_ID + _PEOPLE), self._rows)
            if ago % 30 == 0:
                ids[self._rows // 2] = sought
            self._store_day(today - timedelta(days=ago), ids, is_indexed=ago > 0)
        EditIndex(self._tables).index_closed_days(most=self._days)
        # As many pushes as it takes: each lists a part of what it finds.
        for _ in range(self._days // 64 + 1):
            index_for_stories(self._tables, DEFAULT_WORKFLOW_ID)
        return sought

    def _store_day(self, day: datetime, ids: list[int], *, is_indexed: bool) -> None:
        key = f"{day:%Y-%m-%d}"
        moments = [day + timedelta(days=1) * (place / self._rows) for place in range(self._rows)]
        run_ids = [_run_id(key, place * _RUNS_A_DAY // self._rows) for place in range(self._rows)]
        known = {"changed_at": moments, "read_at": moments, "run_id": run_ids}
        for name, schema, columns in (
            (CANDIDATES, CANDIDATE_SCHEMA, self._candidates(ids)),
            (PROFILES, REPORT_SCHEMA, self._report(ids, moments)),
        ):
            frame = to_frame(_table({**known, **columns}, schema))
            self._tables.write((name,), key, frame)
        edits = _table({**known, **self._edits(ids, moments)}, EDIT_SCHEMA)
        if is_indexed:
            # What is in the index is not looked for in the log: one file stands for the runs of it.
            self._tables.write_file(place_of(key, "all"), to_parquet(edits))
            self.indexed_log_files += 1
            return
        for run, (first, length) in enumerate(_slices(self._rows, _RUNS_A_DAY)):
            content = to_parquet(edits.slice(first, length))
            self._tables.write_file(place_of(key, _run_id(key, run)), content)

    def _candidates(self, ids: list[int]) -> dict[str, Any]:
        texts = [self._texts[place % len(self._texts)] for place in range(len(ids))]
        return {"id": ids, "candidate": texts}

    def _report(self, ids: list[int], moments: list[datetime]) -> dict[str, Any]:
        return {
            "candidate_id": ids,
            "reference": list(map(str, ids)),
            "outcome": ["updated"] * len(ids),
            "pushed_at": moments,
            "profile_key": self._hashes(len(ids)),
            "changed_fields": [_FIELDS] * len(ids),
            "attempts": [0] * len(ids),
            "fingerprint": self._hashes(len(ids)),
        }

    def _edits(self, ids: list[int], moments: list[datetime]) -> dict[str, Any]:
        return {
            "edited_at": moments,
            "workflow": [DEFAULT_WORKFLOW_ID] * len(ids),
            "candidate_id": ids,
            "reference": list(map(str, ids)),
            "profile_key": self._hashes(len(ids)),
            "fields": [_FIELDS] * len(ids),
            "hash_before": self._hashes(len(ids)),
            "hash_after": self._hashes(len(ids)),
        }

    def _hashes(self, count: int) -> list[str]:
        return [f"{self._random.getrandbits(160):040x}" for _ in range(count)]


def _texts(count: int) -> list[str]:
    with Sandbox(people=count) as sandbox:
        greenhouse = sandbox.greenhouse
        return [json.dumps(greenhouse.v1_candidate(each)) for each in greenhouse.candidate_ids()]


def _table(columns: dict[str, Any], schema: pa.Schema) -> pa.Table:
    """The columns that are given; null in every other one."""
    count = len(columns["run_id"])
    return pa.table(
        [pa.array(columns.get(field.name, [None] * count), field.type) for field in schema],
        schema=schema,
    )


def _run_id(day: str, run: int) -> str:
    return f"{day}-{run:04}-4c1e-8d5e-6e1f0c9a7b3d"


def _slices(rows: int, parts: int) -> Iterator[tuple[int, int]]:
    bounds = [part * rows // parts for part in range(parts + 1)]
    return ((first, last - first) for first, last in pairwise(bounds))
