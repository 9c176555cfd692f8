"""`python -m greenhouse_hrflow trace` and the job of the same, over what real runs stored."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from greenhouse_hrflow.storage.story import StoryEvent, StoryRow, index_for_stories, story_of
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.stage import PROFILES, QUIET, Stage, days_ago, key

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = Workflow().workflow_id
READ, OUTCOME, EDIT, RETRY = (
    StoryEvent.READ, StoryEvent.OUTCOME, StoryEvent.EDIT, StoryEvent.RETRY,
)  # fmt: skip


def run_trace(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, as a person in another folder starts it."""
    return subprocess.run(
        [sys.executable, "-m", "greenhouse_hrflow", "trace", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def events(rows: list[StoryRow]) -> list[tuple[StoryEvent, str | None, str | None]]:
    return [(row.event, row.partition, row.outcome) for row in rows]


@pytest.fixture
def person(stage: Stage) -> int:
    """Somebody whose first change was sent, and whose second one finds no profile any more."""
    stage.person(days_ago(2), first_name="Grace")
    candidate = stage.person(days_ago(2), first_name="Ada", last_name="Lovelace")
    assert stage.run(key(2)).success
    stage.change(candidate, days_ago(1), first_name="Augusta")
    stage.sandbox.hrflow.delete(str(candidate))
    assert stage.run(key(1)).success
    return candidate


def test_a_story_has_every_read_outcome_edit_and_retry(stage: Stage, person: int) -> None:
    rows = story_of(stage.store, WORKFLOW, person)

    told = events(rows)
    assert sorted(told[:-1], key=str) == sorted(
        [
            (READ, key(2), None),
            (OUTCOME, key(2), "updated"),
            (EDIT, None, None),
            (READ, key(1), None),
            (OUTCOME, key(1), "missing"),
            *[event for event in told if event[0] is StoryEvent.NOT_SENT],
        ],
        key=str,
    )
    assert told[-1] == (RETRY, None, "missing")
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    [edit] = [row for row in rows if row.event is EDIT]
    [pushed] = [row for row in rows if row.outcome == "updated"]
    assert edit.run_id == pushed.run_id
    assert "info.first_name" in pushed.fields


def test_indexed_or_not_the_story_is_the_same(stage: Stage, person: int) -> None:
    rows = story_of(stage.store, WORKFLOW, person)

    index_for_stories(stage.store, WORKFLOW)

    assert story_of(stage.store, WORKFLOW, person) == rows
    stage.run(key(2))
    assert story_of(stage.store, WORKFLOW, person) != rows


def test_the_command_prints_it_with_links_and_nothing_personal(stage: Stage, person: int) -> None:
    ended = run_trace(str(person), GREENHOUSE_HRFLOW_UI="https://dagster.example.com/")

    rows = story_of(stage.store, WORKFLOW, person)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"https://app.greenhouse.io/people/{person}" in ended.stdout
    for row in rows:
        assert row.run_id is None or (
            f"https://dagster.example.com/runs/{row.run_id}" in ended.stdout
        )
        assert f"{row.at:%Y-%m-%d %H:%M:%S}" in ended.stdout
    for word in ("updated", "missing", "info.first_name", key(1), key(2)):
        assert word in ended.stdout
    for secret in ("Ada", "Lovelace", "Augusta", "weaving", "nobody yet"):
        assert secret not in ended.stdout


def test_json_is_for_programs(stage: Stage, person: int) -> None:
    address = f"https://app.greenhouse.io/people/{person}?application_id=1"
    ended = run_trace(address, "--json", "--storage", str(stage.store))

    told = json.loads(ended.stdout)
    rows = story_of(stage.store, WORKFLOW, person)
    assert told["candidate_id"] == person
    assert [event["event"] for event in told["events"]] == [row.event.value for row in rows]
    assert {event["run_link"] for event in told["events"]} == {None}


def test_it_imports_nothing_that_is_slow(stage: Stage, person: int) -> None:
    program = (
        "import sys\n"
        "from greenhouse_hrflow.__main__ import main\n"
        f"main(['trace', '{person}'], standalone_mode=False)\n"
        "slow = {'dagster', 'pandas', 'pydantic', 'requests', 'urllib3', 'dateutil'}\n"
        "print(sorted(slow & sys.modules.keys()))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert ended.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["Ada"], "is a whole number"),
        (["99999999999999999999"], "is a whole number"),
        (["12345678"], "Nothing is known of candidate 12345678"),
        (["12345678", "--workflow", "another"], "in workflow another"),
        (["1", "--storage", "a/relative/path"], "absolute path"),
        (["1", "--storage", "nosuch://place"], "no kind of storage"),
    ],
)
def test_what_is_wrong_is_said_to_who_reads_it(home: Path, arguments: list[str], told: str) -> None:
    ended = run_trace(*arguments)

    assert ended.returncode == 1
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_storage_that_nobody_names_is_asked_for(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME")

    ended = run_trace("1")

    assert ended.returncode == 1
    assert "GREENHOUSE_HRFLOW_STORAGE" in ended.stderr


def test_a_workflow_of_its_own_has_a_story_of_its_own(make_stage: MakeStage) -> None:
    stage = make_stage(workflow=Workflow("of_ours"))
    candidate = stage.person(days_ago(1))
    stage.run(key(1))

    assert story_of(stage.store, WORKFLOW, candidate) == []
    told = events(story_of(stage.store, "of_ours", candidate))
    assert (OUTCOME, key(1), "updated") in told
    ended = run_trace(str(candidate))
    assert "other workflows in this storage: of_ours" in ended.stderr
    assert run_trace(str(candidate), GREENHOUSE_HRFLOW_WORKFLOW_ID="of_ours").returncode == 0


def test_a_report_of_an_older_version_is_read(stage: Stage) -> None:
    candidate = stage.person(days_ago(1))
    stage.run(key(1))
    path = str(stage.store.path(tuple(PROFILES.path), key(1)))
    kept = ["candidate_id", "reference", "outcome", "changed_at", "read_at", "pushed_at", "run_id"]
    frame = pd.read_parquet(path)[kept].assign(outcome="gone")
    frame.to_parquet(path)

    told = events(story_of(stage.store, WORKFLOW, candidate))
    assert (OUTCOME, key(1), "anonymised") in told


def run_job(stage: Stage, candidate: int) -> dg.ExecuteInProcessResult:
    job = stage.definitions.resolve_job_def(f"{WORKFLOW}_trace")
    config = {"ops": {"candidate_story": {"config": {"candidate_id": candidate}}}}
    return job.execute_in_process(
        instance=stage.instance, run_config={**QUIET, **config}, raise_on_error=False
    )


def test_the_job_shows_it_in_the_run_and_leaves_no_trace(stage: Stage, person: int) -> None:
    before = {path for path in stage.home.rglob("*") if "greenhouse_hrflow" in path.parts}

    result = run_job(stage, person)

    assert result.success
    [output] = [event for event in result.all_events if event.is_successful_output]
    metadata = output.step_output_data.metadata
    story = str(metadata["story"].value)
    rows = story_of(stage.store, WORKFLOW, person)
    assert metadata["events"].value == len(rows)
    assert f"(https://app.greenhouse.io/people/{person})" in story
    for row in rows:
        assert row.run_id is None or f"(/runs/{row.run_id})" in story
    assert "info.first\\_name" in story
    assert not any(secret in story for secret in ("Ada", "Lovelace", "Augusta"))
    after = {path for path in stage.home.rglob("*") if "greenhouse_hrflow" in path.parts}
    assert after == before


def test_the_job_says_what_to_check_where_nothing_is_known(stage: Stage) -> None:
    result = run_job(stage, 12345678)

    [failure] = result.get_step_failure_events()
    error = failure.step_failure_data.error
    assert error is not None
    assert "Nothing is known of candidate 12345678" in error.message
