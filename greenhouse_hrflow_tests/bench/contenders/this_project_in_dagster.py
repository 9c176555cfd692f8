"""This project's two assets, materialised once over all that Harvest v1 has: what was reported in
an earlier run with the same DAGSTER_HOME is remembered."""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone

import dagster as dg

from greenhouse_hrflow import Workflow, build_definitions
from greenhouse_hrflow_tests.bench.contenders.candidates import tell

_FIRST_YEAR = 2015
_QUIET = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}


def _job() -> dg.JobDefinition:
    definitions = build_definitions(
        Workflow("bench"), partitions="0 0 1 1 *", start_date=f"{_FIRST_YEAR}-01-01"
    )
    return definitions.resolve_job_def("bench")


def main() -> None:
    """Run the job over every year, and tell what its two steps took."""
    os.environ["GREENHOUSE_HARVEST_VERSION"] = "v1"
    cpu_began = time.process_time()
    years = [f"{year}-01-01-00:00" for year in (_FIRST_YEAR, datetime.now(timezone.utc).year)]
    names = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
    with dg.DagsterInstance.get() as instance:
        result = dg.execute_job(
            dg.reconstructable(_job),
            instance=instance,
            tags=dict(zip(names, years, strict=True)),
            run_config=_QUIET,
        )
        steps = {step.step_key: step for step in instance.get_run_step_stats(result.run_id)}
    pull, push = (
        (step.end_time or 0.0) - (step.start_time or 0.0)
        for step in (steps["greenhouse_candidates"], steps["hrflow_profiles"])
    )
    tell(pull, push, 0 if result.success else -1, cpu_began)


if __name__ == "__main__":
    main()
