"""Whether Harvest v3 applies a window of time, in each of the forms in which one can be written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from greenhouse_hrflow.doctor.findings import JsonObject, Notes, Verdict
from greenhouse_hrflow.doctor.windows_asked import FAR_FUTURE, Split, middle_window, older_half
from greenhouse_hrflow.greenhouse.settings import CHILDREN
from greenhouse_hrflow.greenhouse.v3.date_filter import Way, in_brackets, in_one_parameter
from greenhouse_hrflow.http import Answer

_FORMS: dict[str, tuple[str, Way]] = {
    "pipe_filter": ("updated_at=gte|A|lt|B", in_one_parameter),
    "bracket_filter": ("updated_at[gte]=A&updated_at[lt]=B", in_brackets),
}
_LOST = "answered with nothing"
_ROWS_OF_CHILDREN = 50


class Lists(Protocol):
    """Who asks for a page."""

    def ask_list(self, url: str, params: Mapping[str, str] | None = None) -> Answer: ...


class V3Windows:
    """Asks the candidates in both forms, and then the child lists in one that works.

    Args:
        rows: a page of candidates that was asked for without a window.
        page: how many records a page may have.
    """

    def __init__(self, lists: Lists, rows: list[JsonObject], page: int, notes: Notes) -> None:
        self._lists = lists
        self._rows = rows
        self._page = page
        self._notes = notes
        self._older = older_half(rows)
        self._way: Way | None = None

    def examine_candidates(self) -> None:
        """Write down what both forms do, and whether the far future is empty."""
        window = middle_window(self._rows)
        if window is None:
            self._notes.add(
                "Window", "is applied", "too few candidates to tell", Verdict.NOT_TOLD,
                "Rows are checked against the window in any case.",
            )  # fmt: skip
            return
        states: dict[str, str] = {}
        for mode, (_, way) in _FORMS.items():
            query = {"per_page": str(self._page), **way("updated_at", window)}
            answer = self._lists.ask_list("candidates", query)
            split = Split.of(_objects(answer), window)
            states[mode] = _state(answer, split)
            if states[mode] == "works" and self._way is None:
                self._way = way
        for mode, state in states.items():
            self._note(mode, state, states)
        self._examine_far_future()

    def query_of(self, list_name: str) -> dict[str, str]:
        """What a list is asked for: a child list, for what is older than half of the candidates."""
        query = {"per_page": str(min(_ROWS_OF_CHILDREN, self._page))}
        if list_name in CHILDREN and self._way is not None and self._older is not None:
            query |= self._way("updated_at", self._older)
        return query

    def examine_children(self, rows: Mapping[str, list[JsonObject]]) -> None:
        """Write down which child lists apply the window."""
        if self._way is None or self._older is None:
            return
        splits = {name: Split.of(rows[name], self._older) for name in CHILDREN if name in rows}
        ignoring = [name for name, split in splits.items() if split.outside]
        applying = [name for name, split in splits.items() if split.inside and not split.outside]
        question, assumed = "Window of the child lists", "is applied by all five"
        if ignoring:
            self._notes.add(
                question, assumed, f"ignored by {', '.join(ignoring)}", Verdict.LOOK,
                "What came is checked again, so nothing is wrong; each run reads these whole.",
            )  # fmt: skip
        elif applying:
            by = "all five" if len(applying) == len(CHILDREN) else ", ".join(applying)
            self._notes.add(question, assumed, f"applied by {by}", Verdict.EXPECTED)
        else:
            self._notes.add(question, assumed, "no old record to tell", Verdict.NOT_TOLD)

    def _note(self, mode: str, state: str, states: Mapping[str, str]) -> None:
        form, _ = _FORMS[mode]
        meaning, verdict = "", Verdict.EXPECTED
        if state != _LOST:
            self._notes.modes[mode] = state
        if mode == "bracket_filter":
            # Asked with only where the other form is refused.
            verdict = Verdict.EXPECTED if state == "works" else Verdict.HANDLED
        elif state == _LOST:
            verdict = Verdict.BREAKS
            meaning = "Candidates that were just seen lie in that window. Ask Greenhouse's support."
        elif state == "ignored":
            verdict = Verdict.LOOK
            meaning = (
                "What came is checked again, so nothing is wrong; but each run reads the lists "
                "whole, and a tick may overlook a change, which the schedule then brings. Tell "
                "the maintainers, with a contract."
            )
        elif state == "refused":
            verdict = Verdict.HANDLED
            then = states["bracket_filter"]
            meaning = (
                "Asked with brackets instead." if then == "works" else "Each run reads from its "
                "window's beginning up to now."
            )  # fmt: skip
        self._notes.add(f"Window as {form}", "is applied", state, verdict, meaning)

    def _examine_far_future(self) -> None:
        query = {"per_page": "1", **in_one_parameter("updated_at", FAR_FUTURE)}
        answer = self._lists.ask_list("candidates", query)
        is_empty = answer.status < 300 and not _objects(answer)
        seen = "nothing" if is_empty else f"status {answer.status}, not empty"
        verdict = Verdict.EXPECTED if is_empty else Verdict.LOOK
        meaning = "" if is_empty else "A tick of the sensor asks so, and would start runs in vain."
        self._notes.add("Changes after the year 2999", "nothing", seen, verdict, meaning)


def _state(answer: Answer, split: Split) -> str:
    if answer.status >= 300:
        return "refused"
    if split.outside:
        return "ignored"
    return "works" if split.inside else _LOST


def _objects(answer: Answer) -> list[JsonObject]:
    rows = answer.body if answer.status < 300 and isinstance(answer.body, list) else []
    return [row for row in rows if isinstance(row, dict)]
