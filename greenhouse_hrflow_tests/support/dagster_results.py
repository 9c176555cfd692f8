"""Reads what a run in Dagster did (its events), and what a tick of the sensor decided.

What makes the runs and ticks is in `stage`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dagster as dg


def requested(tick: dg.SensorResult) -> dg.RunRequest:
    """The only run that a tick requested."""
    assert tick.run_requests, tick.skip_reason
    [request] = tick.run_requests
    return request


def skipped(tick: dg.SensorResult) -> str:
    """Why a tick requested no run."""
    assert not tick.run_requests
    assert isinstance(tick.skip_reason, dg.SkipReason)
    return tick.skip_reason.skip_message or ""


def failures(result: dg.ExecuteInProcessResult) -> list[str]:
    """What the UI says of the failed steps of a run: the innermost message of each."""
    return [_innermost_message(event) for event in result.all_events if event.is_step_failure]


def _innermost_message(event: dg.DagsterEvent) -> str:
    data = event.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description:
        return data.user_failure_data.description
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message if error else ""


def metadata(
    result: dg.ExecuteInProcessResult, asset: dg.AssetKey, partition_key: str
) -> dict[str, Any]:
    """The metadata of the newest materialisation of a partition."""
    newest: dict[str, Any] = {}
    for event in result.get_asset_materialization_events():
        materialization = event.step_materialization_data.materialization
        if materialization.asset_key == asset and materialization.partition == partition_key:
            newest = {name: value.value for name, value in materialization.metadata.items()}
    return newest


def events_of(result: dg.ExecuteInProcessResult, kind: dg.DagsterEventType) -> Sequence[Any]:
    """All events of a kind, in their order."""
    return [event for event in result.all_events if event.event_type is kind]


def evaluation_of(result: dg.ExecuteInProcessResult, check_name: str) -> dg.AssetCheckEvaluation:
    """The only evaluation that a run made of a check."""
    [evaluation] = [
        evaluation
        for evaluation in result.get_asset_check_evaluations()
        if evaluation.check_name == check_name
    ]
    return evaluation
