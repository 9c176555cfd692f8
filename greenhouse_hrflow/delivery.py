"""The second half of a run: transform, push, and tell the callback. The assets and
`update_profiles_in_hrflow` share it; what is read before and stored after is theirs.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from greenhouse_hrflow.errors import FunctionsFailed, GreenhouseHrflowError
from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.mission import Callback, Workflow
from greenhouse_hrflow.push import History, ProfilePush
from greenhouse_hrflow.report import ReportRow, count_outcomes
from greenhouse_hrflow.report_log import tell_outcomes, tell_reasons
from greenhouse_hrflow.run_result import (
    Event,
    Reason,
    RunResult,
    Status,
    count_events,
    reason_of_most,
    status_of,
)
from greenhouse_hrflow.transform import FormattedCandidate, Transformation, transform
from greenhouse_hrflow.user_function import UserFunctionFailed, call
from greenhouse_hrflow.verdict import fault_of_functions


@dataclass(frozen=True)
class Delivery:
    """What became of the candidates of a run.

    Attributes:
        rows: the push report.
        events: the same in the reference connector's words, and the callback's.
        fault: what failed the run as a whole; None where it may be called done.
        none_found: HrFlow holds a profile of not a single candidate, of ten or more.
    """

    rows: list[ReportRow]
    events: Counter[Event]
    fault: GreenhouseHrflowError | None = None
    none_found: bool = False

    @property
    def result(self) -> RunResult:
        """The same as the reference's result."""
        status, reason = status_of(self.events)
        if isinstance(self.fault, FunctionsFailed):
            status, reason = Status.fatal, reason_of_most(self.events)
        elif self.fault is not None:
            status, reason = Status.fatal, Reason.write_failure
        return RunResult(status, reason, self.events, rows=tuple(self.rows))


def deliver(
    candidates: Iterable[ReadCandidate],
    workflow: Workflow,
    client: HrFlowClient,
    *,
    run_id: str,
    history: History | None = None,
    log: logging.Logger,
) -> Delivery:
    """Bring candidates to HrFlow as the workflow says. No fault of a candidate is raised."""
    fields = workflow.push_parameters.fields
    how = Transformation(
        workflow.mark_id,
        workflow.logics,
        workflow.format,
        fields,
        (client.source_key, client.base_url),
    )
    transformed = transform(candidates, how, run_id)
    for name, count in sorted(transformed.left_out.items()):
        log.info("%d profiles were given %r, which is not laid over", count, name)
    push = ProfilePush(
        client,
        workflow_id=workflow.mark_id,
        fields=fields,
        run_id=run_id,
        persist=workflow.persist,
        history=history,
        log=log,
    )
    tell_reasons(transformed.settled, log)
    pushed = push.run(transformed.to_push)
    tell_reasons(pushed.rows, log)
    rows = [*transformed.settled, *pushed.rows]
    # A format that fails for most costs the run its success, and not those that it suits.
    fault = pushed.fault or fault_of_functions(transformed.settled, len(pushed.rows))
    delivery = Delivery(rows, count_events(rows), fault, pushed.none_found)
    tell_outcomes(rows, log)
    if workflow.callback is None or not workflow.persist:
        return delivery
    if transformed.to_push and fault is None:
        _call_back(workflow.callback, workflow, delivery, transformed.to_push, log)
    return delivery


def _call_back(
    callback: Callback,
    workflow: Workflow,
    delivery: Delivery,
    pushed: list[FormattedCandidate],
    log: logging.Logger,
) -> None:
    events = Counter[str](
        {**count_outcomes(delivery.rows), **delivery.events},
    )
    try:
        call(
            callback,
            workflow.pull_parameters,
            workflow.push_parameters,
            events,
            [formatted.item for formatted in pushed],
        )
    except UserFunctionFailed as failure:
        # Its text may quote a profile; the profiles are pushed, and stay so.
        log.warning("The callback raised %s; the push stands", failure.what)
        delivery.events[Event.callback_failure] += 1
    finally:
        delivery.events[Event.callback_executed] += 1
