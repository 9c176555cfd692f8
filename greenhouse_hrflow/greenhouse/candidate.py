"""What reading gives: candidates in the shape that Harvest v1 documents, with two moments each.

How a v3 candidate is brought into that shape is said in `harvest_v3_shape`; here is the shape
itself, and the two attributes without which a record cannot be placed: its id and its timestamps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, cast

from greenhouse_hrflow.errors import BadRecord
from greenhouse_hrflow.windows import parse_moment

JsonObject: TypeAlias = dict[str, Any]

Shape: TypeAlias = "Mapping[str, Shape] | list[Shape] | None"
"""The keys of an object, a list of one element's shape, or None for a value kept as it is."""


@dataclass(frozen=True, slots=True)
class ReadCandidate:
    """One candidate as Greenhouse answered it.

    Attributes:
        candidate: in the v1 shape, complete.
        changed_at: the newest `updated_at` of the candidate and the children read with it.
        read_at: the earliest Date, by Greenhouse's clock, of the answers it was made from.
    """

    candidate: JsonObject
    changed_at: datetime
    read_at: datetime

    @property
    def id(self) -> int:
        """Greenhouse's id of the candidate."""
        return id_of(self.candidate, "candidates")

    @property
    def created_at(self) -> datetime:
        """When the candidate was created."""
        return moment_of(self.candidate, "created_at", "candidates")

    @property
    def updated_at(self) -> datetime:
        """When the candidate's own record was updated last."""
        return moment_of(self.candidate, "updated_at", "candidates")


@dataclass(frozen=True, slots=True)
class RecentRecord:
    """A record that moved, as a sensor's tick sees it."""

    list_name: str
    id: int
    updated_at: datetime


def id_of(record: JsonObject, list_name: str) -> int:
    """The record's id.

    Raises:
        BadRecord: it has none, or one that is not an integer.
    """
    value = record.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise BadRecord(
        f"Greenhouse answered a record of {list_name} whose id is missing or not an integer. "
        "It cannot be read; ask Greenhouse's support about it."
    )


def moment_of(record: JsonObject, field: str, list_name: str) -> datetime:
    """A timestamp of the record, aware and in UTC.

    Raises:
        BadRecord: the field is absent, null or not ISO-8601. The message does not repeat it.
    """
    try:
        return parse_moment(record[field])
    except (KeyError, ValueError):
        raise BadRecord(
            f"Greenhouse answered the record {id_of(record, list_name)} of {list_name} with a "
            f"{field} that is missing or no ISO-8601 timestamp, so it cannot be placed in time. "
            "Correct it in Greenhouse, or ask Greenhouse's support about it."
        ) from None


USER: Shape = dict.fromkeys(("id", "first_name", "last_name", "name", "employee_id"))
ATTACHMENT: Shape = dict.fromkeys(("filename", "url", "type", "created_at"))
ADDRESS: Shape = dict.fromkeys(("value", "type"))
NAMED: Shape = dict.fromkeys(("id", "name"))

APPLICATION: Shape = {
    "id": None,
    "candidate_id": None,
    "prospect": None,
    "applied_at": None,
    "rejected_at": None,
    "last_activity_at": None,
    "location": {"address": None},
    "source": {"id": None, "public_name": None},
    "credited_to": USER,
    "recruiter": USER,
    "coordinator": USER,
    "rejection_reason": {"id": None, "name": None, "type": NAMED},
    "rejection_details": {"custom_fields": None, "keyed_custom_fields": None},
    "jobs": [NAMED],
    "job_post_id": None,
    "status": None,
    "current_stage": NAMED,
    "answers": [{"question": None, "answer": None}],
    "prospective_office": None,
    "prospective_department": None,
    "prospect_detail": {"prospect_pool": None, "prospect_stage": None, "prospect_owner": None},
    "attachments": [ATTACHMENT],
}

EDUCATION: Shape = dict.fromkeys(
    ("id", "school_name", "degree", "discipline", "start_date", "end_date")
)
EMPLOYMENT: Shape = dict.fromkeys(("id", "company_name", "title", "start_date", "end_date"))

CANDIDATE: Shape = {
    "id": None,
    "first_name": None,
    "last_name": None,
    "company": None,
    "title": None,
    "created_at": None,
    "updated_at": None,
    "last_activity": None,
    "is_private": None,
    "photo_url": None,
    "attachments": [ATTACHMENT],
    "application_ids": None,
    "phone_numbers": [ADDRESS],
    "addresses": [ADDRESS],
    "email_addresses": [ADDRESS],
    "website_addresses": [ADDRESS],
    "social_media_addresses": [{"value": None}],
    "recruiter": USER,
    "coordinator": USER,
    "can_email": None,
    "tags": None,
    "applications": [APPLICATION],
    "educations": [EDUCATION],
    "employments": [EMPLOYMENT],
    "linked_user_ids": None,
    "custom_fields": None,
    "keyed_custom_fields": None,
}


def complete_candidate(record: JsonObject) -> JsonObject:
    """The record with every key of the v1 shape at every level, null where it had none.

    Keys that the shape does not know follow those that it does, as they are; so does any value
    whose type is not the documented one.
    """
    return _complete(record, CANDIDATE)


def _complete(value: Any, shape: Shape) -> Any:
    if isinstance(shape, list) and isinstance(value, list):
        return [_complete(entry, shape[0]) for entry in cast("list[Any]", value)]
    if not isinstance(shape, Mapping) or not isinstance(value, dict):
        return value
    given = cast("JsonObject", value)
    known = {key: _complete(given.get(key), inner) for key, inner in shape.items()}
    return known | {key: extra for key, extra in given.items() if key not in shape}
