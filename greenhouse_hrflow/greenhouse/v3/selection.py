"""The v3 candidates that a read has to look at, some of them in vain, with the rows that told so.

It is not documented that a candidate's `updated_at` moves when a child record changes. So a window
is looked up in six lists: the candidates and the five lists of child records. Which candidates
belong to it is decided in `records`, by `changed_at`. The rows that a window's lists show are kept:
they need not be asked for again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from math import ceil

from greenhouse_hrflow.greenhouse.candidate import (
    JsonObject,
    RecentRecord,
    coerced_id,
    readable_moment,
)
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.greenhouse.settings import CHILDREN, Child
from greenhouse_hrflow.greenhouse.v3.application_owners import ApplicationOwners, ask_owners
from greenhouse_hrflow.greenhouse.v3.lists import (
    IDS_PER_REQUEST,
    NO_FILTER,
    HarvestV3Lists,
    Page,
    Within,
)
from greenhouse_hrflow.greenhouse.v3.together import run_together
from greenhouse_hrflow.greenhouse.v3.walked_list import WalkedList
from greenhouse_hrflow.windows import UpdateWindow


@dataclass(frozen=True, slots=True)
class Selected:
    """What a selection found.

    Attributes:
        ids: every candidate that can match.
        candidates: what was seen of the list of candidates.
        children: what was seen of the child lists that were looked through for the window.
        owners: the candidate of each application that was asked for; None where none came.
    """

    ids: set[int]
    candidates: WalkedList
    children: dict[Child, WalkedList] = field(default_factory=dict[Child, WalkedList])
    owners: ApplicationOwners = field(default_factory=dict[int, "int | None"])


@dataclass(slots=True)
class _Changed:
    """Whose rows of one list changed in a window.

    Attributes:
        candidate_ids: the candidates.
        application_ids: the applications of rows that name no candidate.
    """

    candidate_ids: set[int] = field(default_factory=set[int])
    application_ids: set[int] = field(default_factory=set[int])


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
        for walked in (selected.candidates, *selected.children.values()):
            walked.held.keep_only(selected.ids)
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
            return Selected(applicants, WalkedList(self._lists, "candidates"))
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
        candidates = WalkedList(self._lists, "candidates")
        if parameters.email is None:
            return Selected(set(parameters.ids), candidates)
        for row in self._rows("candidates", {"email": parameters.email}):
            candidates.held.add(row)
        return Selected(set(candidates.held.candidate_ids), candidates)

    def _changed(self, window: UpdateWindow, created: UpdateWindow) -> Selected:
        """The candidates of which any record changed in the window.

        Without a lower bound, the list of candidates is enough: if `changed_at`, the newest of its
        records' moments, lies before the window's end, so does the candidate's own `updated_at`.
        """
        if window.updated_after is None:
            # v3 forbids both filters at once; the other is applied to what comes back.
            within = ("updated_at", window) if created.is_unbounded else ("created_at", created)
            candidates = WalkedList(self._lists, "candidates")
            for row in self._rows("candidates", {}, within):
                candidates.held.add(row)
            return Selected(set(candidates.held.candidate_ids), candidates)
        candidates = WalkedList(self._lists, "candidates")
        children: dict[Child, WalkedList] = {
            child: WalkedList(self._lists, child) for child in self._children
        }
        # The first answer tells how v3 takes a window: the other lists need not find out again.
        pages = self._lists.pages("candidates", {}, ("updated_at", window))
        first_page = next(pages)
        tasks = [partial(self._changed_candidates, candidates, chain([first_page], pages), window)]
        tasks += [partial(self._changed_children, children[name], window) for name in children]
        changed = run_together(self._lists, tasks)
        owners = self._owners(changed, children)
        ids: set[int] = set()
        for name, of_list in zip(("candidates", *children), changed, strict=True):
            found = of_list.candidate_ids | _owned_by(of_list.application_ids, owners)
            self._log.info("v3: %s of %d candidates changed in %s", name, len(found), window)
            ids |= found
        return Selected(ids, candidates, children, owners)

    def _changed_candidates(
        self, candidates: WalkedList, pages: Iterable[Page], window: UpdateWindow
    ) -> _Changed:
        """Whose own row changed in the window.

        One without a readable time counts as changed: v3 gave it for this window, and left out
        here it would be in no window at all.
        """
        changed = _Changed()
        for page in pages:
            rows = [
                row
                for row in page.rows
                if (moment := readable_moment(row.get("updated_at"))) is None or moment in window
            ]
            candidates.hold_filtered(rows)
            _note("candidates", rows, changed)
        return changed

    def _changed_children(self, child: WalkedList, window: UpdateWindow) -> _Changed:
        """Whose records of this list changed in the window; one without a readable time did not.

        A list of which more than a page changed is walked without a filter, as long as most of it
        changed and that costs no more requests than the same candidates by their ids: the filter
        hides the other rows of these candidates, which would have to be asked for as well.
        """
        changed = _Changed()
        for number, page in enumerate(self._lists.pages(child.name, {}, ("updated_at", window))):
            rows = _rows_in(window, page)
            child.hold_filtered(rows)
            _note(child.name, rows, changed)
            if number == 0 and not page.is_last and self._walk_whole(child, window, changed):
                break
        return changed

    def _walk_whole(self, child: WalkedList, window: UpdateWindow, changed: _Changed) -> bool:
        """Walk a list without a filter, as long as that pays; whether to its end."""
        in_window = 0
        for page in child.walk_on():
            rows = _rows_in(window, page)
            in_window += len(rows)
            _note(child.name, rows, changed)
            by_ids = ceil(len(changed.candidate_ids) / IDS_PER_REQUEST)
            if 2 * in_window < len(child.walked_ids) or child.pages > 1 + by_ids:
                break
        return child.is_whole

    def _owners(
        self, changed: Iterable[_Changed], children: Mapping[Child, WalkedList]
    ) -> ApplicationOwners:
        """The candidates of attachments that name their application alone."""
        unknown = {application for of_list in changed for application in of_list.application_ids}
        if not unknown:
            return {}
        owners: ApplicationOwners = {}
        if "applications" in children:
            owners |= children["applications"].held.owners(unknown)
        return owners | ask_owners(self._lists, unknown - owners.keys())

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


def _rows_in(window: UpdateWindow, page: Page) -> list[JsonObject]:
    return [
        row
        for row in page.rows
        if (moment := readable_moment(row.get("updated_at"))) is not None and moment in window
    ]


def _note(list_name: str, rows: Collection[JsonObject], changed: _Changed) -> None:
    owner_field = "id" if list_name == "candidates" else "candidate_id"
    changed.candidate_ids |= _ids(rows, owner_field)
    ownerless = [row for row in rows if coerced_id(row.get(owner_field)) is None]
    changed.application_ids |= _ids(ownerless, "application_id")


def _owned_by(applications: Iterable[int], owners: ApplicationOwners) -> set[int]:
    found = {owners.get(application) for application in applications}
    return {candidate_id for candidate_id in found if candidate_id is not None}


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
