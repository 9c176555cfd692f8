"""The watermark: in the sensor's cursor, and from what an instance knows of its runs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from greenhouse_hrflow.orchestration import run_history
from greenhouse_hrflow.orchestration.cursor import Cursor, RequestedWindow
from greenhouse_hrflow.orchestration.run_history import newest_watermark
from greenhouse_hrflow_tests.support.stage import CANDIDATES, TODAY, Stage, key, utc_now

MOMENT = datetime(2025, 3, 10, 15, 0, 0, 123000, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "cursor",
    [
        Cursor(),
        Cursor(MOMENT, ("a", "b")),
        Cursor(None, (), RequestedWindow(MOMENT, MOMENT + HOUR, 3, MOMENT + HOUR, ("c",))),
    ],
)
def test_a_cursor_is_read_as_it_was_written(cursor: Cursor) -> None:
    assert Cursor.read(cursor.write()) == cursor


def test_the_least_cursor_that_a_person_can_set() -> None:
    assert Cursor.read('{"watermark": "2025-03-10T16:00:00.123+01:00"}') == Cursor(MOMENT)
    assert Cursor.read("") == Cursor.read(None) == Cursor()


def test_a_run_is_done_up_to_where_it_began_to_read(stage: Stage) -> None:
    began = utc_now()
    assert newest_watermark(stage.instance, stage.workflow) is None
    stage.run(key())
    watermark = newest_watermark(stage.instance, stage.workflow)

    assert watermark is not None
    assert began - timedelta(seconds=1) <= watermark <= utc_now()


def test_a_run_over_a_closed_partition_is_done_up_to_its_end(stage: Stage) -> None:
    stage.run(key(3), key(1))

    assert newest_watermark(stage.instance, stage.workflow) == TODAY


def test_the_watermark_is_found_behind_any_number_of_failed_runs(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_history, "_AT_ONCE", 3)
    stage.run(key(9))
    stage.run(key(7), key(1), only=CANDIDATES)

    assert newest_watermark(stage.instance, stage.workflow) == TODAY - timedelta(days=8)
