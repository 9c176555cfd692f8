"""What an HrFlow account and its source are like, as far as reading tells."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence

from greenhouse_hrflow.doctor.asking import Asker
from greenhouse_hrflow.doctor.findings import JsonObject, Notes, Verdict
from greenhouse_hrflow.doctor.people import KnownProfiles, RecentCandidate
from greenhouse_hrflow.errors import CandidateError, FatalError, ProfileMissing
from greenhouse_hrflow.hrflow.client import ApiKeyAuth, ProfilePage, page_of
from greenhouse_hrflow.hrflow.refusal import message_of, refuse
from greenhouse_hrflow.hrflow.settings import HrFlowSettings
from greenhouse_hrflow.hrflow.stored_profiles import LARGEST_PAGE
from greenhouse_hrflow.http import Answer

_KINDS = {"ask_": "reads_and_writes", "askr_": "reads", "askw_": "writes"}
_COMPARED = 2
"""So many listed profiles are read by themselves too, where no edit of our own tells more."""

_ASKED_SINGLY = 5
"""So many candidates are asked for one by one, where the source has too many pages."""


class HrFlowSource:
    """Asks one source; what it is like is written into the notes.

    Args:
        to_write: how many requests are to be left over for writing; 0 where nothing is written.
    """

    def __init__(
        self,
        settings: HrFlowSettings,
        source_key: str,
        asker: Asker,
        notes: Notes,
        *,
        to_write: int,
    ) -> None:
        self._settings = settings
        self.key = source_key
        self._asker = asker
        self._notes = notes
        self._to_write = to_write
        self._auth = ApiKeyAuth(settings)

    def examine(self, candidates: Sequence[RecentCandidate]) -> None:
        """Ask everything that no writing is needed for.

        Raises:
            Stopped: nothing more can be asked.
        """
        self._examine_key()
        self._examine_source()
        first = self._first_page()
        if first is not None and not self._to_write:
            self._compare_with_single_reads(first)
        self._examine_missing_profile()
        if candidates:
            self._look_for(candidates, first)

    def ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        json_body: object = None,
    ) -> Answer:
        """Ask the API, as the key's owner."""
        url = f"{self._settings.base_url}/{path}"
        return self._asker.ask(method, url, self._auth, params=params, json_body=json_body)

    def ask_for(self, reference: str) -> Answer:
        """Ask for one profile."""
        params = {"source_key": self.key, "reference": reference}
        return self.ask("GET", "profile/indexing", params)

    def page(self, number: int, limit: int, **selection: str) -> Answer:
        """Ask for a page of the list, the oldest profiles first, as a push does."""
        params = {
            "source_keys": json.dumps([self.key]),
            "return_profile": "True",
            "sort_by": "created_at",
            "order_by": "asc",
            "page": str(number),
            "limit": str(limit),
            **selection,
        }
        return self.ask("GET", "storing/profiles", params)

    def _examine_key(self) -> None:
        secret = self._settings.api_secret.get_secret_value()
        kind = next((kind for start, kind in _KINDS.items() if secret.startswith(start)), None)
        answer = self.ask("GET", "auth")
        question, assumed = "API key", "reads and writes (ask_…)"
        if kind:
            self._notes.modes["key"] = kind
        if kind in ("reads", "writes"):
            self._asker.stop(
                question, assumed, f"{kind} alone", "Set HRFLOW_API_SECRET to a key that reads "
                "and writes (ask_…), from Settings > API Keys in HrFlow.",
            )  # fmt: skip
        if answer.status >= 400:
            self._asker.stop(question, assumed, f"status {answer.status}", self._refusal(answer))
        seen = "is taken" if kind else "is taken; its beginning tells no kind"
        self._notes.add(question, assumed, seen, Verdict.EXPECTED if kind else Verdict.LOOK)

    def _examine_source(self) -> None:
        answer = self.ask("GET", "source", {"key": self.key})
        if answer.status < 400:
            self._notes.add("Source", "is known", "is known", Verdict.EXPECTED)
        elif answer.status in (401, 403) or "source" in (message_of(answer.body) or "").casefold():
            self._asker.stop(
                "Source", "is known", f"status {answer.status}", "HrFlow knows no source with "
                "this key, or does not show it to these credentials. Check HRFLOW_SOURCE_KEY.",
            )  # fmt: skip
        else:
            self._asker.stop("Source", "is known", f"status {answer.status}", self._refusal(answer))

    def _first_page(self) -> ProfilePage | None:
        answer = self.page(1, LARGEST_PAGE)
        page = page_of(answer.body) if answer.status < 300 else None
        question, assumed = "Largest page of the list", "not documented"
        if page is None:
            self._notes.add(
                question, assumed, f"no page (status {answer.status})", Verdict.HANDLED,
                "Each profile is read by itself; a large first run takes longer.",
            )  # fmt: skip
            return None
        self._notes.add_shape("profile", page.profiles)
        if page.total > page.size:
            self._notes.modes["list_limit"] = page.size
            seen = f"{page.size} of {page.total} profiles"
        else:
            seen = f"{page.size} or more: the source has no more"
        self._notes.add(
            question, assumed, seen, Verdict.HANDLED, "It is what a large run asks for."
        )
        return page

    def _compare_with_single_reads(self, page: ProfilePage) -> None:
        newest = sorted(
            (p for p in page.profiles if isinstance(p.get("reference"), str)),
            key=lambda profile: str(profile.get("updated_at")),
        )[-_COMPARED:]
        question, assumed = "List beside single reads", "the same profiles"
        if not newest:
            self._notes.add(question, assumed, "no profile to compare", Verdict.NOT_TOLD)
            return
        same = [profile_in(self.ask_for(str(p["reference"]))) == p for p in newest]
        if all(same):
            meaning = "Whether it shows an edit at once, --write-test tells."
            self._notes.add(question, assumed, "the same", Verdict.EXPECTED, meaning)
            return
        self._notes.modes["list_lags"] = True
        self._notes.add(
            question, assumed, "other profiles", Verdict.HANDLED,
            "The list lags. It is not believed then: each profile is read by itself.",
        )  # fmt: skip

    def _examine_missing_profile(self) -> None:
        answer = self.ask_for(f"nobody-{uuid.uuid4()}")
        question, assumed = "A profile that is not there", "400, or 404"
        seen = f"status {answer.status}"
        try:
            refuse(answer, self._settings.base_url)
        except ProfileMissing:
            self._notes.modes["missing_profile"] = answer.status
            self._notes.add(question, assumed, seen, Verdict.EXPECTED)
        except (CandidateError, FatalError) as error:
            self._notes.add(question, assumed, seen, Verdict.BREAKS, str(error))

    def _look_for(self, candidates: Sequence[RecentCandidate], first: ProfilePage | None) -> None:
        known, looked_at, total = self._look_through(first)
        found, elsewhere = known.by_reference(candidates), known.by_email_alone(candidates)
        is_whole = first is not None and looked_at >= total
        asked, answered = 0, 0
        if not is_whole:
            asked, answered = self._ask_singly(
                [c for c in candidates if c.reference not in known.references]
            )
        seen = f"{found} by reference, {elsewhere} more by e-mail, among {looked_at} of {total}"
        if asked:
            seen += f" profiles; {answered} of {asked} asked for one by one"
        question = f"{len(candidates)} recent candidates"
        assumed = "have a profile, by their id as reference"
        if found + answered:
            self._notes.modes["references"] = "candidate_id"
            verdict = Verdict.EXPECTED if is_whole or answered else Verdict.HANDLED
            meaning = "The others will be missing: no profile is created."
        else:
            verdict = Verdict.BREAKS if is_whole else Verdict.LOOK
            meaning = (
                "All will be missing. Check HRFLOW_SOURCE_KEY; or write a format that gives the "
                "references that this source has."
            )
        self._notes.add(question, assumed, seen, verdict, meaning)
        self._note_references(known, found + answered)

    def _look_through(self, first: ProfilePage | None) -> tuple[KnownProfiles, int, int]:
        """The profiles that the budget allows to read, how many they are, and of how many."""
        known = KnownProfiles()
        if first is None:
            return known, 0, 0
        page, number, looked_at = first, 1, 0
        while True:
            for profile in page.profiles:
                known.add(profile)
            looked_at += page.size
            number += 1
            is_last = number > first.pages or looked_at >= first.total or not page.size
            if is_last or self._affordable <= _ASKED_SINGLY:
                return known, looked_at, first.total
            answer = self.page(number, LARGEST_PAGE)
            following = page_of(answer.body) if answer.status < 300 else None
            if following is None:
                return known, looked_at, first.total
            page = following

    @property
    def _affordable(self) -> int:
        """How many more questions leave enough for writing, and for one that is asked again."""
        return self._asker.budget.left - self._to_write - 1

    def _ask_singly(self, candidates: Sequence[RecentCandidate]) -> tuple[int, int]:
        """How many candidates were asked for, and how many of them have a profile."""
        count = max(1, min(_ASKED_SINGLY, self._affordable))
        chosen = candidates[:: max(1, len(candidates) // count)][:count]
        answers = [self.ask_for(candidate.reference) for candidate in chosen]
        return len(answers), sum(answer.status < 300 for answer in answers)

    def _note_references(self, known: KnownProfiles, found: int) -> None:
        if not known.kinds:
            return
        if not found:
            commonest = known.kinds.most_common(1)[0][0]
            is_email = commonest == "an e-mail address"
            self._notes.modes["references"] = "e-mail" if is_email else "other"
        self._notes.add(
            "References in the source", "whole numbers", known.shown_kinds(),
            Verdict.HANDLED if found else Verdict.LOOK,
        )  # fmt: skip

    def _refusal(self, answer: Answer) -> str:
        try:
            refuse(answer, self._settings.base_url)
        except (CandidateError, FatalError) as error:
            return str(error)


def profile_in(answer: Answer) -> JsonObject | None:
    """The profile that an answer carries; None where it carries none."""
    body = answer.body if answer.status < 300 else None
    profile = body.get("data") if isinstance(body, dict) else None
    return profile if isinstance(profile, dict) else None
