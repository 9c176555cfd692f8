"""Every parameter that Harvest v3 documents for a list is taken, and no other; what some do.

Pages, cursors and what a value may look like stand in ``test_harvest_v3``.
"""

from __future__ import annotations

from typing import Any

import pytest

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.sandbox.greenhouse.lists import LISTS
from greenhouse_hrflow_tests.sandbox.clients import V3
from greenhouse_hrflow_tests.sandbox.test_harvest_v3 import refused

OF_EVERY_LIST = ("per_page", "ids", "created_at", "updated_at", "fields")

DOCUMENTED = {
    "application_stages": "application_ids job_interview_stage_ids current",
    "applications": "candidate_ids job_ids prospective_job_ids job_post_ids source_ids referrer_ids"
    " stage_ids job_interview_stage_ids status stage_name custom_field_option_id last_activity_at"
    " prospect",
    "applied_candidate_tags": "candidate_tag_ids candidate_ids",
    "attachments": "application_ids candidate_ids type",
    "candidate_educations": "candidate_ids start_at end_at latest",
    "candidate_employments": "candidate_ids latest",
    "candidate_tags": "",
    "candidates": "last_activity_at custom_field_option_id private email tag",
    "custom_field_options": "custom_field_ids active custom_field_key",
    "custom_fields": "field_type active name name_key",
    "jobs": "opened_at closed_at requisition_id department_id office_id custom_field_option_id"
    " confidential status",
    "notes": "candidate_ids user_ids application_ids type visibility",
    "prospect_details": "application_ids pool_ids pool_stage_ids prospect_owner_ids department_ids"
    " office_ids",
    "rejection_details": "application_ids rejection_reason_ids custom_field_option_id",
    "sources": "",
    "users": "agency_ids office_ids department_ids linked_candidate_ids interviewer_tag_ids"
    " employee_ids custom_field_option_id deactivated primary_email external_office_id"
    " external_department_id show_service_accounts",
}
"""The parameters of each list beside those of every list: v3's reference of June 2026, and
``job_interview_stage_ids`` of applications, which came later.
"""

FLAGS = {
    "active",
    "confidential",
    "current",
    "deactivated",
    "latest",
    "private",
    "prospect",
    "show_service_accounts",
}
WORDS = {"fields": "id", "status": "open", "type": "resume"}

CASES = [
    (name, each) for name, own in DOCUMENTED.items() for each in (*OF_EVERY_LIST, *own.split())
]
NAMES = {each for _, each in CASES} | {"page", "updated_after", "candidate_id", "include_deleted"}


def a_value(resource: str, name: str) -> str:
    if name.endswith("_at"):
        return "gte|2020-01-01T00:00:00.000Z|lt|2030-01-01T00:00:00Z"
    if name in FLAGS:
        return "true"
    if (resource, name) == ("applications", "status"):
        return "active"
    if name.endswith("ids"):
        return "1,2"
    return WORDS.get(name, "5")


def ids(rows: list[dict[str, Any]]) -> set[int]:
    return {row["id"] for row in rows}


def test_the_lists_are_those_that_are_documented_here() -> None:
    assert set(DOCUMENTED) == set(LISTS)


@pytest.mark.parametrize(("resource", "name"), CASES)
def test_what_is_documented_is_taken(calm_v3: V3, resource: str, name: str) -> None:
    answer = calm_v3.get(resource, **{name: a_value(resource, name)})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("resource", DOCUMENTED)
def test_what_is_not_documented_is_named(calm_v3: V3, resource: str) -> None:
    for name in sorted(NAMES - {each for of, each in CASES if of == resource}):
        answer = calm_v3.get(resource, **{name: a_value(resource, name)})
        assert refused(answer) == [f"Invalid query params: {name}"]


def test_all_that_is_unknown_is_named_at_once(calm_v3: V3) -> None:
    answer = calm_v3.get("candidates?page=2&per_page=5&ids[]=1&job_id=5&email[gte]=a")
    assert refused(answer) == ["Invalid query params: page, ids[], job_id, email[gte]"]


@pytest.mark.parametrize(
    ("brackets", "pipe"),
    [
        ("updated_at[gte]={0}", "updated_at=gte|{0}"),
        ("updated_at[gt]={0}&updated_at[lte]={1}", "updated_at=gt|{0}|lte|{1}"),
        ("updated_at[lt]={1}&updated_at[gte]={0}", "updated_at=gte|{0}|lt|{1}"),
        ("created_at%5Bgte%5D={0}", "created_at=gte|{0}"),
        ("last_activity_at[lt]={1}", "last_activity_at=lt|{1}"),
    ],
)
def test_brackets_select_what_the_pipe_does(calm_v3: V3, brackets: str, pipe: str) -> None:
    bounds = ("2024-12-09T12:00:00Z", "2024-12-13T00:00:00.000Z")
    expected = calm_v3.rows("candidates?" + pipe.format(*bounds))
    everybody = calm_v3.rows("candidates")
    assert 0 < len(expected) < len(everybody)
    assert calm_v3.rows("candidates?" + brackets.format(*bounds)) == expected


def test_brackets_are_kept_by_the_cursor(calm_v3: V3) -> None:
    query = "candidates?updated_at[gte]=2024-12-09T12:00:00Z"
    pages = calm_v3.walk(f"{query}&per_page=5")
    assert len(pages) > 2
    assert [row for page in pages for row in page] == calm_v3.rows(query)


