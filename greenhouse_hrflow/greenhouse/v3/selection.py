"""The v3 candidates that a read has to look at, some of them in vain, with the rows that told so.

It is not documented that a candidate's `updated_at` moves when a child record changes. So a window
is looked up in six lists: the candidates and the five lists of child records. Which candidates
belong to it is decided in `records`, by `changed_at`. The rows that a window's lists show are kept:
they need not be asked for again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from greenhouse_hrflow.greenhouse.candidate import (
    JsonObject,
    RecentRecord,
    coerced_id,
    readable_moment,
)
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.greenhouse.settings import CHILDREN, Child
from greenhouse_hrflow.greenhouse.v3.held_rows import HeldRows
from greenhouse_hrflow.greenhouse.v3.lists import NO_FILTER, HarvestV3Lists, Page, Within
from greenhouse_hrflow.greenhouse.v3.together import run_together
from greenhouse_hrflow.windows import UpdateWindow


@dataclass(frozen=True, slots=True)
class Selected:
    """What a selection found.

    Attributes:
        ids: every candidate that can match.
        walked: the rows of each list that was walked with the window; of the others nothing.
        held: all rows that came of the candidates themselves.
    """

    ids: set[int]
    held: HeldRows
    walked: dict[str, HeldRows]


class HarvestV3Selection:
    """Turns a window and pull parameters into candidate ids."""

    def __init__(
        self, lists: HarvestV3Lists, children: Collection[Child], log: logging.Logger
    ) -> None:
        self._lists = lists
        self._children: list[Child] = [child for child in CHILDREN if child in children]
        self._log = log

    def select(self, window: UpdateWindow, parameters: PullParameters) -> Selected:
        """Every candidate that can match, and as few others as v3's filters allow."""
        selected = self._selected(window, parameters)
        for held in (selected.held, *selected.walked.values()):
            held.keep_only(selected.ids)
        return selected

    def _selected(self, window: UpdateWindow, parameters: PullParameters) -> Selected:
        job_id = parameters.job_id
        if parameters.email is not None or parameters.ids:
            selected = self._by_parameters(parameters)
            if job_id is None:
                return selected
            applicants = self._applicants_among(selected.ids, job_id)
            return replace(selected, ids=applicants)
        if job_id is None:
            return self._changed(window, parameters.created_window)
        applicants = self._applicants(job_id)
        # Without a lower bound nearly everybody changed in the window: that list would not pay.
        if window.updated_after is None:
            return Selected(applicants, HeldRows("candidates"), {})
        changed = self._changed(window, parameters.created_window)
        return replace(changed, ids=applicants & changed.ids)

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

    def _by_parameters(self, parameters: PullParameters) -> Selected:
        """The candidates of the e-mail address, which wins over ids as in v1; or else the ids."""
        held = HeldRows("candidates")
        if parameters.email is None:
            return Selected(set(parameters.ids), held, {})
        for row in self._rows("candidates", {"email": parameters.email}):
            held.add(row)
        return Selected(set(held.candidate_ids), held, {})

    def _changed(self, window: UpdateWindow, created: UpdateWindow) -> Selected:
        """The candidates of which any record changed in the window.

        Without a lower bound, the list of candidates is enough: if `changed_at`, the newest of its
        records' moments, lies before the window's end, so does the candidate's own `updated_at`.
        """
        if window.updated_after is None:
            # v3 forbids both filters at once; the other is applied to what comes back.
            within = ("updated_at", window) if created.is_unbounded else ("created_at", created)
            held = HeldRows("candidates")
            for row in self._rows("candidates", {}, within):
                held.add(row)
            return Selected(set(held.candidate_ids), held, {})
        walks = {name: HeldRows(name) for name in ("candidates", *self._children)}
        # The first answer tells how v3 takes a window: the other lists need not find out again.
        pages = self._lists.pages("candidates", {}, ("updated_at", window))
        self._hold_changed(walks["candidates"], [next(pages)], window)
        tasks = [partial(self._hold_changed, walks["candidates"], pages, window)]
        tasks += [partial(self._walk_child, walks[child], window) for child in self._children]
        run_together(self._lists, tasks)
        ids: set[int] = set()
        for name, held in walks.items():
            owners = held.candidate_ids | self._owners_by_application(held, walks)
            self._log.info("v3: %s of %d candidates changed in %s", name, len(owners), window)
            ids |= owners
        return Selected(ids, walks["candidates"], walks)

    def _walk_child(self, held: HeldRows, window: UpdateWindow) -> None:
        self._hold_changed(
            held, self._lists.pages(held.list_name, {}, ("updated_at", window)), window
        )

    def _hold_changed(self, held: HeldRows, pages: Iterable[Page], window: UpdateWindow) -> None:
        """Hold the rows that changed in the window.

        A child record without a readable time counts as not changed, a candidate without one as
        changed: v3 gave it for this window, and left out here it would be in no window at all.
        """
        for page in pages:
            for row in page.rows:
                moment = readable_moment(row.get("updated_at"))
                if moment is None:
                    held.has_untimed = True
                is_candidate = held.list_name == "candidates"
                if (is_candidate if moment is None else moment in window) and not held.add(row):
                    self._lists.count_left_out(held.list_name)

    def _owners_by_application(self, held: HeldRows, walks: Mapping[str, HeldRows]) -> set[int]:
        """The candidates of attachments that name their application alone."""
        unknown = set(held.application_ids)
        if not unknown:
            return set()
        known: dict[int, int] = {}
        if "applications" in walks:
            known = walks["applications"].owners(unknown)
        found = self._lists.find(
            "applications", "ids", unknown - known.keys(), ("id", "candidate_id")
        )
        return {*known.values()} | _ids(found.rows.values(), "candidate_id")

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

    def _rows(
        self, list_name: str, query: dict[str, str], within: Within = NO_FILTER
    ) -> Iterator[JsonObject]:
        for page in self._lists.pages(list_name, query, within):
            yield from page.rows


def _ids(rows: Iterable[JsonObject], field: str) -> set[int]:
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
