"""The record of edits: what the report and the edit log tell after other runs, and after kills."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from typing import Any

import pandas as pd

from greenhouse_hrflow.sandbox import Fault
from greenhouse_hrflow.storage.edit_log import EDIT_LOG
from greenhouse_hrflow.windows import format_moment
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.dagster_results import evaluation_of
from greenhouse_hrflow_tests.support.stage import PROFILES, Stage, days_ago, key

COMPARING = {"ops": {"hrflow_profiles": {"config": {"compare_with_hrflow": True}}}}


def logged(stage: Stage) -> pd.DataFrame:
    """The edit log, as a user reads it."""
    return pd.read_parquet(stage.home / "greenhouse_hrflow" / EDIT_LOG)


def row_of(stage: Stage, candidate: int, partition_key: str) -> dict[str, Any]:
    """A candidate's row in the report of a partition."""
    table = stage.table(PROFILES, partition_key)
    [row] = table[table["candidate_id"] == candidate].to_dict("records")
    return row


def test_a_days_edits_are_still_told_after_the_night(stage: Stage) -> None:
    candidate = stage.person(days_ago(1), first_name="New")
    by_day = stage.run(key(1))
    edit = row_of(stage, candidate, key(1))

    by_night = stage.run(key(1), config=COMPARING)

    assert by_night.success
    row = row_of(stage, candidate, key(1))
    assert (row["outcome"], row["run_id"]) == ("unchanged", by_night.run_id)
    assert row["last_edit_run_id"] == by_day.run_id
    assert row["last_edited_at"] == edit["last_edited_at"]
    assert "info.first_name" in list(row["last_edit_fields"])
    [line] = logged(stage).to_dict("records")
    assert (line["candidate_id"], line["run_id"]) == (candidate, by_day.run_id)
    assert (line["reference"], line["workflow"]) == (str(candidate), Workflow().workflow_id)
    assert list(line["fields"]) == list(row["last_edit_fields"])
    assert line["edited_at"] == row["last_edited_at"]
    assert line["hash_before"] != line["hash_after"]


def test_the_last_edit_goes_with_a_candidate_who_changes_again(stage: Stage) -> None:
    candidate = stage.person(days_ago(2), first_name="New")
    first = stage.run(key(2))
    stage.change(candidate, days_ago(1), company="no field of the format's")

    assert stage.run(key(1)).success

    row = row_of(stage, candidate, key(1))
    assert (row["outcome"], row["last_edit_run_id"]) == ("unchanged", first.run_id)


def test_each_hash_is_the_one_that_the_edit_before_has_left(stage: Stage) -> None:
    candidate = stage.person(days_ago(3), first_name="One")
    stage.run(key(3))
    stage.change(candidate, days_ago(2), first_name="Two")
    stage.run(key(2))
    stage.sandbox.hrflow.edit(
        str(candidate), lambda profile: profile["info"].update(summary="typed by a recruiter")
    )
    stage.change(candidate, days_ago(1), first_name="Three")
    stage.run(key(1))

    lines = logged(stage).sort_values("edited_at").to_dict("records")

    assert len(lines) == 3
    assert lines[1]["hash_before"] == lines[0]["hash_after"]
    assert lines[2]["hash_before"] != lines[1]["hash_after"]


def test_an_edit_whose_answer_is_lost_is_named_once(stage: Stage) -> None:
    people = [stage.person(days_ago(1)) for _ in range(4)]
    stage.sandbox.fail(Fault("drop-after", method="PUT", times=2))

    assert stage.run(key(1)).success

    assert sorted(logged(stage)["candidate_id"]) == sorted(people)
    assert stage.puts() == len(people)


def test_an_edit_that_is_refused_is_not_named(stage: Stage) -> None:
    fine, refused = stage.person(days_ago(1)), stage.person(days_ago(1))
    stage.sandbox.fail(Fault("400", method="PUT", body_contains=f'"{refused}"', times=None))

    assert stage.run(key(1)).success

    assert stage.outcomes(key(1))[refused] == "rejected"
    assert logged(stage)["candidate_id"].tolist() == [fine]