@pytest.mark.parametrize("field", ["start_at", "end_at"])
def test_brackets_are_taken_for_every_date(calm_v3: V3, field: str) -> None:
    found = calm_v3.rows(f"candidate_educations?{field}[lt]=2015-01-01T00:00:00Z")
    assert found
    assert all(row[field] < "2015" for row in found)


@pytest.mark.parametrize(
    "query",
    [
        "updated_at[after]=2024-12-01T00:00:00Z",
        "updated_at[]=2024-12-01T00:00:00Z",
        "updated_at[gte]=2024-12-01",
        "updated_at[gte]=gte|2024-12-01T00:00:00Z",
        "updated_at[gte]=2024-12-01T00:00:00Z|lt|2024-12-02T00:00:00Z",
        "updated_at[gte]=2024-12-01T00:00:00Z&updated_at[gte]=2024-12-02T00:00:00Z",
        "updated_at[gte]=2024-12-01T00:00:00Z&updated_at=lt|2024-12-02T00:00:00Z",
        "updated_at=gte|2024-12-01T00:00:00Z&updated_at[lt]=2024-12-02T00:00:00Z",
        "updated_at[gte]=2024-12-01T00:00:00Z&created_at[lt]=2024-12-02T00:00:00Z",
        "updated_at[gte]=2024-12-01T00:00:00Z&created_at=lt|2024-12-02T00:00:00Z",
        "updated_at=gte|2024-12-01T00:00:00Z|gte|2024-12-02T00:00:00Z",
    ],
)
def test_bounds_that_cannot_be_read_are_refused(calm_v3: V3, query: str) -> None:
    assert refused(calm_v3.get(f"candidates?{query}"))


def test_a_range_of_dots_is_a_bad_request(calm_v3: V3) -> None:
    answer = calm_v3.get("candidates?updated_at=2024-12-01T00:00:00Z..2024-12-02T00:00:00Z")
    assert answer.status_code == 400


def test_private_ones_are_among_all_unless_left_out(calm_v3: V3) -> None:
    everybody = calm_v3.rows("candidates")
    public = [row for row in everybody if not row["private"]]
    assert 0 < len(public) < len(everybody)
    assert calm_v3.rows("candidates", private="true") == everybody
    assert calm_v3.rows("candidates", private="false") == public


def test_an_option_finds_those_who_chose_it(calm_v3: V3) -> None:
    options = calm_v3.rows("custom_field_options", custom_field_key="graduation_year")
    option = next(each for each in options if each["name"] == "2005")
    found = calm_v3.rows("candidates", custom_field_option_id=option["id"])
    assert found
    assert ids(found) == {
        row["id"]
        for row in calm_v3.rows("candidates")
        if row["custom_fields"].get("graduation_year", {}).get("value") == "2005"
    }


@pytest.mark.parametrize("resource", ["applications", "jobs", "rejection_details", "users"])
def test_an_option_that_nobody_chose_finds_nobody(calm_v3: V3, resource: str) -> None:
    assert calm_v3.rows(resource)
    option = calm_v3.rows("custom_field_options", custom_field_key="graduation_year")[0]
    assert calm_v3.rows(resource, custom_field_option_id=option["id"]) == []


def test_an_option_among_several_is_found(sandbox: Sandbox, v3: V3) -> None:
    option = v3.rows("custom_field_options", custom_field_key="graduation_year")[0]
    candidate_id = sandbox.greenhouse.candidate_ids()[0]
    years = {"name": "Years", "type": "multi_select", "value": [option["name"], "1999"]}
    sandbox.greenhouse.update_candidate(candidate_id, custom_fields={"graduation_year": years})
    assert candidate_id in ids(v3.rows("candidates", custom_field_option_id=option["id"]))


def test_a_service_account_is_hidden_unless_asked_for(calm_v3: V3) -> None:
    people = calm_v3.rows("users")
    everybody = calm_v3.rows("users", show_service_accounts="true")
    [hidden] = ids(everybody) - ids(people)
    assert ids(people) < ids(everybody)
    assert calm_v3.rows("users", show_service_accounts="false") == people
    assert calm_v3.rows("users", ids=hidden) == []
    assert ids(calm_v3.rows("users", ids=hidden, show_service_accounts="true")) == {hidden}


def test_users_are_found_by_what_another_system_calls_them(calm_v3: V3) -> None:
    found = calm_v3.rows("users", employee_ids="00123,nobody")
    assert [row["employee_id"] for row in found] == ["00123"]
    assert refused(calm_v3.get("users", employee_ids=",".join("x" * 51)))


@pytest.mark.parametrize(
    "query",
    [
        "users?agency_ids=1",
        "users?interviewer_tag_ids=1",
        "users?external_office_id=paris",
        "users?external_department_id=7",
        "jobs?office_id=1",
    ],
)
def test_a_filter_that_nothing_meets_finds_nothing(calm_v3: V3, query: str) -> None:
    assert calm_v3.rows(query) == []


def test_applications_are_found_by_the_stage_of_their_interview(calm_v3: V3) -> None:
    rows = calm_v3.rows("applications")
    wanted = next(row["job_interview_stage_id"] for row in rows if row["job_interview_stage_id"])
    found = calm_v3.rows("applications", job_interview_stage_ids=wanted)
    assert ids(found) == {row["id"] for row in rows if row["job_interview_stage_id"] == wanted}
    assert wanted not in {row["stage_id"] for row in rows}
