"""The ledger: what pushes know of a reference, whatever partitions it came through."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from greenhouse_hrflow.report import Outcome, ReportRow
from greenhouse_hrflow.storage.ledger import Ledger
from greenhouse_hrflow.storage.tables import TableStore

NOW = datetime.now(timezone.utc).replace(microsecond=0)
HOUR = timedelta(hours=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(TableStore(str(tmp_path)), "a_workflow")


def row(
    candidate: int,
    outcome: Outcome,
    at: datetime = NOW,
    *,
    has_reference: bool = True,
    attempts: int = 0,
) -> ReportRow:
    """What became of a candidate that was read and pushed at a moment."""
    return ReportRow(
        candidate_id=candidate,
        reference=str(candidate) if has_reference else None,
        outcome=outcome,
        changed_at=at - HOUR,
        read_at=at,
        pushed_at=at,
        run_id="a-run",
        attempts=attempts,
    )


def tried_again(ledger: Ledger, now: datetime = NOW, most: int = 500) -> list[int]:
    return [entry.candidate_id for entry in ledger.due_retries(now, most)]


def test_an_empty_ledger_knows_nothing(ledger: Ledger) -> None:
    assert ledger.history(NOW).compared == {}
    assert tried_again(ledger) == []


def test_the_latest_read_that_was_compared_is_known_across_partitions(ledger: Ledger) -> None:
    ledger.record("newer", [row(1, Outcome.UNCHANGED, NOW)], {})
    ledger.record("older", [row(1, Outcome.UPDATED, NOW - HOUR)], {})
    ledger.record("newer", [row(2, Outcome.UPDATED, NOW)], {})

    compared = ledger.history(NOW - HOUR).compared
    assert compared["1"] == (NOW, NOW - HOUR)
    assert set(compared) == {"1", "2"}


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.UPDATED, Outcome.UNCHANGED}))
def test_what_was_not_compared_says_nothing_of_the_profile(
    ledger: Ledger, outcome: Outcome
) -> None:
    ledger.record("a day", [row(1, outcome)], {})

    assert ledger.history(NOW).compared == {}


def test_a_later_push_that_failed_does_not_forget_what_was_compared(ledger: Ledger) -> None:
    ledger.record("a day", [row(1, Outcome.UPDATED, NOW - HOUR)], {})
    ledger.record("a day", [row(1, Outcome.FAILED, NOW, attempts=3)], {})

    history = ledger.history(NOW - 2 * HOUR)
    assert history.compared["1"][0] == NOW - HOUR
    assert history.attempts == {"1": 3}


def test_those_that_wait_longest_come_first_and_not_more_than_asked(ledger: Ledger) -> None:
    rows = [
        row(n, Outcome.FAILED if n % 2 else Outcome.MISSING, NOW - 2 * n * HOUR, attempts=n % 2)
        for n in range(1, 8)
    ]
    ledger.record("a day", rows[::2], {})
    ledger.record("another", rows[1::2], {})

    assert tried_again(ledger, most=3) == [7, 6, 5]
    assert len(tried_again(ledger)) == 7


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 1), (2, 2), (3, 4), (4, 8), (7, 60), (2000, 60)]
)
def test_a_failed_one_is_due_after_a_wait_that_doubles_up_to_an_hour(
    ledger: Ledger, attempts: int, minutes: int
) -> None:
    ledger.record("a day", [row(1, Outcome.FAILED, attempts=attempts)], {})
    ledger.note_pending(NOW)
    due = NOW + timedelta(minutes=minutes)

    assert ledger.pending(NOW) == [due]
    assert tried_again(ledger, due - timedelta(seconds=1)) == []
    assert tried_again(ledger, due) == [1]


def test_a_missing_one_is_due_every_hour_and_given_up_after_seven_days(ledger: Ledger) -> None:
    ledger.record("a day", [row(1, Outcome.MISSING)], {})
    ledger.note_pending(NOW)

    assert ledger.pending(NOW) == [NOW + HOUR]
    assert tried_again(ledger, NOW + 7 * 24 * HOUR) == [1]
    assert tried_again(ledger, NOW + 7 * 24 * HOUR + HOUR) == []
    assert ledger.pending(NOW + 7 * 24 * HOUR + HOUR) == []


def test_one_is_settled_by_a_later_push_in_any_partition(ledger: Ledger) -> None:
    ledger.record("old", [row(1, Outcome.MISSING, NOW - 2 * HOUR)], {})
    ledger.record("new", [row(1, Outcome.UPDATED, NOW)], {})
    ledger.note_pending(NOW)

    assert tried_again(ledger) == []
    assert ledger.pending(NOW) == []


def test_one_that_a_push_only_compared_stays_as_it_was(ledger: Ledger) -> None:
    ledger.record("a day", [row(1, Outcome.FAILED, NOW - HOUR, attempts=3)], {})
    ledger.record("a day", [row(1, Outcome.WOULD_UPDATE), row(2, Outcome.WOULD_UPDATE)], {})

    assert tried_again(ledger) == [1]
    assert ledger.history(NOW).attempts == {"1": 3}


def test_being_missed_again_does_not_make_it_younger(ledger: Ledger) -> None:
    first = NOW - 6 * 24 * HOUR
    ledger.record("old", [row(1, Outcome.MISSING, first)], {})
    ledger.record("new", [row(1, Outcome.MISSING, NOW)], {})

    assert tried_again(ledger, first + 7 * 24 * HOUR) == [1]
    assert tried_again(ledger, first + 7 * 24 * HOUR + HOUR) == []


def test_it_tells_where_the_candidate_was_read(ledger: Ledger) -> None:
    ledger.record("the run's day", [row(1, Outcome.MISSING)], {1: "the day of its table"})

    [entry] = ledger.due_retries(NOW, 1)
    assert entry.table_partition == "the day of its table"


def test_a_candidate_without_a_reference_leaves_no_entry(ledger: Ledger) -> None:
    ledger.record("a day", [row(1, Outcome.REJECTED, has_reference=False)], {})

    assert tried_again(ledger) == []


def test_workflows_know_nothing_of_each_other(tmp_path: Path) -> None:
    tables = TableStore(str(tmp_path))
    Ledger(tables, "one").record("a day", [row(1, Outcome.FAILED)], {})

    assert tried_again(Ledger(tables, "another")) == []


def test_what_another_push_recorded_meanwhile_is_still_tried_again(tmp_path: Path) -> None:
    first, second, tick = (Ledger(TableStore(str(tmp_path)), "a_workflow") for _ in range(3))
    first.due_retries(NOW, 500)
    second.record("another day", [row(2, Outcome.FAILED, attempts=1)], {})
    second.note_pending(NOW)
    first.record("a day", [row(1, Outcome.FAILED, attempts=1)], {})
    first.note_pending(NOW)

    assert len(tick.pending(NOW)) == 2
