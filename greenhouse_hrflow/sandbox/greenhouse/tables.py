"""The rows of the sandbox's Greenhouse: one table a list, with an index from parent to children.

No clock and no meaning of a change here (``store`` has both), and no lock: the store
that owns the tables holds it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from greenhouse_hrflow.sandbox.greenhouse.lists import LISTS
from greenhouse_hrflow.sandbox.wire import JsonObject, json_copy

RECORDS = {
    "application": "applications",
    "attachment": "attachments",
    "education": "candidate_educations",
    "employment": "candidate_employments",
}
CHILDREN = RECORDS | {"tag": "applied_candidate_tags"}
_OLDEST_ID = 65_000_000_000
_OF_APPLICATION = ("attachments", "rejection_details", "prospect_details")

_EMPTY_LISTS = frozenset(
    [
        "tags",
        "linked_user_ids",
        "phone_numbers",
        "addresses",
        "email_addresses",
        "website_addresses",
        "social_media_addresses",
        "prospective_job_ids",
        "answers",
        "office_ids",
        "emails",
        "department_ids",
        "interviewer_tags",
        "linked_candidate_ids",
    ]
)
_EMPTY: JsonObject = {
    "custom_fields": {},
    "question_custom_fields": {},
    "private": False,
    "can_email": True,
    "prospect": False,
    "latest": False,
    "active": True,
    "sort_order": 0,
    "confidential": False,
    "deactivated": False,
    "site_admin": False,
    "is_template": False,
    "needs_decision": False,
}


def blank_row(resource: str) -> JsonObject:
    """A row of the list with every field at its empty value."""
    return {name: _empty_value(name) for name in LISTS[resource].fields}


def checked(resource: str, fields: JsonObject) -> JsonObject:
    """A private copy of the fields; TypeError names one that a row of this list does not have."""
    unknown = [name for name in fields if name not in LISTS[resource].fields]
    if unknown:
        raise TypeError(f"{resource} has no field {', '.join(unknown)}")
    return json_copy(fields)


def _empty_value(name: str) -> Any:
    return [] if name in _EMPTY_LISTS else json_copy(_EMPTY.get(name))


class Tables:
    """Every list's rows by id, and which of them belong to which candidate and application."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, JsonObject]] = {resource: {} for resource in LISTS}
        self.staff: dict[int, dict[str, int | None]] = {}
        """A candidate's recruiter and coordinator (ids of users), which v1 alone shows."""
        self.credited: dict[int, int | None] = {}
        """The user whom an application is credited to, which v1 alone shows."""
        self.service_accounts: set[int] = set()
        """Users that are no people, which a list hides unless asked for them."""
        self._of_candidate: dict[str, dict[int, dict[int, None]]] = {
            resource: {} for resource in CHILDREN.values()
        }
        self._of_application: dict[str, dict[int, dict[int, None]]] = {
            resource: {} for resource in _OF_APPLICATION
        }
        self._newest_id = dict.fromkeys(LISTS, _OLDEST_ID)
        self.changes = 0
        """How often a row was put or removed."""

    def put(self, resource: str, row: JsonObject) -> None:
        """Add a row, or replace the one with its id."""
        self.changes += 1
        record_id: int = row["id"]
        if record_id in self.rows[resource]:
            self._forget(resource, record_id)
        self.rows[resource][record_id] = row
        self._newest_id[resource] = max(self._newest_id[resource], record_id)
        for index, parent in self._places(resource, row):
            index.setdefault(parent, {})[record_id] = None

    def remove(self, resource: str, record_id: int) -> None:
        """Remove a row; an application takes its attachments and details with it."""
        if resource == "applications":
            for name in _OF_APPLICATION:
                for row in self.of_application(name, record_id):
                    self.remove(name, row["id"])
        self.changes += 1
        self._forget(resource, record_id)
        del self.rows[resource][record_id]

    def children(self, resource: str, candidate_id: int) -> list[JsonObject]:
        """The candidate's rows of a list, by id; an attachment may belong to it by application."""
        rows = self.rows[resource]
        return [rows[i] for i in sorted(self._of_candidate[resource].get(candidate_id, ()))]

    def of_application(self, resource: str, application_id: int) -> list[JsonObject]:
        """The application's rows of a list, by id."""
        rows = self.rows[resource]
        return [rows[i] for i in sorted(self._of_application[resource].get(application_id, ()))]

    def ids_below(self, resource: str, parents: Mapping[str, Collection[int]]) -> Collection[int]:
        """Ids that lists named ``candidate_ids`` or ``application_ids`` leave; else every id."""
        for name, index in (
            ("candidate_ids", self._of_candidate),
            ("application_ids", self._of_application),
        ):
            if name in parents and resource in index:
                children = index[resource]
                return {i for parent in parents[name] for i in children.get(parent, ())}
        return self.rows[resource].keys()

    def owner(self, resource: str, record_id: int) -> int | None:
        """The candidate to which a row belongs; None where it belongs to none."""
        return self._owner(self.rows[resource][record_id])

    def moves(self, candidate_id: int) -> Iterator[str]:
        """Each ``updated_at`` of the candidate and of its rows in the other five lists."""
        yield self.rows["candidates"][candidate_id]["updated_at"]
        for resource, index in self._of_candidate.items():
            rows = self.rows[resource]
            for record_id in index.get(candidate_id, ()):
                yield rows[record_id]["updated_at"]

    def next_id(self, resource: str) -> int:
        """An id that no row of this list ever had."""
        return self._newest_id[resource] + 3

    def custom_field_id(self, name_key: str) -> int:
        """The id of the custom field with this key; LookupError when there is none."""
        for row in self.rows["custom_fields"].values():
            if row["name_key"] == name_key:
                return row["id"]
        raise LookupError(f"no custom field has the key {name_key}")

    def _forget(self, resource: str, record_id: int) -> None:
        for index, parent in self._places(resource, self.rows[resource][record_id]):
            del index[parent][record_id]

    def _places(
        self, resource: str, row: JsonObject
    ) -> Iterator[tuple[dict[int, dict[int, None]], int]]:
        if resource in self._of_candidate:
            owner = self._owner(row)
            if owner is not None:
                yield self._of_candidate[resource], owner
        if resource in self._of_application:
            yield self._of_application[resource], row["application_id"]

    def _owner(self, row: JsonObject) -> int | None:
        if row.get("candidate_id") is not None:
            return row["candidate_id"]
        application = self.rows["applications"].get(row.get("application_id") or 0)
        return application["candidate_id"] if application else None
