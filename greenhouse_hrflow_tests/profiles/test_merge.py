"""The three-way merge by example: each rule once."""

from __future__ import annotations

from typing import Any

import pytest

from greenhouse_hrflow.profiles.fields import EDITABLE
from greenhouse_hrflow.profiles.merge import changed_fields, three_way_merge
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow_tests.profiles.source import Source


def entry(name: str, value: str | None = None) -> JsonObject:
    return {"name": name, "value": value}


def position(company: str = "ACME", **more: Any) -> JsonObject:
    return {"company": company, **more}


def source_with(profile: JsonObject) -> Source:
    return Source({"info": {}, "text": "a text", **profile})


def bare(entries: list[JsonObject]) -> list[JsonObject]:
    """Entries without what is empty and without HrFlow's keys."""
    empty = (None, [], {"text": None, "lat": None, "lng": None, "fields": {}})
    return [{k: v for k, v in e.items() if k != "key" and v not in empty} for e in entries]


def test_a_withdrawn_phone_number_goes_and_a_typed_one_stays() -> None:
    source = source_with({})
    source.push({"info": {"phone": "0123", "email": "ada@example.com"}})
    source.edit(lambda profile: profile["info"].update(email="typed@example.com"))
    assert source.push({}) == ["info.phone"]
    assert source.profile["info"]["phone"] is None
    assert source.profile["info"]["email"] == "typed@example.com"


@pytest.mark.parametrize("mode", ["replace", "merge"])
def test_a_withdrawn_top_level_value_goes_in_both_modes(mode: Any) -> None:
    source = Source({"info": {}, "text": "a text"}, mode)
    source.push({"text_language": "en"})
    assert source.push({}) == ["text_language"]
    assert source.profile["text_language"] is None


def test_a_text_is_never_taken_away() -> None:
    source = source_with({})
    source.push({"text": "a newer text"})
    assert source.push({"text": ""}) == []
    assert source.profile["text"] == "a newer text"


def test_null_and_empty_lists_destroy_nothing() -> None:
    source = source_with(
        {
            "info": {"phone": "0123", "urls": [{"type": "github", "url": "u"}]},
            "tags": [entry("pool", "spring")],
            "experiences": [position(title="Engineer")],
        }
    )
    nothing = {"info": {"phone": None, "urls": []}, "tags": [], "experiences": None, "text": None}
    assert source.push(nothing) == []


@pytest.mark.parametrize("mode", ["replace", "merge"])
def test_another_address_loses_the_coordinates_of_the_old_one(mode: Any) -> None:
    oslo = {"text": "Oslo", "lat": 59.9, "lng": 10.7, "fields": {"city": "Oslo"}}
    source = Source({"info": {"location": oslo}, "text": "a text"}, mode)
    assert source.push({"info": {"location": {"text": "Oslo"}}}) == []
    assert source.push({"info": {"location": {"text": "Bergen"}}}) == ["info.location"]
    location = source.profile["info"]["location"]
    assert (location["text"], location["lat"], location["lng"]) == ("Bergen", None, None)
    assert not location["fields"]


def test_a_withdrawn_address_goes() -> None:
    source = source_with({"info": {"summary": "stays"}})
    source.push({"info": {"location": {"text": "Oslo"}}})
    assert source.push({}) == ["info.location"]
    assert source.profile["info"]["location"]["text"] is None
    assert source.profile["info"]["summary"] == "stays"


def test_coordinates_that_the_format_gives_are_written() -> None:
    source = source_with({"info": {"location": {"text": "Oslo", "lat": 59.9, "lng": 10.7}}})
    source.push({"info": {"location": {"text": "Bergen", "lat": 60.4, "lng": 5.3}}})
    location = source.profile["info"]["location"]
    assert (location["lat"], location["lng"]) == (60.4, 5.3)


def test_urls_are_united_by_type_and_url() -> None:
    known = {"type": "github", "url": "https://github.com/ada"}
    source = source_with({"info": {"urls": [known, {"type": "from_resume", "url": "cv"}]}})
    assert source.push({"info": {"urls": [known]}}) == []
    assert source.push({"info": {"urls": [known, {"url": "blog"}]}}) == ["info.urls"]
    assert [url["url"] for url in source.profile["info"]["urls"]] == [known["url"], "cv", "blog"]
    assert source.push({"info": {"urls": []}}) == ["info.urls"]


