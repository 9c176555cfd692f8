"""The people of the sandbox's Greenhouse and their child records, and every way to change them.

Rows are kept as Harvest v3 answers them, one table a list. Nothing here knows HTTP; the documents
of v1 are put together in ``v1_documents``. A row is never changed in place, but replaced: a reader
may keep what it was given.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

from greenhouse_hrflow.sandbox.greenhouse.tables import (
    CHILDREN,
    RECORDS,
    Tables,
    blank_row,
    checked,
)
from greenhouse_hrflow.sandbox.greenhouse.v1_documents import V1Documents
from greenhouse_hrflow.sandbox.moments import Clock, first_millisecond_from, greenhouse_stamp
from greenhouse_hrflow.sandbox.wire import JsonObject

_PERSONAL = (
    "first_name",
    "last_name",
    "preferred_name",
    "company",
    "title",
    "phone_numbers",
    "addresses",
    "email_addresses",
    "website_addresses",
    "social_media_addresses",
    "linked_user_ids",
    "tags",
    "custom_fields",
)
_NAMED_BY_OPTION = ("school_name", "degree", "discipline")


class GreenhouseStore:
    """Candidates and what hangs on them; each mutation stamps ``updated_at`` with the clock.

    Whether the real API moves the candidate's own ``updated_at`` when a child changes is not
    documented, so every mutation of a child takes ``touch``: True moves it, False leaves it.
    All methods may be called from any thread, also while a walk over pages is under way.
    """

    def __init__(self, tables: Tables, clock: Clock, *, children_touch_candidate: bool) -> None:
        self.lock = threading.RLock()
        self.tables = tables
        self._clock = clock
        self._documents = V1Documents(tables, clock, children_touch_candidate)

    # Reading

    def candidate_ids(self) -> list[int]:
        """All candidate ids, ascending."""
        with self.lock:
            return sorted(self.tables.rows["candidates"])

    def candidate(self, candidate_id: int) -> JsonObject:
        """The candidate's v3 row; KeyError when there is none."""
        with self.lock:
            return self.tables.rows["candidates"][candidate_id]

    def children(self, kind: str, candidate_id: int) -> list[JsonObject]:
        """The candidate's rows of one kind: education, employment, attachment, application, tag."""
        with self.lock:
            return self.tables.children(CHILDREN[kind], candidate_id)

    def changed_at(self, candidate_id: int) -> str:
        """The newest ``updated_at`` of the candidate and of its records in the other five lists."""
        with self.lock:
            return max(self.tables.moves(candidate_id))

    def changed(self, updated_after: datetime, updated_before: datetime) -> list[int]:
        """Ids whose newest change lies in [updated_after, updated_before), ascending."""
        since, until = first_millisecond_from(updated_after), first_millisecond_from(updated_before)
        with self.lock:
            return [i for i in self.candidate_ids() if since <= self.changed_at(i) < until]

    def touched(self, updated_after: datetime, updated_before: datetime) -> list[int]:
        """Ids of which any record moved in the window, even if another moved later, ascending."""
        since, until = first_millisecond_from(updated_after), first_millisecond_from(updated_before)
        with self.lock:
            return [
                i
                for i in self.candidate_ids()
                if any(since <= at < until for at in self.tables.moves(i))
            ]

    def v1_candidate(self, candidate_id: int) -> JsonObject:
        """The document that Harvest v1 answers for this candidate; KeyError when there is none."""
        with self.lock:
            return self._documents.document(candidate_id)

    def v1_updated_at(self, candidate_id: int) -> str:
        """The ``updated_at`` by which Harvest v1 filters, and which it shows."""
        with self.lock:
            return self._documents.updated_at(candidate_id)

    # Candidates

    def add_candidate(self, **fields: Any) -> int:
        """Add a person with these v3 fields, the rest empty; the new id."""
        with self.lock:
            return self._insert("candidates", fields)["id"]

    def update_candidate(self, candidate_id: int, **fields: Any) -> None:
        """Set v3 fields of a candidate (lists whole). Tags have add_tag and remove_tag."""
        if "tags" in fields:
            raise TypeError("tags are changed with add_tag and remove_tag")
        with self.lock:
            self._replace("candidates", candidate_id, fields)

    def anonymise(self, candidate_id: int) -> None:
        """What Greenhouse leaves of a person: the id as a name, and no personal field or child."""
        with self.lock:
            for resource in CHILDREN.values():
                if resource != "applications":
                    self._delete_all(resource, candidate_id)
            nobody = blank_row("candidates") | {
                "first_name": "Anonymized",
                "last_name": str(candidate_id),
            }
            self._replace("candidates", candidate_id, {k: nobody[k] for k in _PERSONAL})

    def delete_candidate(self, candidate_id: int) -> None:
        """Remove a person without a trace, as Greenhouse does."""
        with self.lock:
            for resource in reversed(CHILDREN.values()):
                self._delete_all(resource, candidate_id)
            self.tables.remove("candidates", candidate_id)

    # Tags

    def add_tag(self, candidate_id: int, name: str, *, touch: bool = True) -> None:
        """Put a tag on a candidate; nothing happens when it is there already."""
        with self.lock:
            row = self.candidate(candidate_id)
            if name in row["tags"]:
                return
            tag_id = self._named("candidate_tags", name, {})
            self._insert(
                "applied_candidate_tags", {"candidate_id": candidate_id, "candidate_tag_id": tag_id}
            )
            self._set_tags(candidate_id, [*row["tags"], name], touch=touch)

    def remove_tag(self, candidate_id: int, name: str, *, touch: bool = True) -> None:
        """Take a tag off; no row of it remains. Nothing happens when it is not there."""
        with self.lock:
            row = self.candidate(candidate_id)
            for applied in self.children("tag", candidate_id):
                if self.tables.rows["candidate_tags"][applied["candidate_tag_id"]]["name"] == name:
                    self.tables.remove("applied_candidate_tags", applied["id"])
            if name in row["tags"]:
                remaining = [tag for tag in row["tags"] if tag != name]
                self._set_tags(candidate_id, remaining, touch=touch)

    # Other children

    def add_education(self, candidate_id: int, *, touch: bool = False, **fields: Any) -> int:
        """Add an education; ``school_name``, ``degree``, ``discipline`` may be given as names."""
        return self._add_child("education", candidate_id, fields, touch=touch)

    def add_employment(self, candidate_id: int, *, touch: bool = False, **fields: Any) -> int:
        """Add an employment; dates are ``YYYY-MM-DD`` or None."""
        return self._add_child("employment", candidate_id, fields, touch=touch)

    def add_attachment(self, candidate_id: int, *, touch: bool = False, **fields: Any) -> int:
        """Add a file to the candidate's newest application, which must exist."""
        with self.lock:
            if "application_id" not in fields:
                applications = self.children("application", candidate_id)
                if not applications:
                    raise ValueError(f"candidate {candidate_id} has no application to attach to")
                fields["application_id"] = applications[-1]["id"]
            return self._add_child("attachment", candidate_id, fields, touch=touch)

    def add_application(self, candidate_id: int, *, touch: bool = False, **fields: Any) -> int:
        """Add an application (or a prospect's, with ``prospect=True`` and ``job_id=None``)."""
        active = {"status": "in_process"}
        return self._add_child("application", candidate_id, active | fields, touch=touch)

    def update_child(
        self, kind: str, record_id: int, *, touch: bool = False, **fields: Any
    ) -> None:
        """Set v3 fields of an education, employment, attachment or application."""
        with self.lock:
            self._replace(RECORDS[kind], record_id, self._with_options(fields))
            self._touch(self.tables.owner(RECORDS[kind], record_id), touch)

    def delete_child(self, kind: str, record_id: int, *, touch: bool = True) -> None:
        """Delete such a record; no row of it remains. ``touch`` says whether that shows at all."""
        with self.lock:
            owner = self.tables.owner(RECORDS[kind], record_id)
            self.tables.remove(RECORDS[kind], record_id)
            self._touch(owner, touch)

    def _add_child(self, kind: str, candidate_id: int, fields: JsonObject, *, touch: bool) -> int:
        with self.lock:
            self.candidate(candidate_id)
            named = self._with_options(fields)
            row = self._insert(RECORDS[kind], {"candidate_id": candidate_id} | named)
            self._touch(candidate_id, touch)
            return row["id"]

    def _now(self) -> str:
        return greenhouse_stamp(self._clock())

    def _insert(self, resource: str, fields: JsonObject) -> JsonObject:
        now = self._now()
        stamps = {"id": self.tables.next_id(resource), "created_at": now, "updated_at": now}
        row = blank_row(resource) | stamps | checked(resource, fields)
        self.tables.put(resource, row)
        return row

    def _replace(self, resource: str, record_id: int, fields: JsonObject) -> None:
        row = self.tables.rows[resource][record_id]
        self.tables.put(resource, row | {"updated_at": self._now()} | checked(resource, fields))

    def _set_tags(self, candidate_id: int, tags: list[str], *, touch: bool) -> None:
        kept = {} if touch else {"updated_at": self.candidate(candidate_id)["updated_at"]}
        self._replace("candidates", candidate_id, {"tags": tags} | kept)

    def _touch(self, candidate_id: int | None, touch: bool) -> None:
        if touch and candidate_id is not None:
            self._replace("candidates", candidate_id, {})

    def _with_options(self, fields: JsonObject) -> JsonObject:
        """Exchange names of schools, degrees and disciplines for option ids, made if need be."""
        row = {name: value for name, value in fields.items() if name not in _NAMED_BY_OPTION}
        for key in _NAMED_BY_OPTION:
            if key in fields:
                row[f"{key}_custom_field_option_id"] = self._option(key, fields[key])
        return row

    def _option(self, key: str, name: str | None) -> int | None:
        if name is None:
            return None
        field_id = self.tables.custom_field_id(key)
        return self._named("custom_field_options", name, {"custom_field_id": field_id})

    def _named(self, resource: str, name: str, fields: JsonObject) -> int:
        wanted = (fields | {"name": name}).items()
        for row in self.tables.rows[resource].values():
            if wanted <= row.items():
                return row["id"]
        return self._insert(resource, fields | {"name": name})["id"]

    def _delete_all(self, resource: str, candidate_id: int) -> None:
        for row in self.tables.children(resource, candidate_id):
            self.tables.remove(resource, row["id"])
