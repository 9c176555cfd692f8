"""What a Harvest v3 account is like: its token, whom it acts for, its lists, windows and pages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from urllib.parse import urljoin

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
from greenhouse_hrflow.doctor.v3_windows import V3Windows
from greenhouse_hrflow.errors import FatalError
from greenhouse_hrflow.greenhouse.settings import CHILDREN, GreenhouseSettings
from greenhouse_hrflow.greenhouse.v3.lists import refuse
from greenhouse_hrflow.greenhouse.v3.token import (
    BearerToken,
    client_auth,
    request_token,
    token_end,
    token_value,
)
from greenhouse_hrflow.http import Answer, HttpSession

LISTS = ("candidates", *CHILDREN, "custom_field_options", "jobs", "sources")
"""All that a run reads."""


class HarvestV3Account:
    """Asks one account; what it is like is written into the notes."""

    def __init__(
        self, settings: GreenhouseSettings, session: HttpSession, asker: Asker, notes: Notes
    ) -> None:
        self._settings = settings
        self._session = session
        self._asker = asker
        self._notes = notes
        self._token = BearerToken("", math.inf)
        self._page = LARGEST_PAGE

    def examine(self) -> list[JsonObject]:
        """Ask everything; the candidates of one page, those with the highest ids.

        Raises:
            Stopped: nothing more can be asked.
        """
        self._token = self._mint()
        self._introspect()
        answer, self._page = ask_first_page(self._notes, self.ask_list, f"{self._base}/candidates")
        rows = rows_in(answer, "candidates", self._asker) if answer.status < 300 else []
        note_rate_limit(self._notes, answer, 30)
        if rows:
            self._notes.add_shape("candidates", rows)
            note_private(self._notes, rows, "private")
            note_order(self._notes, rows, "descending")
            note_pages(self._notes, self.ask_list, f"{self._base}/candidates", self._settings)
        windows = V3Windows(self, rows, self._page, self._notes)
        windows.examine_candidates()
        self._examine_lists(answer, windows)
        self._mint_again()
        return rows

    def ask_list(self, url: str, params: Mapping[str, str] | None = None) -> Answer:
        """Ask for a page of a list by its address or by its name, as the token's user."""
        address = url if "://" in url else f"{self._base}/{url}"
        return self._asker.ask("GET", address, self._token, params=params)

    @property
    def _base(self) -> str:
        return f"{self._settings.base_url}/v3"

    def _mint(self) -> BearerToken:
        answer = self._ask_for_token()
        try:
            token = BearerToken(token_value(answer), math.inf)
        except FatalError as error:
            self._asker.stop("Token", "is given out", f"status {answer.status}", str(error))
        end = token_end(answer)
        minutes = f"{end.seconds / 60:.0f} min"
        if end.field is None:
            seen, verdict = "nothing that tells its end", Verdict.HANDLED
            meaning = f"It is used for {minutes}, and replaced sooner where it is refused."
        else:
            seen = f"{end.field}, in {minutes}"
            verdict = Verdict.EXPECTED if end.field == "expires_at" else Verdict.HANDLED
            meaning = "It is replaced before its end."
            # Its end is compared with a Date of whole seconds.
            self._notes.modes["token_lifetime"] = 60 * round(end.seconds / 60)
        self._notes.modes["token_field"] = end.field or "none"
        self._notes.add("Token: its end", "expires_at, in 60 min", seen, verdict, meaning)
        return token

    def _ask_for_token(self) -> Answer:
        return self._asker.attempt(lambda: request_token(self._settings, self._session))

    def _introspect(self) -> None:
        """Ask Greenhouse whom the token acts for. The form of its answer was never seen."""
        url = urljoin(self._settings.token_url, "introspect")
        form = {"token": self._token.value}
        answer = self._asker.ask("POST", url, client_auth(self._settings), form=form)
        body = answer.body if isinstance(answer.body, dict) and answer.status < 300 else {}
        admin = next((body[name] for name in body if "admin" in name.casefold()), None)
        question, assumed = "Acting user", "a Site Admin"
        if isinstance(admin, bool):
            self._notes.modes["introspection"] = "site_admin" if admin else "not_site_admin"
            seen = "a Site Admin" if admin else "no Site Admin"
            verdict = Verdict.EXPECTED if admin else Verdict.LOOK
            meaning = (
                ""
                if admin
                else "Greenhouse refuses its lists to others, or shows them empty: let "
                "the credential act for a Site Admin (GREENHOUSE_USER_ID)."
            )
        else:
            self._notes.modes["introspection"] = "absent"
            seen, verdict = f"no answer to that (status {answer.status})", Verdict.NOT_TOLD
            meaning = "The row of the lists tells as much."
        self._notes.add(question, assumed, seen, verdict, meaning)

    def _examine_lists(self, candidates: Answer, windows: V3Windows) -> None:
        """Whether each list answers, and applies a window."""
        answers = {"candidates": candidates}
        for name in LISTS[1:]:
            answers[name] = self.ask_list(name, windows.query_of(name))
        refused = {name: answer.status for name, answer in answers.items() if answer.status >= 300}
        rows = {
            name: rows_in(answer, name, self._asker)
            for name, answer in answers.items()
            if name not in refused
        }
        for name, found in rows.items():
            self._notes.add_shape(name, found)
        if refused:
            self._note_refused(refused)
        else:
            self._note_open(rows)
        windows.examine_children(rows)

    def _note_refused(self, refused: Mapping[str, int]) -> None:
        if len(refused) == len(LISTS):
            self._notes.modes["lists"] = "refused"
        else:
            self._notes.modes["scopes"] = [name for name in LISTS if name not in refused]
        meaning = _meaning_of(*next(iter(refused.items())))
        which = "all" if len(refused) == len(LISTS) else ", ".join(refused)
        seen = f"{'/'.join(map(str, sorted(set(refused.values()))))} to {which}"
        if 1 < len(refused) < len(LISTS):
            meaning += " The same for the others."
        self._notes.add("Lists", f"all {len(LISTS)} answer", seen, Verdict.BREAKS, meaning)

    def _note_open(self, rows: Mapping[str, list[JsonObject]]) -> None:
        if any(rows.values()):
            self._notes.modes["lists"] = "open"
            empty = [name for name, found in rows.items() if not found]
            seen = "all answer" + (f"; without a record: {', '.join(empty)}" if empty else "")
            verdict = Verdict.EXPECTED if rows["candidates"] else Verdict.LOOK
            self._notes.add("Lists", f"all {len(LISTS)} answer", seen, verdict)
            return
        self._notes.modes["lists"] = "empty"
        self._notes.add(
            "Lists", f"all {len(LISTS)} answer", "all are empty", Verdict.BREAKS,
            "Either the account holds nobody, or the acting user may see nobody: let the "
            "credential act for a Site Admin (GREENHOUSE_USER_ID).",
        )  # fmt: skip

    def _mint_again(self) -> None:
        """Whether a new token ends the one before; then the old one is used no more."""
        answer = self._ask_for_token()
        if answer.status >= 300:
            return
        asked = self.ask_list("candidates", {"per_page": "1"})
        ends = asked.status == 401
        self._notes.modes["single_active_token"] = ends
        seen = "it ends it" if ends else "both are taken"
        meaning = (
            "Processes that read at the same time end each other's tokens, and mint again each "
            "time: give each deployment a credential of its own."
            if ends
            else ""
        )
        self._notes.add("A second token", "may end the first", seen, Verdict.HANDLED, meaning)


def _meaning_of(list_name: str, status: int) -> str:
    """What the refusal of a list means, to a token that has just been given out."""
    if status == 401:
        return (
            "Greenhouse gives out a token and refuses it. Check that GREENHOUSE_BASE_URL and "
            "GREENHOUSE_TOKEN_URL belong together."
        )
    try:
        refuse(status, list_name)
    except FatalError as error:
        return str(error)
