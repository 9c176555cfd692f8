"""The mark: it is read as it was written, the newest counts, and a damaged one is none."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenhouse_hrflow.hrflow.mark import Mark, find_mark, mark_name, with_mark, without_mark

NOW = datetime(2025, 3, 10, 12, tzinfo=timezone.utc)
NAME = "greenhouse_hrflow:wf"
milliseconds = st.datetimes(
    NOW.replace(year=1970, tzinfo=None),
    NOW.replace(year=9998, tzinfo=None),
    timezones=st.just(timezone.utc),
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))
written = st.dictionaries(
    st.text(max_size=8), st.text(max_size=12) | st.lists(st.text(max_size=12), max_size=3)
)
entries = st.lists(st.fixed_dictionaries({"name": st.text(max_size=5), "value": st.none()}))


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(milliseconds, milliseconds, written, entries)
def test_a_mark_survives_json(
    read_at: datetime, changed_at: datetime, hashes: dict[str, Any], others: list[dict[str, Any]]
) -> None:
    mark = Mark(read_at, changed_at, hashes)
    metadatas = json.loads(json.dumps(with_mark(others, "wf", mark)))
    assert find_mark({"metadatas": metadatas}, "wf") == mark
    assert without_mark(metadatas, "wf") == others


def test_a_mark_takes_the_place_of_the_former_ones() -> None:
    old = with_mark([{"name": "a", "value": None}], "wf", Mark(NOW, NOW))
    twice = [*old, *with_mark([], "wf", Mark(NOW, NOW))]
    new = with_mark(twice, "wf", Mark(NOW + timedelta(seconds=1), NOW))
    assert [entry["name"] for entry in new] == ["a", NAME]


def test_of_several_marks_the_newest_counts() -> None:
    earlier, later = Mark(NOW, NOW), Mark(NOW, NOW + timedelta(milliseconds=1))
    metadatas = with_mark([], "wf", later) + with_mark([], "wf", earlier)
    assert find_mark({"metadatas": metadatas}, "wf") == later


def test_marks_of_other_workflows_are_left_alone() -> None:
    metadatas = with_mark([], "another", Mark(NOW, NOW))
    assert find_mark({"metadatas": metadatas}, "wf") is None
    assert without_mark(metadatas, "wf") == metadatas
    assert mark_name("wf") == NAME


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "",
        "hello",
        "[]",
        "{}",
        '{"v":1}',
        "[" * 100_000,
        '{"read_at": 5, "changed_at": 5, "written": {}}',
        '{"read_at": "soon", "changed_at": "2025-03-10T00:00:00Z", "written": {}}',
        '{"read_at": "2025-03-10T00:00:00Z", "changed_at": null, "written": {}}',
        '{"read_at": "2025-03-10T00:00:00Z", "changed_at": "2025-03-10T00:00:00Z", "written": []}',
    ],
)
def test_a_damaged_mark_is_no_mark(value: object) -> None:
    assert find_mark({"metadatas": [{"name": NAME, "value": value}]}, "wf") is None


@pytest.mark.parametrize("metadatas", [None, [], ["odd", None], [{"value": "nameless"}]])
def test_a_profile_may_hold_no_mark(metadatas: object) -> None:
    assert find_mark({"metadatas": metadatas}, "wf") is None
    assert find_mark({}, "wf") is None


def test_the_later_read_wins_and_in_one_second_the_newest_change() -> None:
    second = timedelta(seconds=1)
    assert Mark(NOW + second, NOW).version > Mark(NOW, NOW + second).version
    assert Mark(NOW, NOW + second).version > Mark(NOW, NOW).version
