"""Values that HrFlow stores in another shape than it documents: they stay, and the report says so.

Other connectors, résumé parsers and HrFlow's own notebook write such values.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from greenhouse_hrflow.errors import ProfileDamaged
from greenhouse_hrflow.profiles.last_applied import find_last_applied
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.sandbox import HrFlowModes, Sandbox
from greenhouse_hrflow_tests.support.pushing import (
    READ_AT,
    RICH,
    SECOND,
    WORKFLOW,
    formatted,
    only_row,
    profile_of,
    push,
)
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

pytestmark = pytest.mark.usefixtures("in_either_way")

URLS = {"from_resume": ["https://example.org/cv"], "linkedin": "https://linkedin.com/in/ada"}
ODD: list[Any] = [{"a": ["b"]}, ["a", {"b": 1}], "text", 17, True]

GIVEN: JsonObject = {
    "info": {
        "first_name": "Grace",
        "phone": "+1 555 0100",
        "date_birth": "1906-12-09",
        "location": {"text": "Bergen"},
        "urls": [{"type": "github", "url": "https://github.com/grace"}],
    },
    "experiences": [
        {"company": "Analytical Engines", "title": "Lead", "date_start": "2019-01-01T00:00:00"}
    ],
    "educations": [{"school": "At home", "title": "Physics"}],
    "skills": [{"name": "COBOL", "value": None}],
    "tags": [{"name": "greenhouse_tag", "value": "Java"}],
    "metadatas": [{"name": "greenhouse_id", "value": "1"}],
}

PLACES = [
    "info", "info.first_name", "info.phone", "info.date_birth", "info.summary", "info.location",
    "info.location.text", "info.location.lat", "info.location.fields", "info.urls",
    "info.urls.0", "info.urls.0.url", "experiences", "experiences.0",
    "experiences.0.title", "experiences.0.date_start", "experiences.0.description",
    "experiences.0.location", "experiences.0.skills", "experiences.0.skills.0", "educations",
    "skills", "skills.0", "languages", "tags", "tags.0", "tags.0.name", "metadatas", "metadatas.0",
    "labels", "labels.0", "text_language", "experiences_duration",
]  # fmt: skip


def at(profile: Any, place: str) -> Any:
    """The value at a dotted path."""
    for part in place.split("."):
        profile = profile[int(part) if part.isdigit() else part]
    return profile


def put_at(profile: Any, place: str, value: Any) -> None:
    """Replace the value at a dotted path."""
    *outer, last = place.split(".")
    holder = at(profile, ".".join(outer)) if outer else profile
    holder[int(last) if last.isdigit() else last] = value


def fits(place: str, value: Any) -> bool:
    """Whether the value has the shape that the field has, or one that a field there may have."""
    name = place.rpartition(".")[2]
    wanted: dict[str, tuple[type, ...]] = {
        "info": (dict,), "location": (dict,), "fields": (dict,), "0": (dict,),
        "lat": (int,), "experiences_duration": (int,),
    }  # fmt: skip
    lists = ("urls", "experiences", "educations", "skills", "languages", "tags", "metadatas",
             "labels")  # fmt: skip
    expected = wanted.get(name, (list,) if name in lists else (str,))
    return type(value) in expected


CASES = [(place, odd) for place in PLACES for odd in ODD if not fits(place, odd)]


def stored_with(sandbox: Sandbox, place: str, odd: Any) -> JsonObject:
    """A rich profile in the source that holds an odd value at a place."""
    sandbox.hrflow.add({"reference": "1", **RICH})
    sandbox.hrflow.edit("1", lambda profile: put_at(profile, place, odd))
    return profile_of(sandbox)


@pytest.mark.parametrize("put_mode", ["replace", "merge"])
@pytest.mark.parametrize(("place", "odd"), CASES)
def test_what_has_another_shape_stays_as_it_is(put_mode: Any, place: str, odd: Any) -> None:
    with Sandbox(people=0, hrflow=HrFlowModes(put_mode=put_mode)) as sandbox:
        before = stored_with(sandbox, place, odd)

        row = only_row(push(sandbox, formatted(1, GIVEN)))

        after = profile_of(sandbox)
        assert at(after, place) == at(before, place) == odd
        assert row.outcome is Outcome.UPDATED
        assert (row.reason or "").startswith("stored_in_another_shape:")
        assert place.split(".")[0] in (row.reason or "")
        if not place.startswith("info"):
            assert after["info"]["first_name"] == "Grace"
        # Nothing is written again, and an earlier read turns nothing back.
        again = only_row(push(sandbox, formatted(1, GIVEN, read_at=READ_AT + SECOND)))
        assert (again.outcome, again.reason) == (Outcome.UNCHANGED, row.reason)
        assert profile_of(sandbox) == after
        # Nor does it go when nothing is given any more.
        push(sandbox, formatted(1, {}, read_at=READ_AT + 2 * SECOND))
        assert at(profile_of(sandbox), place) == odd


def test_urls_as_an_object_stay_and_all_else_is_edited() -> None:
    with Sandbox(people=0) as sandbox:
        stored_with(sandbox, "info.urls", URLS)

        row = only_row(push(sandbox, formatted(1, GIVEN)))

        after = profile_of(sandbox)
        assert after["info"]["urls"] == URLS
        assert after["info"]["phone"] == "+1 555 0100"
        assert row.reason == "stored_in_another_shape:info.urls"
        assert "info.urls" not in row.changed_fields


@pytest.mark.parametrize("odd", [{"a": "b"}, "text", 5, True])
def test_metadatas_that_cannot_hold_last_applied_stay_and_the_rest_is_edited(odd: Any) -> None:
    with Sandbox(people=0) as sandbox:
        stored_with(sandbox, "metadatas", odd)

        row = only_row(push(sandbox, formatted(1, GIVEN)))

        after = profile_of(sandbox)
        assert after["metadatas"] == odd
        assert find_last_applied(after, WORKFLOW) is None
        assert row.outcome is Outcome.UPDATED
        assert row.reason == "stored_in_another_shape:metadatas"


def test_the_reason_stays_short() -> None:
    with Sandbox(people=0) as sandbox:
        sandbox.hrflow.add({"reference": "1", **RICH})

        def spoil(profile: JsonObject) -> None:
            for place in ("info.first_name", "info.phone", "tags", "skills"):
                put_at(profile, place, {"odd": "x"})
            for name in ("languages", "certifications", "courses", "tasks", "interests"):
                profile[name] = {"odd": "x"}
            entry = {f"field_{n}_{'x' * 40}": {"a": 1} for n in range(9)}
            profile["experiences"] = [{**entry, "title": [1], "company": [1], "description": [1]}]

        sandbox.hrflow.edit("1", spoil)
        reason = only_row(push(sandbox, formatted(1, GIVEN))).reason or ""
        assert reason.startswith("stored_in_another_shape:")
        assert len(reason) <= 250


def answering(before: JsonObject, after: Callable[[JsonObject], JsonObject]) -> StandIn:
    """An HrFlow of one profile, which makes of each edit what `after` says."""
    held = {"profile": before}

    def answer(asked: Asked) -> Reply:
        if asked.method == "PUT":
            held["profile"] = after(json.loads(asked.body))
        return Reply({"code": 200, "message": "", "data": held["profile"]})

    return StandIn(answer)


LOSSES: dict[str, Callable[[JsonObject], JsonObject]] = {
    "as the format's list": lambda sent: {
        **sent, "info": {**sent["info"], "urls": GIVEN["info"]["urls"]},
    },
    "emptied": lambda sent: {**sent, "info": {**sent["info"], "urls": []}},
    "as null": lambda sent: {**sent, "info": {**sent["info"], "urls": None}},
    "half of it": lambda sent: {
        **sent, "info": {**sent["info"], "urls": {"linkedin": URLS["linkedin"]}},
    },
}  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
def test_a_canary_edit_that_loses_such_a_value_stops_the_run(loss: str) -> None:
    info = {"first_name": "Ada", "urls": URLS}
    before = {"reference": "1", "key": "k", "text": "t", "info": info}
    with answering(before, LOSSES[loss]) as server:
        result = push(server.url, formatted(1, GIVEN), formatted(2, GIVEN))
        assert len([asked for asked in server.asked if asked.method == "PUT"]) == 1
    assert isinstance(result.fault, ProfileDamaged)
    assert "info.urls" in str(result.fault)
    assert "linkedin.com" not in str(result.fault)


@pytest.mark.parametrize("keep", [0, 40, 255])
def test_a_last_applied_that_comes_back_cut_short_stops_the_run(keep: int) -> None:
    def cut(sent: JsonObject) -> JsonObject:
        metadatas = [{**entry, "value": entry["value"][:keep]} for entry in sent["metadatas"]]
        return {**sent, "metadatas": metadatas}

    before = {"reference": "1", "key": "k", "text": "t", "info": {"first_name": "Ada"}}
    with answering(before, cut) as server:
        result = push(server.url, formatted(1, GIVEN), formatted(2, GIVEN))
        assert len([asked for asked in server.asked if asked.method == "PUT"]) == 1
    assert isinstance(result.fault, ProfileDamaged)
    assert "metadata" in str(result.fault)
