"""How a run ended, in the vocabulary of the reference connector (hrflow-connectors, v2).

Whoever reads its results keeps their words; what each word is derived from is the push report.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

from greenhouse_hrflow import reasons
from greenhouse_hrflow.report import Outcome, Report, ReportRow


class Status(str, Enum):
    """How a run ended."""

    success = "success"
    success_with_failures = "success_with_failures"
    fatal = "fatal"


class Reason(str, Enum):
    """Why a run ended fatally; `none` for every other."""

    workflow_id_not_found = "workflow_id_not_found"
    origin_is_not_readable = "origin_is_not_readable"
    target_is_not_writable = "target_is_not_writable"
    origin_does_not_support_incremental = "origin_does_not_support_incremental"
    backend_not_configured = "backend_not_configured"
    event_parsing_failure = "event_parsing_failure"
    getting_incremental_token_failure = "getting_incremental_token_failure"
    mode_not_supported_by_origin = "mode_not_supported_by_origin"
    mode_not_supported_by_target = "mode_not_supported_by_target"
    bad_origin_parameters = "bad_origin_parameters"
    bad_target_parameters = "bad_target_parameters"
    format_failure = "format_failure"
    logics_failure = "logics_failure"
    read_failure = "read_failure"
    write_failure = "write_failure"
    none = "none"


class Event(str, Enum):
    """What is counted over a run."""

    read_success = "read_success"
    read_failure = "read_failure"
    format_failure = "format_failure"
    logics_discard = "logics_discard"
    logics_failure = "logics_failure"
    write_failure = "write_failure"
    callback_failure = "callback_failure"
    callback_executed = "callback_executed"
    getting_incremental_token_failure = "getting_incremental_token_failure"


def _no_events() -> Counter[Event]:
    return Counter(dict.fromkeys(Event, 0))


@dataclass(frozen=True)
class RunResult:
    """What `update_profiles_in_hrflow` returns.

    Attributes:
        events: a count for each Event; a member equals its name, so `events["read_success"]`
            works too.
        incremental_token: the watermark as ISO-8601; None where the run was not incremental.
        rows: the push report, what became of each candidate and why; empty where the run ended
            before its push. A row's `detail` may quote a candidate.
    """

    status: Status
    reason: Reason = Reason.none
    events: Counter[Event] = field(default_factory=_no_events)
    incremental: bool = False
    incremental_token: str | None = None
    rows: tuple[ReportRow, ...] = field(default=(), repr=False)


def count_events(report: Report) -> Counter[Event]:
    """Count a report's rows as the reference counts its items."""
    events = _no_events()
    for row in report.rows:
        event = _event(row)
        if event is not Event.read_failure:
            events[Event.read_success] += 1
        if event is not None:
            events[event] += 1
    return events


def _event(row: ReportRow) -> Event | None:
    if row.outcome in (Outcome.DISCARDED, Outcome.ANONYMISED):
        return Event.logics_discard
    if row.outcome in (Outcome.MISSING, Outcome.FAILED):
        return Event.write_failure
    if row.outcome is not Outcome.REJECTED:
        return None
    reason = row.reason or ""
    if reasons.NOT_READABLE.is_of(reason):
        return Event.read_failure
    if reason.startswith("logic_"):
        return Event.logics_failure
    return Event.format_failure if reason.startswith("format_") else Event.write_failure


def status_of(events: Counter[Event]) -> tuple[Status, Reason]:
    """How a run ended that came to its end.

    Nothing read, and everything discarded, are successes; every candidate failing at one step is
    fatal with that step's reason; any other failure is a success with failures.
    """
    read = events[Event.read_success]
    if read and events[Event.logics_failure] == read:
        return Status.fatal, Reason.logics_failure
    to_format = read - events[Event.logics_failure] - events[Event.logics_discard]
    if to_format and events[Event.format_failure] == to_format:
        return Status.fatal, Reason.format_failure
    to_write = to_format - events[Event.format_failure]
    if to_write and events[Event.write_failure] == to_write:
        return Status.fatal, Reason.write_failure
    failures = (
        Event.read_failure,
        Event.logics_failure,
        Event.format_failure,
        Event.write_failure,
        Event.callback_failure,
    )
    failed = any(events[event] for event in failures)
    return (Status.success_with_failures if failed else Status.success), Reason.none


def reason_of_most(events: Counter[Event]) -> Reason:
    """The step at which most of the failed candidates failed."""
    steps = (Reason.logics_failure, Reason.format_failure, Reason.write_failure)
    return max(steps, key=lambda step: events[Event(step.value)])
