"""Laws of the merge: what is given is in the profile, and what is withdrawn is not."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from greenhouse_hrflow.profiles.fields import EDITABLE
from greenhouse_hrflow.profiles.merge import changed_fields
from greenhouse_hrflow.profiles.normalize import JsonObject, canonical, same
from greenhouse_hrflow.profiles.prepare import prepare_profile
from greenhouse_hrflow_tests.profiles.source import REFERENCE, WORKFLOW, Source
from greenhouse_hrflow_tests.profiles.strategies import (
    given_profiles,
    laws,
    put_modes,
    stored_profiles,
)

DURATIONS = ("experiences_duration", "educations_duration")
LISTS = ("experiences", "educations", "skills", "languages", "interests", "tags", "metadatas")


def prepared(profile: JsonObject) -> JsonObject:
    return prepare_profile(
        profile, default_reference=REFERENCE, fields=EDITABLE, workflow_id=WORKFLOW
    ).profile


@laws
@given(stored_profiles, st.lists(given_profiles, min_size=1, max_size=3), put_modes)
def test_the_same_profile_again_changes_nothing(
    stored: JsonObject, states: list[JsonObject], mode: Any
) -> None:
    source = Source(stored, mode)
    for state in states:
        source.push(state)
        after_first = source.whole
        assert source.push(state) == []
        assert source.whole == after_first


@laws
@given(stored_profiles, given_profiles, given_profiles, put_modes)
def test_what_is_given_is_in_the_profile(
    stored: JsonObject, before: JsonObject, now: JsonObject, mode: Any
) -> None:
    source = Source(stored, mode)
    source.push(before)
    source.push(now)
    stored_now, wanted = source.profile, prepared(now)
    for name, value in wanted.get("info", {}).items():
        if name not in ("location", "urls"):
            assert same(stored_now["info"][name], value), name
    address = wanted.get("info", {}).get("location", {}).get("text")
    assert address in (None, stored_now["info"]["location"]["text"])
    urls = _entries(stored_now["info"]["urls"])
    assert not _entries(wanted.get("info", {}).get("urls", [])) - urls
    for name in ("tags", "metadatas"):
        assert not _entries(wanted.get(name, [])) - _entries(stored_now[name]), name
    for name in ("experiences", "educations", "skills", "languages"):
        assert _all_have_an_entry(wanted.get(name, []), stored_now[name]), name


@laws
@given(stored_profiles, given_profiles, put_modes)
def test_duplicates_do_not_multiply(stored: JsonObject, state: JsonObject, mode: Any) -> None:
    source = Source(stored, mode)
    before = source.profile
    source.push(state)
    source.push({})
    source.push(state)
    after = source.profile
    source.edit(lambda profile: profile["info"].update(summary="touched"))
    source.push(state)
    for name in LISTS:
        assert len(source.profile[name]) == len(after[name])
        assert len(after[name]) <= len(before[name]) + len(state.get(name) or [])


@laws
@given(given_profiles, given_profiles, put_modes)
def test_what_we_wrote_and_is_withdrawn_disappears(
    before: JsonObject, now: JsonObject, mode: Any
) -> None:
    """Where all is ours, the profile holds what is given now, and nothing else."""
    source = Source({"info": {}, "text": "hrflow:0"}, mode)
    source.push(before)
    source.push(now)
    fresh = Source({"info": {}, "text": "hrflow:0"}, mode)
    fresh.push(now)
    assert _comparable(source.profile) == _comparable(fresh.profile)


@laws
@given(stored_profiles, given_profiles, put_modes)
def test_what_was_added_and_withdrawn_leaves_the_profile_as_it_was(
    stored: JsonObject, state: JsonObject, mode: Any
) -> None:
    """Of values that HrFlow did not hold before; those that it held cannot be restored."""
    disjoint = {
        "info": {**stored["info"], "phone": None, "email": None, "urls": []},
        **{name: [] for name in ("experiences", "educations", "tags", "skills", "languages")},
    }
    source = Source({**stored, **disjoint}, mode)
    unpushed = source.profile
    added = {name: state[name] for name in state if name in disjoint and name != "info"}
    contact = {k: v for k, v in state.get("info", {}).items() if k in ("phone", "email", "urls")}
    source.push({**added, "info": contact})
    source.push({})
    assert source.profile == unpushed


@laws
@given(
    stored_profiles,
    given_profiles,
    given_profiles,
    st.sets(st.sampled_from(["info", "tags", "metadatas", "experiences", "skills"]), min_size=1),
    put_modes,
)
def test_fields_that_may_not_be_edited_are_untouched_and_remembered(
    stored: JsonObject, before: JsonObject, now: JsonObject, chosen: set[str], mode: Any
) -> None:
    source = Source(stored, mode)
    source.push(before)
    unedited = source.profile
    source.push(now, frozenset(chosen))
    after = source.profile
    assert {name: value for name, value in unedited.items() if name not in chosen} == {
        name: value for name, value in after.items() if name not in chosen
    }
    never_restricted = Source(stored, mode)
    never_restricted.push(before)
    source.push(now)
    never_restricted.push(now)
    assert set(changed_fields(never_restricted.profile, source.profile)) <= {"created_at"}


def _entries(entries: list[JsonObject]) -> Counter[str]:
    return Counter(repr(sorted(canonical(entry).items())) for entry in entries)


def _all_have_an_entry(wanted: list[JsonObject], stored: list[JsonObject]) -> bool:
    """Whether each wanted entry can be assigned a stored entry of its own (a perfect matching)."""
    possible = [
        [
            index
            for index, stored_entry in enumerate(stored)
            if all(same(stored_entry.get(name), value) for name, value in entry.items())
        ]
        for entry in wanted
    ]
    assigned: dict[int, int] = {}

    def assign(wanted_index: int, tried: set[int]) -> bool:
        for index in possible[wanted_index]:
            if index not in tried:
                tried.add(index)
                if index not in assigned or assign(assigned[index], tried):
                    assigned[index] = wanted_index
                    return True
        return False

    return all(assign(index, set()) for index in range(len(wanted)))


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
