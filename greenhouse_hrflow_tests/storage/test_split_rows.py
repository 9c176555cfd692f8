"""The rows of a frame by a column's value: all of them, each once, in their order and types."""

from __future__ import annotations

import pandas as pd

from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.storage.candidate_table import (
    CANDIDATE_SCHEMA,
    candidate_frame,
    take_candidates,
)
from greenhouse_hrflow.storage.split_rows import SplitRows
from greenhouse_hrflow.storage.tables import to_arrow
from greenhouse_hrflow_tests.storage.test_candidate_table import MOMENT


def days_of(frame: pd.DataFrame) -> list[str]:
    return [f"2025-03-{1 + identifier % 3:02}" for identifier in frame["id"]]


def test_every_row_is_in_one_part_in_its_order() -> None:
    people = [ReadCandidate({"id": identifier}, MOMENT, MOMENT) for identifier in range(1201)]
    frame = candidate_frame(people, "a-run")

    split = SplitRows(frame.assign(day=days_of(frame)), "day")

    assert split.keys == {"2025-03-01", "2025-03-02", "2025-03-03"}
    part = split.rows("2025-03-02")
    assert to_arrow(part).schema.equals(CANDIDATE_SCHEMA)
    assert [one.id for one in take_candidates(part)] == list(range(1, 1201, 3))
    assert sum(len(split.rows(day)) for day in split.keys) == len(people)


def test_a_value_that_is_not_there_has_no_rows_but_the_columns() -> None:
    frame = candidate_frame([], "a-run").assign(day=pd.Series([], dtype="string[pyarrow]"))

    split = SplitRows(frame, "day")

    assert split.keys == set()
    assert to_arrow(split.rows("2025-03-01")).schema.equals(CANDIDATE_SCHEMA)
