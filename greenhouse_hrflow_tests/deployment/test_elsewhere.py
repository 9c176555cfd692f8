"""What one host began, another one goes on with: they share Postgres and S3, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.storage.table_names import PROFILES
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow_tests.deployment.estate import JOB, MODULE, SENSOR, Host, host, until
from greenhouse_hrflow_tests.support.s3 import S3


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=60) as sandbox:
        yield sandbox


@pytest.fixture
def instance(
    database: str, tmp_path: Path, bucket: S3, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    """What a third one sees of both."""
    third = host(tmp_path / "third", database, bucket, sandbox)
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", database)
    with dg.DagsterInstance.from_config(third.environment["DAGSTER_HOME"]) as instance:
        yield instance


def launch(one: Host, day: str) -> None:
    """Put a run over a day into the queue."""
    tags = json.dumps({"dagster/partition": day})
    one.do("dagster", "job", "launch", "-m", MODULE, "-j", JOB, "--tags", tags)


def test_a_queued_run_is_taken_up_and_the_watermark_goes_on_on_another_host(
    tmp_path: Path, database: str, bucket: S3, sandbox: Sandbox, instance: dg.DagsterInstance
) -> None:
    now = datetime.now(timezone.utc)
    settings = {
        "GREENHOUSE_HRFLOW_SENSOR_INTERVAL": "1",
        "GREENHOUSE_HRFLOW_START_DATE": f"{now - timedelta(days=2):%Y-%m-%d}",
    }
    one, two = (host(tmp_path / name, database, bucket, sandbox, **settings) for name in "ab")
    somebody = sandbox.greenhouse.add_candidate(first_name="Ada")
    sandbox.hrflow.add({"reference": str(somebody), "info": {"first_name": "Nobody"}})

    launch(one, f"{now:%Y-%m-%d}")
    one.do("dagster", "sensor", "start", SENSOR, "-m", MODULE)
    with two.command("dagster._daemon", "run", "-m", MODULE):
        until(lambda: _all_succeeded(instance), "the run that the other host queued")
        until(lambda: bool(_watermark(instance)), "a tick")
    assert _name(sandbox, somebody) == "Ada"
    assert TableStore(bucket.url).read((PROFILES,), f"{now:%Y-%m-%d}") is not None
    before, runs = _watermark(instance), instance.get_runs_count()

    sandbox.greenhouse.update_candidate(somebody, first_name="Augusta")
    sandbox.forget_requests()
    with one.command("dagster._daemon", "run", "-m", MODULE):
        until(lambda: _name(sandbox, somebody) == "Augusta", "the change")
        until(lambda: _all_succeeded(instance), "the sensor's run")
    assert _watermark(instance) >= before
    assert instance.get_runs_count() > runs


def _all_succeeded(instance: dg.DagsterInstance) -> bool:
    runs = instance.get_runs()
    assert not any(run.is_failure_or_canceled for run in runs)
    return bool(runs) and all(run.is_success for run in runs)


def _watermark(instance: dg.DagsterInstance) -> str:
    """As the sensor remembers it; empty before its first tick."""
    for state in instance.all_instigator_state():
        data: Any = state.sensor_instigator_data
        if state.instigator_name == SENSOR and data is not None and data.cursor:
            return json.loads(data.cursor).get("watermark") or ""
    return ""


def _name(sandbox: Sandbox, candidate: int) -> str:
    profile = sandbox.hrflow.profile(str(candidate))
    assert profile is not None
    return profile["info"]["first_name"]
