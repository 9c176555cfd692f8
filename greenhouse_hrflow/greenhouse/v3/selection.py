"""The ids of the v3 candidates that a read has to look at; which of them count is seen later.

v3 moves no candidate's `updated_at` for certain when a child moves, so a window's candidates come
from six lists. What was found is read whole by `harvest_v3_join`, and placed by its `changed_at`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator

from greenhouse_hrflow.greenhouse.candidate import (
    JsonObject,
    RecentRecord,
    named_id,
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
        """Every candidate that can match, and as few others as the API lets us tell."""
        if parameters.email is not None or parameters.ids:
            named = self._named(parameters)
            return named if parameters.job_id is None else self._applied(named, parameters.job_id)
        if parameters.job_id is None:
            return self._in_window(window, parameters.created_window)
        applicants = self._applicants(parameters.job_id)
        if window.updated_after is None:
            return applicants
        return applicants & self._in_window(window, parameters.created_window)

    def recent(self, window: UpdateWindow) -> list[RecentRecord]:
        """The records that moved in the window, from the first page of each list alone."""
        records: list[RecentRecord] = []
        for name in ("candidates", *self._children):
            asked = {"fields": "id,updated_at"}
            for row in self._lists.first_page(name, asked, ("updated_at", window)).rows:
                identifier = named_id(row.get("id"))
                updated_at = readable_moment(row.get("updated_at"))
                # What has no time of its own would look like a change at every tick, or at none.
                if identifier is not None and updated_at is not None and updated_at in window:
                    records.append(RecentRecord(name, identifier, updated_at))
        return records

    def _named(self, parameters: PullParameters) -> set[int]:
        """An e-mail address wins over ids, as in v1."""
        if parameters.email is None:
            return set(parameters.ids)
        query = {"email": parameters.email, "fields": "id"}
        return _ids(self._rows("candidates", query))

    def _in_window(self, window: UpdateWindow, created: UpdateWindow) -> set[int]:
        """Without a lower bound the candidates alone tell: none changed before its own row did."""
        if window.updated_after is None:
            # v3 forbids both filters at once; the other one is applied to what comes back.
            within = ("updated_at", window) if created.is_unbounded else ("created_at", created)
            return _ids(self._rows("candidates", {"fields": "id"}, within))
        ids = _ids(self._moved("candidates", window, ()))
        self._log.info("v3: %d candidates moved in %s", len(ids), window)
        for child in self._children:
            moved = self._candidates_of(child, window)
            self._log.info("v3: %s of %d candidates moved in %s", child, len(moved), window)
            ids |= moved
        return ids

    def _candidates_of(self, child: Child, window: UpdateWindow) -> set[int]:
        """Whose records of this list moved; an attachment may name its application alone."""
        own = ("candidate_id", "application_id") if child == "attachments" else ("candidate_id",)
        ids: set[int] = set()
        applications: set[int] = set()
        for row in self._moved(child, window, own):
            candidate = named_id(row.get("candidate_id"))
            application = named_id(row.get("application_id"))
            if candidate is not None:
                ids.add(candidate)
            elif application is not None:
                applications.add(application)
            else:
                self._lists.leave_out(child)
        found = self._lists.find("applications", "ids", applications, ("id", "candidate_id"))
        return ids | _ids(found.rows.values(), "candidate_id")

    def _applicants(self, job_id: str) -> set[int]:
        """Who applied to the job; `job_ids` is the application's current job in v3."""
        query = {
            "job_ids": job_id,
            "prospect": "false",
            "fields": "id,candidate_id,job_id,prospect",
        }
        ids = _applied_to(job_id, self._rows("applications", query))
        self._log.info("v3: %d candidates applied to the job %s", len(ids), job_id)
        return ids

    def _applied(self, ids: set[int], job_id: str) -> set[int]:
        """Those of a few candidates who applied to the job."""
        fields = ("id", "candidate_id", "job_id", "prospect")
        found = self._lists.find("applications", "candidate_ids", ids, fields)
        return ids & _applied_to(job_id, found.rows.values())

    def _moved(
        self, list_name: str, window: UpdateWindow, fields: tuple[str, ...]
    ) -> Iterator[JsonObject]:
        """A child without a readable time has not moved. A candidate without one may have: it came
        through the filter, and would be looked at in no other window either."""
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
    ids = {named_id(row.get(field)) for row in rows}
    return {identifier for identifier in ids if identifier is not None}


def _applied_to(job_id: str, applications: Iterable[JsonObject]) -> set[int]:
    """Checked again on what came back: a filter that was not understood selects everybody."""
    rows = (
        row
        for row in applications
        if str(named_id(row.get("job_id"))) == job_id and not row.get("prospect")
    )
    return _ids(rows, "candidate_id")
