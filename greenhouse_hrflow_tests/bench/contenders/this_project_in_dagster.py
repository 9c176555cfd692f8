"""This project's two assets, materialised over all of their partitions, a run after the other.

What an earlier process with the same DAGSTER_HOME has reported is remembered. BENCH_GRAIN and
BENCH_FIRST say which partitions there are (by default one a year), BENCH_PER_RUN how many of them
a run does (by default all); GREENHOUSE_HARVEST_VERSION is v1 unless it is set.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from itertools import islice

import dagster as dg

from greenhouse_hrflow import Workflow, build_definitions
from greenhouse_hrflow_tests.bench.contenders.candidates import tell

_QUIET = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
_RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


def _job() -> dg.JobDefinition:
    definitions = build_definitions(
        Workflow("bench"),
        partitions=os.environ.get("BENCH_GRAIN", "0 0 1 1 *"),
        start_date=os.environ.get("BENCH_FIRST", "2015-01-01"),
    )
    return definitions.resolve_job_def("bench")


def _runs() -> list[tuple[str, str]]:
    """The first and the last partition of each run."""
    partitions = _job().partitions_def
    keys = iter(partitions.get_partition_keys() if partitions else ())
    size = int(os.environ.get("BENCH_PER_RUN", "100000"))
    runs: list[tuple[str, str]] = []
    while chunk := [*islice(keys, size)]:
        runs.append((chunk[0], chunk[-1]))
    return runs


def main() -> None:
    """Do every run, and tell what their two steps took together."""
    os.environ.setdefault("GREENHOUSE_HARVEST_VERSION", "v1")
    runs, cpu_began = _runs(), time.process_time()
    seconds, failed = defaultdict[str, float](float), 0
    with dg.DagsterInstance.get() as instance:
        for of_run in runs:
            result = dg.execute_job(
                dg.reconstructable(_job),
                instance=instance,
                tags=dict(zip(_RANGE, of_run, strict=True)),
                run_config=_QUIET,
            )
            failed += not result.success
            for step in instance.get_run_step_stats(result.run_id):
                took = (step.end_time or 0.0) - (step.start_time or 0.0)
                seconds[step.step_key] += took
    tell(seconds["greenhouse_candidates"], seconds["hrflow_profiles"], failed, cpu_began)


if __name__ == "__main__":
    main()
