"""Incremental runs: what they keep, what they retry, and what other runs do at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import dagster as dg
import pandas as pd
import pytest

from greenhouse_hrflow.orchestration.io_manager import ParquetTables
from greenhouse_hrflow.sandbox import Fault
from greenhouse_hrflow.windows import format_moment
from greenhouse_hrflow.workflow import Cadence
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.dagster_results import evaluation_of, failures
from greenhouse_hrflow_tests.support.stage import CANDIDATES, PROFILES, Stage, days_ago, key

after_storing: list[Callable[[dg.OutputContext], None]] = []
"""What happens when a table has been stored; a test clears it by its fixture."""


class ObservedTables(ParquetTables):
    """Parquet tables; and a moment between a run's two steps in which others may work."""

    def handle_output(self, context: dg.OutputContext, obj: pd.DataFrame) -> None:
        super().handle_output(context, obj)
        for act in list(after_storing):
            act(context)


@pytest.fixture
def observed(make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(f"{__name__}.after_storing", [])
    return make_stage(tables=ObservedTables())


def since(moment: datetime, until: datetime | None = None) -> dict[str, str]:
    """The tags of an incremental run."""
    tags = {"greenhouse_hrflow/updated_after": format_moment(moment)}
    if until is not None:
        tags["greenhouse_hrflow/updated_before"] = format_moment(until)
    return tags


def content(stage: Stage, partition_key: str) -> list[tuple[int, datetime, str]]:
    """The stored candidates, but for who read them and when."""
    frame = stage.table(CANDIDATES, partition_key).sort_values("id")
    return list(zip(frame["id"], frame["changed_at"], frame["candidate"], strict=True))


@pytest.mark.parametrize("version", ["v3", "v1"])
def test_the_tables_hold_what_they_held_and_the_newest_of_what_changed_once_each(
    make_stage: MakeStage, version: str
) -> None:
    stage = make_stage(version=version)
    left, changed = (stage.person(days_ago(1), first_name="Old") for _ in range(2))
    stage.run(key(1))
    stage.change(changed, days_ago(1, hour=13), first_name="New")
    added = stage.person(days_ago(1, hour=13))

    result = stage.run(key(1), tags=since(days_ago(1, hour=13)))

    assert result.success
    assert stage.candidates(key(1)) == {left, changed, added}
    assert stage.outcomes(key(1)) == dict.fromkeys((left, changed, added), "updated")
    assert (stage.puts(), stage.first_name(changed)) == (4, "New")
    pulled = content(stage, key(1))
    stage.run(key(1))
    assert content(stage, key(1)) == pulled
    assert stage.outcomes(key(1)) == dict.fromkeys((left, changed, added), "unchanged")


def test_nothing_but_the_window_is_read_and_pushed(stage: Stage) -> None:
    stage.person(days_ago(1))
    stage.run(key(1))
    stage.sandbox.forget_requests()

    stage.run(key(1), tags=since(days_ago(1, hour=13)))

    assert not any("/hrflow/" in what for what in stage.sandbox.requests)
    assert stage.sandbox.requests["GET /v3/candidates"] == 1


@pytest.mark.parametrize("lost", [False, True])
def test_a_partition_without_a_table_is_read_whole(stage: Stage, lost: bool) -> None:
    early, late = stage.person(days_ago(1, hour=2)), stage.person(days_ago(1, hour=14))
    if lost:
        stage.run(key(1))
        stage.forget(f"greenhouse_candidates/{key(1)}")

    assert stage.run(key(1), tags=since(days_ago(1, hour=13))).success

    assert stage.candidates(key(1)) == {early, late}
    assert stage.first_name(early) == "Ada"


def test_a_range_of_which_one_day_has_a_table(stage: Stage) -> None:
    known = stage.person(days_ago(2))
    stage.run(key(2))
    late, next_day = stage.person(days_ago(2, hour=23)), stage.person(days_ago(1))

    result = stage.run(key(2), key(1), tags=since(days_ago(2, hour=22), days_ago(1, hour=13)))

    assert result.success
    assert [stage.candidates(key(days)) for days in (2, 1)] == [{known, late}, {next_day}]
    assert [stage.outcomes(key(days)) for days in (2, 1)] == [
        {known: "updated", late: "updated"},
        {next_day: "updated"},
    ]


def test_a_profile_that_is_created_later_gets_its_update(stage: Stage) -> None:
    late = stage.person(days_ago(2), profile=False, first_name="Late")
    stage.run(key(2))
    assert stage.outcomes(key(2)) == {late: "missing"}
    stage.profile(late)
    other = stage.person(days_ago(1))

    assert stage.run(key(1), tags=since(days_ago(1))).success

    assert stage.first_name(late) == "Late"
    assert stage.outcomes(key(1)) == {other: "updated"}
    assert stage.outcomes(key(2)) == {late: "updated"}
    edits = stage.puts()
    stage.sandbox.forget_requests()
    stage.run(key(1), tags=since(days_ago(1, hour=13)))
    assert stage.puts() == edits
    assert not any("/hrflow/" in what for what in stage.sandbox.requests)


def test_one_that_always_fails_is_tried_again_and_holds_nobody_up(
    make_stage: MakeStage,
) -> None:
    stage = make_stage(cadence=Cadence(first_retry=timedelta()))
    unlucky = stage.person(days_ago(2))
    stage.sandbox.fail(Fault("500", f"reference={unlucky}", times=None))
    stage.run(key(2))
    outcomes: list[str] = []
    for hour in range(1, 5):
        lucky = stage.person(days_ago(1, hour=hour))
        assert stage.run(key(1), tags=since(days_ago(1, hour=hour))).success
        assert stage.first_name(lucky) == "Ada"
        outcomes.append(stage.outcomes(key(2))[unlucky])

    assert outcomes == ["failed", "failed", "failed", "rejected"]
    assert not evaluation_of(stage.run(key(2)), "no_candidate_is_rejected").passed


def test_what_is_older_than_the_setting_is_given_up(make_stage: MakeStage) -> None:
    stage = make_stage(cadence=Cadence(taken_along_days=0))
    late = stage.person(days_ago(2), profile=False)
    stage.run(key(2))
    stage.profile(late)

    stage.run(key(1), tags=since(days_ago(1)))

    assert stage.first_name(late) == "nobody yet"


def test_an_update_is_delivered_though_another_run_has_read_it_since(observed: Stage) -> None:
    candidate = observed.person(days_ago(1), first_name="Old")
    observed.run(key(1))
    observed.change(candidate, days_ago(1, hour=13), first_name="New")

    def pull_it_again(context: dg.OutputContext) -> None:
        if context.asset_key == CANDIDATES:
            after_storing.clear()
            assert observed.run(key(1), only=CANDIDATES).success

    after_storing.append(pull_it_again)
    assert observed.run(key(1), tags=since(days_ago(1, hour=13))).success

    assert observed.first_name(candidate) == "New"


def test_an_update_is_delivered_though_a_full_run_stored_an_older_read_of_it(
    observed: Stage,
) -> None:
    candidate = observed.person(days_ago(1), first_name="Old")
    observed.run(key(1))
    full_run_has_stored, incremental_has_stored = threading.Event(), threading.Event()
    results: list[dg.ExecuteInProcessResult] = []

    def incremental() -> None:
        tags = since(days_ago(1, hour=13))
        results.append(observed.run(key(1), tags=tags))

    other = threading.Thread(target=incremental)

    def while_the_full_run_reads(_method: str, path: str) -> None:
        # The candidate itself is read by now; this is the last list of what hangs on it.
        if "/v3/applied_candidate_tags?" in path and "candidate_ids" in path:
            observed.sandbox.before_request(None)
            observed.change(candidate, days_ago(1, hour=14), first_name="New")
            other.start()
            assert incremental_has_stored.wait(60)

    def stored(context: dg.OutputContext) -> None:
        if context.asset_key != CANDIDATES:
            return
        if threading.current_thread() is other:
            incremental_has_stored.set()
            assert full_run_has_stored.wait(60)
        else:
            full_run_has_stored.set()

    after_storing.append(stored)
    observed.sandbox.before_request(while_the_full_run_reads)
    full_run = observed.run(key(1))
    other.join()

    assert [failures(result) for result in (full_run, *results)] == [[], []]
    assert observed.first_name(candidate) == "New"
    [(_, _, text)] = content(observed, key(1))
    assert '"first_name":"New"' in text


def test_what_another_run_stored_while_this_one_read_is_kept(observed: Stage) -> None:
    observed.person(days_ago(1, hour=2))
    observed.run(key(1))

    def a_full_run(_method: str, path: str) -> None:
        if "/v3/" in path:
            observed.sandbox.before_request(None)
            observed.person(days_ago(1, hour=3))
            assert observed.run(key(1)).success

    observed.sandbox.before_request(a_full_run)
    assert observed.run(key(1), tags=since(days_ago(1, hour=13))).success

    assert len(observed.candidates(key(1))) == 2
    assert len(observed.outcomes(key(1))) == 2


def test_a_push_alone_pushes_all_that_its_tables_hold(stage: Stage) -> None:
    people = [stage.person(days_ago(1, hour=hour)) for hour in (2, 14)]
    tags = since(days_ago(1, hour=13))
    stage.run(key(1), only=CANDIDATES)

    assert stage.run(key(1), tags=tags, only=PROFILES).success

    assert stage.outcomes(key(1)) == dict.fromkeys(people, "updated")


def test_a_wrong_tag_is_named(stage: Stage) -> None:
    [message] = failures(stage.run(key(1), tags={"greenhouse_hrflow/updated_before": "a week ago"}))

    assert "greenhouse_hrflow/updated_before" in message
    assert "week" not in message


def test_windows_of_milliseconds_are_half_open(stage: Stage) -> None:
    noon, millisecond = days_ago(1), timedelta(milliseconds=1)
    stage.run(key(1))
    people = [stage.person(noon + step * millisecond) for step in (-1, 0, 1)]

    stage.run(key(1), tags=since(noon, noon + millisecond))

    assert stage.candidates(key(1)) == {people[1]}
