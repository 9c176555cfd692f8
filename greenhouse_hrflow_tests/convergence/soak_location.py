"""The code location that the soak's `dagster dev` serves: partitions of minutes, a busy sensor."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

import dagster as dg

from greenhouse_hrflow import Workflow, build_definitions
from greenhouse_hrflow.workflow import Cadence
from greenhouse_hrflow_tests.convergence.location import WORKFLOW, HastyGreenhouse, HastyHrFlow

START_VARIABLE = "SOAK_FIRST_PARTITION"
CADENCE = Cadence(sensor_interval=5, overlap=timedelta(minutes=2))
LENGTH = timedelta(minutes=5)


def key_of(moment: datetime) -> str:
    """The partition that holds a moment."""
    start = moment.replace(minute=moment.minute // 5 * 5, second=0, microsecond=0)
    return f"{start:%Y-%m-%d-%H:%M}"


def definitions() -> dg.Definitions:
    """With the sensor switched on; credentials and storage come from the environment."""
    return build_definitions(
        Workflow(WORKFLOW.workflow_id, incremental=True),
        greenhouse=HastyGreenhouse(),
        hrflow=HastyHrFlow(),
        partitions="*/5 * * * *",
        start_date=os.environ[START_VARIABLE],
        cadence=CADENCE,
        retry_policy=dg.RetryPolicy(max_retries=1, delay=1),
    )


if START_VARIABLE in os.environ:
    defs = definitions()
