"""The code location of a simulation: the real one, but for shorter partitions and less patience.

Without the patience a call that hangs would cost a minute of a test.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

import dagster as dg
from urllib3.util import Retry

from greenhouse_hrflow import Workflow, build_definitions
from greenhouse_hrflow.greenhouse.reader import CandidateReader, open_reader
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.settings import HrFlowSettings
from greenhouse_hrflow.orchestration.partitions import build_partitions
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.orchestration.resources import GreenhouseResource, HrFlowResource
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.workflow import Cadence

START = datetime(2040, 2, 29, 23, 20, tzinfo=timezone.utc)
FIRST_PARTITION = datetime(2040, 2, 29, tzinfo=timezone.utc)
GRAIN = "0 */2 * * *"
LENGTH = timedelta(hours=2)
WORKFLOW = Workflow("convergence")
CADENCE = Cadence()

_RETRIES = Retry(total=4, backoff_factor=0.02, backoff_jitter=0.02)


class HastyGreenhouse(GreenhouseResource):
    """Gives a call up after a second of silence."""

    def open(self, log: logging.Logger, **_patience: Any) -> CandidateReader:
        return open_reader(
            self.settings(), log=log, retries=_RETRIES, timeout=(1.0, 1.0), max_wait=20.0
        )


class HastyHrFlow(HrFlowResource):
    """The same for HrFlow."""

    def open(self, source_key: str, log: logging.Logger | None = None) -> HrFlowClient:
        return HrFlowClient(
            HrFlowSettings.resolve(), source_key, log=log, retries=_RETRIES, timeout=(1.0, 1.0)
        )


@cache
def definitions() -> dg.Definitions:
    """Made once in a process; credentials and storage come from the environment of each run."""
    return build_definitions(
        WORKFLOW,
        greenhouse=HastyGreenhouse(),
        hrflow=HastyHrFlow(),
        partitions=GRAIN,
        start_date=FIRST_PARTITION.isoformat(),
        cadence=CADENCE,
        retry_policy=dg.RetryPolicy(max_retries=1, delay=0.2),
    )


def job() -> dg.JobDefinition:
    """The job that the sensor, the schedule and a person start."""
    return definitions().resolve_job_def(WORKFLOW.workflow_id)


def pipeline() -> Pipeline:
    """What a tick outside of Dagster's daemon works on."""
    return Pipeline(WORKFLOW, partitions(), CADENCE, dg.RetryPolicy(max_retries=1))


def partitions() -> dg.TimeWindowPartitionsDefinition:
    """Of both assets."""
    return build_partitions(GRAIN, FIRST_PARTITION.isoformat())


def start_of(moment: datetime) -> datetime:
    """When the partition began that holds a moment."""
    return moment.replace(hour=moment.hour // 2 * 2, minute=0, second=0, microsecond=0)


def key_of(moment: datetime) -> str:
    """The partition that holds a moment."""
    return f"{start_of(moment):%Y-%m-%d-%H:%M}"


def greenhouse_of(sandbox: Sandbox) -> HastyGreenhouse:
    """The resource that a tick uses, outside of any run."""
    environment = sandbox.environment()
    return HastyGreenhouse(
        harvest_version="v3",
        client_id=environment["GREENHOUSE_CLIENT_ID"],
        client_secret=environment["GREENHOUSE_CLIENT_SECRET"],
        base_url=environment["GREENHOUSE_BASE_URL"],
        token_url=environment["GREENHOUSE_TOKEN_URL"],
    )
