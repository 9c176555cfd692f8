"""The table of candidates: every candidate comes back exactly as it was read."""

from __future__ import annotations

from datetime import datetime, timezone
from math import isnan
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.storage.candidate_table import (
    CANDIDATE_SCHEMA,
    candidate_frame,
    take_candidates,
)
from greenhouse_hrflow.storage.tables import TableStore, to_arrow

MOMENT = datetime(2025, 3, 10, 15, 0, 0, 123000, tzinfo=timezone.utc)
TABLE = ("greenhouse_candidates",)

odd_text = st.text(st.characters(categories=["L", "N", "S", "Cs", "Cc"]))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | odd_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd_text, inner, max_size=3),
    max_leaves=8,
)


def read(**fields: Any) -> ReadCandidate:
    moments = dict.fromkeys(("created_at", "updated_at"), "2025-03-10T15:00:00.123Z")
    return ReadCandidate({"id": 1, **moments, **fields}, MOMENT, MOMENT)


def there_and_back(folder: Path, *candidates: ReadCandidate) -> list[ReadCandidate]:
    tables = TableStore(str(folder))
    tables.write(TABLE, "2025-03-10", candidate_frame(candidates, "a-run"))
    frame = tables.read(TABLE, "2025-03-10")
    assert frame is not None
    return list(take_candidates(frame))


def assert_exactly(back: ReadCandidate, read: ReadCandidate) -> None:
    # Their texts, since 1 == 1.0 == True.
    assert repr(back.candidate) == repr(read.candidate)
    assert (back.changed_at, back.read_at) == (read.changed_at, read.read_at)


def test_what_pandas_would_mix_up_comes_back_as_it_was(tmp_path: Path) -> None:
    fields: dict[str, Any] = {
        "whole": 1,
        "float": 1.0,
        "huge": 2**53 + 1,
        "zero": "01234",
        "null": None,
        "empty": ["", [], {}],
        "emoji": "👩🏽‍🔬",
        "lone": "\ud800",
        "not_a_number": float("nan"),
    }

    [back] = there_and_back(tmp_path, read(**fields))

    not_a_number = back.candidate.pop("not_a_number")
    assert isinstance(not_a_number, float)
    assert isnan(not_a_number)
    del fields["not_a_number"]
    assert_exactly(back, read(**fields))


@given(value=json_values)
def test_any_candidate_survives_its_table(value: object) -> None:
    [back] = take_candidates(candidate_frame([read(custom_fields=value)], "a-run"))

    assert_exactly(back, read(custom_fields=value))


def test_the_columns_are_typed_and_rows_are_read_a_few_at_a_time(tmp_path: Path) -> None:
    people = [read(id=identifier, is_private="perhaps") for identifier in range(1201)]

    back = there_and_back(tmp_path, *people)

    assert [one.id for one in back] == list(range(1201))
    frame = candidate_frame(iter(people[:1]), "a-run")
    assert to_arrow(frame).schema.equals(CANDIDATE_SCHEMA, check_metadata=True)
    assert frame["is_private"].isna().all()
    assert frame["run_id"].tolist() == ["a-run"]


def test_nobody_is_a_table_too(tmp_path: Path) -> None:
    assert there_and_back(tmp_path) == []
