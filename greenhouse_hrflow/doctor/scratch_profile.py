"""What HrFlow does with an edit, tried on a profile of our own, which is archived afterwards."""

from __future__ import annotations

import uuid

from greenhouse_hrflow.doctor.asking import TRIES, Budget
from greenhouse_hrflow.doctor.findings import JsonObject, Notes, Stopped, Verdict
from greenhouse_hrflow.doctor.hrflow_source import HrFlowSource, profile_in
from greenhouse_hrflow.hrflow.client import page_of
from greenhouse_hrflow.http import Answer
from greenhouse_hrflow.profiles.last_applied import metadata_values

COST = 12
"""Requests that all of it may take."""

LONG = 16_000
"""Characters of a metadata: what last-applied takes for a profile of some hundred entries."""

_NAME = "greenhouse_hrflow_doctor"
_TAGS = [{"name": _NAME, "value": "scratch"}]
_LOCAL_DATE = "2020-03-01T00:00:00"
_OTHER_DATES = {
    "date": "2020-03-01",
    "offset": "2020-03-01T00:00:00+0000",
    "zulu": "2020-03-01T00:00:00.000Z",
}


class ScratchProfile:
    """Creates it, edits it in every way that is uncertain, and archives it."""

    def __init__(self, source: HrFlowSource, budget: Budget, notes: Notes) -> None:
        self._source = source
        self._budget = budget
        self._notes = notes
        self._reference = f"greenhouse_hrflow-doctor-{uuid.uuid4()}"
        self._stored: JsonObject = {}

    def examine(self) -> None:
        """Try everything; the profile is archived whatever happens.

        Raises:
            Stopped: nothing more can be asked.
        """
        if not self._create():
            return
        self._budget.kept = TRIES
        try:
            self._edit_a_part()
            self._edit_the_whole()
            self._look_in_the_list()
            self._send_dates()
            self._send_no_text()
        finally:
            self._budget.kept = 0
            self._archive()

    def _create(self) -> bool:
        body = self._new_profile()
        answer = self._source.ask("POST", "profile/indexing", json_body=body)
        if answer.status in (400, 422):
            # Files of a profile are HrFlow's own affair: it may refuse one that comes along.
            del body["attachments"]
            answer = self._source.ask("POST", "profile/indexing", json_body=body)
        if answer.status >= 300:
            self._notes.add(
                "Scratch profile", "is created", f"status {answer.status}", Verdict.NOT_TOLD,
                "Nothing about edits can be told without it; no run creates a profile.",
            )  # fmt: skip
            return False
        self._stored = profile_in(answer) or self._read() or {}
        return True

    def _new_profile(self) -> JsonObject:
        return {
            "source_key": self._source.key,
            "reference": self._reference,
            "text": "A scratch profile that says how edits work. It may be deleted.",
            "text_language": "en",
            "info": {"full_name": "Scratch Profile", "first_name": "Scratch",
                     "last_name": "Profile", "summary": _NAME},
            "experiences": [_experience(_LOCAL_DATE)],
            "tags": _TAGS,
            "metadatas": [],
            "attachments": [{"type": "resume", "file_name": "scratch.txt", "extension": ".txt",
                             "public_url": "https://example.com/scratch.txt"}],
        }  # fmt: skip

    def _edit_a_part(self) -> None:
        """Whether what an edit leaves out is emptied."""
        kept = ("reference", "key", "info", "text", "text_language")
        part = {name: self._stored[name] for name in kept if name in self._stored}
        after = self._read() if self._edit(part).status < 300 else None
        question, assumed = "An edit of some fields", "replaces the profile, or merges into it"
        if after is None:
            self._notes.add(question, assumed, "is refused", Verdict.HANDLED,
                            "Whole profiles alone are sent.")  # fmt: skip
            return
        merges = bool(after.get("tags"))
        self._notes.modes["put_mode"] = "merge" if merges else "replace"
        seen = "it merges" if merges else "it replaces: what is left out is emptied"
        self._notes.add(question, assumed, seen, Verdict.HANDLED, "Whole profiles alone are sent.")

    def _edit_the_whole(self) -> None:
        """Whether a file, a field that no document knows, and a long metadata survive."""
        value = "0123456789abcdef" * (LONG // 16)
        metadatas = [{"name": _NAME, "value": value}]
        whole = {**self._stored, "metadatas": metadatas, _NAME: "scratch"}
        answer = self._edit(whole)
        after = self._read() if answer.status < 300 else None
        if after is None:
            self._notes.add(
                "A long metadata", f"{LONG} characters survive",
                f"the edit is refused ({answer.status})", Verdict.BREAKS,
                "Profiles with many entries would be rejected. Ask HrFlow's support how long a "
                "metadata may be.",
            )  # fmt: skip
            return
        self._note_metadata(value, after)
        self._note_attachments(after)
        keeps = after.get(_NAME) == "scratch"
        self._notes.modes["keeps_unknown_fields"] = keeps
        self._notes.add(
            "A field that no document knows", "may be dropped", "kept" if keeps else "dropped",
            Verdict.HANDLED, "None is sent but those that HrFlow gave itself.",
        )  # fmt: skip

    def _note_metadata(self, value: str, after: JsonObject) -> None:
        found = next(iter(metadata_values(after, _NAME)), None)
        question, assumed = "A long metadata", f"{LONG} characters survive"
        if found == value:
            self._notes.modes["longest_metadata"] = None
            self._notes.add(question, assumed, "they do", Verdict.EXPECTED)
            return
        kept = len(found) if isinstance(found, str) else 0
        self._notes.modes["longest_metadata"] = kept
        self._notes.add(
            question, assumed, f"{kept} do", Verdict.BREAKS,
            "What was written last does not fit into larger profiles: a run stops at the first "
            "such edit. Ask HrFlow's support; only_edit_fields makes it shorter.",
        )  # fmt: skip

    def _note_attachments(self, after: JsonObject) -> None:
        question, assumed = "Files of a profile", "are kept by an edit"
        if not self._stored.get("attachments"):
            self._notes.add(
                question, assumed, "no file can be given to a new profile", Verdict.NOT_TOLD,
                "The first edit of each run is read back: if a file is gone, the run stops there.",
            )  # fmt: skip
            return
        keeps = bool(after.get("attachments"))
        self._notes.modes["keeps_attachments"] = keeps
        self._notes.add(
            question, assumed, "kept" if keeps else "gone",
            Verdict.EXPECTED if keeps else Verdict.BREAKS,
            "" if keeps else "Each run stops at the first profile with a file, whose file is "
            "lost. Ask HrFlow's support before any run.",
        )  # fmt: skip

    def _look_in_the_list(self) -> None:
        answer = self._source.page(1, 1, reference=self._reference)
        page = page_of(answer.body) if answer.status < 300 else None
        listed = next(iter(page.profiles), None) if page else None
        shown = listed is not None and bool(metadata_values(listed, _NAME))
        self._notes.modes["list_lags"] = not shown
        self._notes.add(
            "An edit, in the list", "is shown at once, or later",
            "at once" if shown else "not at once", Verdict.HANDLED,
            "" if shown else "The list is not believed then: each profile is read by itself, and "
            "a large first run takes longer.",
        )  # fmt: skip

    def _send_dates(self) -> None:
        taken = ["local"]
        for form, date in _OTHER_DATES.items():
            answer = self._edit({**self._stored, "experiences": [_experience(date)]})
            if answer.status < 300:
                taken.append(form)
        self._notes.modes["dates"] = taken
        seen = ", ".join([_LOCAL_DATE, *(_OTHER_DATES[form] for form in taken[1:])])
        self._notes.add("Dates of an experience", _LOCAL_DATE, seen, Verdict.EXPECTED,
                        "The first form alone is sent.")  # fmt: skip

    def _send_no_text(self) -> None:
        is_taken = self._edit({**self._stored, "text": None}).status < 300
        self._notes.modes["null_text"] = "empty" if is_taken else "refuse"
        self._notes.add(
            "A text that is null", "may be refused", "taken" if is_taken else "refused",
            Verdict.HANDLED, "None is sent.",
        )  # fmt: skip

    def _archive(self) -> None:
        body = {"source_key": self._source.key, "reference": self._reference, "is_archive": 1}
        try:
            answer = self._source.ask("PATCH", "profile/indexing/archive", json_body=body)
            seen = "archived" if answer.status < 300 else f"status {answer.status}"
        except Stopped:
            seen = "no answer"
        is_archived = seen == "archived"
        self._notes.add(
            "Scratch profile", "is archived afterwards", seen,
            Verdict.EXPECTED if is_archived else Verdict.LOOK,
            "" if is_archived else f"Delete the profile {self._reference} in HrFlow.",
        )  # fmt: skip

    def _edit(self, profile: JsonObject) -> Answer:
        body = {**profile, "reference": self._reference, "source_key": self._source.key}
        return self._source.ask("PUT", "profile/indexing", json_body=body)

    def _read(self) -> JsonObject | None:
        return profile_in(self._source.ask_for(self._reference))


def _experience(start: str) -> JsonObject:
    return {"company": "Nowhere", "title": "Scratch", "date_start": start, "date_end": None}
