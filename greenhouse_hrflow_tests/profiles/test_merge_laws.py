"""Laying over, as laws: over profiles in HrFlow's whole shape, edited by recruiters in between."""

from __future__ import annotations

from collections import Counter
from functools import reduce
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from greenhouse_hrflow.profiles.fields import EDITABLE
from greenhouse_hrflow.profiles.merge import changed_fields, three_way_merge
from greenhouse_hrflow.profiles.normalize import JsonObject, canonical, is_empty, same
from greenhouse_hrflow.profiles.prepare import prepare_profile
from greenhouse_hrflow_tests.profiles.source import REFERENCE, WORKFLOW, Source
from greenhouse_hrflow_tests.profiles.strategies import (
    given_profiles,
    only_hrflows,
    spoil,
    spoils,
    stored_profiles,
)

modes = st.sampled_from(["replace", "merge"])
DURATIONS = ("experiences_duration", "educations_duration")
LISTS = ("experiences", "educations", "skills", "languages", "interests", "tags", "metadatas")
laws = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
    phases=[Phase.generate],
)


def prepared(profile: JsonObject) -> JsonObject:
    return prepare_profile(
        profile, default_reference=REFERENCE, fields=EDITABLE, workflow_id=WORKFLOW
    ).profile


@laws
@given(stored_profiles, st.lists(given_profiles, min_size=1, max_size=3), modes)
def test_the_same_profile_twice_equals_once(
    stored: JsonObject, states: list[JsonObject], mode: Any
) -> None:
    source = Source(stored, mode)
    for state in states:
        source.push(state)
        once = source.whole
        assert source.push(state) == []
        assert source.whole == once


@laws
@given(stored_profiles, given_profiles, given_profiles, modes)
def test_what_is_given_stands(
    stored: JsonObject, before: JsonObject, now: JsonObject, mode: Any
) -> None:
    source = Source(stored, mode)
    source.push(before)
    source.push(now)
    stands, wanted = source.profile, prepared(now)
    for name, value in wanted.get("info", {}).items():
        if name not in ("location", "urls"):
            assert same(stands["info"][name], value), name
    address = wanted.get("info", {}).get("location", {}).get("text")
    assert address in (None, stands["info"]["location"]["text"])
    urls = _entries(stands["info"]["urls"])
    assert not _entries(wanted.get("info", {}).get("urls", [])) - urls
    for name in ("tags", "metadatas"):
        assert not _entries(wanted.get(name, [])) - _entries(stands[name]), name
    for name in ("experiences", "educations", "skills", "languages"):
        assert _each_finds_its_own(wanted.get(name, []), stands[name]), name


@laws
@given(stored_profiles, st.lists(given_profiles, min_size=1, max_size=3), modes)
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
        keys = [{e["key"] for e in p["experiences"] + p["educations"]} for p in (before, after)]
        assert keys[0] <= keys[1] | _created_by_us(before)


@laws
@given(stored_profiles, given_profiles, given_profiles, modes)
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
@given(given_profiles, given_profiles, modes)
def test_what_we_wrote_and_no_longer_give_disappears(
    before: JsonObject, now: JsonObject, mode: Any
) -> None:
    """Where all is ours, the profile comes to hold what is given now, and nothing else."""
    source = Source({"info": {}, "text": "hrflow:0"}, mode)
    source.push(before)
    source.push(now)
    fresh = Source({"info": {}, "text": "hrflow:0"}, mode)
    fresh.push(now)
    assert _comparable(source.profile) == _comparable(fresh.profile)


@laws
@given(stored_profiles, given_profiles, modes)
def test_what_was_added_and_withdrawn_leaves_the_profile_as_it_was(
    stored: JsonObject, state: JsonObject, mode: Any
) -> None:
    """Values that HrFlow did not hold before; the ones that it held we cannot bring back."""
    disjoint = {
        "info": {**stored["info"], "phone": None, "email": None, "urls": []},
        **{name: [] for name in ("experiences", "educations", "tags", "skills", "languages")},
    }
    source = Source({**stored, **disjoint}, mode)
    was = source.profile
    added = {name: state[name] for name in state if name in disjoint and name != "info"}
    contact = {k: v for k, v in state.get("info", {}).items() if k in ("phone", "email", "urls")}
    source.push({**added, "info": contact})
    source.push({})
    assert source.profile == was


