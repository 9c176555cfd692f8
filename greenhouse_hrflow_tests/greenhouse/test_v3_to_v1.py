"""Records of Harvest v3 in the shape of v1: names, dates, an application whole, odd rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from greenhouse_hrflow_tests.greenhouse.account import EARLIER, STAMP, Account, row
from greenhouse_hrflow_tests.greenhouse.conftest import Read


def test_names_are_asked_for_once_and_missing_ones_are_null(read: Read) -> None:
    educations = [
        row(
            30 + number,
            candidate_id=number,
            school_name_custom_field_option_id=501,
            degree_custom_field_option_id=502,
            discipline_custom_field_option_id=None,
        )
        for number in range(1, 61)
    ]
    with Account(
        candidates=[row(number, updated_at=STAMP) for number in range(1, 61)],
        candidate_educations=educations,
        custom_field_options=[{"id": 501, "name": "Old School", "active": False}],
        applications=[row(70, candidate_id=1, job_id=9, source_id=8)],
    ) as account:
        candidates = read(account.url)
        asked_ids = [asked.query["ids"] for asked in account.asked if "options" in asked.path]
    assert asked_ids == ["501,502"]
    assert candidates[60].candidate["educations"][0] == {
        "id": 90,
        "school_name": "Old School",
        "degree": None,
        "discipline": None,
        "start_date": None,
        "end_date": None,
    }
    application = candidates[1].candidate["applications"][0]
    assert application["jobs"] == [{"id": 9, "name": None}]
    assert application["source"] == {"id": 8, "public_name": None}


@pytest.mark.parametrize(
    ("fields", "date"),
    [
        ({"start_at": "2012-08-15T00:00:00.000Z"}, "2012-08-15T00:00:00.000Z"),
        ({"start_date_year": 2012, "start_date_month": 8}, "2012-08-01T00:00:00.000Z"),
        ({"start_date_year": 2012, "start_date_month": None}, "2012-01-01T00:00:00.000Z"),
        ({"start_date_year": None, "start_date_month": 8}, None),
        ({"start_date_year": "2012"}, None),
    ],
)
def test_the_date_of_an_education(fields: Mapping[str, Any], date: str | None, read: Read) -> None:
    with Account(
        candidates=[row(1, updated_at=STAMP)],
        candidate_educations=[row(2, candidate_id=1, **fields)],
    ) as account:
        assert read(account.url)[1].candidate["educations"][0]["start_date"] == date


def an_applicant() -> Account:
    """A candidate with an application in process, and one as a prospect who was hired."""
    return Account(
        candidates=[
            row(1, updated_at=STAMP, private=True, last_activity_at=STAMP, time_zone="UTC")
        ],
        applications=[
            row(
                2,
                candidate_id=1,
                status="in_process",
                job_id=5,
                location_address="Oslo",
                recruiter_id=6,
                referrer_id=7,
                stage_id=8,
                stage_name="Offer",
                rejection_reason_id=9,
            ),
            row(3, candidate_id=1, status="hired", prospect=True, prospective_job_ids=[5, 6]),
        ],
        jobs=[{"id": 5, "name": "Cook"}],
    )


def test_an_application_in_the_v1_shape(read: Read) -> None:
    with an_applicant() as account:
        candidate = read(account.url)[1].candidate
    assert candidate["is_private"] is True
    assert candidate["last_activity"] == STAMP
    assert candidate["time_zone"] == "UTC"
    assert "private" not in candidate
    assert candidate["application_ids"] == [2, 3]
    in_process, hired = candidate["applications"]
    unnamed_user = dict.fromkeys(("first_name", "last_name", "name", "employee_id"))
    assert in_process["status"] == "active"
    assert in_process["applied_at"] == EARLIER
    assert in_process["location"] == {"address": "Oslo"}
    assert in_process["recruiter"] == {"id": 6, **unnamed_user}
    assert in_process["coordinator"] is None
    assert in_process["credited_to"] is None
    assert in_process["referrer_id"] == 7
    assert in_process["current_stage"] == {"id": 8, "name": "Offer"}
    assert in_process["rejection_reason"] == {"id": 9, "name": None, "type": None}
    assert in_process["jobs"] == [{"id": 5, "name": "Cook"}]
    assert hired["status"] == "hired"
    assert hired["jobs"] == [{"id": 5, "name": "Cook"}, {"id": 6, "name": None}]
    assert set(hired["prospect_detail"]) == {"prospect_pool", "prospect_stage", "prospect_owner"}


def test_odd_rows_survive(read: Read) -> None:
    with Account(
        candidates=[
            row(1, updated_at=STAMP, custom_fields=None, tags=None, first_name="\udfff"),
            row(1, updated_at=STAMP, custom_fields={"a": 1, "b": {"value": "01"}}, brand_new=True),
        ],
        applications=[row(2, candidate_id=1, source_id="x", prospective_job_ids=3, prospect=None)],
        candidate_employments=[row(3, candidate_id=1, start_date="long ago"), row(4)],
    ) as account:
        candidate = read(account.url)[1].candidate
    assert candidate["custom_fields"] == {"a": 1, "b": "01"}
    assert candidate["brand_new"] is True
    assert candidate["employments"][0]["start_date"] == "long ago"
    assert len(candidate["employments"]) == 1
