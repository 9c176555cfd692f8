"""Laws of the merge: what is not ours is kept, whatever is given or withdrawn."""

from __future__ import annotations

from collections import Counter
from functools import reduce
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from greenhouse_hrflow.profiles.fields import EDITABLE
from greenhouse_hrflow.profiles.merge import changed_fields, three_way_merge
from greenhouse_hrflow.profiles.normalize import JsonObject, is_empty, same
from greenhouse_hrflow_tests.profiles.source import Source
from greenhouse_hrflow_tests.profiles.strategies import (
    given_profiles,
    laws,
    only_hrflows,
    put_modes,
    spoil,
    spoils,
    stored_profiles,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["info", "tags", "experiences", "location", "phone", "name", "company"])
            | st.text(max_size=3),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)
nonsense_hashes = st.dictionaries(st.sampled_from(sorted(EDITABLE)), json_values, max_size=6)


@laws
@given(stored_profiles, st.lists(given_profiles, min_size=1, max_size=3), put_modes)
def test_nothing_that_only_hrflow_knows_disappears(
    stored: JsonObject, states: list[JsonObject], mode: Any
) -> None:
    source = Source(stored, mode)
    for state in states:
        before = source.profile
        source.push(state)
        after = source.profile
        lost = Counter(only_hrflows(before)) - Counter(only_hrflows(after))
        if not same(before["info"]["location"]["text"], after["info"]["location"]["text"]):
            lost = Counter({leaf: n for leaf, n in lost.items() if ".location.fields." not in leaf})
        assert not lost
        assert after["key"] == before["key"]
        assert _position_keys(before) <= _position_keys(after) | _created_by_us(before)


@laws
@given(stored_profiles, given_profiles, given_profiles, put_modes)
def test_what_a_recruiter_types_stays(
    stored: JsonObject, before: JsonObject, now: JsonObject, mode: Any
) -> None:
    source = Source(stored, mode)
    source.push(before)
    typed = {"name": "typed", "value": "by hand"}
    position = {"company": "Typed Ltd", "title": "Boss", "date_start": "1999-01-01T00:00:00"}

    def type_into(profile: JsonObject) -> None:
        for name in ("tags", "metadatas", "languages"):
            profile[name] = [typed, *profile[name], typed]
        profile["experiences"] = [*profile["experiences"], {**position, "key": "typed"}]
        profile["info"]["summary"] = "typed"

    source.edit(type_into)
    source.push(now)
    after = source.profile
    for name in ("tags", "metadatas", "languages"):
        assert after[name].count(typed) == 2
    assert after["info"]["summary"] == "typed"
    assert {**position, "key": "typed"} in [
        {k: v for k, v in entry.items() if not is_empty(v)} for entry in after["experiences"]
    ]


@laws
@given(stored_profiles, spoils, st.lists(given_profiles, min_size=1, max_size=3), put_modes)
def test_what_has_another_shape_stays_whatever_is_given(
    stored: JsonObject, spoiled: JsonObject, states: list[JsonObject], mode: Any
) -> None:
    source = Source(stored, mode)
    source.edit(lambda profile: spoil(profile, spoiled))
    for state in [*states, {}]:
        source.push(state)
        after_first = source.whole
        assert source.push(state) == []
        assert source.whole == after_first
        for path, value in spoiled.items():
            assert reduce(lambda part, name: part[name], path.split("."), after_first) == value


@laws
@given(stored_profiles, nonsense_hashes)
def test_last_applied_hashes_without_sense_remove_nothing(
    stored: JsonObject, hashes: JsonObject
) -> None:
    merged = three_way_merge(stored, hashes, {}, EDITABLE)
    assert changed_fields(stored, merged.value) == []


@laws
@given(stored_profiles, given_profiles, json_values | st.text())
def test_a_damaged_last_applied_means_that_nothing_is_ours(
    stored: JsonObject, state: JsonObject, damage: Any
) -> None:
    source = Source(stored)
    source.push(state)
    before = source.profile

    def damage_last_applied(profile: JsonObject) -> None:
        for entry in profile["metadatas"]:
            if entry["name"].startswith("greenhouse_hrflow:"):
                entry["value"] = damage if isinstance(damage, str) else None

    source.edit(damage_last_applied)
    source.push({})
    assert source.profile == before


def _position_keys(profile: JsonObject) -> set[str]:
    return {entry["key"] for entry in profile["experiences"] + profile["educations"]}


def _created_by_us(profile: JsonObject) -> set[str]:
    return {
        entry["key"]
        for entry in profile["experiences"] + profile["educations"]
        if not only_hrflows(entry)
    }
