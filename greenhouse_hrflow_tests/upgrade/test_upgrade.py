"""What version 0.1.0 left behind is taken over: nothing is written again, nothing turned back."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from greenhouse_hrflow.assets import PROFILES
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.stage import Clock, Stage, failures, requested, utc_now

ARCHIVE = Path(__file__).with_name("0.1.0.tar.gz")
DAYS = [f"2026-03-{day:02d}" for day in range(3, 10)]
AFTER, BEFORE = "greenhouse_hrflow/updated_after", "greenhouse_hrflow/updated_before"


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The instance, the tables, and both APIs as they were left."""
    with tarfile.open(ARCHIVE) as packed:
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


def test_a_backfill_of_all_days_writes_nothing_again(left: Stage) -> None:
    known = {candidate for outcomes in reports(left).values() for candidate in outcomes}

    assert left.run(DAYS[0], DAYS[-1]).success

    assert left.puts() == 0
    after = reports(left)
    assert {candidate for outcomes in after.values() for candidate in outcomes} == known
    said = {outcome for outcomes in after.values() for outcome in outcomes.values()}
    assert said == {"unchanged", "missing", "archived", "gone"}


def test_old_partitions_pushed_again_from_their_tables_write_nothing(left: Stage) -> None:
    for day in DAYS:
        assert left.run(day, only=PROFILES).success

    assert left.puts() == 0


def test_an_incremental_run_brings_what_changed_and_nothing_else(left: Stage) -> None:
    day = datetime.fromisoformat(f"{DAYS[-1]}T00:00:00+00:00")
    unchanged = [c for c, outcome in left.outcomes(DAYS[-1]).items() if outcome == "updated"]
    changed = unchanged[0]
    left.change(changed, day + timedelta(hours=23, minutes=59), first_name="Newer")
    tags = {AFTER: f"{DAYS[-1]}T12:00:00Z", BEFORE: "2026-03-10T00:00:00Z"}

    assert left.run(DAYS[-1], tags=tags).success

    assert [put.reference for put in left.sandbox.hrflow.puts] == [str(changed)]
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
    result = left.tick(cursor, now=utc_now() + timedelta(hours=2))

    # The newest run that pulled and pushed had read up to the evening of the eighth.
    assert requested(result).tags[AFTER] >= "2026-03-08T19:50"
    assert left.obey(result).success
    edited = [int(put.reference or 0) for put in left.sandbox.hrflow.puts]
    since_then = [left.sandbox.greenhouse.changed_at(candidate) for candidate in edited]
    assert all(changed_at >= "2026-03-10" for changed_at in since_then)


def test_another_workflow_of_the_instance_does_not_take_its_runs_for_its_own(left: Stage) -> None:
    left.workflow = Workflow("candidates_of_one_team")
    open_day = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)
    left.person()

    assert requested(left.tick()).tags[AFTER].startswith(f"{open_day:%Y-%m-%d}T00:00:00")


def test_what_was_noted_for_another_try_is_tried_again(left: Stage) -> None:
    """The ledger of 0.1.0 named no due times, and its storage no table of what is pending."""
    missing = {c for day in DAYS for c, said in left.outcomes(day).items() if said == "missing"}
    soon_after = datetime.fromisoformat("2026-11-25T06:00:00+00:00")

    result = left.tick('{"landed_until": "2026-11-25T05:30:00Z"}', now=soon_after)

    due = f"{len(missing)} candidates are due"
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
