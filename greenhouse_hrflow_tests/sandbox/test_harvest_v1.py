"""Harvest v1 of the sandbox: its numbered pages, its filters, and what it refuses."""

from __future__ import annotations

import pytest
import requests

from greenhouse_hrflow.sandbox import GreenhouseModes, Sandbox
from greenhouse_hrflow_tests.sandbox.clients import V1
from greenhouse_hrflow_tests.sandbox.conftest import StandingClock


def ids_of(v1: V1, **parameters: object) -> list[int]:
    return [row["id"] for row in v1.rows("candidates", **parameters)]


def test_a_document_has_every_key_of_the_documented_one(calm_v1: V1) -> None:
    expected = (
        "id first_name last_name company title created_at updated_at last_activity is_private"
        " photo_url attachments application_ids phone_numbers addresses email_addresses"
        " website_addresses social_media_addresses recruiter coordinator can_email tags"
        " applications educations employments linked_user_ids custom_fields keyed_custom_fields"
    )
    documents = calm_v1.rows("candidates")
    assert {frozenset(document) for document in documents} == {frozenset(expected.split())}
    applications = [each for document in documents for each in document["applications"]]
    assert {each["status"] for each in applications} == {"active", "rejected"}
    educations = [each for document in documents for each in document["educations"]]
    assert "東京大学" in {each["school_name"] for each in educations}


def test_links_tell_next_previous_and_last(calm_v1: V1, calm: Sandbox) -> None:
    first, middle = (
        calm_v1.get("candidates", per_page=25),
        calm_v1.get("candidates", per_page=25, page=2),
    )
    base = f"{calm.url}/v1/candidates?page="
    assert {rel: link["url"] for rel, link in first.links.items()} == {
        "next": f"{base}2&per_page=25",
        "last": f"{base}3&per_page=25",
    }
    assert list(middle.links) == ["next", "prev", "last"]
    assert len(ids_of(calm_v1, per_page=25)) == 60


def test_skip_count_drops_the_last_link(calm_v1: V1) -> None:
    assert list(calm_v1.get("candidates", per_page=25, skip_count="true").links) == ["next"]


def test_one_page_has_no_link(calm_v1: V1) -> None:
    assert "link" not in calm_v1.get("candidates").headers


@pytest.mark.parametrize("credentials", [None, ("guess", ""), ("right", "and a password")])
def test_only_the_key_without_a_password_is_let_in(
    calm: Sandbox, credentials: tuple[str, str] | None
) -> None:
    if credentials and credentials[0] == "right":
        credentials = (calm.environment()["GREENHOUSE_API_KEY"], credentials[1])
    answer = requests.get(f"{calm.url}/v1/candidates", auth=credentials, timeout=10)
    assert answer.status_code == 401
    assert answer.json() == {"message": "Invalid Basic Auth credentials"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("per_page", "501"),
        ("per_page", "0"),
        ("page", "x"),
        ("page", "9" * 5_000),
        ("updated_after", "9999-12-31T23:59:59-23:00"),
        ("skip_count", "yes"),
        ("updated_after", "yesterday"),
        ("candidate_ids", ",".join(["1"] * 51)),
        ("updated_at", "gte|2024-12-01T00:00:00Z"),
    ],
)
def test_a_malformed_parameter_is_named(calm_v1: V1, name: str, value: str) -> None:
    answer = calm_v1.get("candidates", **{name: value})
    assert answer.status_code == 422
    assert answer.json()["message"] == "Validation error"
    assert answer.json()["errors"][0]["field"] == name


def test_a_get_with_a_body_is_forbidden(calm_v1: V1) -> None:
    assert calm_v1.call("GET", "candidates", data="{}").status_code == 403


def test_an_unknown_path_is_404(calm_v1: V1) -> None:
    assert calm_v1.get("people").status_code == 404


def test_the_window_is_half_open(v1: V1, sandbox: Sandbox, clock: StandingClock) -> None:
    candidate_id = sandbox.greenhouse.candidate_ids()[5]
    clock.move(hours=1)
    sandbox.greenhouse.update_candidate(candidate_id)
    at = clock.now.isoformat()
    clock.move(milliseconds=1)
    after = clock.now.isoformat()
    assert ids_of(v1, updated_after=at, updated_before=after) == [candidate_id]
    assert candidate_id not in ids_of(v1, updated_before=at)
    assert ids_of(v1, updated_after=after) == []


@pytest.mark.parametrize(("touches", "found"), [(True, 1), (False, 0)])
def test_whether_a_child_moves_updated_at_is_a_setting(
    clock: StandingClock, touches: bool, found: int
) -> None:
    with (
        Sandbox(
            people=10, clock=clock, greenhouse=GreenhouseModes(children_touch_candidate=touches)
        ) as sandbox,
        V1(sandbox) as v1,
    ):
        clock.move(hours=1)
        sandbox.greenhouse.add_education(sandbox.greenhouse.candidate_ids()[0], degree="MBA")
        rows = v1.rows("candidates", updated_after=clock.now.isoformat())
        assert [row["educations"][-1]["degree"] for row in rows] == ["MBA"] * found


def test_an_email_wins_over_candidate_ids(calm_v1: V1, calm: Sandbox) -> None:
    ids = calm.greenhouse.candidate_ids()
    assert ids_of(calm_v1, candidate_ids=f"{ids[3]},{ids[5]}") == [ids[3], ids[5]]
    found = ids_of(calm_v1, candidate_ids=ids[3], email="person.5@EXAMPLE.com")
    assert found == [ids[5]]


def test_a_job_has_those_who_applied_and_not_its_prospects(calm_v1: V1) -> None:
    documents = calm_v1.rows("candidates")
    prospects = {
        (document["id"], job["id"])
        for document in documents
        for application in document["applications"]
        if application["prospect"]
        for job in application["jobs"]
    }
    candidate_id, job_id = min(prospects)
    found = ids_of(calm_v1, job_id=job_id)
    assert found
    assert candidate_id not in found


def test_who_leaves_the_window_during_a_walk_shifts_the_pages_behind(
    sandbox: Sandbox, v1: V1, clock: StandingClock
) -> None:
    window = clock.now.isoformat()
    expected = ids_of(v1, updated_before=window)

    def change(method: str, target: str) -> None:
        if "?page=2&" in target:
            clock.move(minutes=1)
            for candidate_id in expected[:3]:
                sandbox.greenhouse.update_candidate(candidate_id)

    sandbox.before_request(change)
    shown = ids_of(v1, updated_before=window, per_page=20)
    assert set(expected) - set(shown) == set(expected[20:23])


def test_a_rate_limit_holds_for_a_window_of_10_seconds(clock: StandingClock) -> None:
    with (
        Sandbox(people=3, clock=clock, greenhouse=GreenhouseModes(rate_limit=1)) as sandbox,
        V1(sandbox) as v1,
    ):
        assert v1.get("candidates").status_code == 200
        answer = v1.get("candidates")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
        clock.move(seconds=10)
        assert v1.get("candidates").status_code == 200
