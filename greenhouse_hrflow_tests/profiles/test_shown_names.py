"""Names that a format invents may be personal data: they are pushed, and shown nowhere."""

from __future__ import annotations

import logging
from typing import Any, get_args

import pytest
from hrflow.schemas import HrFlowProfile
from pydantic import BaseModel

from greenhouse_hrflow.errors import ProfileDamaged
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.profiles.shown_names import KNOWN_NAMES, shown_fields
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow_tests.profiles.transforming import read, settled, transformed
from greenhouse_hrflow_tests.support.pushing import (
    READ_AT,
    SECOND,
    add_profiles,
    formatted,
    only_row,
    profile_of,
    push,
)

NAME, ADDRESS = "Zoë Hushname", "zoe.hush@example.com"


def names_of(model: type[BaseModel]) -> set[str]:
    """The names of a model's fields, and of those of the models in them."""
    names = set(model.model_fields)
    for field in model.model_fields.values():
        inner: list[Any] = [field.annotation]
        while inner:
            one = inner.pop()
            if isinstance(one, type) and issubclass(one, BaseModel):
                names |= names_of(one)
            inner += get_args(one)
    return names


def test_every_name_of_the_sdks_schema_is_known() -> None:
    assert names_of(HrFlowProfile) - KNOWN_NAMES == set()


@pytest.mark.parametrize("invented", [NAME, ADDRESS, "tags[0612345678]"])
@pytest.mark.parametrize(
    ("make_profile", "reason"),
    [
        (
            lambda name: {"info": {name: {"location": "x"}}},
            "format_gave_no_object_at:info.(unknown name).location",
        ),
        (
            lambda name: {"info": {"location": {"fields": {name: {"tags": "x"}}}}},
            "format_gave_no_list_at:info.location.fields.(unknown name).tags",
        ),
        (
            lambda name: {"experiences": [{name: {"skills": [{"value": "x"}]}}]},
            "format_gave_no_name_at:experiences[0].(unknown name).skills[0]",
        ),
        (
            lambda name: {"tags": [{"name": "a", name: {"tags": [{"name": ["x"]}]}}]},
            "format_gave_no_text_at:tags[0].(unknown name).tags[0].name",
        ),
        (lambda name: {"info": {name: {1}}}, "format_gave_what_is_no_json_at:info"),
    ],
)
def test_a_refusal_shows_no_invented_name(make_profile: Any, invented: str, reason: str) -> None:
    result = transformed(read(1), format=lambda _: make_profile(invented))

    assert settled(result) == [(1, Outcome.REJECTED, reason)]


def test_what_is_left_out_is_named_where_its_name_is_known() -> None:
    def by_name(candidate: JsonObject) -> JsonObject:
        return {candidate["first_name"]: 1, ADDRESS: 2, "resume": 3, "key": 4}

    result = transformed(read(1, first_name=NAME), read(2, first_name="Ada"), format=by_name)

    assert result.left_out == {"(unknown name)": 2, "resume": 2, "key": 2}


INVENTED: JsonObject = {
    "info": {NAME: "x", ADDRESS: "y", "phone": "1"},
    "experiences": [{"company": "ACME", NAME: "x"}],
    NAME: "x",
}
"""A profile as a format may give it."""


def test_an_edit_shows_no_invented_name(caplog: pytest.LogCaptureFixture) -> None:
    with Sandbox(people=0) as sandbox, caplog.at_level(logging.DEBUG):
        add_profiles(sandbox, 1)
        result = push(sandbox, formatted(1, INVENTED), log=logging.getLogger("push"))
        row = only_row(result)
        assert profile_of(sandbox)["info"][ADDRESS] == "y"

        # Its canary edit is known by one of the invented fields alone.
        other = {**INVENTED, "info": {**INVENTED["info"], ADDRESS: "z"}}
        again = only_row(push(sandbox, formatted(1, other, read_at=READ_AT + SECOND)))
        assert profile_of(sandbox)["info"][ADDRESS] == "z"

    assert row.changed_fields == ("experiences", "info.(unknown name)", "info.phone")
    assert (again.outcome, again.changed_fields) == (Outcome.UPDATED, ("info.(unknown name)",))
    for invented in (NAME, ADDRESS):
        assert invented not in caplog.text


def test_a_stored_shape_shows_no_invented_name() -> None:
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, 1)
        sandbox.hrflow.edit("1", lambda profile: profile["info"].update({ADDRESS: ["odd"]}))
        row = only_row(push(sandbox, formatted(1, INVENTED)))

    assert row.reason == "stored_in_another_shape:info.(unknown name)"


def test_a_damage_shows_no_invented_name() -> None:
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, 1)
        sandbox.hrflow.edit("1", lambda profile: profile["info"].update({ADDRESS: {NAME: "x"}}))
        sandbox.before_request(
            lambda method, _target: (
                sandbox.hrflow.edit("1", lambda profile: profile["info"].pop(ADDRESS, None))
                if method == "GET" and sandbox.hrflow.puts
                else None
            )
        )
        result = push(sandbox, formatted())

    assert isinstance(result.fault, ProfileDamaged)
    assert "info.(unknown name)" in str(result.fault)
    for invented in (NAME, ADDRESS):
        assert invented not in str(result.fault)


def test_a_field_is_shown_once_whatever_stands_in_its_name() -> None:
    changed = ["info.phone", "info.a.phone", f"info.{ADDRESS}", f"info.{NAME}", "tags"]
    assert shown_fields(changed) == ["info.phone", "info.(unknown name)", "tags"]
