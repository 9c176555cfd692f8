"""What a user's format may give: normalised, left out, or refused with a path and no value."""

from __future__ import annotations

import json
from datetime import date, datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenhouse_hrflow.errors import ProfileRejected
from greenhouse_hrflow.profiles.fields import EDITABLE
from greenhouse_hrflow.profiles.prepare import Prepared, prepare_profile

SECRET = "ada@example.com"


def prepare(formatted: object, fields: frozenset[str] = EDITABLE) -> Prepared:
    return prepare_profile(formatted, default_reference="7", fields=fields, workflow_id="wf")


def endless() -> dict[str, Any]:
    knot: dict[str, Any] = {"summary": SECRET}
    knot["location"] = knot
    return knot


@pytest.mark.parametrize(
    ("given_reference", "reference"),
    [
        (None, "7"),
        (53883394, "53883394"),
        ("abc", "abc"),
        ("01", "01"),
        (2**53 + 1, str(2**53 + 1)),
    ],
)
def test_a_reference_is_text(given_reference: object, reference: str) -> None:
    assert prepare({"reference": given_reference}).reference == reference


@pytest.mark.parametrize(
    "reference",
    ["", "  ", True, 1.5, ["7"], {}, "\ud800", pytest.param(10**5000, id="huge")],
)
def test_an_unusable_reference_is_refused(reference: object) -> None:
    with pytest.raises(ProfileRejected, match=r"^format_gave_no_usable_reference$"):
        prepare({"reference": reference})


def test_numbers_and_booleans_in_a_tag_become_text() -> None:
    tags = [
        {"name": "a", "value": 3},
        {"name": "b", "value": 1.5},
        {"name": "c", "value": True},
        {"name": 4, "value": None},
        "plain",
    ]
    assert prepare({"tags": tags}).profile["tags"] == [
        {"name": "a", "value": "3"},
        {"name": "b", "value": "1.5"},
        {"name": "c", "value": "true"},
        {"name": "4"},
        {"name": "plain"},
    ]


def test_names_become_entries_also_inside_a_position() -> None:
    given_profile = {
        "skills": ["Python"],
        "experiences": [{"company": "ACME", "skills": ["Rust", {"name": "Go", "value": 5}]}],
    }
    assert prepare(given_profile).profile == {
        "skills": [{"name": "Python"}],
        "experiences": [
            {"company": "ACME", "skills": [{"name": "Rust"}, {"name": "Go", "value": "5"}]}
        ],
    }


def test_a_resume_with_bytes_is_left_out_and_named() -> None:
    resume = {"raw": b"%PDF", "content_type": "application/pdf"}
    prepared = prepare({"resume": resume, "tags": ["a"], "label": None})
    assert prepared.profile == {"tags": [{"name": "a"}]}
    assert prepared.left_out == ("resume",)


def test_what_hrflow_keeps_itself_is_left_out() -> None:
    prepared = prepare({"key": "k", "source": {}, "updated_at": "now", "text": "t"})
    assert prepared.profile == {"text": "t"}
    assert prepared.left_out == ("key", "source", "updated_at")


def test_empty_values_are_left_out() -> None:
    given_profile = {
        "text": " ",
        "info": {"email": None, "location": {"text": "", "fields": {}}, "urls": [{}]},
        "tags": [None, {}, ""],
        "experiences": [],
    }
    assert prepare(given_profile).profile == {}


def test_dates_take_hrflows_form() -> None:
    given_profile = {
        "info": {"date_birth": date(1990, 1, 2)},
        "experiences": [
            {
                "date_start": "2012-08-15T00:00:00.000Z",
                "date_end": datetime(2016, 1, 1, tzinfo=timezone.utc),
            }
        ],
    }
    assert prepare(given_profile).profile == {
        "info": {"date_birth": "1990-01-02T00:00:00"},
        "experiences": [{"date_start": "2012-08-15T00:00:00", "date_end": "2016-01-01T00:00:00"}],
    }


