"""Runs over a partition or a range: what they read, write and leave alone."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import dagster as dg
import pytest

from greenhouse_hrflow.sandbox import HrFlowModes
from greenhouse_hrflow.sandbox.modes import PutMode
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.dagster_results import events_of, failures, metadata
from greenhouse_hrflow_tests.support.stage import (
    CANDIDATES,
    KEYS,
    PROFILES,
    QUIET,
    Stage,
    days_ago,
    key,
)


@pytest.mark.parametrize("version", ["v3", "v1"])
@pytest.mark.parametrize("put_mode", ["replace", "merge"])
def test_a_window_updates_exactly_the_profiles_whose_candidates_changed_in_it(
    make_stage: MakeStage, version: str, put_mode: PutMode
) -> None:
    stage = make_stage(version=version, hrflow=HrFlowModes(put_mode=put_mode))
    before = stage.person(days_ago(3), first_name="Before")
    inside = stage.person(days_ago(2), first_name="Inside")
    after = stage.person(days_ago(1), first_name="After")
    untouched = [stage.sandbox.hrflow.profile(str(candidate)) for candidate in (before, after)]

    result = stage.run(key(2))

    assert result.success
    assert stage.outcomes(key(2)) == {inside: "updated"}
    assert stage.puts() == 1
    assert untouched == [
        stage.sandbox.hrflow.profile(str(candidate)) for candidate in (before, after)
    ]
    profile = stage.sandbox.hrflow.profile(str(inside))
    assert profile is not None
    assert profile["info"]["first_name"] == "Inside"
    assert profile["info"]["gender"] == "female"
    assert profile["skills"] == [{"name": "weaving", "type": "hard", "value": None}]

    assert stage.run(key(2)).success
    assert stage.puts() == 1
    assert stage.outcomes(key(2)) == {inside: "unchanged"}


def test_a_range_is_one_run_with_a_table_a_report_and_metadata_for_each_partition(
    stage: Stage,
) -> None:
    first, last = stage.person(days_ago(3)), stage.person(days_ago(1))

    result = stage.run(key(3), key(1))

    assert result.success
    assert [stage.outcomes(key(days)) for days in (3, 2, 1)] == [
        {first: "updated"},
        {},
        {last: "updated"},
    ]
    pulled = [metadata(result, CANDIDATES, key(days)) for days in (3, 2, 1)]
    assert [values["dagster/partition_row_count"] for values in pulled] == [1, 0, 1]
    assert {values["window"] for values in pulled} == {
        f"[{key(3)}T00:00:00.000Z, {key(0)}T00:00:00.000Z)"
    }
    pushed = [metadata(result, PROFILES, key(days)) for days in (3, 2, 1)]
    assert [values["updated"] for values in pushed] == [1, 0, 1]
    assert [values["failed"] for values in pushed] == [0, 0, 0]


@pytest.mark.parametrize(
    ("partitions", "partition"),
    [("hourly", f"{key(1)}-12:00"), ("0 */6 * * *", f"{key(1)}-12:00")],
)
def test_other_partitions_hold_what_changed_in_them(
    make_stage: MakeStage, partitions: str, partition: str
) -> None:
    stage = make_stage(partitions=partitions, start_date=key(2))
    inside = stage.person(days_ago(1, hour=12))
    stage.person(days_ago(1) - timedelta(milliseconds=1))
    stage.person(days_ago(1) + timedelta(hours=1 if partitions == "hourly" else 6))

    assert stage.run(partition).success
    assert stage.outcomes(partition) == {inside: "updated"}


def test_a_partition_outside_the_users_own_bounds_is_empty_and_asks_nothing(
    make_stage: MakeStage,
) -> None:
    workflow = Workflow(pull_parameters={"updated_after": f"{key(1)}T00:00:00Z"})
    stage = make_stage(workflow=workflow)
    stage.person(days_ago(2))

    result = stage.run(key(2))

    assert result.success
    assert stage.candidates(key(2)) == set()
    assert stage.outcomes(key(2)) == {}
    assert not stage.sandbox.requests
    assert metadata(result, CANDIDATES, key(2))["dagster/partition_row_count"] == 0


def test_a_run_without_a_partition_says_so_at_once(stage: Stage) -> None:
    result = stage.job.execute_in_process(
        instance=stage.instance, run_config=QUIET, raise_on_error=False
    )

    [message] = failures(result)
    assert "without a partition" in message
    assert events_of(result, dg.DagsterEventType.STEP_UP_FOR_RETRY) == []


@pytest.mark.parametrize("forgotten", [(), ("ledger",), ("ledger", "hrflow_profiles")])
def test_an_old_partition_pushed_after_a_newer_one_wrote_turns_nothing_back(
    stage: Stage, forgotten: tuple[str, ...]
) -> None:
    candidate = stage.person(days_ago(2), first_name="Old")
    stage.run(key(2))
    stage.change(candidate, days_ago(1), first_name="New")
    stage.run(key(1))
    stage.forget(*forgotten)
    edits = stage.puts()

    pushed_again = stage.run(key(2), only=PROFILES)

    assert pushed_again.success
    assert stage.outcomes(key(2)) == {candidate: "stale"}
    assert (stage.puts(), stage.first_name(candidate)) == (edits, "New")
    assert stage.run(key(2)).success
    assert (stage.puts(), stage.first_name(candidate)) == (edits, "New")


def test_an_old_partition_pushed_after_a_newer_one_only_compared_turns_nothing_back(
    make_stage: MakeStage,
) -> None:
    workflow = Workflow(format=lambda candidate: {"info": {"first_name": candidate["first_name"]}})
    stage = make_stage(workflow=workflow)
    candidate = stage.person(days_ago(2), first_name="Old")
    stage.run(key(2))
    stage.change(candidate, days_ago(1), first_name="New")
    stage.sandbox.hrflow.edit(
        str(candidate), lambda profile: profile["info"].update(first_name="New")
    )
    stage.run(key(1))
    assert stage.outcomes(key(1)) == {candidate: "unchanged"}
    stage.forget(f"hrflow_profiles/{key(2)}", f"ledger/{workflow.workflow_id}/{key(2)}")

    assert stage.run(key(2), only=PROFILES).success

    assert stage.outcomes(key(2)) == {candidate: "stale"}
    assert stage.first_name(candidate) == "New"


def test_a_dry_run_observes_and_leaves_no_trace(make_stage: MakeStage) -> None:
    stage = make_stage(workflow=Workflow(persist=False))
    stage.person(first_name="New")

    result = stage.run(key())

    assert result.success
    observed = {
        event.asset_key: {
            name: value.value for name, value in event.asset_observation_data.asset_observation
            .metadata.items()
        }
        for event in events_of(result, dg.DagsterEventType.ASSET_OBSERVATION)
    }  # fmt: skip
    assert observed[CANDIDATES] == {"dry_run": True, "dagster/partition_row_count": 1}
    assert observed[PROFILES]["would_update"] == 1
    [shown] = result.get_asset_materialization_events()
    assert shown.asset_key == KEYS.preview
    assert stage.puts() == 0
    assert not (stage.home / "greenhouse_hrflow").exists()
    assert stage.instance.get_materialized_partitions(CANDIDATES) == set()


@pytest.mark.parametrize("url", ["memory://tables-of-a-test", "file://{home}/elsewhere"])
def test_the_tables_may_lie_under_any_url(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    url = url.format(home=stage.home)
    monkeypatch.setenv("GREENHOUSE_HRFLOW_STORAGE", url)
    candidate = stage.person()

    assert stage.run(key()).success
    assert stage.run(key(), only=PROFILES).success

    tables = TableStore(url)
    frame = tables.read(("hrflow_profiles",), key())
    assert frame is not None
    assert frame["candidate_id"].tolist() == [candidate]
    assert frame["outcome"].tolist() == ["unchanged"]
    assert not (stage.home / "greenhouse_hrflow").exists()


def test_the_command_line_materialises_a_partition_of_the_default_code_location(
    stage: Stage,
) -> None:
    inside, outside = stage.person(days_ago(1)), stage.person(days_ago(2))
    command = [
        *(sys.executable, "-W", "ignore", "-m", "dagster", "asset", "materialize"),
        *("-m", "greenhouse_hrflow.definitions", "--partition", key(1)),
        *("--select", "greenhouse_candidates,hrflow_profiles"),
    ]

    completed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert completed.returncode == 0, completed.stderr
    assert stage.outcomes(key(1)) == {inside: "updated"}
    assert stage.first_name(outside) == "nobody yet"
    secret = os.environ["HRFLOW_API_SECRET"]
    assert secret not in completed.stdout + completed.stderr
