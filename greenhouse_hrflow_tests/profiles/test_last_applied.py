"""Last-applied: it is read as it was written, the newest counts, and a damaged one is none."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenhouse_hrflow.profiles.last_applied import (
    LastApplied,
    find_last_applied,
    metadata_name,
    with_last_applied,
    without_last_applied,
)
from greenhouse_hrflow.read_version import ReadVersion

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


def applied(later: timedelta = timedelta(), changed_later: timedelta = timedelta()) -> LastApplied:
    return LastApplied(ReadVersion(NOW + later, NOW + changed_later))


@settings(max_examples=60)
@given(milliseconds, milliseconds, written, entries)
def test_it_survives_json(
    read_at: datetime, changed_at: datetime, hashes: dict[str, Any], others: list[dict[str, Any]]
) -> None:
    last = LastApplied(ReadVersion(read_at, changed_at), hashes)
    profile = with_last_applied({"metadatas": others}, "wf", last)
    profile = json.loads(json.dumps(profile))
    assert find_last_applied(profile, "wf") == last
    assert without_last_applied(profile, "wf") == {"metadatas": others}


def test_it_takes_the_place_of_the_former_ones() -> None:
    old = with_last_applied({"metadatas": [{"name": "a", "value": None}]}, "wf", applied())
    twice = {"metadatas": [*old["metadatas"], old["metadatas"][-1]]}
    new = with_last_applied(twice, "wf", applied(timedelta(seconds=1)))
    assert [entry["name"] for entry in new["metadatas"]] == ["a", NAME]


def test_of_several_the_newest_counts() -> None:
    later = applied(changed_later=timedelta(milliseconds=1))
    both = [with_last_applied({}, "wf", last)["metadatas"][0] for last in (later, applied())]
    assert find_last_applied({"metadatas": both}, "wf") == later


def test_those_of_other_workflows_are_left_alone() -> None:
    profile = with_last_applied({}, "another", applied())
    assert find_last_applied(profile, "wf") is None
    assert without_last_applied(profile, "wf") == profile
    assert metadata_name("wf") == NAME


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
def test_a_damaged_one_is_none(value: object) -> None:
    assert find_last_applied({"metadatas": [{"name": NAME, "value": value}]}, "wf") is None


@pytest.mark.parametrize("metadatas", [None, [], ["odd", None], [{"value": "nameless"}]])
def test_a_profile_may_hold_none(metadatas: object) -> None:
    assert find_last_applied({"metadatas": metadatas}, "wf") is None
    assert find_last_applied({}, "wf") is None


def test_the_later_read_wins_and_in_one_second_the_newest_change() -> None:
    second = timedelta(seconds=1)
    assert applied(second).version > applied(changed_later=second).version
    assert applied(changed_later=second).version > applied().version
