"""The ids of the v3 candidates that a read has to look at, some of them in vain.

It is not documented that a candidate's `updated_at` moves when a child record changes. So a window
is looked up in six lists: the candidates and the five lists of child records. Which candidates
belong to it is decided in `reader`, by the `changed_at` of what `records` reads.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator

from greenhouse_hrflow.greenhouse.candidate import (
    JsonObject,
    RecentRecord,
    coerced_id,
    readable_moment,
)
from greenhouse_hrflow.greenhouse.paging import comma_separated
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.greenhouse.settings import CHILDREN, Child
from greenhouse_hrflow.greenhouse.v3.lists import NO_FILTER, HarvestV3Lists, Within
from greenhouse_hrflow.windows import UpdateWindow


class HarvestV3Selection:
    """Turns a window and pull parameters into candidate ids."""

    def __init__(
        self, lists: HarvestV3Lists, children: Collection[Child], log: logging.Logger
    ) -> None:
        self._lists = lists
        self._children: list[Child] = [child for child in CHILDREN if child in children]
        self._log = log

    def ids(self, window: UpdateWindow, parameters: PullParameters) -> set[int]:
        """Every candidate that can match, and as few others as v3's filters allow."""
        job_id = parameters.job_id
        if parameters.email is not None or parameters.ids:
            ids = self._ids_of_parameters(parameters)
            return ids if job_id is None else self._applicants_among(ids, job_id)
        if job_id is None:
            return self._changed(window, parameters.created_window)
        applicants = self._applicants(job_id)
        # Without a lower bound nearly everybody changed in the window: that list would not pay.
        if window.updated_after is None:
            return applicants
        return applicants & self._changed(window, parameters.created_window)

    def recent(self, window: UpdateWindow) -> list[RecentRecord]:
        """The records that changed in the window, from the first page of each list alone."""
        records: list[RecentRecord] = []
        query = {"fields": "id,updated_at"}
        for list_name in ("candidates", *self._children):
            for row in self._lists.first_page(list_name, query, ("updated_at", window)).rows:
                record_id = coerced_id(row.get("id"))
                updated_at = readable_moment(row.get("updated_at"))
                # What has no time of its own would look like a change at every tick, or at none.
                if record_id is not None and updated_at is not None and updated_at in window:
                    records.append(RecentRecord(list_name, record_id, updated_at))
        return records

    def _ids_of_parameters(self, parameters: PullParameters) -> set[int]:
        """The candidates of the e-mail address, which wins over ids as in v1; or else the ids."""
        if parameters.email is None:
            return set(parameters.ids)
        query = {"email": parameters.email, "fields": "id"}
        return _ids(self._rows("candidates", query))

    def _changed(self, window: UpdateWindow, created: UpdateWindow) -> set[int]:
        """The candidates of which any record changed in the window.

        Without a lower bound, the list of candidates is enough: if `changed_at`, the newest of its
        records' moments, lies before the window's end, so does the candidate's own `updated_at`.
        """
        if window.updated_after is None:
            # v3 forbids both filters at once; the reader applies the other to what comes back.
            within = ("updated_at", window) if created.is_unbounded else ("created_at", created)
            return _ids(self._rows("candidates", {"fields": "id"}, within))
        ids = _ids(self._changed_rows("candidates", window, ()))
        self._log.info("v3: %d candidates changed in %s", len(ids), window)
        for child in self._children:
            owners = self._owners_of_changed(child, window)
            self._log.info("v3: %s of %d candidates changed in %s", child, len(owners), window)
            ids |= owners
        return ids

    def _owners_of_changed(self, child: Child, window: UpdateWindow) -> set[int]:
        """The candidates of which a record in this list changed."""
        # An attachment may name its application alone.
        owner_fields = (
            ("candidate_id", "application_id") if child == "attachments" else ("candidate_id",)
        )
        candidate_ids: set[int] = set()
        application_ids: set[int] = set()
        for row in self._changed_rows(child, window, owner_fields):
            candidate_id = coerced_id(row.get("candidate_id"))
            application_id = coerced_id(row.get("application_id"))
            if candidate_id is not None:
                candidate_ids.add(candidate_id)
            elif application_id is not None:
                application_ids.add(application_id)
            else:
                self._lists.count_left_out(child)
        found = self._lists.find("applications", "ids", application_ids, ("id", "candidate_id"))
        return candidate_ids | _ids(found.rows.values(), "candidate_id")

    def _applicants(self, job_id: str) -> set[int]:
        """Who applied to the job, by the current job of their applications; no prospects."""
        query = {
            "job_ids": job_id,
            "prospect": "false",
            "fields": "id,candidate_id,job_id,prospect",
        }
        ids = _ids_of_applicants(job_id, self._rows("applications", query))
        self._log.info("v3: %d candidates applied to the job %s", len(ids), job_id)
        return ids

    def _applicants_among(self, ids: set[int], job_id: str) -> set[int]:
        """Those of a few candidates who applied to the job."""
        fields = ("id", "candidate_id", "job_id", "prospect")
        found = self._lists.find("applications", "candidate_ids", ids, fields)
        return ids & _ids_of_applicants(job_id, found.rows.values())

    def _changed_rows(
        self, list_name: str, window: UpdateWindow, fields: tuple[str, ...]
    ) -> Iterator[JsonObject]:
        """The rows that changed in the window, with these fields.

        A child record without a readable time counts as not changed, a candidate without one as
        changed: v3 gave it for this window, and left out here it would be in no window at all.
        """
        wanted = comma_separated(("id", *fields, "updated_at"))
        for row in self._rows(list_name, {"fields": wanted}, ("updated_at", window)):
            moment = readable_moment(row.get("updated_at"))
            if list_name == "candidates" if moment is None else moment in window:
                yield row

    def _rows(
        self, list_name: str, query: dict[str, str], within: Within = NO_FILTER
    ) -> Iterator[JsonObject]:
        for page in self._lists.pages(list_name, query, within):
            yield from page.rows


def _ids(rows: Iterable[JsonObject], field: str = "id") -> set[int]:
    """The ids in this field, as far as they can be read."""
    ids = {coerced_id(row.get(field)) for row in rows}
    return {identifier for identifier in ids if identifier is not None}


def _ids_of_applicants(job_id: str, applications: Iterable[JsonObject]) -> set[int]:
    """The candidates whose application is to the job."""
    # Checked again, as a filter that v3 does not understand would select everybody.
    rows = (
        row
        for row in applications
        if str(coerced_id(row.get("job_id"))) == job_id and not row.get("prospect")
    )
    return _ids(rows, "candidate_id")
