"""What reading gives: candidates in the shape that Harvest v1 documents, with two moments each.

Here is the shape itself, and how an id and a timestamp of any record are read, of which one may be
malformed. How a v3 candidate is brought into the shape is said in `v3.to_v1`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, cast

from greenhouse_hrflow import clock
from greenhouse_hrflow.errors import BadRecord
from greenhouse_hrflow.read_version import ReadVersion
from greenhouse_hrflow.windows import MILLISECOND, UpdateWindow, parse_moment

JsonObject: TypeAlias = dict[str, Any]

Shape: TypeAlias = "Mapping[str, Shape] | list[Shape] | None"
"""An object's keys with their shapes, a list with its entries' shape, or None for any value."""

UNREADABLE = "greenhouse_hrflow:unreadable"
"""A key of our own in a candidate: the field that cannot be read, for which a push rejects it."""

_LARGEST_ID = 2**63 - 1
"""The largest whole number that a column of the tables can hold."""


@dataclass(frozen=True, slots=True)
class ReadCandidate:
    """One candidate as Greenhouse answered it.

    Attributes:
        candidate: in the v1 shape, complete.
        changed_at: the newest `updated_at` of the candidate and of the child records read with it.
        read_at: the earliest Date, by Greenhouse's clock, of the answers that held the candidate
            and its child records.
    """

    candidate: JsonObject
    changed_at: datetime
    read_at: datetime

    @property
    def id(self) -> int:
        """Greenhouse's id of the candidate.

        Raises:
            BadRecord: it has none. No reader gives such a candidate; a stored table might.
        """
        identifier = coerced_id(self.candidate.get("id"))
        if identifier is None:
            raise BadRecord("A candidate has no id by which it could be named.")
        return identifier

    @property
    def version(self) -> ReadVersion:
        """Its place among the reads of the candidate: the later one wins."""
        return ReadVersion(self.read_at, self.changed_at).believed()

    @property
    def created_at(self) -> datetime | None:
        """When the candidate was created, if that can be read."""
        return readable_moment(self.candidate.get("created_at"))

    @property
    def updated_at(self) -> datetime | None:
        """When the candidate's own record was updated last, if that can be read."""
        return readable_moment(self.candidate.get("updated_at"))

    @property
    def unreadable(self) -> str | None:
        """The field for whose unreadable value a push rejects the candidate, if there is one:
        `updated_at`, `applications.id`, …"""
        return self.candidate.get(UNREADABLE)


@dataclass(frozen=True, slots=True)
class RecentRecord:
    """A record that changed, as a sensor's tick sees it."""

    list_name: str
    id: int
    updated_at: datetime


def readable_id(value: object) -> int | None:
    """The value, where it is an id: a whole number that a request and a table can hold."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_ID:
        return value
    return None


def coerced_id(value: object) -> int | None:
    """The id that a value means, if only as "17" or 17.0: by it a malformed record can be named.

    A record whose own id is readable in this way alone is read, but rejected: see `readable_id`.
    """
    if isinstance(value, float) and value.is_integer():
        return readable_id(int(value))
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
        return readable_id(int(value))
    return readable_id(value)


def readable_moment(value: object) -> datetime | None:
    """A timestamp, aware and in UTC; None where it is no ISO-8601 text or lies far ahead.

    Nothing was changed next week: a record that says so would be in no window until then.
    """
    try:
        moment = parse_moment(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None or moment > clock.utc_now() + clock.WRONG_CLOCK_APART:
        return None
    return moment


def unreadable_field(record: JsonObject, created: UpdateWindow) -> str | None:
    """The first of a candidate's own fields that is needed and cannot be read.

    `created_at` is needed only where candidates are selected by it.
    """
    if readable_id(record.get("id")) is None:
        return "id"
    if readable_moment(record.get("updated_at")) is None:
        return "updated_at"
    if not created.is_unbounded and readable_moment(record.get("created_at")) is None:
        return "created_at"
    return None


def may_be_created_in(created: UpdateWindow, record: JsonObject) -> bool:
    """Whether a candidate was created in the window, or at a moment that cannot be read.

    The latter is kept: left out, it would be missing without a word, while a push rejects it.
    """
    moment = readable_moment(record.get("created_at"))
    return moment is None or moment in created


def moment_inside(window: UpdateWindow, read_at: datetime) -> datetime:
    """The `changed_at` of a candidate that tells none: a moment in the window it was read for.

    So it has a row in a partition of the run. Where the window has a start, the moment is the same
    at each read: the candidate does not seem to change.
    """
    if window.updated_after is not None:
        return window.updated_after
    if window.updated_before is not None:
        return min(read_at, window.updated_before - MILLISECOND)
    return read_at


def with_unreadable_field(document: JsonObject, field: str | None) -> JsonObject:
    """The candidate with the name of its unreadable field; as it is, where there is none.

    The name stands in the document, since that is all that a later push of a stored candidate has.
    """
    return document if field is None else document | {UNREADABLE: field}


# Harvest v1's documented shape, from its parts to the whole.
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

    Keys that the shape does not know come last, unaltered. A value that is not of the documented
    type is kept unaltered, too.
    """
    return _complete(record, CANDIDATE)


def _complete(value: Any, shape: Shape) -> Any:
    if isinstance(shape, list) and isinstance(value, list):
        return [_complete(entry, shape[0]) for entry in cast("list[Any]", value)]
    if not isinstance(shape, Mapping) or not isinstance(value, dict):
        return value
    record = cast("JsonObject", value)
    known = {key: _complete(record.get(key), inner) for key, inner in shape.items()}
    return known | {key: extra for key, extra in record.items() if key not in shape}
