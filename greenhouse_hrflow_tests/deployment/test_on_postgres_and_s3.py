"""A backfill and the sensor at once, through Dagster's own daemon and queue, on Postgres and S3."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import dagster as dg
import pytest

from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow_tests.bench.stages import spread
from greenhouse_hrflow_tests.convergence.ground import free_port
from greenhouse_hrflow_tests.convergence.webserver import Webserver
from greenhouse_hrflow_tests.deployment.estate import JOB, MODULE, host, until
from greenhouse_hrflow_tests.support.s3 import S3

DAYS, IN_A_RUN = 28, 7
_RANGE = "dagster/asset_partition_range_start"
_STEPS = ("greenhouse_candidates", "hrflow_profiles")

Span = tuple[float, float]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=150) as sandbox:
        # Each run of the backfill has somebody to edit.
        spread(sandbox, timedelta(days=DAYS))
        yield sandbox


def test_three_runs_and_the_sensors_take_turns_and_leave_nothing_to_do(
    tmp_path: Path, database: str, bucket: S3, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = datetime.now(timezone.utc).date()
    first = today - timedelta(days=DAYS)
    days = [f"{first + timedelta(days=day)}" for day in range(DAYS)]
    settings = {
        "GREENHOUSE_HRFLOW_START_DATE": f"{first}",
        "GREENHOUSE_HRFLOW_PARTITIONS_PER_RUN": f"{IN_A_RUN}",
        "GREENHOUSE_HRFLOW_SENSOR_INTERVAL": "1",
    }
    one = host(tmp_path / "one", database, bucket, sandbox, **settings)
    # The first push lasts until two more runs have begun.
    sandbox.fail(Fault("429", "indexing", "PUT", times=None, retry_after=15))
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", database)
    port = free_port()
    with (
        one.command("dagster", "dev", "-m", MODULE, "-p", f"{port}"),
        dg.DagsterInstance.from_config(one.environment["DAGSTER_HOME"]) as instance,
    ):
        ui = Webserver(port, MODULE, JOB)
        ui.wait_until_up(300.0)
        backfill = ui.backfill(days)
        # While it is under way, somebody changes and the sensor is switched on.
        until(lambda: instance.get_runs_count() > 0, "the first run of the backfill")
        somebody = int(sandbox.hrflow.references()[0])
        sandbox.greenhouse.update_candidate(somebody, first_name="Ada")
        ui.start_sensor()
        until(lambda: _under_way(instance, backfill) >= 3, "a third run of the backfill")
        sandbox.heal()
        assert ui.wait_for_backfill(backfill, 600.0) == "COMPLETED_SUCCESS"
        until(lambda: _is_at_rest(instance, sandbox, somebody), "the sensor's run")

        runs = instance.get_runs()
        of_backfill = [run for run in runs if run.tags.get("dagster/backfill") == backfill]
        assert sorted(run.tags[_RANGE] for run in of_backfill) == days[::IN_A_RUN]
        assert len(runs) > len(of_backfill)
        assert all(run.is_success for run in runs)
        assert _most_at_once([_run_span(instance, run) for run in of_backfill]) >= 3
        for step in _STEPS:
            assert _most_at_once([_step_span(instance, run, step) for run in runs]) == 1, step

        puts = len(sandbox.hrflow.puts)
        assert puts > 0
        assert ui.wait_for_backfill(ui.backfill(days), 600.0) == "COMPLETED_SUCCESS"
        assert len(sandbox.hrflow.puts) == puts


def _under_way(instance: dg.DagsterInstance, backfill: str) -> int:
    """How many runs of a backfill have begun and not ended."""
    started = [dg.DagsterRunStatus.STARTED]
    return instance.get_runs_count(
        dg.RunsFilter(statuses=started, tags={"dagster/backfill": backfill})
    )


def _is_at_rest(instance: dg.DagsterInstance, sandbox: Sandbox, candidate: int) -> bool:
    profile = sandbox.hrflow.profile(str(candidate))
    has_followed = profile is not None and profile["info"]["first_name"] == "Ada"
    return has_followed and all(run.is_finished for run in instance.get_runs())


def _run_span(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Span:
    record = instance.get_run_record_by_id(run.run_id)
    assert record is not None
    assert record.start_time is not None
    assert record.end_time is not None
    return record.start_time, record.end_time


def _step_span(instance: dg.DagsterInstance, run: dg.DagsterRun, step: str) -> Span:
    (stats,) = instance.get_run_step_stats(run.run_id, [step])
    assert stats.start_time is not None
    assert stats.end_time is not None
    return stats.start_time, stats.end_time


def _most_at_once(spans: list[Span]) -> int:
    """How many of these were under way at the same moment, at most."""
    # An end comes before a beginning of the same moment.
    changes = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most
