"""The document that Harvest v1 answers for a candidate, put together from the rows of v3.

So both versions tell of the same people. What v3 does not hold at all (a candidate's own recruiter
and coordinator, whom an application is credited to) comes from
``Tables.staff`` and ``Tables.credited``.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from greenhouse_hrflow.sandbox.greenhouse.lists import STATUSES
from greenhouse_hrflow.sandbox.greenhouse.tables import Tables
from greenhouse_hrflow.sandbox.moments import Clock
from greenhouse_hrflow.sandbox.wire import JsonObject

_V1_STATUS = {v3: v1 for v1, v3 in STATUSES.items()}
_SAME = [
    "id",
    "first_name",
    "last_name",
    "company",
    "title",
    "created_at",
    "can_email",
    "tags",
    "linked_user_ids",
    "phone_numbers",
    "addresses",
    "email_addresses",
    "website_addresses",
    "social_media_addresses",
]


def file_url(row: JsonObject, clock: Clock) -> str:
    """A file's signed address: like the real ones it ends in 7 days, and differs by the second."""
    ends = int((clock() + timedelta(days=7)).timestamp())
    signature = hashlib.sha256(f"{row['id']}/{ends}".encode()).hexdigest()[:16]
    return f"https://files.invalid/{row['id']}/file?expires={ends}&signature={signature}"


class V1Documents:
    """Builds documents; what it is not told about the real API is a setting.

    ``children_touch_candidate``: whether v1 shows (and filters by) the newest change of the
    candidate and its children, or that of the candidate alone. The real answer is not documented.
    """

    def __init__(self, tables: Tables, clock: Clock, children_touch_candidate: bool) -> None:
        self._tables = tables
        self._clock = clock
        self._children_touch = children_touch_candidate

    def updated_at(self, candidate_id: int) -> str:
        """The document's ``updated_at``; KeyError when there is no such candidate."""
        if self._children_touch:
            return max(self._tables.moves(candidate_id))
        return self._tables.rows["candidates"][candidate_id]["updated_at"]

    def document(self, candidate_id: int) -> JsonObject:
        """The whole document; KeyError when there is no such candidate."""
        row = self._tables.rows["candidates"][candidate_id]
        staff = self._tables.staff.get(candidate_id, {})
        applications = self._tables.children("applications", candidate_id)
        attachments = self._tables.children("attachments", candidate_id)
        educations = self._tables.children("candidate_educations", candidate_id)
        employments = self._tables.children("candidate_employments", candidate_id)
        return {name: row[name] for name in _SAME} | {
            "updated_at": self.updated_at(candidate_id),
            "last_activity": row["last_activity_at"],
            "is_private": row["private"],
            "photo_url": None,
            "recruiter": self._user(staff.get("recruiter_id")),
            "coordinator": self._user(staff.get("coordinator_id")),
            "attachments": [self._attachment(each) for each in attachments],
            "application_ids": [each["id"] for each in applications],
            "applications": [self._application(each) for each in applications],
            "educations": [self._education(each) for each in educations],
            "employments": [_employment(each) for each in employments],
            "custom_fields": _values(row["custom_fields"]),
            "keyed_custom_fields": row["custom_fields"],
        }

    def _user(self, user_id: int | None) -> JsonObject | None:
        row = self._tables.rows["users"].get(user_id or 0)
        keys = ("id", "first_name", "last_name", "name", "employee_id")
        return {key: row[key] for key in keys} if row else None

    def _attachment(self, row: JsonObject) -> JsonObject:
        url = file_url(row, self._clock)
        return {key: row[key] for key in ("filename", "type", "created_at")} | {"url": url}

    def _education(self, row: JsonObject) -> JsonObject:
        names = {
            key: self._option_name(row[f"{key}_custom_field_option_id"])
            for key in ("school_name", "degree", "discipline")
        }
        return {
            "id": row["id"],
            **names,
            "start_date": row["start_at"],
            "end_date": row["end_at"],
        }

    def _option_name(self, option_id: int | None) -> str | None:
        return self._tables.rows["custom_field_options"][option_id]["name"] if option_id else None

    def _application(self, row: JsonObject) -> JsonObject:
        credited = self._tables.credited.get(row["id"])
        files = self._tables.of_application("attachments", row["id"])
        address = row["location_address"]
        return {
            "id": row["id"],
            "candidate_id": row["candidate_id"],
            "prospect": row["prospect"],
            "applied_at": row["created_at"],
            "rejected_at": row["rejected_at"],
            "last_activity_at": row["last_activity_at"],
            "location": {"address": address} if address else None,
            "source": self._source(row["source_id"]),
            "credited_to": self._user(credited),
            "recruiter": self._user(row["recruiter_id"]),
            "coordinator": self._user(row["coordinator_id"]),
            **self._rejection(row["id"]),
            "jobs": self._jobs(row),
            "job_post_id": row["job_post_id"],
            "status": _V1_STATUS[row["status"]],
            "current_stage": _stage(row),
            "answers": row["answers"],
            "prospective_office": None,
            "prospective_department": None,
            "prospect_detail": self._prospect(row["id"]),
            "custom_fields": _values(row["custom_fields"]),
            "keyed_custom_fields": row["custom_fields"],
            "attachments": [self._attachment(each) for each in files],
        }

    def _source(self, source_id: int | None) -> JsonObject | None:
        row = self._tables.rows["sources"].get(source_id or 0)
        return {"id": row["id"], "public_name": row["name"]} if row else None

    def _jobs(self, row: JsonObject) -> list[JsonObject]:
        ids: list[int] = [row["job_id"]] if row["job_id"] else row["prospective_job_ids"]
        jobs = self._tables.rows["jobs"]
        return [{"id": i, "name": jobs[i]["name"]} for i in ids if i in jobs]

    def _rejection(self, application_id: int) -> JsonObject:
        rows = self._tables.of_application("rejection_details", application_id)
        if not rows:
            return {"rejection_reason": None, "rejection_details": None}
        keyed = rows[0]["question_custom_fields"]
        reason = {"id": rows[0]["rejection_reason_id"], "name": "Hired another candidate"}
        return {
            "rejection_reason": reason | {"type": {"id": 1, "name": "We rejected them"}},
            "rejection_details": {"custom_fields": _values(keyed), "keyed_custom_fields": keyed},
        }

    def _prospect(self, application_id: int) -> JsonObject:
        detail: dict[str, Any] = dict.fromkeys(("prospect_pool", "prospect_stage"))
        rows = self._tables.of_application("prospect_details", application_id)
        owner = self._user(rows[0]["prospect_owner_id"]) if rows else None
        return detail | {
            "prospect_owner": {"id": owner["id"], "name": owner["name"]} if owner else None
        }


def _stage(row: JsonObject) -> JsonObject | None:
    return {"id": row["stage_id"], "name": row["stage_name"]} if row["stage_id"] else None


def _employment(row: JsonObject) -> JsonObject:
    return {key: row[key] for key in ("id", "company_name", "title")} | {
        "start_date": _midnight(row["start_date"]),
        "end_date": _midnight(row["end_date"]),
    }


def _midnight(date: str | None) -> str | None:
    return f"{date}T00:00:00.000Z" if date else None


def _values(keyed: JsonObject) -> JsonObject:
    return {key: field["value"] for key, field in keyed.items()}