def test_tags_keep_their_order_and_a_changed_value_its_place() -> None:
    source = source_with({"tags": [entry("pool", "spring")]})
    source.push({"tags": [entry("a", "1"), entry("b", "1")]})
    source.edit(lambda profile: profile["tags"].append(entry("typed")))
    source.push({"tags": [entry("a", "2"), entry("b", "1")]})
    tags = source.profile["tags"]
    assert tags == [entry("pool", "spring"), entry("a", "2"), entry("b", "1"), entry("typed")]


def test_the_same_tag_several_times_is_counted() -> None:
    source = source_with({})
    twice = {"tags": [entry("a", "1"), entry("a", "1")]}
    source.push(twice)
    assert source.push(twice) == []
    assert source.profile["tags"] == [entry("a", "1"), entry("a", "1")]
    source.push({"tags": [entry("a", "1")]})
    assert source.profile["tags"] == [entry("a", "1")]


def test_our_tag_goes_and_a_recruiters_equal_one_stays() -> None:
    source = source_with({})
    source.push({"tags": [entry("a", "1")]})
    source.edit(lambda profile: profile["tags"].append(entry("a", "1")))
    source.push({})
    assert source.profile["tags"] == [entry("a", "1")]


def test_a_matched_position_keeps_what_hrflow_knows() -> None:
    known = position(
        title="Engineer", date_start="2019-01-01T00:00:00", description="Led", logo="logo.png"
    )
    source = source_with({"experiences": [known]})
    key = source.profile["experiences"][0]["key"]
    source.push({"experiences": [position("acme", title="Engineer", date_start="2019-01-01")]})
    assert source.profile["experiences"][0]["key"] == key
    assert bare(source.profile["experiences"]) == [{**known, "company": "acme"}]


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        ("ACME, Inc.", "acme inc"),
        ("Caf\u00e9", "Cafe\u0301"),
        ("漢字", "漢字"),
        ("🚀", "🚀"),
    ],
)
def test_a_company_is_recognised_through_its_spellings(stored: str, given: str) -> None:
    source = source_with({"experiences": [position(stored, title="Engineer", description="Led")]})
    source.push({"experiences": [position(given, title="Engineer")]})
    assert len(source.profile["experiences"]) == 1
    assert source.profile["experiences"][0]["description"] == "Led"


def test_companies_of_different_symbols_stay_apart() -> None:
    source = source_with({"experiences": [position("🚀", date_start="2019-01-01T00:00:00")]})
    source.push({"experiences": [position("🔥", date_start="2019-01-01T00:00:00")]})
    assert [e["company"] for e in source.profile["experiences"]] == ["🚀", "🔥"]


def test_two_positions_at_one_company_stay_two() -> None:
    first = position(title="Engineer", date_start="2015-01-01T00:00:00")
    second = position(title="Engineer", date_start="2019-01-01T00:00:00")
    source = source_with(
        {"experiences": [{**first, "description": "1"}, {**second, "description": "2"}]}
    )
    assert source.push({"experiences": [second, first]}) == []
    moved = {**second, "date_start": "2018-01-01T00:00:00"}
    source.push({"experiences": [moved, first]})
    # Two positions have this company and title: which of them moved cannot be known.
    assert len(source.profile["experiences"]) == 3


def test_a_position_that_moved_is_found_by_company_and_title() -> None:
    known = position(title="Engineer", date_start="2015-01-01T00:00:00", description="Led")
    source = source_with({"experiences": [known]})
    source.push({"experiences": [position(title="Engineer", date_start="2016-01-01")]})
    assert bare(source.profile["experiences"]) == [{**known, "date_start": "2016-01-01T00:00:00"}]


def test_a_promotion_is_found_by_company_and_start() -> None:
    known = position(title="Engineer", date_start="2015-01-01T00:00:00", description="Led")
    source = source_with({"experiences": [known]})
    source.push({"experiences": [position(title="Lead", date_start="2015-01-01")]})
    assert bare(source.profile["experiences"]) == [{**known, "title": "Lead"}]


def test_our_position_goes_whole_when_it_is_withdrawn() -> None:
    source = source_with({"experiences": [position("Known Ltd", description="stays")]})
    source.push({"experiences": [position(title="Engineer", date_start="2019-01-01")]})
    assert source.push({"experiences": []}) == ["experiences"]
    assert bare(source.profile["experiences"]) == [position("Known Ltd", description="stays")]


