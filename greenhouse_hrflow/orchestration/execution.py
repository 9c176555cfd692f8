"""How a step ends: our errors as Dagster's Failure or RetryRequested, and a table stored without an
event. What the steps do is in `pull_step` and `push_step`.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg
import pandas as pd
from dagster._check import CheckError
from dagster._core.execution.plan.outputs import StepOutputHandle

from greenhouse_hrflow.errors import GreenhouseHrflowError, TransientError


def store_without_event(
    context: dg.AssetExecutionContext, frame: pd.DataFrame, keys: Collection[str] | None = None
) -> None:
    """Store a table with the step's own IO manager, and let no partition be materialised by it.

    Args:
        keys: the partitions that the frame holds; by default those of the run.
    """
    step = context.get_step_execution_context()
    output = StepOutputHandle(step.step.key, step.step.step_outputs[0].name)
    of_output = step.get_output_context(output)
    if keys is not None:
        # There is no public way to store a partition that a run does not cover.
        subset = of_output.asset_partitions_def.subset_with_partition_keys(keys)
        setattr(of_output, _SUBSET, subset)
    # An IO manager may be a generator of metadata, which nobody would see here.
    for _ in step.get_io_manager(output).handle_output(of_output, frame) or ():
        pass


_SUBSET = "_asset_partitions_subset"
"""Where Dagster keeps which partitions an output is of."""

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
    context: dg.AssetExecutionContext | dg.OpExecutionContext,
    retry_policy: dg.RetryPolicy,
    metadata: Mapping[str, Any] | None = None,
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