@pytest.mark.parametrize(
    ("formatted", "reason"),
    [
        (None, "format_gave_NoneType_not_a_dict"),
        ([SECRET], "format_gave_list_not_a_dict"),
        (SECRET, "format_gave_str_not_a_dict"),
        ({"info": SECRET}, "format_gave_no_object_at:info"),
        ({"info": {"location": SECRET}}, "format_gave_no_object_at:info.location"),
        ({"info": {"urls": {"url": SECRET}}}, "format_gave_no_list_at:info.urls"),
        ({"info": {"urls": [SECRET]}}, "format_gave_no_object_at:info.urls[0]"),
        ({"tags": {"name": SECRET}}, "format_gave_no_list_at:tags"),
        ({"tags": [{"value": SECRET}]}, "format_gave_no_name_at:tags[0]"),
        ({"tags": ["a", {"name": "b", "value": [SECRET]}]}, "format_gave_no_text_at:tags[1].value"),
        ({"tags": [5]}, "format_gave_no_object_at:tags[0]"),
        ({"experiences": [SECRET]}, "format_gave_no_object_at:experiences[0]"),
        (
            {"experiences": [{"skills": [{"name": {"x": SECRET}}]}]},
            "format_gave_no_text_at:experiences[0].skills[0].name",
        ),
        ({"info": {"picture": SECRET.encode()}}, "format_gave_what_is_no_json_at:info"),
        ({"info": {"phone": {1, 2}}}, "format_gave_what_is_no_json_at:info"),
        ({"experiences_duration": float("nan")}, "format_gave_what_is_no_json_at:"
         "experiences_duration"),
        ({"info": endless()}, "format_gave_what_is_no_json_at:info"),
        ({"tags": [{"name": "a", "value": 10**5000}]}, "format_gave_what_is_no_json_at:tags"),
    ],
)  # fmt: skip
def test_a_wrong_shape_is_refused_by_path(formatted: object, reason: str) -> None:
    with pytest.raises(ProfileRejected) as caught:
        prepare(formatted)
    assert caught.value.reason == reason
    assert caught.value.detail is None
    assert SECRET not in f"{caught.value!r}{caught.value.__cause__!r}"


def test_of_several_faults_the_first_field_is_named() -> None:
    with pytest.raises(ProfileRejected) as refused:
        prepare({"experiences_duration": float("nan"), "tags": 1})
    assert refused.value.reason == "format_gave_what_is_no_json_at:experiences_duration"


def test_only_the_fields_that_may_be_edited_are_taken() -> None:
    given_profile = {"info": SECRET, "tags": ["a"], "metadatas": ["b"]}
    assert prepare(given_profile, frozenset({"tags"})).profile == {"tags": [{"name": "a"}]}


def test_a_metadata_named_like_last_applied_is_ignored() -> None:
    of_this_workflow = {"name": "greenhouse_hrflow:wf", "value": "{}"}
    of_another = {"name": "greenhouse_hrflow:other", "value": "{}"}
    both = [of_this_workflow, of_another]
    assert prepare({"metadatas": both}).profile["metadatas"] == [of_another]
    assert json.loads(prepare({"metadatas": both}).text) == {"metadatas": [of_another]}
    assert not prepare({"metadatas": [of_this_workflow]}).profile.get("metadatas")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "value", "company", "text", "location", "skills"])
            | st.integers(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(sorted(EDITABLE | {"reference", "resume"})), anything))
def test_any_format_is_prepared_or_refused(formatted: dict[str, Any]) -> None:
    try:
        prepared = prepare(formatted)
    except ProfileRejected as refused:
        assert refused.reason.startswith("format_gave_")  # noqa: PT017 - either is right
    else:
        assert set(prepared.profile) <= EDITABLE
        assert prepare({**prepared.profile, "reference": prepared.reference}) == Prepared(
            prepared.reference, prepared.profile, prepared.text, ()
        )
