"""The vendor's own SDK as a client: what it can do on HrFlow it can do on the sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from hrflow import Hrflow
from hrflow.schemas import HrFlowProfile

from greenhouse_hrflow.sandbox import Fault, Sandbox


@pytest.fixture
def sdk(sandbox: Sandbox) -> Any:
    env = sandbox.environment()
    return Hrflow(
        api_url=f"{sandbox.hrflow_url}/",
        api_secret=env["HRFLOW_API_SECRET"],
        api_user=env["HRFLOW_API_USER"],
    )


@pytest.fixture
def source_key(sandbox: Sandbox) -> str:
    return sandbox.environment()["HRFLOW_SOURCE_KEY"]


def test_its_credentials_and_its_source_are_known(sdk: Any, source_key: str) -> None:
    assert sdk.auth.get()["message"] == "API Access Success"
    assert sdk.source.get(key=source_key)["data"]["key"] == source_key
    assert sdk.source.get(key="0" * 40)["code"] == 401
    assert sdk.source.get(key="unknown")["code"] == 400


def test_it_edits_what_it_got(sandbox: Sandbox, sdk: Any, source_key: str) -> None:
    reference = sandbox.hrflow.references()[0]
    profile = sdk.profile.storing.get(source_key, reference=reference)["data"]
    answer = sdk.profile.storing.edit(source_key, profile | {"text": "edited"})
    assert (answer["code"], answer["message"]) == (200, "Profile edited")
    after = sdk.profile.storing.get(source_key, key=profile["key"])["data"]
    assert after == profile | {"text": "edited", "updated_at": after["updated_at"]}


def test_it_adds_a_profile_once(sandbox: Sandbox, sdk: Any, source_key: str) -> None:
    new = {"reference": "new", "text": "Hello", "info": {"first_name": "Ada"}}
    assert sdk.profile.storing.add_json(source_key, dict(new))["code"] == 201
    profile = sandbox.hrflow.profile("new")
    assert profile is not None
    assert profile["info"]["first_name"] == "Ada"
    again = sdk.profile.storing.add_json(source_key, dict(new))
    message = "Cannot create profile with this reference: new. Already used!"
    assert (again["code"], again["message"]) == (400, message)


def test_it_archives(sandbox: Sandbox, sdk: Any, source_key: str) -> None:
    reference = sandbox.hrflow.references()[0]
    assert sdk.profile.storing.archive(source_key, reference=reference)["code"] == 200
    profile = sandbox.hrflow.profile(reference)
    assert profile is not None
    assert profile["archived_at"] == "2024-12-15T12:30:00+0000"


def test_it_lists_short_and_whole_profiles(sandbox: Sandbox, sdk: Any, source_key: str) -> None:
    short = sdk.profile.storing.list([source_key], limit=10)
    assert short["meta"] == {
        "page": 1,
        "maxPage": 6,
        "count": 10,
        "total": len(sandbox.hrflow.references()),
    }
    assert "info" not in short["data"][0]
    whole = sdk.profile.storing.list([source_key], return_profile=True, order_by="asc")["data"]
    assert [each["created_at"] for each in whole] == sorted(each["created_at"] for each in whole)
    assert whole[0] == sandbox.hrflow.profile(whole[0]["reference"])


def test_it_finds_one_in_the_list_by_reference(sandbox: Sandbox, sdk: Any, source_key: str) -> None:
    reference = sandbox.hrflow.references()[3]
    (found,) = sdk.profile.storing.list([source_key], reference=reference)["data"]
    assert found["reference"] == reference


def test_its_schema_accepts_every_stored_profile(sandbox: Sandbox) -> None:
    for profile in sandbox.hrflow.profiles():
        HrFlowProfile.model_validate(profile)


def test_it_reads_a_charset_as_a_server_error(sandbox: Sandbox, sdk: Any, source_key: str) -> None:
    sandbox.fail(Fault("charset"))
    assert "generic error" in sdk.auth.get()["message"]
