"""What is asked of both Harvest versions in the same way: order, pages, private people, limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from greenhouse_hrflow.doctor.asking import Asker
from greenhouse_hrflow.doctor.findings import JsonObject, Notes, Verdict
from greenhouse_hrflow.errors import FatalError
from greenhouse_hrflow.greenhouse.candidate import coerced_id
from greenhouse_hrflow.greenhouse.paging import PER_PAGE, link_of, rows_of
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.http import Answer

LARGEST_PAGE = PER_PAGE

_SMALL_PAGE = 2
_LIMIT = "X-RateLimit-Limit"

_REFUSED = (400, 422)
_MOST = re.compile(r"(?:greater than: |between 1 and )(\d+)")
"""How v3, and v1, say which page would be small enough."""

_USUAL_PAGE = 100

AskPage = Callable[[str, Mapping[str, str] | None], Answer]
"""Asks for a page by its address."""


def rows_in(answer: Answer, list_name: str, asker: Asker) -> list[JsonObject]:
    """The records of a page.

    Raises:
        Stopped: the answer is no page.
    """
    try:
        return rows_of(answer, list_name).records
    except FatalError as error:
        asker.stop(f"List {list_name}", "a list of records", "none that can be read", str(error))


def ask_first_page(notes: Notes, ask: AskPage, url: str) -> tuple[Answer, int]:
    """The first page of a list, as large as it may be, and how many records that are.

    Raises:
        Stopped: nothing more can be asked.
    """
    question, assumed = "Largest page", f"{LARGEST_PAGE} records"
    answer = ask(url, {"per_page": str(LARGEST_PAGE)})
    if answer.status not in _REFUSED:
        if answer.status < 300:
            notes.modes["most_per_page"] = LARGEST_PAGE
            notes.add(question, assumed, assumed, Verdict.EXPECTED)
        return answer, LARGEST_PAGE
    most = _MOST.search(str(answer.body))
    size = int(most[1]) if most else _USUAL_PAGE
    notes.modes["most_per_page"] = size
    notes.add(
        question, assumed, f"{size}: more is refused ({answer.status})", Verdict.HANDLED,
        "Lists are read in pages of Greenhouse's own size, which takes more requests.",
    )  # fmt: skip
    return ask(url, {"per_page": str(size)}), size


def note_rate_limit(notes: Notes, answer: Answer, seconds: int) -> None:
    """Write down the limit that an answer announces, for a window of so many seconds."""
    told = answer.headers.get(_LIMIT, "")
    limit = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None
    notes.modes["rate_limit"] = limit
    if limit is None:
        seen, meaning = "none is announced", "A refusal (429) is waited for as it asks."
    else:
        seen = f"{limit} requests in {seconds} s"
        meaning = "GREENHOUSE_HRFLOW_RATE_SHARE of it is used; all integrations share it."
    notes.add("Rate limit", "is announced", seen, Verdict.HANDLED if limit is None else
              Verdict.EXPECTED, meaning)  # fmt: skip


def note_private(notes: Notes, rows: list[JsonObject], field: str) -> None:
    """Write down whether private candidates are among these."""
    private = sum(row.get(field) is True for row in rows)
    if private:
        notes.modes["private_candidates"] = "shown"
        notes.add(
            "Private candidates", "may be shown", f"{private} among {len(rows)}", Verdict.HANDLED,
            "They are sent like all others; a logic can leave them out.",
        )  # fmt: skip
    else:
        notes.add(
            "Private candidates", "may be shown", f"none among {len(rows)}", Verdict.NOT_TOLD,
            "There are none, or this user does not see them: who is not shown is not updated.",
        )  # fmt: skip


def note_order(notes: Notes, rows: list[JsonObject], documented: str | None) -> None:
    """Write down the order of the ids; the documented one is None where none is."""
    ids = [identifier for row in rows if (identifier := coerced_id(row.get("id"))) is not None]
    if len(ids) < _SMALL_PAGE:
        return
    orders = {"ascending": sorted(ids), "descending": sorted(ids, reverse=True)}
    found = next((name for name, ordered in orders.items() if ids == ordered), None)
    if found:
        notes.modes["order"] = found
    seen = f"by id, {found}" if found else "not by id"
    assumed = f"by id, {documented}" if documented else "not documented"
    verdict = Verdict.EXPECTED if found == documented else Verdict.HANDLED
    meaning = "" if verdict is Verdict.EXPECTED else "No order is relied on."
    notes.add("Order of a list", assumed, seen, verdict, meaning)


def note_pages(notes: Notes, ask: AskPage, url: str, settings: GreenhouseSettings) -> None:
    """Write down whether a page's link leads to other records.

    Raises:
        Stopped: nothing more can be asked.
    """
    question, assumed = "Next page", "other records"
    first = ask(url, {"per_page": str(_SMALL_PAGE)})
    try:
        link = link_of(first, "next", url, settings.base_url)
    except FatalError as error:
        notes.add(question, assumed, "a link to another host", Verdict.BREAKS, str(error))
        return
    if link is None:
        notes.add(question, assumed, "none: too few candidates", Verdict.NOT_TOLD)
        return
    second = ask(link, None)
    ids, more = _ids(first), _ids(second)
    if second.status < 300 and more and ids.isdisjoint(more):
        notes.add(question, assumed, "other records", Verdict.EXPECTED)
        return
    seen = f"status {second.status}" if second.status >= 300 else "the same records, or none"
    notes.add(
        question, assumed, seen, Verdict.BREAKS,
        "No list can be read beyond its first page. Ask Greenhouse's support, and look at what "
        "stands between (a proxy that alters addresses).",
    )  # fmt: skip


def _ids(answer: Answer) -> set[int | None]:
    rows = answer.body if isinstance(answer.body, list) else []
    return {coerced_id(row.get("id")) for row in rows if isinstance(row, dict)}
