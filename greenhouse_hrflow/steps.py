"""What both assets do with a run's context around the plain modules: pull, push, and fail."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone

import dagster as dg
import pandas as pd

from greenhouse_hrflow.candidate_table import candidate_frame, read_candidates
from greenhouse_hrflow.delivery import Delivery, deliver
from greenhouse_hrflow.errors import GreenhouseHrflowError, TransientError
from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.greenhouse.resource import GreenhouseResource
from greenhouse_hrflow.hrflow.resource import HrFlowResource
from greenhouse_hrflow.hrflow.settings import resolve_source_key
from greenhouse_hrflow.ledger import Ledger
from greenhouse_hrflow.mission import Workflow
from greenhouse_hrflow.push import History
from greenhouse_hrflow.windows import UpdateWindow

_PROGRESS_EVERY = 10.0


def pull(
    context: dg.AssetExecutionContext,
    greenhouse: GreenhouseResource,
    workflow: Workflow,
    windows: Sequence[UpdateWindow],
) -> tuple[pd.DataFrame, datetime]:
    """The candidates of the windows, and when their reading began by Greenhouse's clock."""
    asked_at = datetime.now(timezone.utc)
    began_at: list[datetime] = []
    with greenhouse.open(context.log) as reader:

        def read() -> Iterator[ReadCandidate]:
            for window in windows:
                context.log.info("Reading the candidates that changed in %s", window)
                yield from reader.read(window, workflow.pull_parameters)
                began_at.append(reader.reading_began_at or asked_at)

        frame = candidate_frame(_telling(context, read()), context.run.run_id)
    context.log.info("Read %d candidates", len(frame))
    return frame, min(began_at, default=asked_at)


def push(
    context: dg.AssetExecutionContext,
    hrflow: HrFlowResource,
    workflow: Workflow,
    frame: pd.DataFrame,
    ledger: Ledger,
) -> Delivery:
    """Deliver the candidates of a frame."""
    source_key = resolve_source_key(workflow.push_parameters.source_key)
    history = ledger.history(frame["read_at"].min()) if len(frame) else History()
    with hrflow.open(source_key, context.log) as client:
        return deliver(
            read_candidates(frame),
            workflow,
            client,
            run_id=context.run.run_id,
            history=history,
            log=context.log,
        )


@contextmanager
def as_failure(context: dg.AssetExecutionContext, retry_policy: dg.RetryPolicy) -> Generator[None]:
    """Show our own errors as a step's failure: one message, no stack, retried where it may help.

    The policy is applied here and not given to the asset: Dagster takes an interrupt for a reason
    to retry where an asset has a policy, and the UI's button to terminate a run would not.
    """
    failure: Exception
    try:
        yield
        return
    except GreenhouseHrflowError as error:
        failure, may_pass = dg.Failure(str(error)), isinstance(error, TransientError)
    except Exception as error:  # noqa: BLE001 - a storage that did not answer, say
        failure, may_pass = error, True
    if may_pass and context.retry_number < retry_policy.max_retries:
        wait = retry_policy.calculate_delay(context.retry_number + 1)
        raise dg.RetryRequested(retry_policy.max_retries, wait) from failure
    raise failure


def _telling(
    context: dg.AssetExecutionContext, candidates: Iterator[ReadCandidate]
) -> Iterator[ReadCandidate]:
    """Pass candidates on, and say now and then that the run is alive."""
    told = time.monotonic()
    for count, candidate in enumerate(candidates, start=1):
        if time.monotonic() - told > _PROGRESS_EVERY:
            told = time.monotonic()
            context.log.info("%d candidates are read so far", count)
        yield candidate
