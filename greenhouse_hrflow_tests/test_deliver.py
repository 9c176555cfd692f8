"""The callback: when it is called, with what, and what its failure costs."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from greenhouse_hrflow.deliver import Delivery, deliver
from greenhouse_hrflow.errors import BrakeApplied, FunctionsFailed, QuotaExhausted
from greenhouse_hrflow.greenhouse.candidate import ReadCandidate, complete_candidate
from greenhouse_hrflow.hrflow.brake import Brake
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.run_result import Event, Reason, Status
from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.support.pushing import (
    CHANGED_AT,
    READ_AT,
    add_profiles,
    client_of,
    puts,
)

LOG = logging.getLogger("test")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, 1, 2)
        yield sandbox


class Called(list[tuple[Any, ...]]):
    """A callback that remembers its calls."""

    def __call__(self, *arguments: Any) -> None:
        self.append(arguments)


def delivered(
    sandbox: Sandbox, *ids: int, brake: Brake | None = None, **parameters: Any
) -> Delivery:
    candidates = [
        ReadCandidate(complete_candidate({"id": n, "first_name": f"Zoë {n}"}), CHANGED_AT, READ_AT)
        for n in ids
    ]
    with client_of(sandbox) as client:
        workflow = Workflow(**parameters)
        return deliver(candidates, workflow, client, run_id="a run", brake=brake, log=LOG)


def test_it_is_called_once_with_parameters_events_and_items(sandbox: Sandbox) -> None:
    called = Called()
    delivery = delivered(
        sandbox,
        1,
        2,
        3,
        callback=called,
        pull_parameters={"job_id": 7, "updated_after": "2025-01-01T00:00:00Z"},
        push_parameters={"source_key": "k", "only_edit_fields": ["info", "tags"]},
    )
    ((origin, target, events, items),) = called
    assert origin.job_id == "7"
    assert origin.updated_after.year == 2025
    assert origin.email is None
    assert target.source_key == "k"
    assert list(target.only_edit_fields) == ["info", "tags"]
    assert events["updated"] == events[Outcome.UPDATED] == 2
    assert events["missing"] == events["write_failure"] == events[Event.write_failure] == 1
    assert events["read_success"] == 3
    assert events["format_failure"] == events["no such event"] == 0
    assert sorted(item["reference"] for item in items) == ["1", "2", "3"]
    assert items[0]["info"] == {"first_name": "Zoë 1", "full_name": "Zoë 1"}
    assert delivery.events[Event.callback_executed] == 1
    assert delivery.result.status is Status.success_with_failures


@pytest.mark.parametrize(
    ("ids", "parameters"),
    [
        ((), {}),
        ((1, 2), {"logics": [lambda _: None]}),
        ((1, 2), {"persist": False}),
        ((1,), {"format": lambda _: None}),
    ],
)
def test_it_is_not_called_where_nothing_was_to_be_written(
    sandbox: Sandbox, ids: tuple[int, ...], parameters: dict[str, Any]
) -> None:
    called = Called()
    delivery = delivered(sandbox, *ids, callback=called, **parameters)
    assert called == []
    assert delivery.events[Event.callback_executed] == 0
    assert puts(sandbox) == 0


def test_it_is_called_also_when_nothing_differed(sandbox: Sandbox) -> None:
    delivered(sandbox, 1)
    called = Called()
    delivered(sandbox, 1, callback=called)
    assert called[0][2]["unchanged"] == 1


def test_it_is_not_called_where_the_brake_stops_the_delivery(sandbox: Sandbox) -> None:
    called = Called()
    delivery = delivered(sandbox, 1, 2, callback=called, brake=Brake(0.5, 1))
    assert isinstance(delivery.fault, BrakeApplied)
    assert delivery.result.status is Status.fatal
    assert (called, puts(sandbox)) == ([], 0)


def test_the_brake_stops_no_dry_run(sandbox: Sandbox) -> None:
    delivery = delivered(sandbox, 1, 2, persist=False, brake=Brake(0.5, 1))
    assert delivery.fault is None
    assert delivery.report.outcomes == {Outcome.WOULD_UPDATE: 2}


def test_its_failure_is_counted_and_undoes_nothing(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    def callback(*_arguments: Any) -> None:
        raise ValueError("Zoë 1")

    delivery = delivered(sandbox, 1, callback=callback)
    assert delivery.fault is None
    assert delivery.report.rows[0].outcome is Outcome.UPDATED
    assert delivery.events[Event.callback_failure] == 1
    assert delivery.events[Event.callback_executed] == 1
    assert delivery.result.status is Status.success_with_failures
    place = f"callback (test_deliver.py:{callback.__code__.co_firstlineno + 1})"
    assert f"The callback raised ValueError at {place}; the push stands" in caplog.messages
    assert "Zoë" not in caplog.text


def test_a_callback_that_ends_the_process_does_not_end_the_run(sandbox: Sandbox) -> None:
    delivery = delivered(sandbox, 1, callback=lambda *_: sys.exit(1))
    assert delivery.events[Event.callback_failure] == 1
    assert delivery.result.status is Status.success_with_failures


def refuse_even(item: JsonObject) -> JsonObject:
    if item["id"] % 2 == 0:
        raise LookupError(item["first_name"])
    return {"reference": str(item["id"]), "text": "t"}


def drop(item: JsonObject) -> JsonObject | None:
    return None if item["id"] > 100 else item


@pytest.mark.parametrize(
    ("parameters", "ids", "reason"),
    [
        ({"format": refuse_even}, (*range(2, 22, 2), 1), Reason.format_failure),
        ({"logics": [lambda item: refuse_even(item) and item]}, (*range(2, 22, 2), 1),
         Reason.logics_failure),
        ({"logics": [drop], "format": refuse_even}, (*range(2, 22, 2), 1, *range(101, 161)),
         Reason.format_failure),
        ({"logics": [lambda _: True]}, range(1, 11), Reason.logics_failure),
        ({"format": lambda _: {"reference": "1", "text": "t"}}, range(1, 11),
         Reason.write_failure),
    ],
)  # fmt: skip
def test_functions_that_refuse_most_fail_the_run_after_the_others_are_pushed(
    sandbox: Sandbox, parameters: dict[str, Any], ids: Any, reason: Reason
) -> None:
    called = Called()
    delivery = delivered(sandbox, *ids, callback=called, **parameters)
    assert isinstance(delivery.fault, FunctionsFailed)
    assert "refused 10 of" in str(delivery.fault)
    assert (delivery.result.status, delivery.result.reason) == (Status.fatal, reason)
    assert {row.candidate_id for row in delivery.report.rows} == set(ids)
    assert puts(sandbox) == (1 in ids and len(ids) > 10)
    assert called == []


@pytest.mark.parametrize("ids", [range(2, 20, 2), range(1, 21)])
def test_fewer_than_ten_or_no_more_than_half_do_not(sandbox: Sandbox, ids: range) -> None:
    delivery = delivered(sandbox, *ids, format=refuse_even)
    assert delivery.fault is None


def test_the_log_names_each_reason_once_with_its_count_and_a_candidate(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        delivery = delivered(sandbox, *range(1, 7), format=refuse_even)
    place = f"refuse_even (test_deliver.py:{refuse_even.__code__.co_firstlineno + 2})"
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert warnings == [
        f"3 rejected: format_raised:LookupError at {place} (candidate 2, for example)"
    ]
    assert "Of 6 candidates: 2 missing, 3 rejected, 1 updated" in caplog.messages
    assert "Zoë" not in caplog.text
    assert "Zoë" not in repr(delivery.result)
    details = {row.detail for row in delivery.result.rows if row.outcome is Outcome.REJECTED}
    assert details == {"Zoë 2", "Zoë 4", "Zoë 6"}


def test_a_fault_of_the_whole_is_fatal(sandbox: Sandbox) -> None:
    sandbox.fail(Fault("402", times=None))
    delivery = delivered(sandbox, 1)
    assert isinstance(delivery.fault, QuotaExhausted)
    assert (delivery.result.status, delivery.result.reason) == (Status.fatal, Reason.write_failure)


def test_what_is_left_out_is_told_by_count(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        delivered(sandbox, 1, 2, format=lambda _: {"resume": {"raw": b"%PDF"}, "text": "t"})
    assert "2 profiles were given 'resume', which is never edited" in caplog.messages
    assert not any("%PDF" in str(put.body) for put in sandbox.hrflow.puts)
