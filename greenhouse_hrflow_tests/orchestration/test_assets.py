"""The two assets, run through Dagster: what a run writes, tells and leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import dagster as dg
import pytest

from greenhouse_hrflow.sandbox import Fault
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.stage import (
    CANDIDATES,
    PROFILES,
    QUIET,
    Stage,
    days_ago,
    events_of,
    failures,
    key,
    metadata,
)


def checked(result: dg.ExecuteInProcessResult, name: str) -> dg.AssetCheckEvaluation:
    """The one evaluation of a check of the profiles."""
    [check] = [one for one in result.get_asset_check_evaluations() if one.check_name == name]
    return check


@pytest.mark.parametrize("version", ["v3", "v1"])
@pytest.mark.parametrize("put_mode", ["replace", "merge"])
def test_a_window_updates_exactly_the_profiles_whose_candidates_changed_in_it(
    make_stage: MakeStage, version: str, put_mode: str
) -> None:
    stage = make_stage(version=version, put_mode=put_mode)
    before = stage.person(days_ago(3), first_name="Before")
    inside = stage.person(days_ago(2), first_name="Inside")
    after = stage.person(days_ago(1), first_name="After")
    untouched = {one: stage.sandbox.hrflow.profile(str(one)) for one in (before, after)}

    result = stage.run(key(2))

    assert result.success
    assert stage.outcomes(key(2)) == {inside: "updated"}
    assert stage.puts() == 1
    assert untouched == {one: stage.sandbox.hrflow.profile(str(one)) for one in (before, after)}
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
    told = [metadata(result, CANDIDATES, key(days)) for days in (3, 2, 1)]
    assert [each["dagster/row_count"] for each in told] == [1, 0, 1]
    assert {each["window"] for each in told} == {
        f"[{key(3)}T00:00:00.000Z, {key(0)}T00:00:00.000Z)"
    }
    told = [metadata(result, PROFILES, key(days)) for days in (3, 2, 1)]
    assert [each["updated"] for each in told] == [1, 0, 1]
    assert [each["failed"] for each in told] == [0, 0, 0]


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
    workflow = Workflow(format=lambda one: {"info": {"first_name": one["first_name"]}})
    stage = make_stage(workflow=workflow)
    candidate = stage.person(days_ago(2), first_name="Old")
    stage.run(key(2))
    stage.change(candidate, days_ago(1), first_name="New")
    stage.sandbox.hrflow.edit(str(candidate), lambda p: p["info"].update(first_name="New"))
    stage.run(key(1))
    assert stage.outcomes(key(1)) == {candidate: "unchanged"}
    stage.forget(f"hrflow_profiles/{key(2)}", f"ledger/{workflow.workflow_id}/{key(2)}")

    assert stage.run(key(2), only=PROFILES).success

    assert stage.outcomes(key(2)) == {candidate: "stale"}
    assert stage.first_name(candidate) == "New"


@pytest.mark.parametrize(
    ("variable", "names"),
    [
        ("GREENHOUSE_CLIENT_SECRET", "GREENHOUSE_CLIENT_SECRET"),
        ("HRFLOW_API_SECRET", "HRFLOW_API_SECRET"),
    ],
)
def test_a_wrong_secret_fails_the_run_once_and_is_written_nowhere(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    variable: str,
    names: str,
) -> None:
    wrong = "ask_a-wrong-secret-that-nobody-may-see"
    monkeypatch.setenv(variable, wrong)
    stage.person()

    result = stage.run(key())

    assert not result.success
    [message] = failures(result)
    assert names in message
    assert "401" in message
    assert events_of(result, dg.DagsterEventType.STEP_UP_FOR_RETRY) == []
    shown = "".join(capfd.readouterr()) + "".join(str(event) for event in result.all_events)
    assert wrong not in shown
    everything = [path for path in stage.home.rglob("*") if path.is_file()]
    assert everything
    assert [path for path in everything if wrong.encode() in path.read_bytes()] == []
    asked = sum(count for what, count in stage.sandbox.requests.items() if "token" in what)
    assert asked <= 2


@pytest.mark.parametrize(
    ("version", "variable"),
    [
        ("v3", "GREENHOUSE_CLIENT_SECRET"),
        ("v1", "GREENHOUSE_API_KEY"),
        ("v3", "HRFLOW_API_USER"),
        ("v3", "HRFLOW_SOURCE_KEY"),
    ],
)
def test_a_missing_credential_is_an_error_of_the_run_that_names_the_variable(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch, version: str, variable: str
) -> None:
    stage = make_stage(version=version)
    stage.person()
    monkeypatch.delenv(variable)

    result = stage.run(key())

    [message] = failures(result)
    assert variable in message
    assert "not set" in message
    assert events_of(result, dg.DagsterEventType.STEP_UP_FOR_RETRY) == []


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
    assert observed[CANDIDATES] == {"dry_run": True, "dagster/row_count": 1}
    assert observed[PROFILES]["would_update"] == 1
    assert result.get_asset_materialization_events() == []
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
    assert metadata(result, CANDIDATES, key(2))["dagster/row_count"] == 0


def test_a_fault_of_the_whole_fails_the_run_after_its_report_is_stored(stage: Stage) -> None:
    people = [stage.person() for _ in range(12)]
    stage.sandbox.fail(Fault("500", "/profile/indexing", "GET", times=None))

    result = stage.run(key())

    assert not result.success
    assert len(events_of(result, dg.DagsterEventType.STEP_UP_FOR_RETRY)) == 2
    [message] = failures(result)
    assert "HrFlow" in message
    assert stage.outcomes(key()) == dict.fromkeys(people, "failed")
    stage.sandbox.heal()
    assert stage.run(key(), only=PROFILES).success
    assert stage.outcomes(key()) == dict.fromkeys(people, "updated")


@pytest.mark.parametrize("kind", ["401", "402", "403"])
def test_a_partition_whose_push_failed_is_red_and_offered_again(stage: Stage, kind: Any) -> None:
    people = [stage.person(days_ago(1)) for _ in range(3)]
    stage.sandbox.fail(Fault(kind, "/profile/indexing", times=None))

    result = stage.run(key(2), key(1))

    assert not result.success
    assert stage.outcomes(key(1)) == dict.fromkeys(people, "failed")
    assert stage.status(PROFILES, key(2), key(1)) == ["FAILED", "FAILED"]
    assert stage.status(CANDIDATES, key(2), key(1)) == ["MATERIALIZED", "MATERIALIZED"]
    assert result.get_asset_check_evaluations() == []
    [failed] = events_of(result, dg.DagsterEventType.STEP_FAILURE)
    shown = failed.step_failure_data.user_failure_data.metadata
    assert shown["failed"].value == 3
    stage.sandbox.heal()
    assert stage.run(key(2), key(1)).success
    assert stage.status(PROFILES, key(2), key(1)) == ["MATERIALIZED", "MATERIALIZED"]


def test_a_green_partition_turns_red_where_its_push_fails_later(stage: Stage) -> None:
    stage.person(days_ago(1))
    assert stage.run(key(1)).success
    stage.sandbox.fail(Fault("402", "/profile/indexing", times=None))

    assert not stage.run(key(1)).success

    assert stage.status(PROFILES, key(1)) == ["FAILED"]


def test_an_incremental_run_turns_no_partition_green_that_was_never_pushed_whole(
    stage: Stage,
) -> None:
    early = stage.person(days_ago(1, hour=2), first_name="Early")
    stage.sandbox.fail(Fault("402", "/profile/indexing", times=None))
    assert not stage.run(key(1)).success
    stage.sandbox.heal()
    stage.forget("ledger")

    noon = {"greenhouse_hrflow/updated_after": f"{key(1)}T12:00:00Z"}
    assert stage.run(key(1), tags=noon).success

    assert stage.first_name(early) == "Early"
    assert stage.status(PROFILES, key(1)) == ["MATERIALIZED"]


def test_a_run_without_a_partition_says_so_at_once(stage: Stage) -> None:
    result = stage.job.execute_in_process(
        instance=stage.instance, run_config=QUIET, raise_on_error=False
    )

    [message] = failures(result)
    assert "without a partition" in message
    assert events_of(result, dg.DagsterEventType.STEP_UP_FOR_RETRY) == []


def test_a_fault_that_passes_is_retried_within_the_run(stage: Stage) -> None:
    candidate = stage.person()
    stage.sandbox.fail(Fault("500", "/v3/candidates", times=2))

    result = stage.run(key())

    assert result.success
    assert len(events_of(result, dg.DagsterEventType.STEP_UP_FOR_RETRY)) == 1
    assert stage.outcomes(key()) == {candidate: "updated"}


def test_one_failed_candidate_costs_one_candidate(stage: Stage) -> None:
    unlucky, other = stage.person(), stage.person()
    stage.sandbox.fail(Fault("500", f"reference={unlucky}", times=None))

    result = stage.run(key())

    assert result.success
    assert stage.outcomes(key()) == {unlucky: "failed", other: "updated"}
    assert metadata(result, PROFILES, key())["failed"] == 1


def test_a_rejected_candidate_turns_the_check_red_and_not_the_run(make_stage: MakeStage) -> None:
    def refuse_zoe(candidate: dict[str, Any]) -> dict[str, Any]:
        if candidate["first_name"] == "Zoë Secretname":
            raise ValueError(candidate["first_name"])
        return candidate

    stage = make_stage(workflow=Workflow(logics=[refuse_zoe]))
    zoe, ada = stage.person(first_name="Zoë Secretname"), stage.person()

    result = stage.run(key())

    assert result.success
    check = checked(result, "no_candidate_is_rejected")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert check.metadata["rejected"].value == 1
    line = refuse_zoe.__code__.co_firstlineno + 2
    reason = f"logic_0_raised:ValueError at refuse_zoe (test_assets.py:{line})"
    assert check.metadata["a_candidate_for_each_reason"].value == {reason: zoe}
    assert stage.outcomes(key()) == {zoe: "rejected", ada: "updated"}
    assert "Secretname" not in "".join(str(event) for event in result.all_events)


@pytest.mark.parametrize("missing", [9, 10])
def test_a_source_that_holds_none_of_the_profiles_is_a_warning(stage: Stage, missing: int) -> None:
    for _ in range(missing):
        stage.person(days_ago(1), profile=False)

    result = stage.run(key(1))

    assert result.success
    check = checked(result, "profiles_are_found")
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert check.passed is (missing < 10)
    told = {name: value.value for name, value in check.metadata.items()}
    assert told == {"missing": missing, "candidates": missing}
    assert stage.sandbox.requests["GET /hrflow/v1/source"] == (missing >= 10)

    stage.person(days_ago(1))
    assert checked(stage.run(key(1)), "profiles_are_found").passed


def test_a_refusal_of_everybody_fails_the_run_and_they_are_tried_again(stage: Stage) -> None:
    people = [stage.person(days_ago(1), first_name="Zoë") for _ in range(10)]
    stage.sandbox.fail(Fault("422", method="PUT", times=None))

    result = stage.run(key(1))

    assert not result.success
    assert any("HrFlow refused 10 of 10 profiles (422)" in told for told in failures(result))
    stage.sandbox.heal()
    assert stage.run(key(1)).success
    assert {stage.first_name(one) for one in people} == {"Zoë"}


@pytest.mark.parametrize("fine", [0, 9])
def test_a_format_that_fails_for_most_fails_the_run_after_the_others_are_pushed(
    make_stage: MakeStage, fine: int
) -> None:
    def broken(candidate: dict[str, Any]) -> dict[str, Any]:
        if candidate["last_name"] == "Fine":
            return {"info": {"first_name": "Fine"}}
        raise KeyError(f"{candidate['first_name']} Secretname")

    stage = make_stage(workflow=Workflow(format=broken))
    for _ in range(10):
        stage.person(days_ago(1))
    well = [stage.person(days_ago(1), last_name="Fine") for _ in range(fine)]

    result = stage.run(key(1))

    assert not result.success
    line = broken.__code__.co_firstlineno + 3
    [told] = failures(result)
    assert f"refused 10 of {10 + fine} candidates" in told
    assert f"format_raised:KeyError at broken (test_assets.py:{line})" in told
    assert "Secretname" not in "".join(str(event) for event in result.all_events)
    assert {stage.first_name(one) for one in well} == ({"Fine"} if fine else set())
    assert len(result.get_step_failure_events()) == 1


def test_the_text_of_an_exception_stands_in_the_stored_report_alone(make_stage: MakeStage) -> None:
    def broken(candidate: dict[str, Any]) -> dict[str, Any]:
        raise ValueError(f"{candidate['first_name']} \ud800 {'x' * 100_000}")

    stage = make_stage(workflow=Workflow(format=broken))
    stage.person(days_ago(1), first_name="Zoë Secretname")

    assert stage.run(key(1)).success

    [detail] = stage.table(PROFILES, key(1))["detail"]
    assert detail.startswith("Zoë Secretname \\ud800 xxx")
    assert len(detail) < 600


def test_the_command_line_materialises_a_partition_of_the_default_code_location(
    stage: Stage,
) -> None:
    candidate, other = stage.person(days_ago(1)), stage.person(days_ago(2))
    command = [
        *(sys.executable, "-W", "ignore", "-m", "dagster", "asset", "materialize"),
        *("-m", "greenhouse_hrflow.definitions", "--partition", key(1)),
        *("--select", "greenhouse_candidates,hrflow_profiles"),
    ]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert ended.returncode == 0, ended.stderr
    assert stage.outcomes(key(1)) == {candidate: "updated"}
    assert stage.first_name(other) == "nobody yet"
    secret = os.environ["HRFLOW_API_SECRET"]
    assert secret not in ended.stdout + ended.stderr
