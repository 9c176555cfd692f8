"""The lines of a long piece of work: when they come, and what they say."""

from __future__ import annotations

import logging
import re

import pytest

from greenhouse_hrflow import progress
from greenhouse_hrflow.progress import Progress
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow_tests.support.pushing import CROWD, add_profiles, formatted, push
from greenhouse_hrflow_tests.support.stage import Stage, key

LOG = logging.getLogger("progress")


class Watch:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_a_line_comes_every_five_seconds(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    working = Progress(LOG, "%d rows are read so far", clock=watch)
    for count in range(1, 121):
        watch.seconds += 0.1
        working.note(10 * count)
    assert caplog.messages == [
        "500 rows are read so far (100 a second)",
        "1000 rows are read so far (100 a second)",
    ]


def test_where_the_total_is_known_it_says_how_long_the_rest_takes(
    watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    working = Progress(LOG, "%d of 5000 rows are done", total=5000, clock=watch)
    for seconds, done in [(5, 1200), (5, 1201), (5, 1301), (5, 4951), (5, 5000)]:
        watch.seconds += seconds
        working.note(done)
    assert caplog.messages == [
        "1200 of 5000 rows are done (240 a second, 16 seconds left)",
        # The rate of the last seconds, not since the beginning.
        "1201 of 5000 rows are done (0.2 a second, 5.3 hours left)",
        "1301 of 5000 rows are done (20 a second, 3.1 minutes left)",
        "4951 of 5000 rows are done (730 a second, 1 second left)",
        "5000 of 5000 rows are done (9.8 a second)",
    ]


def test_what_was_done_before_it_began_is_no_speed(
    watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    working = Progress(LOG, "%d of 5000 rows are done", total=5000, done=4000, clock=watch)
    watch.seconds += 10
    working.note(4100)
    assert caplog.messages == ["4100 of 5000 rows are done (10 a second, 90 seconds left)"]


def test_where_nothing_moves_no_end_is_foretold(
    watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    working = Progress(LOG, "%d of 9 rows are done", total=9, clock=watch)
    watch.seconds += 5
    working.note(0)
    assert caplog.messages == ["0 of 9 rows are done (0 a second)"]


@pytest.mark.parametrize(("persist", "word"), [(True, "done"), (False, "compared")])
def test_a_push_says_where_it_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, persist: bool, word: str
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(progress, "EVERY", 0.0)
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, *CROWD)
        push(sandbox, *[formatted(n) for n in CROWD], persist=persist, log=LOG)
    line = rf"\d+ of 60 profiles are {word} \([\d.]+ a second, [\d.]+ seconds? left\)"
    said = [message for message in caplog.messages if " of 60 profiles are " in message]
    assert said
    assert [message for message in said[:-1] if not re.fullmatch(line, message)] == []
    assert said[-1].startswith(f"60 of 60 profiles are {word} (")


def test_a_reading_says_how_many_it_has_read(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)
    stage.person()
    stage.person()

    result = stage.run(key())

    assert result.success
    logged = [record.user_message for record in stage.instance.all_logs(result.run_id)]
    said = [text for text in logged if "candidates are read so far" in text]
    assert len(said) == 2
    assert re.fullmatch(r"2 candidates are read so far \([\d.]+ a second\)", said[-1])
