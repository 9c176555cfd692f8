"""What a Harvest v1 account is like, where it still answers."""

from __future__ import annotations

from collections.abc import Mapping

from requests.auth import HTTPBasicAuth

from greenhouse_hrflow.doctor.asking import Asker
from greenhouse_hrflow.doctor.findings import JsonObject, Notes, Verdict
from greenhouse_hrflow.doctor.harvest import (
    LARGEST_PAGE,
    ask_first_page,
    note_order,
    note_pages,
    note_private,
    note_rate_limit,
    rows_in,
)
from greenhouse_hrflow.doctor.windows_asked import FAR_FUTURE, Split, middle_window
from greenhouse_hrflow.errors import FatalError
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.greenhouse.v1.pages import HarvestV1Query, refuse
from greenhouse_hrflow.http import Answer
from greenhouse_hrflow.windows import UpdateWindow

_CLOSED = (401, 403, 404, 410)


class HarvestV1Account:
    """Asks one account; what it is like is written into the notes."""

    def __init__(self, settings: GreenhouseSettings, asker: Asker, notes: Notes) -> None:
        self._settings = settings
        self._asker = asker
        self._notes = notes
        self._url = f"{settings.base_url}/v1/candidates"
        self._page = LARGEST_PAGE
        self._auth = HTTPBasicAuth(settings.api_key.get_secret_value().encode(), b"")

    def examine(self) -> list[JsonObject]:
        """Ask everything; the candidates of one page.

        Raises:
            Stopped: nothing more can be asked.
        """
        answer, self._page = ask_first_page(self._notes, self._ask, self._url)
        if answer.status >= 300:
            self._stop_at(answer.status)
        self._notes.modes["v1"] = "open"
        rows = rows_in(answer, "candidates", self._asker)
        self._notes.add("Harvest v1", "ended on 31 August 2026", "it answers", Verdict.LOOK,
                        "Go over to v3 while both answer.")  # fmt: skip
        note_rate_limit(self._notes, answer, 10)
        if not rows:
            self._notes.add("Candidates", "are shown", "none", Verdict.BREAKS,
                            "The account holds nobody.")  # fmt: skip
            return rows
        self._notes.add_shape("v1_candidate", rows)
        note_private(self._notes, rows, "is_private")
        note_order(self._notes, rows, None)
        note_pages(self._notes, self._ask, self._url, self._settings)
        self._examine_window(rows)
        return rows

    def _ask(self, url: str, params: Mapping[str, str] | None = None) -> Answer:
        return self._asker.ask("GET", url, self._auth, params=params)

    def _stop_at(self, status: int) -> None:
        if status in _CLOSED:
            self._notes.modes["v1"] = f"closed_{status}"
        try:
            refuse(status)
        except FatalError as error:
            self._asker.stop("Harvest v1", "answers", f"status {status}", str(error))

    def _examine_window(self, rows: list[JsonObject]) -> None:
        window = middle_window(rows)
        if window is None:
            self._notes.add("Window", "is applied", "too few candidates", Verdict.NOT_TOLD)
            return
        inside = self._rows_of(window)
        is_applied = inside is not None and not Split.of(inside, window).outside
        nothing = self._rows_of(FAR_FUTURE) == []
        verdict = Verdict.EXPECTED if is_applied and nothing else Verdict.LOOK
        meaning = (
            ""
            if is_applied and nothing
            else "What came is checked again, so nothing is wrong; each run reads the list whole."
        )
        seen = "applied" if is_applied else "ignored" if inside is not None else "refused"
        self._notes.add("Window of updated_after and _before", "is applied", seen, verdict, meaning)
        self._notes.add(
            "Changes after the year 2999", "nothing", "nothing" if nothing else "not empty",
            Verdict.EXPECTED if nothing else Verdict.LOOK,
        )  # fmt: skip

    def _rows_of(self, window: UpdateWindow) -> list[JsonObject] | None:
        query = HarvestV1Query(window, PullParameters()).filters()
        answer = self._ask(self._url, {**query, "per_page": str(self._page)})
        return rows_in(answer, "candidates", self._asker) if answer.status < 300 else None
