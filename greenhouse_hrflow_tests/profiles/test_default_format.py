"""The default format: what it gives, what it keeps back, and what it survives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hrflow.schemas import HrFlowProfile
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from greenhouse_hrflow.greenhouse.candidate import CANDIDATE, complete_candidate
from greenhouse_hrflow.profiles.default_format import format_candidate
from greenhouse_hrflow.profiles.normalize import JsonObject, is_empty
from greenhouse_hrflow_tests.profiles.source import Source


def typed(value: object, kind: str) -> JsonObject:
    return {"value": value, "type": kind}


CONFIDENTIAL = "for nobody else"
FULL: JsonObject = {
    "id": 53883394,
    "first_name": "Zoë",
    "last_name": "Lovelace",
    "company": "ACME",
    "title": "Engineer",
    "phone_numbers": [typed("01234", "home"), typed("+1 555 0100", "mobile")],
    "email_addresses": [typed("work@example.com", "work"), typed("zoe@example.com", "personal")],
    "addresses": [typed("9 Work St", "work"), typed("1 Main St, Oslo", "home")],
    "website_addresses": [typed("https://zoe.example.com", "personal")],
    "social_media_addresses": [
        {"value": "https://www.linkedin.com/in/zoe"},
        {"value": "twitter.com/zoe"},
        {"value": "@zoe"},
    ],
    "tags": ["Java", "Java", "Python 🐍"],
    "educations": [
        {
            "id": 1,
            "school_name": "ETH",
            "degree": "Master",
            "discipline": "Physics",
            "start_date": "2012-08-15T00:00:00.000Z",
            "end_date": "2016-05-15T00:00:00.000Z",
        },
        {"school_name": "EPFL", "degree": None, "discipline": "Chemistry"},
    ],
    "employments": [
        {
            "id": 2,
            "company_name": "Greenhouse",
            "title": "Engineer",
            "start_date": "2012-08-15T00:00:00.000Z",
            "end_date": None,
        }
    ],
    "recruiter": {"name": CONFIDENTIAL},
    "coordinator": {"name": CONFIDENTIAL},
    "photo_url": CONFIDENTIAL,
    "attachments": [{"filename": CONFIDENTIAL, "url": CONFIDENTIAL, "type": "resume"}],
    "applications": [
        {
            "status": CONFIDENTIAL,
            "source": {"public_name": CONFIDENTIAL},
            "jobs": [{"name": CONFIDENTIAL}],
            "current_stage": {"name": CONFIDENTIAL},
            "rejection_reason": {"name": CONFIDENTIAL},
        }
    ],
    "custom_fields": {"salary": CONFIDENTIAL},
    "keyed_custom_fields": {"salary": {"value": CONFIDENTIAL}},
}


def test_what_it_gives() -> None:
    assert format_candidate(complete_candidate(FULL)) == {
        "reference": "53883394",
        "info": {
            "first_name": "Zoë",
            "last_name": "Lovelace",
            "full_name": "Zoë Lovelace",
            "email": "zoe@example.com",
            "phone": "+1 555 0100",
            "location": {"text": "1 Main St, Oslo"},
            "urls": [
                {"url": "https://zoe.example.com"},
                {"type": "linkedin", "url": "https://www.linkedin.com/in/zoe"},
                {"type": "twitter", "url": "twitter.com/zoe"},
                {"url": "@zoe"},
            ],
        },
        "experiences": [
            {"company": "Greenhouse", "title": "Engineer", "date_start": "2012-08-15T00:00:00"}
        ],
        "educations": [
            {
                "school": "ETH",
                "title": "Master Physics",
                "date_start": "2012-08-15T00:00:00",
                "date_end": "2016-05-15T00:00:00",
            },
            {"school": "EPFL", "title": "Chemistry"},
        ],
        "tags": [
            {"name": "greenhouse_tag", "value": "Java"},
            {"name": "greenhouse_tag", "value": "Java"},
            {"name": "greenhouse_tag", "value": "Python 🐍"},
        ],
        "metadatas": [
            {"name": "greenhouse_id", "value": "53883394"},
            {"name": "greenhouse_url", "value": "https://app.greenhouse.io/people/53883394"},
        ],
    }


def test_what_others_may_not_see_stays_in_greenhouse() -> None:
    assert CONFIDENTIAL not in json.dumps(format_candidate(FULL))


@pytest.mark.parametrize(
    ("phones", "phone"),
    [
        ([typed("1", "skype"), typed("2", "other")], "2"),
        ([typed("1", "work"), typed("2", "home")], "2"),
        ([typed("1", "skype"), typed("2", "skype")], "1"),
        ([typed("", "mobile"), typed(None, "mobile"), typed("3", "work")], "3"),
        ([typed(1234, "mobile")], "1234"),
        ([typed("01234", "mobile")], "01234"),
        ([None, "odd", {"value": "4"}], "4"),
        ([], None),
        (None, None),
    ],
)
def test_the_preferred_phone(phones: Any, phone: str | None) -> None:
    info = format_candidate({"id": 1, "phone_numbers": phones}).get("info", {})
    assert info.get("phone") == phone


@pytest.mark.parametrize(
    ("names", "full"),
    [(("Ada", None), "Ada"), ((None, "B"), "B"), (("", " "), None), ((None, None), None)],
)
def test_a_name_may_be_half_there(names: tuple[Any, Any], full: str | None) -> None:
    info = format_candidate({"id": 1, "first_name": names[0], "last_name": names[1]}).get("info")
    assert (info or {}).get("full_name") == full


def test_a_candidate_without_an_id_gets_no_reference_of_its_own() -> None:
    assert format_candidate({"first_name": "Ada"}) == {
        "info": {"first_name": "Ada", "full_name": "Ada"}
    }


def test_a_bare_candidate_gives_its_id_and_nothing_empty() -> None:
    formatted = format_candidate(complete_candidate({"id": 7}))
    assert set(formatted) == {"reference", "metadatas"}


@pytest.mark.parametrize("date", ["soon", "2012", "2012-02-31", 2012, "", None, ["2012-01-01"]])
def test_what_is_no_date_is_left_out(date: Any) -> None:
    candidate = {"id": 1, "employments": [{"company_name": "ACME", "start_date": date}]}
    assert format_candidate(candidate)["experiences"] == [{"company": "ACME"}]


texts = st.text(max_size=12) | st.sampled_from(
    ["", " ", "\ud800", "👩‍👩‍👧‍👦", "x" * 5_000, "2020-02-30", "2020-01-01T00:00:00.000Z", "\x00"]
)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
odd = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def _shaped(shape: Any) -> st.SearchStrategy[Any]:
    """A value of the documented shape, or an odd one in its place, at every level."""
    if isinstance(shape, list):
        return st.lists(_shaped(shape[0]), max_size=2) | odd
    if isinstance(shape, dict):
        return st.fixed_dictionaries({}, optional={k: _shaped(v) for k, v in shape.items()}) | odd
    return leaves | odd


SHAPES: dict[str, Any] = {**CANDIDATE}  # type: ignore[dict-item] - a Shape is one of three
READ = ("addresses", "email_addresses", "phone_numbers", "website_addresses", "educations",
        "social_media_addresses", "employments", "tags", "first_name", "last_name")  # fmt: skip
candidates = st.fixed_dictionaries(
    {"id": st.integers(1, 2**63 - 1)},
    optional={name: _shaped(SHAPES[name]) for name in READ}
    | dict.fromkeys(("applications", "recruiter", "custom_fields", "attachments"), odd),
)


@settings(max_examples=120, phases=[Phase.generate])
@given(candidates)
def test_it_survives_every_value_and_gives_nothing_empty(candidate: JsonObject) -> None:
    formatted = format_candidate(candidate)
    assert formatted["reference"] == str(candidate["id"])
    assert _nothing_empty(formatted)
    assert json.loads(json.dumps(formatted, allow_nan=False)) == formatted
    source = Source({"info": {"summary": "s"}, "text": "a text"})
    source.push(formatted)
    assert source.push(formatted) == []
    written = source.whole
    if json.dumps(written).count("\\ud8") == 0:
        HrFlowProfile.model_validate(written)
    assert (written["text"], written["info"]["summary"]) == ("a text", "s")


def _nothing_empty(value: object) -> bool:
    if isinstance(value, dict):
        return bool(value) and all(_nothing_empty(item) for item in value.values())
    if isinstance(value, list):
        return bool(value) and all(_nothing_empty(item) for item in value)
    return not is_empty(value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com:443/ada", "github"),
        ("https://ada@github.com/ada", "github"),
        ("https://ada:x@www.linkedin.com:8443/in/ada", "linkedin"),
        ("https://x.com#ada", "twitter"),
        ("https://fb.com?id=1", "facebook"),
        ("HTTPS://GitHub.COM./ada", "github"),
        ("//www.github.com/ada", "github"),
        ("fr.linkedin.com/in/ada", "linkedin"),
        (" github.com/ada ", "github"),
        ("https://notgithub.com/ada", None),
        ("https://example.com/?u=https://github.com/ada", None),
        ("https://github.com.example.com/ada", None),
        ("https://github.com@example.com/", None),
        ("http://[github.com", None),
        ("@ada", None),
    ],
)
def test_the_type_of_a_url_is_that_of_its_host(url: str, expected: str | None) -> None:
    urls = format_candidate({"id": 1, "website_addresses": [{"value": url}]})["info"]["urls"]
    assert [entry.get("type") for entry in urls] == [expected]