@laws
@given(
    stored_profiles,
    given_profiles,
    given_profiles,
    st.sets(st.sampled_from(["info", "tags", "metadatas", "experiences", "skills"]), min_size=1),
    modes,
)
def test_fields_that_may_not_be_edited_are_untouched_and_remembered(
    stored: JsonObject, before: JsonObject, now: JsonObject, only: set[str], mode: Any
) -> None:
    source = Source(stored, mode)
    source.push(before)
    was = source.profile
    source.push(now, frozenset(only))
    after = source.profile
    assert {k: v for k, v in was.items() if k not in only} == {
        k: v for k, v in after.items() if k not in only
    }
    twin = Source(stored, mode)
    twin.push(before)
    source.push(now)
    twin.push(now)
    assert set(changed_fields(twin.profile, source.profile)) <= {"created_at"}


@laws
@given(stored_profiles, given_profiles, modes)
def test_duplicates_do_not_multiply(stored: JsonObject, state: JsonObject, mode: Any) -> None:
    source = Source(stored, mode)
    was = source.profile
    source.push(state)
    source.push({})
    source.push(state)
    once = source.profile
    source.edit(lambda profile: profile["info"].update(summary="touched"))
    source.push(state)
    for name in LISTS:
        assert len(source.profile[name]) == len(once[name])
        assert len(once[name]) <= len(was[name]) + len(state.get(name) or [])


@laws
@given(stored_profiles, spoils, st.lists(given_profiles, min_size=1, max_size=3), modes)
def test_what_has_another_shape_stays_whatever_is_given(
    stored: JsonObject, spoiled: JsonObject, states: list[JsonObject], mode: Any
) -> None:
    source = Source(stored, mode)
    source.edit(lambda profile: spoil(profile, spoiled))
    for state in [*states, {}]:
        source.push(state)
        once = source.whole
        assert source.push(state) == []
        assert source.whole == once
        for path, value in spoiled.items():
            assert reduce(lambda part, name: part[name], path.split("."), once) == value


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
memories = st.dictionaries(st.sampled_from(sorted(EDITABLE)), json_values, max_size=6)


@laws
@given(stored_profiles, memories)
def test_a_memory_that_makes_no_sense_removes_nothing(
    stored: JsonObject, memory: JsonObject
) -> None:
    laid = three_way_merge(stored, memory, {}, EDITABLE)
    assert changed_fields(stored, laid.value) == []


@laws
@given(stored_profiles, given_profiles, json_values | st.text())
def test_a_damaged_mark_means_that_nothing_is_ours(
    stored: JsonObject, state: JsonObject, damage: Any
) -> None:
    source = Source(stored)
    source.push(state)
    was = source.profile

    def damage_mark(profile: JsonObject) -> None:
        for entry in profile["metadatas"]:
            if entry["name"].startswith("greenhouse_hrflow:"):
                entry["value"] = damage if isinstance(damage, str) else None

    source.edit(damage_mark)
    source.push({})
    assert source.profile == was


def _entries(entries: list[JsonObject]) -> Counter[str]:
    return Counter(repr(sorted(canonical(entry).items())) for entry in entries)


def _each_finds_its_own(wanted: list[JsonObject], stands: list[JsonObject]) -> bool:
    """Whether every wanted entry stands, each in an entry of its own (a matching exists)."""
    holders = [
        [i for i, s in enumerate(stands) if all(same(s.get(k), v) for k, v in entry.items())]
        for entry in wanted
    ]
    taken: dict[int, int] = {}

    def place(entry: int, seen: set[int]) -> bool:
        for holder in holders[entry]:
            if holder not in seen:
                seen.add(holder)
                if holder not in taken or place(taken[holder], seen):
                    taken[holder] = entry
                    return True
        return False

    return all(place(entry, set()) for entry in range(len(wanted)))


def _created_by_us(profile: JsonObject) -> set[str]:
    return {
        entry["key"]
        for entry in profile["experiences"] + profile["educations"]
        if not only_hrflows(entry)
    }


def _comparable(profile: JsonObject) -> JsonObject:
    """The profile without keys, and without the order in which entries came."""
    bare = {name: profile[name] for name in sorted(EDITABLE - {"created_at", *LISTS, *DURATIONS})}
    durations = {name: profile[name] or None for name in DURATIONS}
    lists = {
        name: _entries([{k: v for k, v in e.items() if k != "key"} for e in profile[name]])
        for name in LISTS
    }
    urls = _entries(profile["info"]["urls"])
    bare["info"] = {**bare["info"], "urls": []}
    return {**canonical(bare), **durations, **lists, "urls": urls}
