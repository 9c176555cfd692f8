"""What the made-up people share: users, jobs, sources, custom fields and their options."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from greenhouse_hrflow.sandbox.greenhouse.tables import Tables, blank_row
from greenhouse_hrflow.sandbox.moments import greenhouse_stamp
from greenhouse_hrflow.sandbox.people.names import (
    DEGREES,
    DISCIPLINES,
    JOBS,
    SCHOOLS,
    SOURCES,
    TAGS,
)
from greenhouse_hrflow.sandbox.wire import JsonObject

USER_IDS = (501, 502, 503)
SERVICE_ACCOUNT_ID = 590
JOB_IDS = tuple(149_995 + 11 * i for i in range(len(JOBS)))
SOURCE_IDS = tuple(12 + 4 * i for i in range(len(SOURCES)))
TAG_IDS = {name: 9_000 + i for i, name in enumerate(TAGS)}
SCHOOL_IDS = tuple(70_001 + i for i in range(len(SCHOOLS)))
DEGREE_IDS = tuple(71_001 + i for i in range(len(DEGREES)))
DISCIPLINE_IDS = tuple(72_001 + i for i in range(len(DISCIPLINES)))
YEARS = tuple(str(2000 + i) for i in range(24))
YEAR_IDS = tuple(73_001 + i for i in range(len(YEARS)))

_OPTIONS = (
    (9001, "standard", "school_name", "School Name", SCHOOL_IDS, SCHOOLS),
    (9002, "standard", "degree", "Degree", DEGREE_IDS, DEGREES),
    (9003, "standard", "discipline", "Discipline", DISCIPLINE_IDS, DISCIPLINES),
    (9004, "candidate", "graduation_year", "Graduation Year", YEAR_IDS, YEARS),
)
_USERS = (("Greenhouse", "Admin", "67890"), ("Jane", "Smith", "00123"), ("Bob", "Søren", None))


def add_offices(tables: Tables, since: datetime) -> None:
    """Put them into the tables, as created at that moment."""
    stamps = dict.fromkeys(("created_at", "updated_at"), greenhouse_stamp(since))
    made = {
        "users": _users(),
        "jobs": _jobs(),
        "sources": _sources(),
        "candidate_tags": ({"id": tag_id, "name": name} for name, tag_id in TAG_IDS.items()),
        "custom_fields": _custom_fields(),
        "custom_field_options": _options(),
    }
    for resource, rows in made.items():
        for row in rows:
            tables.put(resource, blank_row(resource) | stamps | row)
    tables.service_accounts.add(SERVICE_ACCOUNT_ID)


def _users() -> Iterator[JsonObject]:
    for user_id, (first, last, employee_id) in zip(USER_IDS, _USERS, strict=True):
        email = f"{first.lower()}@example.com"
        yield {
            "id": user_id,
            "first_name": first,
            "last_name": last,
            "name": f"{first} {last}",
            "employee_id": employee_id,
            "primary_email": email,
            "emails": [email],
            "site_admin": user_id == USER_IDS[0],
        }
    first, last = "Integration", "Service User"
    yield {
        "id": SERVICE_ACCOUNT_ID,
        "first_name": first,
        "last_name": last,
        "name": f"{first} {last}",
        "site_admin": True,
    }


def _jobs() -> Iterator[JsonObject]:
    for job_id, name in zip(JOB_IDS, JOBS, strict=True):
        yield {"id": job_id, "name": name, "status": "open", "requisition_id": f"0{job_id}"}


def _sources() -> Iterator[JsonObject]:
    for source_id, name in zip(SOURCE_IDS, SOURCES, strict=True):
        yield {"id": source_id, "name": name, "type": {"id": 1, "name": "Prospecting"}}


def _custom_fields() -> Iterator[JsonObject]:
    for field_id, kind, key, name, _, _ in _OPTIONS:
        row = {"id": field_id, "name": name, "name_key": key, "field_type": kind}
        yield row | {"value_type": "single_select"}


def _options() -> Iterator[JsonObject]:
    """What the fields offer; one is offered no longer, which leaves it readable."""
    for field_id, _, _, _, option_ids, names in _OPTIONS:
        for position, (option_id, name) in enumerate(zip(option_ids, names, strict=True)):
            yield {
                "id": option_id,
                "custom_field_id": field_id,
                "name": name,
                "sort_order": position,
                "active": option_id != SCHOOL_IDS[-1],
            }
