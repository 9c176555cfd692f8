"""The sandbox's HrFlow: what a PUT does, what it refuses, and how it says so."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import requests

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow_tests.sandbox.clients import HrFlow
from greenhouse_hrflow_tests.sandbox.conftest import StandingClock


@pytest.fixture
def reference(sandbox: Sandbox) -> str:
    """A profile with something in every field."""
    return next(
        reference
        for reference in sandbox.hrflow.references()
        if (profile := sandbox.hrflow.profile(reference))
        and profile["experiences"]
        and profile["educations"]
        and profile["archived_at"] is None
    )


def stored(sandbox: Sandbox, reference: str) -> dict[str, Any]:
    profile = sandbox.hrflow.profile(reference)
    assert profile is not None
    return profile


def complaint(answer: requests.Response) -> tuple[int, str]:
    assert answer.json()["code"] == answer.status_code
    return answer.status_code, answer.json()["message"]


def test_a_profile_is_answered_whole_and_with_its_own_form_of_dates(
    sandbox: Sandbox, hrflow: HrFlow, reference: str
) -> None:
    answer = hrflow.profile(reference)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    profile = answer.json()["data"]
    assert profile == stored(sandbox, reference)
    dates = (profile["created_at"], profile["updated_at"], profile["info"]["date_birth"])
    assert all(date.endswith("+0000") for date in dates)
    assert not profile["experiences"][0]["date_start"].endswith("+0000")


def test_a_profile_is_found_by_its_key_too(hrflow: HrFlow, reference: str) -> None:
    key = hrflow.profile(reference).json()["data"]["key"]
    answer = hrflow.get("profile/indexing", source_key=hrflow.source_key, key=key)
    assert answer.json()["data"]["reference"] == reference


def test_a_missing_profile_is_a_400(hrflow: HrFlow) -> None:
    message = "Invalid parameters. Unable to find object: profile"
    assert complaint(hrflow.profile("nobody")) == (400, message)
    assert complaint(hrflow.put(reference="nobody")) == (400, message)


def test_a_missing_source_is_a_400(hrflow: HrFlow, reference: str) -> None:
    message = "Invalid parameters. Unable to find object: source"
    answer = hrflow.get("profile/indexing", source_key="0" * 40, reference=reference)
    assert complaint(answer) == (400, message)
    assert complaint(hrflow.put(source_key="0" * 40, reference=reference)) == (400, message)


def test_a_wrong_key_is_echoed(hrflow: HrFlow, reference: str) -> None:
    hrflow.session.headers["X-API-KEY"] = "ask_guess"
    message = "Unauthorized. Invalid secret key: ask_guess"
    assert complaint(hrflow.profile(reference)) == (401, message)


def test_a_wrong_user_is_refused(hrflow: HrFlow, reference: str) -> None:
    hrflow.session.headers["X-USER-EMAIL"] = "else@example.com"
    assert complaint(hrflow.profile(reference))[0] == 401


def test_an_unknown_call_is_a_404(hrflow: HrFlow) -> None:
    assert complaint(hrflow.get("profiles"))[0] == 404


@pytest.mark.parametrize(
    "base", ["/hrflow", "/hrflow/v2", "/hrflow/v1%20", "/hrflow/V1", "/hrflow/v11", "/hrflow/v1x"]
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_beside_the_api_no_path_is_known(
    sandbox: Sandbox, hrflow: HrFlow, reference: str, base: str, method: str
) -> None:
    url = f"{sandbox.url}{base}/profile/indexing"
    parameters = {"source_key": hrflow.source_key, "reference": reference}
    answer = hrflow.call(method, url, params=parameters)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html")
    assert "code" not in answer.text


def test_a_profile_sent_back_as_read_stays_as_it_was(
    sandbox: Sandbox, hrflow: HrFlow, reference: str, clock: StandingClock
) -> None:
    before = stored(sandbox, reference)
    clock.move(hours=1)
    assert hrflow.put(**before).json()["message"] == "Profile edited"
    assert stored(sandbox, reference) == before | {"updated_at": "2024-12-15T13:30:00+0000"}


def test_a_put_that_replaces_empties_what_it_does_not_send(
    sandbox: Sandbox, hrflow: HrFlow, reference: str
) -> None:
    before = stored(sandbox, reference)
    assert hrflow.put(reference=reference, text="new").status_code == 200
    after = stored(sandbox, reference)
    assert (after["text"], after["skills"], after["tags"]) == ("new", [], [])
    assert after["info"]["first_name"] is None
    kept = ("id", "key", "source", "created_at", "attachments", "consent_algorithmic")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


def test_a_put_that_merges_keeps_the_top_level_fields_it_does_not_send(
    sandbox: Sandbox, hrflow: HrFlow, reference: str
) -> None:
    sandbox.hrflow.put_mode = "merge"
    before = stored(sandbox, reference)
    assert hrflow.put(reference=reference, info={"first_name": "Ada"}).status_code == 200
    after = stored(sandbox, reference)
    assert after["info"]["first_name"] == "Ada"
    assert after["info"]["email"] is None  # inside a field nothing is merged
    assert after | {"info": None} == before | {"info": None, "updated_at": after["updated_at"]}


def test_the_body_may_carry_the_profile_under_its_name(
    sandbox: Sandbox, hrflow: HrFlow, reference: str
) -> None:
    profile = stored(sandbox, reference) | {"text": "nested"}
    assert hrflow.put(profile=profile).status_code == 200
    assert stored(sandbox, reference)["text"] == "nested"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("reference", 5),
        ("text", None),
        ("info", None),
        ("info.first_name", 5),
        ("info.date_birth", "1990"),
        ("info.urls", [{"type": "blog", "url": "https://example.com"}]),
        ("info.location", "Paris"),
        ("info.location.lat", "48.8"),
        ("tags", {"name": "a"}),
        ("tags", [{"name": "a", "value": 5}]),
        ("tags", [{"name": "a", "value": True}]),
        ("tags", [{"value": "a"}]),
        ("tags", ["a"]),
        ("metadatas", [{"name": "a", "value": {"b": 1}}]),
        ("languages", [{"name": None, "value": None}]),
        ("skills", [{"name": "python", "type": "rare"}]),
        ("experiences", [{"company": "A", "date_start": "2020-01-01T00:00:00+0000"}]),
        ("experiences", [{"company": "A", "date_start": "2020-01-01T00:00:00.000Z"}]),
        ("experiences", [{"company": "A", "date_start": "soon"}]),
        ("educations", [{"school": "A", "date_end": "2021-02-29T00:00:00"}]),
        ("educations", [{"school": 5}]),
        ("experiences", [{"company": "A", "skills": ["python"]}]),
    ],
)
def test_what_is_no_profile_is_refused_and_changes_nothing(
    sandbox: Sandbox, hrflow: HrFlow, reference: str, path: str, value: object
) -> None:
    before = stored(sandbox, reference)
    body = copy.deepcopy(before)
    place: dict[str, Any] = body
    *parents, name = path.split(".")
    for parent in parents:
        place = place[parent]
    place[name] = value
    status, message = complaint(hrflow.put(**body))
    assert status == 422
    assert message.startswith(f"Invalid profile. {path}")
    assert stored(sandbox, reference) == before
    assert sandbox.hrflow.puts == []


@pytest.mark.parametrize("body", ["[]", "{", "null", '"text"', '{"text": NaN}'])
def test_a_body_that_is_no_json_object_is_a_400(hrflow: HrFlow, body: str) -> None:
    assert complaint(hrflow.call("PUT", "profile/indexing", data=body))[0] == 400


def test_a_null_list_empties_the_list(sandbox: Sandbox, hrflow: HrFlow, reference: str) -> None:
    assert hrflow.put(**stored(sandbox, reference) | {"skills": None}).status_code == 200
    assert stored(sandbox, reference)["skills"] == []


def test_a_new_experience_gets_a_key(sandbox: Sandbox, hrflow: HrFlow, reference: str) -> None:
    profile = stored(sandbox, reference)
    known = [entry["key"] for entry in profile["experiences"]]
    profile["experiences"].insert(0, {"company": "New", "date_start": "2024-02-29"})
    hrflow.put(**profile)
    after = stored(sandbox, reference)["experiences"]
    assert [entry["key"] for entry in after[1:]] == known
    assert after[0]["key"]
    assert after[0]["key"] not in known
    assert after[0]["description"] is None


def test_a_reference_belongs_to_one_profile(
    sandbox: Sandbox, hrflow: HrFlow, reference: str
) -> None:
    other = next(each for each in sandbox.hrflow.references() if each != reference)
    taken = stored(sandbox, other) | {"reference": reference}
    assert "Already used!" in complaint(hrflow.put(**taken))[1]
    assert hrflow.put(**taken | {"reference": "free"}).status_code == 200
    assert sandbox.hrflow.profile(other) is None
    assert stored(sandbox, "free")["key"] == taken["key"]


def test_the_history_holds_what_was_before_and_after(
    sandbox: Sandbox, hrflow: HrFlow, reference: str, clock: StandingClock
) -> None:
    before = stored(sandbox, reference)
    hrflow.put(**before | {"text": "new"})
    (put,) = sandbox.hrflow.puts
    assert (put.at, put.reference, put.body["text"]) == (clock.now, reference, "new")
    assert (put.before, put.after) == (before, stored(sandbox, reference))


def test_a_broken_put_loses_fields_without_a_word(
    sandbox: Sandbox, hrflow: HrFlow, reference: str
) -> None:
    sandbox.hrflow.loses = {"skills"}
    before = stored(sandbox, reference)
    assert hrflow.put(**before).status_code == 200
    assert stored(sandbox, reference)["skills"] == []
    assert stored(sandbox, reference)["tags"] == before["tags"]


def test_a_recruiters_edit_is_no_put(
    sandbox: Sandbox, hrflow: HrFlow, reference: str, clock: StandingClock
) -> None:
    clock.move(days=1)
    sandbox.hrflow.edit(reference, lambda profile: profile["tags"].clear())
    profile = hrflow.profile(reference).json()["data"]
    assert (profile["tags"], profile["updated_at"]) == ([], "2024-12-16T12:30:00+0000")
    assert sandbox.hrflow.puts == []


def test_a_profile_is_archived_deleted_and_added(
    sandbox: Sandbox, hrflow: HrFlow, reference: str
) -> None:
    sandbox.hrflow.archive(reference)
    assert hrflow.profile(reference).json()["data"]["archived_at"] == "2024-12-15T12:30:00+0000"
    sandbox.hrflow.delete(reference)
    assert hrflow.profile(reference).status_code == 400
    sandbox.hrflow.add({"reference": reference, "text": "again"})
    assert hrflow.profile(reference).json()["data"]["text"] == "again"
