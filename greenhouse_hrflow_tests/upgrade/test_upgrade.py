"""What earlier states left behind is taken over: nothing is written again, nothing turned back.

There are two: the first one of version 0.1.0, and the last one before the package had folders.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from greenhouse_hrflow.orchestration.cursor import Cursor
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.support.dagster_results import failures, requested
from greenhouse_hrflow_tests.support.stage import CANDIDATES, PROFILES, Clock, Stage, utc_now

FIRST, FLAT = "0.1.0", "0.1.0-flat"
DAYS = [f"2026-03-{day:02d}" for day in range(3, 10)]
AFTER, BEFORE = "greenhouse_hrflow/updated_after", "greenhouse_hrflow/updated_before"


@pytest.fixture(params=[FIRST, FLAT])
def archive(request: pytest.FixtureRequest) -> str:
    """The state to start from."""
    return request.param


@pytest.fixture
def left(archive: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The instance, the tables, and both APIs as they were left."""
    with tarfile.open(Path(__file__).with_name(f"{archive}.tar.gz")) as packed:
        packed.extractall(tmp_path, filter="data")
    home = tmp_path / "home"
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    clock = Clock()
    with Sandbox(people=0, clock=clock) as sandbox:
        rows: dict[str, dict[str, Any]] = json.loads((home / "greenhouse.json").read_text())
        for resource, records in rows.items():
            for row in records.values():
                sandbox.greenhouse.tables.put(resource, row)
        for profile in json.loads((home / "hrflow.json").read_text()):
            sandbox.hrflow.add(profile)
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        with dg.DagsterInstance.from_config(str(home)) as instance:
            yield Stage(home, sandbox, clock, instance)


def reports(stage: Stage) -> dict[str, dict[int, str]]:
    """What the reports say of everybody, by day."""
    return {day: stage.outcomes(day) for day in DAYS}


def of_outcome(stage: Stage, outcome: str) -> set[int]:
    """Whom the reports of all days say this of."""
    return {
        c for outcomes in reports(stage).values() for c, said in outcomes.items() if said == outcome
    }


def edited(stage: Stage) -> list[int]:
    """Who was edited since, an entry an edit."""
    return [int(put.reference or 0) for put in stage.sandbox.hrflow.puts]


def test_a_backfill_of_all_days_writes_nothing_again(left: Stage) -> None:
    failed = of_outcome(left, "failed")
    known = {candidate for outcomes in reports(left).values() for candidate in outcomes}

    assert left.run(DAYS[0], DAYS[-1]).success

    assert edited(left) == list(failed)
    after = reports(left)
    assert {candidate for outcomes in after.values() for candidate in outcomes} == known
    said = {outcome for outcomes in after.values() for outcome in outcomes.values()}
    assert said - {"updated"} == {"unchanged", "missing", "archived", "anonymised"}
    assert of_outcome(left, "updated") == failed


def test_old_partitions_pushed_again_from_their_tables_write_nothing(left: Stage) -> None:
    failed = of_outcome(left, "failed")

    for day in DAYS:
        assert left.run(day, only=PROFILES).success

    assert edited(left) == list(failed)


def test_an_incremental_run_brings_what_changed_and_nothing_else(left: Stage) -> None:
    day = datetime.fromisoformat(f"{DAYS[-1]}T00:00:00+00:00")
    unchanged = [c for c, outcome in left.outcomes(DAYS[-1]).items() if outcome == "updated"]
    changed, failed = unchanged[0], of_outcome(left, "failed")
    left.change(changed, day + timedelta(hours=23, minutes=59), first_name="Newer")
    tags = {AFTER: f"{DAYS[-1]}T12:00:00Z", BEFORE: "2026-03-10T00:00:00Z"}

    assert left.run(DAYS[-1], tags=tags).success

    assert set(edited(left)) == {changed} | failed
    assert len(edited(left)) == 1 + len(failed)
    assert left.first_name(changed) == "Newer"
    assert set(left.outcomes(DAYS[-1])) >= set(unchanged)


def test_an_older_state_does_not_come_back(left: Stage) -> None:
    candidate = next(c for c, outcome in left.outcomes(DAYS[0]).items() if outcome == "updated")
    newer = datetime.fromisoformat(f"{DAYS[-1]}T13:00:00+00:00")
    left.change(candidate, newer, first_name="Newer")
    assert left.run(DAYS[-1]).success
    left.sandbox.hrflow.puts.clear()

    assert left.run(DAYS[0], only=PROFILES).success

    assert left.outcomes(DAYS[0])[candidate] == "stale"
    assert (left.puts(), left.first_name(candidate)) == (0, "Newer")


def test_rows_that_an_incremental_run_keeps_are_told_in_todays_words(left: Stage) -> None:
    day = next(day for day in DAYS if "gone" in left.outcomes(day).values())
    anonymised = {c for c, outcome in left.outcomes(day).items() if outcome == "gone"}
    tags = {AFTER: f"{day}T23:59:59Z", BEFORE: f"{day}T23:59:59.999Z"}

    assert left.run(day, tags=tags).success

    outcomes = left.outcomes(day)
    assert {c for c, outcome in outcomes.items() if outcome == "anonymised"} == anonymised
    assert "gone" not in outcomes.values()


