"""The records of Harvest v3 in the shape of v1. The names that they lack are taken from
`names`; no request is made here.

Sources: Greenhouse's migration guide for the names, the v3 reference for the fields. What differs
in the end is listed in docs/harvest-versions.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from greenhouse_hrflow.greenhouse.candidate import (
    JsonObject,
    ReadCandidate,
    complete_candidate,
    unreadable_field,
    with_unreadable_field,
)
from greenhouse_hrflow.greenhouse.settings import Child
from greenhouse_hrflow.greenhouse.v3.names import EDUCATION_OPTIONS, Names, job_ids
from greenhouse_hrflow.greenhouse.v3.records import CandidateRecords
from greenhouse_hrflow.windows import UpdateWindow

Children = Mapping[Child, Sequence[JsonObject]]
"""The child records of one candidate; a list that was not read is absent."""

_RENAMED_OF_CANDIDATE = {"private", "last_activity_at"}
_REPLACED_OF_APPLICATION = {
    "created_at",
    "updated_at",
    "location_address",
    "source_id",
    "recruiter_id",
    "coordinator_id",
    "rejection_reason_id",
    "job_id",
    "prospective_job_ids",
    "stage_id",
    "stage_name",
}
_BARE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def read_candidate(
    records: CandidateRecords, names: Names, window: UpdateWindow, created: UpdateWindow
) -> ReadCandidate:
    """The records in the v1 shape, with the name of an unreadable field where there is one."""
    unreadable = unreadable_field(records.row, created) or records.unreadable
    document = candidate_document(records.row, records.children, names)
    return ReadCandidate(
        with_unreadable_field(document, unreadable), records.changed_at(window), records.read_at
    )


def candidate_document(row: JsonObject, children: Children, names: Names) -> JsonObject:
    """One candidate in the v1 shape; what belongs to a list that was not read is null.

    Fields that v3 has and v1 has not (preferred_name, time_zone) keep their v3 names.
    """
    applications = children.get("applications")
    attachments = children.get("attachments")
    document = {key: value for key, value in row.items() if key not in _RENAMED_OF_CANDIDATE}
    document |= {
        "last_activity": row.get("last_activity_at"),
        "is_private": row.get("private"),
        "custom_fields": plain_values(row.get("custom_fields")),
        "keyed_custom_fields": row.get("custom_fields"),
        "attachments": _attachments(attachments),
        "application_ids": None
        if applications is None
        else [application.get("id") for application in applications],
        "applications": None
        if applications is None
        else [_application(application, attachments, names) for application in applications],
        "educations": _converted(children.get("candidate_educations"), _education, names),
        "employments": _converted(children.get("candidate_employments"), _employment, names),
    }
    return complete_candidate(document)


def plain_values(keyed: Any) -> Any:
    """Keyed custom fields as v1's flat ones: `{key: {"value": v, …}}` becomes `{key: v}`."""
    if not isinstance(keyed, dict):
        return keyed
    fields = cast("JsonObject", keyed)
    return {key: _plain_value(field) for key, field in fields.items()}


def _plain_value(field: Any) -> Any:
    return cast("JsonObject", field).get("value") if isinstance(field, dict) else field


def _converted(
    rows: Sequence[JsonObject] | None, convert: Any, names: Names
) -> list[JsonObject] | None:
    return None if rows is None else [convert(row, names) for row in rows]


def _attachments(rows: Sequence[JsonObject] | None) -> list[JsonObject] | None:
    keys = ("filename", "url", "type", "created_at")
    return None if rows is None else [{key: row.get(key) for key in keys} for row in rows]


def _education(row: JsonObject, names: Names) -> JsonObject:
    option_names = {
        key: names.name("custom_field_options", row.get(id_field))
        for key, id_field in EDUCATION_OPTIONS.items()
    }
    return {
        "id": row.get("id"),
        **option_names,
        "start_date": _education_date(row, "start"),
        "end_date": _education_date(row, "end"),
    }


def _education_date(row: JsonObject, side: str) -> Any:
    """v3 gives a moment, or a year and perhaps a month; without a month it is January."""
    moment = row.get(f"{side}_at")
    year, month = row.get(f"{side}_date_year"), row.get(f"{side}_date_month")
    if moment is not None or not isinstance(year, int) or not 1 <= year <= 9999:
        return date_time(moment)
    is_month = isinstance(month, int) and 1 <= month <= 12
    return date_time(f"{year:04d}-{month if is_month else 1:02d}-01")


def _employment(row: JsonObject, _names: Names) -> JsonObject:
    return {
        "id": row.get("id"),
        "company_name": row.get("company_name"),
        "title": row.get("title"),
        "start_date": date_time(row.get("start_date")),
        "end_date": date_time(row.get("end_date")),
    }


def date_time(value: Any) -> Any:
    """A bare date as v1's date-time; anything else as it is."""
    if isinstance(value, str) and _BARE_DATE.fullmatch(value):
        return f"{value}T00:00:00.000Z"
    return value


def _application(
    row: JsonObject, attachments: Sequence[JsonObject] | None, names: Names
) -> JsonObject:
    own_attachments = None
    if attachments is not None:
        application_id = row.get("id")
        own_attachments = [
            attachment
            for attachment in attachments
            if attachment.get("application_id") == application_id
        ]
    document = {key: value for key, value in row.items() if key not in _REPLACED_OF_APPLICATION}
    document |= {
        "applied_at": row.get("created_at"),
        "status": "active" if row.get("status") == "in_process" else row.get("status"),
        "location": _unless_null(address=row.get("location_address")),
        "source": _source(row.get("source_id"), names),
        # v3 has a referrer, who is no user: it stays under its own name, `referrer_id`.
        "credited_to": None,
        "recruiter": _unless_null(id=row.get("recruiter_id")),
        "coordinator": _unless_null(id=row.get("coordinator_id")),
        "rejection_reason": _unless_null(id=row.get("rejection_reason_id")),
        "jobs": [names.id_and_name("jobs", job_id) for job_id in job_ids(row)],
        "current_stage": _unless_null(id=row.get("stage_id"), name=row.get("stage_name")),
        "prospect_detail": {},
        "attachments": _attachments(own_attachments),
    }
    if "custom_fields" in row:
        document["custom_fields"] = plain_values(row["custom_fields"])
        document["keyed_custom_fields"] = row["custom_fields"]
    return document


def _source(source_id: object, names: Names) -> JsonObject | None:
    if source_id is None:
        return None
    return {"id": source_id, "public_name": names.name("sources", source_id)}


def _unless_null(**values: Any) -> JsonObject | None:
    """An object of these values; None where all of them are null."""
    return None if all(value is None for value in values.values()) else values
