"""Names that v3 keeps in lists of their own: of schools, degrees, disciplines, jobs and sources.

Each is asked for once, by the reader that keeps them: a name may be as old as the run. How they
stand in a candidate is said in `to_v1`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, cast

from greenhouse_hrflow.greenhouse.candidate import JsonObject, readable_id
from greenhouse_hrflow.greenhouse.v3.lists import HarvestV3Lists
from greenhouse_hrflow.greenhouse.v3.together import run_together

NeededNames = dict[str, set[int]]
"""Ids whose names are needed, by the list that has them."""

EDUCATION_OPTIONS = {
    "school_name": "school_name_custom_field_option_id",
    "degree": "degree_custom_field_option_id",
    "discipline": "discipline_custom_field_option_id",
}
"""v1's names in an education, each with the v3 field that holds an id in their place."""


def needed_names(list_name: str, row: JsonObject) -> Iterator[tuple[str, int]]:
    """The list and the id of every name that a row of this list needs."""
    wanted: list[tuple[str, object]] = []
    if list_name == "applications":
        wanted = [("sources", row.get("source_id")), *(("jobs", job) for job in job_ids(row))]
    elif list_name == "candidate_educations":
        wanted = [("custom_field_options", row.get(key)) for key in EDUCATION_OPTIONS.values()]
    for names_list, value in wanted:
        identifier = readable_id(value)
        if identifier is not None:
            yield names_list, identifier


def job_ids(application: JsonObject) -> list[Any]:
    """The job of an application; of a prospect, all jobs that the person is considered for."""
    prospective = application.get("prospective_job_ids")
    if application.get("prospect") and isinstance(prospective, list) and prospective:
        return cast("list[Any]", prospective)
    job_id = application.get("job_id")
    return [] if job_id is None else [job_id]


class Names:
    """The names of ids, as far as Greenhouse gives them.

    An option that is no longer active still has its name. A confidential job is not shown to
    everybody: like any id that no row came for, it has the name None.
    """

    def __init__(self) -> None:
        self._known: dict[str, dict[int, Any]] = {}

    def learn(self, lists: HarvestV3Lists, needed: Mapping[str, AbstractSet[int]]) -> None:
        """Ask for the names that are not known yet, each list in its thread."""
        unknown = {
            list_name: ids - self._known.setdefault(list_name, {}).keys()
            for list_name, ids in needed.items()
        }

        def ask(list_name: str) -> None:
            found = lists.find(list_name, "ids", unknown[list_name], fields=("id", "name"))
            # An id that no row came for is known, too: it is not asked for again.
            self._known[list_name].update(dict.fromkeys(unknown[list_name]))
            self._known[list_name].update(
                (identifier, row.get("name")) for identifier, row in found.rows.items()
            )

        run_together(lists, [partial(ask, list_name) for list_name, ids in unknown.items() if ids])

    def name(self, list_name: str, value: object) -> Any:
        """The name of an id; None where it has none, or is no id."""
        identifier = readable_id(value)
        return None if identifier is None else self._known.get(list_name, {}).get(identifier)

    def id_and_name(self, list_name: str, value: object) -> JsonObject:
        """The id with its name, as v1 gives a job."""
        return {"id": value, "name": self.name(list_name, value)}
