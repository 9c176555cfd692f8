"""The second half of a run: transform, push, and call the callback. The assets and
`update_profiles_in_hrflow` share it; what is read before and stored after is theirs.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from greenhouse_hrflow.edit_record import EditRecord
from greenhouse_hrflow.errors import FunctionsFailed, GreenhouseHrflowError
from greenhouse_hrflow.failure_thresholds import fault_of_functions
from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.hrflow.brake import Brake
from greenhouse_hrflow.hrflow.braked_push import push_braked
from greenhouse_hrflow.hrflow.candidate_push import PushSettings
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.noted_edits import was_made
from greenhouse_hrflow.hrflow.push import ProfilePush, PushResult
from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.profiles.transform import (
    FormattedCandidate,
    Transformation,
    Transformed,
    transform,
)
from greenhouse_hrflow.profiles.user_functions import UserFunctionFailed, call
from greenhouse_hrflow.rate_limiter import Effort
from greenhouse_hrflow.report import Outcome, Report, ReportRow
from greenhouse_hrflow.run_result import (
    Event,
    Reason,
    RunResult,
    Status,
    count_events,
    reason_of_most,
    status_of,
)
from greenhouse_hrflow.storage.edit_journal import EditJournal
from greenhouse_hrflow.workflow import Workflow

REASONS_LOGGED = 20
"""How many reasons of a run stand in its log, the most common ones."""


@dataclass(frozen=True)
class Delivery:
    """What became of the candidates of a run.

    Attributes:
        report: a row a candidate.
        events: the same in the reference connector's words, and the callback's.
        fault: what failed the run as a whole; None where it may be called done.
        none_found: HrFlow holds a profile of not a single candidate, of ten or more.
        reading: how the stored profiles were read and why, in words for a person.
        recovered: edits of runs before, which ended without writing them down.
        effort: what was asked of HrFlow.
        seconds: how long the push took.
    """

    report: Report
    events: Counter[Event]
    fault: GreenhouseHrflowError | None = None
    none_found: bool = False
    reading: str = ""
    recovered: Sequence[EditRecord] = ()
    effort: Effort = field(default_factory=Effort)
    seconds: float = 0.0

    @property
    def result(self) -> RunResult:
        """The same as the reference's result."""
        status, reason = status_of(self.events)
        if isinstance(self.fault, FunctionsFailed):
            status, reason = Status.fatal, reason_of_most(self.events)
        elif self.fault is not None:
            status, reason = Status.fatal, Reason.write_failure
        return RunResult(status, reason, self.events, rows=tuple(self.report.rows))


def deliver(
    candidates: Iterable[ReadCandidate],
    workflow: Workflow,
    client: HrFlowClient,
    *,
    run_id: str,
    history: History | None = None,
    journal: EditJournal | None = None,
    brake: Brake | None = None,
    log: logging.Logger,
) -> Delivery:
    """Bring candidates to HrFlow as the workflow says. No fault of a candidate is raised.

    Args:
        journal: where each edit is written down, and what former runs left there is settled.
        brake: stops a delivery that would edit more profiles than it allows; not a dry run.

    Raises:
        StorageUnavailable, and what reading a profile raises: the journal cannot be settled.
    """
    began = time.monotonic()
    transformed = _transformed(candidates, workflow, client, run_id, log)
    # Before anything is edited: what a killed run has written must be seen as it left it.
    look = partial(was_made, client, workflow.last_applied_id)
    recovered = journal.recover(look) if journal else []
    pushed = _push(transformed.to_push, workflow, client, run_id, history, brake, journal, log)
    report = Report([*transformed.settled, *pushed.report.rows])
    # A format that fails for most costs the run its success, and not those that it suits.
    fault = pushed.fault or fault_of_functions(transformed.settled, len(pushed.report.rows))
    delivery = Delivery(
        report,
        count_events(report),
        fault,
        pushed.none_found,
        pushed.reading,
        recovered,
        client.effort,
        time.monotonic() - began,
    )
    _log_reasons(pushed.report.rows, log)
    _log_outcomes(report, log)
    if transformed.to_push and fault is None and workflow.persist:
        _call_back(workflow, delivery, transformed.to_push, log)
    return delivery


def _transformed(
    candidates: Iterable[ReadCandidate],
    workflow: Workflow,
    client: HrFlowClient,
    run_id: str,
    log: logging.Logger,
) -> Transformed:
    """What the workflow's logics and format make of the candidates, and what the log says of it."""
    how = Transformation(
        workflow.last_applied_id,
        workflow.logics,
        workflow.format,
        workflow.push_parameters.fields,
        (client.source_key, client.base_url),
    )
    transformed = transform(candidates, how, run_id)
    for name, count in sorted(transformed.left_out.items()):
        log.info("%d profiles were given %r, which is never edited", count, name)
    _log_reasons(transformed.settled, log)
    return transformed


def _push(
    candidates: Sequence[FormattedCandidate],
    workflow: Workflow,
    client: HrFlowClient,
    run_id: str,
    history: History | None,
    brake: Brake | None,
    journal: EditJournal | None,
    log: logging.Logger,
) -> PushResult:
    settings = PushSettings(
        workflow.last_applied_id,
        workflow.push_parameters.fields,
        run_id,
        workflow.persist,
        journal=journal,
    )
    if brake is not None and workflow.persist:
        result = push_braked(candidates, brake, client, settings, history=history, log=log)
    else:
        result = ProfilePush(client, settings, history=history, log=log).run(candidates)
    # Not where that is interrupted: the next push finds what was made in the journal.
    if journal is not None:
        journal.finish()
    return result


def _call_back(
    workflow: Workflow,
    delivery: Delivery,
    pushed: list[FormattedCandidate],
    log: logging.Logger,
) -> None:
    if workflow.callback is None:
        return
    events = Counter[str]({**delivery.report.outcomes, **delivery.events})
    items = [candidate.item for candidate in pushed]
    parameters = (workflow.pull_parameters, workflow.push_parameters)
    try:
        call(workflow.callback, *parameters, events, items)
    except UserFunctionFailed as failure:
        # Its text may quote a profile; the profiles are pushed, and stay so.
        log.warning("The callback raised %s; the push stands", failure.what)
        delivery.events[Event.callback_failure] += 1
    finally:
        delivery.events[Event.callback_executed] += 1


def _log_reasons(rows: Sequence[ReportRow], log: logging.Logger) -> None:
    """One line a reason, with the count and the id of one candidate, and never a row's `detail`: a
    warning for what somebody may have to mend."""
    ids_of: defaultdict[tuple[Outcome, str], list[int]] = defaultdict(list)
    for row in rows:
        if row.reason is not None:
            ids_of[row.outcome, row.reason].append(row.candidate_id)
    commonest_first = sorted(ids_of.items(), key=lambda item: -len(item[1]))
    for (outcome, reason), ids in commonest_first[:REASONS_LOGGED]:
        to_mend = outcome in (Outcome.REJECTED, Outcome.FAILED)
        level = logging.WARNING if to_mend else logging.INFO
        log.log(level, "%d %s: %s (candidate %d, for example)", len(ids), outcome, reason, ids[0])
    if len(commonest_first) > REASONS_LOGGED:
        log.warning("%d more reasons stand in the report", len(commonest_first) - REASONS_LOGGED)


def _log_outcomes(report: Report, log: logging.Logger) -> None:
    counts = [f"{count} {outcome}" for outcome, count in sorted(report.outcomes.items())]
    log.info("Of %d candidates: %s", len(report.rows), ", ".join(counts) or "nothing to do")
