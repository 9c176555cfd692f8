"""The records of Harvest v3 in the shape of v1: a pure mapping, no request.

Sources: Greenhouse's migration guide for the names, the v3 reference for the fields. What differs
in the end is listed in docs/harvest-versions.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from greenhouse_hrflow.greenhouse.candidate import JsonObject, complete_candidate
from greenhouse_hrflow.greenhouse.settings import Child
from greenhouse_hrflow.greenhouse.v3.names import Names

Children = Mapping[Child, Sequence[JsonObject]]
"""The child records of one candidate; a list that was not read is absent."""

OPTIONS = {
    "school_name": "school_name_custom_field_option_id",
    "degree": "degree_custom_field_option_id",
    "discipline": "discipline_custom_field_option_id",
}

_RENAMED = {"private", "last_activity_at"}
_REPLACED = {
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
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def candidate_document(row: JsonObject, children: Children, names: Names) -> JsonObject:
    """One candidate in the v1 shape; what belongs to a list that was not read is null.

    Fields that v3 has and v1 has not (preferred_name, time_zone) keep their v3 names.
    """
    applications = children.get("applications")
    attachments = children.get("attachments")
    document = {key: value for key, value in row.items() if key not in _RENAMED}
    document |= {
        "last_activity": row.get("last_activity_at"),
        "is_private": row.get("private"),
        "custom_fields": plain_values(row.get("custom_fields")),
        "keyed_custom_fields": row.get("custom_fields"),
        "attachments": _attachments(attachments),
        "application_ids": None
        if applications is None
        else [each.get("id") for each in applications],
        "applications": None
        if applications is None
        else [_application(each, attachments, names) for each in applications],
        "educations": _each(children.get("candidate_educations"), _education, names),
        "employments": _each(children.get("candidate_employments"), _employment, names),
    }
    return complete_candidate(document)


def named_ids(children: Children) -> Iterator[tuple[str, object]]:
    """The list and the id of every name that these records need; an id may be null or odd."""
    for application in children.get("applications", ()):
        yield "sources", application.get("source_id")
        for job in _job_ids(application):
            yield "jobs", job
    for education in children.get("candidate_educations", ()):
        for option in OPTIONS.values():
            yield "custom_field_options", education.get(option)


def plain_values(keyed: Any) -> Any:
    """Custom fields as v1's flat ones: `{key: {"value": v, …}}` becomes `{key: v}`."""
    if not isinstance(keyed, dict):
        return keyed
    fields = cast("JsonObject", keyed)
    return {key: _plain_value(field) for key, field in fields.items()}


def _plain_value(field: Any) -> Any:
    return cast("JsonObject", field).get("value") if isinstance(field, dict) else field


def _each(rows: Sequence[JsonObject] | None, convert: Any, names: Names) -> list[JsonObject] | None:
    return None if rows is None else [convert(row, names) for row in rows]


def _attachments(rows: Sequence[JsonObject] | None) -> list[JsonObject] | None:
    keys = ("filename", "url", "type", "created_at")
    return None if rows is None else [{key: row.get(key) for key in keys} for row in rows]


def _education(row: JsonObject, names: Names) -> JsonObject:
    named = {
        key: names.name("custom_field_options", row.get(option)) for key, option in OPTIONS.items()
    }
    return {
        "id": row.get("id"),
        **named,
        "start_date": _education_date(row, "start"),
        "end_date": _education_date(row, "end"),
    }


def _education_date(row: JsonObject, side: str) -> Any:
    """v3 may tell a moment, or a year and a month alone; a year without a month begins it."""
    moment = row.get(f"{side}_at")
    year, month = row.get(f"{side}_date_year"), row.get(f"{side}_date_month")
    if moment is not None or not isinstance(year, int) or not 1 <= year <= 9999:
        return date_time(moment)
    in_range = isinstance(month, int) and 1 <= month <= 12
    return date_time(f"{year:04d}-{month if in_range else 1:02d}-01")


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
    if isinstance(value, str) and _DATE.fullmatch(value):
        return f"{value}T00:00:00.000Z"
    return value


def _application(
    row: JsonObject, attachments: Sequence[JsonObject] | None, names: Names
) -> JsonObject:
    own = None
    if attachments is not None:
        own = [each for each in attachments if each.get("application_id") == row.get("id")]
    document = {key: value for key, value in row.items() if key not in _REPLACED}
    document |= {
        "applied_at": row.get("created_at"),
        "status": "active" if row.get("status") == "in_process" else row.get("status"),
        "location": _unless_null(address=row.get("location_address")),
        "source": _source(row.get("source_id"), names),
        # v3 names a referrer, which is another list than users: `referrer_id` keeps its own name.
        "credited_to": None,
        "recruiter": _unless_null(id=row.get("recruiter_id")),
        "coordinator": _unless_null(id=row.get("coordinator_id")),
        "rejection_reason": _unless_null(id=row.get("rejection_reason_id")),
        "jobs": [names.named("jobs", job) for job in _job_ids(row)],
        "current_stage": _unless_null(id=row.get("stage_id"), name=row.get("stage_name")),
        "prospect_detail": {},
        "attachments": _attachments(own),
    }
    if "custom_fields" in row:
        document["custom_fields"] = plain_values(row["custom_fields"])
        document["keyed_custom_fields"] = row["custom_fields"]
    return document


def _source(value: object, names: Names) -> JsonObject | None:
    return None if value is None else {"id": value, "public_name": names.name("sources", value)}


def _unless_null(**values: Any) -> JsonObject | None:
    """The object; None where every value of it is null."""
    return None if all(value is None for value in values.values()) else values


def _job_ids(application: JsonObject) -> list[Any]:
    """One job for an application, any number that are thought of for a prospect."""
    prospective = application.get("prospective_job_ids")
    if application.get("prospect") and isinstance(prospective, list) and prospective:
        return cast("list[Any]", prospective)
    job = application.get("job_id")
    return [] if job is None else [job]