def test_the_log_of_a_run_that_was_killed_and_done_again_names_each_edit_once(
    make_stage: MakeStage,
) -> None:
    stage = make_stage(latency=0.02)
    people = [stage.person(days_ago(1)) for _ in range(60)]
    killed_run = killed_in_the_push(stage, after=20)
    made = Counter(put.reference for put in stage.sandbox.hrflow.puts)
    assert 20 <= sum(made.values()) < len(people)

    again = stage.run(key(1))

    assert again.success
    lines = logged(stage)
    edits = Counter(put.reference for put in stage.sandbox.hrflow.puts)
    assert Counter(lines["reference"]) == edits
    assert set(lines["candidate_id"]) == set(people)
    by_run = lines.groupby("run_id")["reference"].apply(set).to_dict()
    assert by_run == {killed_run: set(made), again.run_id: set(map(str, people)) - set(made)}
    told = stage.table(PROFILES, key(1))
    assert set(told["last_edit_run_id"]) == {killed_run, again.run_id}
    assert not any((stage.home / "greenhouse_hrflow" / "unfinished_edits").rglob("*.jsonl"))


def killed_in_the_push(stage: Stage, *, after: int) -> str:
    """Kill a run's process when HrFlow has seen so many edits; the run's id."""
    command = [
        *(sys.executable, "-W", "ignore", "-m", "dagster", "asset", "materialize"),
        *("-m", "greenhouse_hrflow.definitions", "--partition", key(1)),
        *("--select", "greenhouse_candidates,hrflow_profiles"),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        deadline = time.monotonic() + 120
        while stage.puts() < after:
            assert run.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline, "it made no edits"
            time.sleep(0.005)
        run.kill()
    [dagster_run] = stage.instance.get_runs(limit=1)
    return dagster_run.run_id


def test_a_row_stands_in_the_partition_of_its_change_also_when_a_later_run_retries_it(
    stage: Stage,
) -> None:
    late = stage.person(days_ago(2), profile=False)
    stage.run(key(2))
    assert stage.outcomes(key(2)) == {late: "missing"}
    other = stage.person()
    stage.profile(late)

    assert stage.obey(stage.tick()).success

    assert stage.outcomes(key(2)) == {late: "updated"}
    assert stage.outcomes(key()) == {other: "updated"}
    assert stage.shown(PROFILES, key(2))["updated"] == 1
    assert stage.shown(PROFILES, key(2))["missing"] == 0
    assert stage.shown(PROFILES, key())["dagster/partition_row_count"] == 1


def test_the_figures_of_a_partition_are_those_of_its_whole_table(stage: Stage) -> None:
    for _ in range(3):
        stage.person(days_ago(1))
    stage.run(key(1))
    stage.person(days_ago(1, hour=20))
    since = {"greenhouse_hrflow/updated_after": format_moment(days_ago(1, hour=18))}

    assert stage.run(key(1), tags=since).success

    shown = stage.shown(PROFILES, key(1))
    assert (shown["dagster/partition_row_count"], shown["updated"]) == (4, 4)
    assert (shown["run_rows"], shown["run_updated"]) == (1, 1)


def test_a_check_tells_what_holds_now_and_not_what_the_last_run_touched(
    make_stage: MakeStage,
) -> None:
    def refuse_zoe(candidate: dict[str, Any]) -> dict[str, Any]:
        if candidate["first_name"] == "Zoe":
            raise ValueError
        return candidate

    stage = make_stage(workflow=Workflow(logics=[refuse_zoe]))
    stage.person(days_ago(2), first_name="Zoe")
    stage.run(key(2))
    stage.person(days_ago(1))

    unrelated = stage.run(key(1))

    assert set(stage.outcomes(key(1)).values()) == {"updated"}
    check = evaluation_of(unrelated, "no_candidate_is_rejected")
    assert (check.passed, check.metadata["rejected"].value) == (False, 1)