def test_what_dashboards_name_is_there(left: Stage) -> None:
    repository = left.definitions.get_repository_def()
    assert repository.has_job("update_profiles_in_hrflow")
    assert repository.has_sensor_def("update_profiles_in_hrflow_incremental")
    assert repository.has_schedule_def("update_profiles_in_hrflow_schedule")
    assert {key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()} >= {
        "greenhouse_candidates",
        "hrflow_profiles",
    }
    assert {check.name for check in repository.asset_graph.asset_check_keys} >= {
        "no_candidate_is_rejected",
        "profiles_are_found",
    }
    before = materialization(left, PROFILES, DAYS[0])
    read_before = materialization(left, CANDIDATES, DAYS[0])
    assert left.run(DAYS[0]).success
    today = before - {"gone"} | {"anonymised", "profiles_read"}
    assert materialization(left, PROFILES, DAYS[0]) >= today
    assert materialization(left, CANDIDATES, DAYS[0]) >= read_before


def materialization(stage: Stage, asset: dg.AssetKey, day: str) -> set[str]:
    """The names of the metadata of the newest materialisation of a partition, but Dagster's."""
    records = stage.instance.fetch_materializations(
        dg.AssetRecordsFilter(asset, asset_partitions=[day]), limit=1
    ).records
    found = records[0].asset_materialization
    assert found is not None
    return {name for name in found.metadata if not name.startswith("dagster/")}


def test_the_cursor_that_was_left_is_read(tmp_path: Path) -> None:
    with tarfile.open(Path(__file__).with_name(f"{FLAT}.tar.gz")) as packed:
        packed.extract("home/cursor.json", tmp_path, filter="data")
    cursor = Cursor.read((tmp_path / "home" / "cursor.json").read_text())

    assert cursor.watermark == datetime.fromisoformat("2026-03-08T20:00:00+00:00")
    assert cursor.requested is not None
    assert cursor.requested.updated_before == datetime.fromisoformat("2026-04-08T00:00:00+00:00")
    assert cursor.requested.seen
    assert Cursor.read(cursor.write()) == cursor


@pytest.mark.parametrize(
    "cursor",
    [
        None,
        '{"landed_until": "2026-03-09T23:00:00.000Z", "seen": []}',
        '{"landed_until": null, "asked": {"updated_after": "2026-03-09T00:00:00.000Z", '
        '"updated_before": "2026-11-25T04:00:00.000Z", "attempt": 3, '
        '"asked_at": "2026-11-25T04:00:00.000Z", "seen": []}, "seen": []}',
    ],
    ids=["no cursor", "a watermark", "a run that never came to its end"],
)
def test_the_sensor_goes_on_where_it_stood(left: Stage, cursor: str | None) -> None:
    failed = of_outcome(left, "failed")

    result = left.tick(cursor, now=utc_now() + timedelta(hours=2))

    # The newest run that pulled and pushed had read up to the evening of the eighth.
    assert requested(result).tags[AFTER] >= "2026-03-08T19:50"
    assert left.obey(result).success
    since_then = [
        left.sandbox.greenhouse.changed_at(candidate) for candidate in set(edited(left)) - failed
    ]
    assert all(changed_at >= "2026-03-10" for changed_at in since_then)


def test_another_workflow_of_the_instance_does_not_take_its_runs_for_its_own(left: Stage) -> None:
    left.workflow = Workflow("candidates_of_one_team")
    open_day = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)
    left.person()

    assert requested(left.tick()).tags[AFTER].startswith(f"{open_day:%Y-%m-%d}T00:00:00")


@pytest.mark.parametrize(
    ("archive", "soon_after"),
    # The ledger of the first one named no due times, and its storage no table of what is pending.
    [(FIRST, "2026-11-25T06:00:00+00:00"), (FLAT, "2026-11-25T20:00:00+00:00")],
)
def test_what_was_noted_for_another_try_is_tried_again(left: Stage, soon_after: str) -> None:
    pending = of_outcome(left, "missing") | of_outcome(left, "failed")
    now = datetime.fromisoformat(soon_after)

    result = left.tick('{"landed_until": "2026-11-25T05:30:00Z"}', now=now)

    due = f"{len(pending)} candidates are due"
    assert due in requested(result).tags["greenhouse_hrflow/cause"]


def test_tables_of_another_workflow_than_the_default_one_are_moved_by_hand(left: Stage) -> None:
    """0.1.0 kept the tables of every workflow in one place; whose they are, only a person knows."""
    left.workflow = Workflow("candidates_of_one_team")
    storage = left.home / "greenhouse_hrflow"

    refused = left.run(DAYS[0], only=PROFILES)

    wanted = "workflows/candidates_of_one_team/greenhouse_candidates"
    assert f"move that folder to {wanted}/" in failures(refused)[0]
    (storage / wanted).parent.mkdir(parents=True)
    (storage / "greenhouse_candidates").rename(storage / wanted)
    assert left.run(DAYS[0], only=PROFILES).success
