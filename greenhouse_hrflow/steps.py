"""What both assets do with a run's context around the plain modules: pull, push, and fail."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone

import dagster as dg
import pandas as pd
from dagster._check import CheckError
from dagster._core.execution.plan.outputs import StepOutputHandle

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


def store_without_event(context: dg.AssetExecutionContext, frame: pd.DataFrame) -> None:
    """Store a table with the step's own IO manager, and let no partition be materialised by it."""
    step = context.get_step_execution_context()
    output = StepOutputHandle(step.step.key, step.step.step_outputs[0].name)
    manager = step.get_io_manager(output)
    # An IO manager may be a generator of metadata, which nobody would see here.
    for _ in manager.handle_output(step.get_output_context(output), frame) or ():
        pass


_NEVER_PASSES = (
    CheckError,
    dg.DagsterInvariantViolationError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    NotImplementedError,
    TypeError,
)
"""Mistakes in a program, ours or a user's: running it again ends the same way."""


@contextmanager
def as_failure(
    context: dg.AssetExecutionContext,
    retry_policy: dg.RetryPolicy,
    metadata: Mapping[str, int] | None = None,
) -> Generator[None]:
    """Show our own errors as a step's failure: one message, no stack, retried where it may help.

    The policy is applied here and not given to the asset: Dagster takes an interrupt for a reason
    to retry where an asset has a policy, and the UI's button to terminate a run would not.

    Args:
        metadata: what the failure shows beside its message.
    """
    failure: Exception
    try:
        yield
        return
    except GreenhouseHrflowError as error:
        failure = dg.Failure(str(error), metadata=dict(metadata or {}))
        may_pass = isinstance(error, TransientError)
    except dg.Failure:
        raise
    except Exception as error:  # noqa: BLE001 - a storage that did not answer, say
        failure, may_pass = error, not isinstance(error, _NEVER_PASSES)
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