def test_a_withdrawn_position_leaves_what_a_recruiter_added_to_it() -> None:
    source = source_with({})
    source.push({"experiences": [position(title="Engineer")]})
    source.edit(lambda profile: profile["experiences"][0].update(description="by hand"))
    source.push({})
    assert bare(source.profile["experiences"]) == [{"description": "by hand"}]


def test_a_withdrawn_skill_goes_and_one_that_hrflow_rated_keeps_its_name() -> None:
    known = {"name": "Python", "type": "hard", "value": None}
    source = source_with({"skills": [known]})
    source.push({"skills": [{"name": "python"}, {"name": "Rust"}]})
    source.push({})
    skills = [{k: v for k, v in skill.items() if v} for skill in source.profile["skills"]]
    assert skills == [{"name": "python", "type": "hard"}]


def test_a_date_in_hrflows_own_form_is_no_difference() -> None:
    source = source_with({"info": {"date_birth": "1990-01-01"}})
    assert source.profile["info"]["date_birth"] == "1990-01-01T00:00:00+0000"
    assert source.push({"info": {"date_birth": "1990-01-01T00:00:00.000Z"}}) == []


def test_what_an_edit_cannot_change_is_written_once() -> None:
    source = source_with({})
    assert source.push({"created_at": "2020-01-01T00:00:00Z"}) == ["created_at"]
    assert source.push({"created_at": "2020-01-01T00:00:00Z"}) == []
    assert source.push({"created_at": "2021-01-01T00:00:00Z"}) == ["created_at"]


@pytest.mark.parametrize(
    "stored",
    [
        {"info": None, "tags": None, "experiences": None, "metadatas": None, "text": None},
        {},
        {"tags": ["odd", 5], "experiences": [None, "odd"], "info": {"location": "odd"}},
        {"tags": {"odd": 1}, "info": {"urls": "odd"}},
    ],
)
def test_what_is_given_is_merged_into_an_odd_stored_profile(stored: JsonObject) -> None:
    given = {
        "info": {"phone": "0123", "location": {"text": "Oslo"}, "urls": [{"url": "u"}]},
        "tags": [entry("a", "1")],
        "experiences": [position()],
        "text": "a text",
    }
    first = three_way_merge(stored, {}, given, EDITABLE)
    assert first.value["info"]["phone"] == "0123"
    second = three_way_merge(first.value, first.hashes, given, EDITABLE)
    assert changed_fields(first.value, second.value) == []


def test_changed_fields_name_those_of_info_one_by_one() -> None:
    before = {"info": {"phone": "1", "email": None}, "tags": [], "text": "t"}
    after = {"info": {"phone": "2", "email": "e"}, "tags": None, "text": "u"}
    assert changed_fields(before, after) == ["info.email", "info.phone", "text"]


def test_a_withdrawal_takes_from_our_entry_and_not_from_one_that_looks_alike() -> None:
    ours = position(title="Lead", date_start="2020-01-01T00:00:00")
    typed = {**ours, "description": "by hand", "key": "typed"}
    source = source_with({})
    source.push({"experiences": [ours]})
    source.edit(lambda profile: profile["experiences"].insert(0, typed))
    source.push({})
    assert bare(source.profile["experiences"]) == [{**ours, "description": "by hand"}]


def test_entries_of_one_name_are_matched_by_their_values() -> None:
    source = source_with({})
    source.push({"languages": [entry("a", "1"), entry("a"), entry("a", "2")]})
    source.push({"languages": [entry("a"), entry("a", "2")]})
    values = [language.get("value") for language in source.profile["languages"]]
    assert sorted(values, key=str) == ["2", None]


def test_what_is_given_inside_a_position_is_replaced_and_withdrawn_with_it() -> None:
    source = source_with({})
    known = position(title="Engineer", date_start="2019-01-01T00:00:00")
    skill = {"name": "weaving", "value": "5"}
    source.push({"experiences": [{**known, "location": {"text": "Oslo"}, "skills": [skill]}]})

    source.push({"experiences": [{**known, "location": {"text": "Bergen"}}]})

    [experience] = source.profile["experiences"]
    assert experience["location"]["text"] == "Bergen"
    assert experience["skills"] == []
    source.push({"experiences": []})
    assert source.profile["experiences"] == []
