"""The incremental sensor as Dagster sees it: its definition, and the tags of its requests."""

from __future__ import annotations

import dagster as dg
import pytest

from greenhouse_hrflow.orchestration.resources import Storage
from greenhouse_hrflow.workflow import Cadence, Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.orchestration.ticks import run_requested
from greenhouse_hrflow_tests.support.dagster_results import requested
from greenhouse_hrflow_tests.support.stage import KEYS, PromptGreenhouse, Stage


def test_dagster_evaluates_the_sensor(stage: Stage) -> None:
    candidate = stage.person(first_name="New")
    repository = stage.definitions.get_repository_def()
    sensor = repository.get_sensor_def("update_profiles_in_hrflow_incremental")
    assert sensor.default_status is dg.DefaultSensorStatus.STOPPED
    assert sensor.minimum_interval_seconds == 300

    resources = {KEYS.greenhouse: PromptGreenhouse(), KEYS.storage: Storage()}

    with dg.build_sensor_context(
        instance=stage.instance, repository_def=repository, resources=resources
    ) as context:
        evaluation = sensor.evaluate_tick(context)

    [request] = evaluation.run_requests or []
    tick = dg.SensorResult(run_requests=[request], cursor=evaluation.cursor)
    run_requested(stage, tick)
    assert stage.first_name(candidate) == "New"
    with (
        dg.build_sensor_context(
            instance=stage.instance,
            repository_def=repository,
            resources=resources,
            cursor="nonsense",
        ) as context,
        pytest.raises(dg.Failure, match=r"cursor cannot be read.*watermark"),
    ):
        sensor.evaluate_tick(context)


def test_the_sensor_is_switched_on_where_the_workflow_is_incremental(
    make_stage: MakeStage,
) -> None:
    stage = make_stage(workflow=Workflow(incremental=True), cadence=Cadence(sensor_interval=60))
    [sensor] = stage.definitions.get_repository_def().sensor_defs

    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert sensor.minimum_interval_seconds == 60


def test_incremental_runs_are_retried_by_the_sensor_alone_and_go_first(stage: Stage) -> None:
    stage.person()

    tags = requested(stage.tick()).tags

    assert tags["dagster/max_retries"] == "0"
    assert int(tags["dagster/priority"]) > 0
