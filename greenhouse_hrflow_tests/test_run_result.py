"""Status, reason and events: the reference connector's strings, derived from the report."""

from __future__ import annotations

from collections import Counter

import pytest

from greenhouse_hrflow.report import Outcome, Report, ReportRow
from greenhouse_hrflow.run_result import Event, Reason, RunResult, Status, count_events, status_of
from greenhouse_hrflow_tests.support.pushing import CHANGED_AT, READ_AT

UPDATED = (Outcome.UPDATED, None)
LOGIC = (Outcome.REJECTED, "logic_0_raised:KeyError")
FORMAT = (Outcome.REJECTED, "format_raised:KeyError")
REFUSED = (Outcome.REJECTED, "hrflow_refused_422")
UNREADABLE = (Outcome.REJECTED, "greenhouse_gave_no_readable:updated_at")
MISSING = (Outcome.MISSING, "no_profile_with_this_reference")
FAILED = (Outcome.FAILED, "hrflow_kept_failing")
DISCARDED = (Outcome.DISCARDED, None)
Row = tuple[Outcome, "str | None"]


def events_of(*outcomes: Row) -> Counter[Event]:
    rows = [
        ReportRow(1, "1", outcome, CHANGED_AT, READ_AT, READ_AT, "a run", reason)
        for outcome, reason in outcomes
    ]
    return count_events(Report(rows))


def test_the_words_are_those_of_the_reference() -> None:
    assert [member.value for member in Status] == ["success", "success_with_failures", "fatal"]
    assert Status.fatal == "fatal"
    assert Reason.bad_origin_parameters == "bad_origin_parameters"
    assert {"none", "read_failure", "logics_failure", "format_failure", "write_failure"} < {
        member.value for member in Reason
    }
    assert {
        "read_success",
        "read_failure",
        "format_failure",
        "logics_discard",
        "logics_failure",
        "write_failure",
        "callback_failure",
        "callback_executed",
    } < {member.value for member in Event}
    assert all(member.name == member.value for kind in (Status, Reason, Event) for member in kind)


@pytest.mark.parametrize(
    ("row", "event"),
    [
        (LOGIC, Event.logics_failure),
        (FORMAT, Event.format_failure),
        ((Outcome.REJECTED, "format_gave_no_list_at:tags"), Event.format_failure),
        (REFUSED, Event.write_failure),
        ((Outcome.REJECTED, "reference_claimed_by_two_candidates"), Event.write_failure),
        (MISSING, Event.write_failure),
        (FAILED, Event.write_failure),
        (DISCARDED, Event.logics_discard),
        ((Outcome.ANONYMISED, "anonymised_in_greenhouse"), Event.logics_discard),
    ],
)
def test_a_row_counts_as_its_event(row: Row, event: Event) -> None:
    events = events_of(row)
    assert +events == {Event.read_success: 1, event: 1}
    assert events[event.value] == 1  # type: ignore[index] - a member equals its string


def test_who_could_not_be_read_is_no_success_of_reading() -> None:
    assert +events_of(UNREADABLE) == {Event.read_failure: 1}


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.UPDATED,
        Outcome.UNCHANGED,
        Outcome.STALE,
        Outcome.ARCHIVED,
        Outcome.WOULD_UPDATE,
    ],
)
def test_other_outcomes_are_read_and_no_failure(outcome: Outcome) -> None:
    assert +events_of((outcome, None)) == {Event.read_success: 1}


@pytest.mark.parametrize(
    ("rows", "status", "reason"),
    [
        ([], Status.success, Reason.none),
        ([UPDATED], Status.success, Reason.none),
        ([DISCARDED, DISCARDED], Status.success, Reason.none),
        ([DISCARDED, UPDATED], Status.success, Reason.none),
        ([UPDATED, MISSING], Status.success_with_failures, Reason.none),
        ([UPDATED, LOGIC], Status.success_with_failures, Reason.none),
        ([DISCARDED, LOGIC], Status.success_with_failures, Reason.none),
        ([LOGIC, LOGIC], Status.fatal, Reason.logics_failure),
        ([FORMAT, DISCARDED], Status.fatal, Reason.format_failure),
        ([FORMAT, LOGIC], Status.fatal, Reason.format_failure),
        ([FAILED, MISSING, FORMAT], Status.fatal, Reason.write_failure),
        ([REFUSED], Status.fatal, Reason.write_failure),
        ([UNREADABLE, FORMAT], Status.fatal, Reason.format_failure),
        ([UNREADABLE, UPDATED], Status.success_with_failures, Reason.none),
        ([UNREADABLE], Status.success_with_failures, Reason.none),
    ],
)
def test_how_a_run_ended(rows: list[Row], status: Status, reason: Reason) -> None:
    assert status_of(events_of(*rows)) == (status, reason)


def test_a_failed_callback_is_a_success_with_failures() -> None:
    events = events_of(UPDATED)
    events[Event.callback_failure] += 1
    assert status_of(events) == (Status.success_with_failures, Reason.none)


def test_a_result_answers_to_every_event() -> None:
    result = RunResult(Status.success)
    assert (result.status, result.reason) == ("success", "none")
    assert set(result.events) == set(Event)
    assert sum(result.events.values()) == 0
