"""Candidates that change at random, and the history of what the format gives for each of them."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.profiles.edit_plan import Edit, plan_edit
from greenhouse_hrflow.profiles.fields import EDITABLE
from greenhouse_hrflow.profiles.last_applied import AppliedHashes, find_last_applied
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.profiles.transform import FormattedCandidate, Transformation, transform
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow_tests.convergence.clock import StampingClock
from greenhouse_hrflow_tests.convergence.location import WORKFLOW

_TAGS = ("night shift", "urgent", "équipe", "remote")
_COMPANIES = ("Acme", "Müller & Söhne", "東京商事", "Initech")


@dataclass(frozen=True)
class State:
    """One state of a candidate: when it came about, and the hashes of what an edit of it writes."""

    since: datetime
    hashes: AppliedHashes


class People:
    """The sandbox's candidates; every method may be called from any thread.

    `late`: how late a record may become visible. Less than the sensor looks back.
    """

    def __init__(
        self, sandbox: Sandbox, clock: StampingClock, *, seed: int, late: timedelta
    ) -> None:
        self.states: dict[int, list[State]] = {}
        self.silent: set[int] = set()
        """Whose latest change left no row in Greenhouse to tell of it."""
        self.gone: set[int] = set()
        """Who was deleted or anonymised."""
        self.moved: set[int] = set()
        """Who ever changed."""
        self.count = 0
        self._store = sandbox.greenhouse
        self._clock = clock
        self._late = late
        self._rng = random.Random(f"people/{seed}")
        self._lock = threading.RLock()
        for candidate_id in self._store.candidate_ids():
            if self._store.candidate(candidate_id)["first_name"] == "Anonymized":
                self.gone.add(candidate_id)
            else:
                self._note(candidate_id)

    def mutate(self, candidate_id: int | None = None, at: datetime | None = None) -> None:
        """Change one candidate in one way; stamped with a moment of the recent past, if given."""
        with self._lock:
            one = candidate_id or self._rng.choice(self._living())
            change = self._rng.choices(_CHANGES, _WEIGHTS)[0]
            if at is None and self._rng.random() < 0.1:
                at = self._clock() - self._late * self._rng.random()
            with self._store.lock:
                if at is None:
                    left_a_row = change(self, one)
                else:
                    with self._clock.held_at(at):
                        left_a_row = change(self, one)
                if left_a_row is not None:
                    self._follow(one, is_shown=left_a_row)

    def burst(self, at: datetime) -> None:
        """Several candidates change in the same millisecond, and one of them twice."""
        with self._lock:
            some = self._rng.sample(self._living(), 4)
            for one in [*some, some[0]]:
                self.mutate(one, at)

    def remove_one(self) -> None:
        """A candidate is deleted or anonymised."""
        with self._lock, self._store.lock:
            one = self._rng.choice(self._living())
            self.gone.add(one)
            if self._rng.random() < 0.5:
                self._store.delete_candidate(one)
            else:
                self._store.anonymise(one)

    def formatted(self, candidate_id: int) -> FormattedCandidate:
        """What the workflow makes of a candidate as it is now."""
        now = self._clock()
        read = ReadCandidate(self._store.v1_candidate(candidate_id), now, now)
        how = Transformation(WORKFLOW.last_applied_id, (), WORKFLOW.format, EDITABLE, ())
        [formatted] = transform([read], how, "a run").to_push
        return formatted

    def _living(self) -> list[int]:
        return [one for one in self.states if one not in self.gone]

    def _follow(self, candidate_id: int, *, is_shown: bool) -> None:
        self.count += 1
        self.moved.add(candidate_id)
        if is_shown:
            self.silent.discard(candidate_id)
        else:
            self.silent.add(candidate_id)
        self._note(candidate_id)

    def _note(self, candidate_id: int) -> None:
        edit = plan_edit(
            {}, self.formatted(candidate_id), workflow_id=WORKFLOW.workflow_id, fields=EDITABLE
        )
        assert isinstance(edit, Edit)
        applied = find_last_applied(edit.after, WORKFLOW.workflow_id)
        assert applied is not None
        states = self.states.setdefault(candidate_id, [])
        if not states or states[-1].hashes != applied.hashes:
            states.append(State(self._clock(), applied.hashes))

    # Changes: each says whether a row of Greenhouse tells of it; None where nothing changed.

    def _set(self, **fields: object) -> Callable[[int], bool]:
        def change(candidate_id: int) -> bool:
            self._store.update_candidate(candidate_id, **fields)
            return True

        return change

    def _value(self) -> str:
        return f"{self.count:06d}"

    def phone(self, one: int) -> bool:
        number = [{"type": "mobile", "value": f"+1 202 {self._value()}"}]
        return self._set(phone_numbers=number)(one)

    def no_phone(self, one: int) -> bool:
        return self._set(phone_numbers=[])(one)

    def email(self, one: int) -> bool:
        address = f"person.{self._value()}@example.com"
        return self._set(email_addresses=[{"type": "personal", "value": address}])(one)

    def address(self, one: int) -> bool:
        home = [{"type": "home", "value": f"{self._value()} Elm Street"}]
        return self._set(addresses=self._rng.choice((home, [])))(one)

    def website(self, one: int) -> bool:
        site = [{"type": "personal", "value": f"https://example.org/{self._value()}"}]
        return self._set(website_addresses=self._rng.choice((site, [])))(one)

    def title(self, one: int) -> bool:
        """A change that the format does not give: no profile is to be edited for it."""
        return self._set(title=f"Title {self._value()}")(one)

    def tag(self, one: int) -> bool | None:
        tag = self._rng.choice(_TAGS)
        if tag in self._store.candidate(one)["tags"]:
            return None
        self._store.add_tag(one, tag, touch=True)
        return True

    def no_tag(self, one: int) -> bool | None:
        tags = self._store.candidate(one)["tags"]
        if not tags:
            return None
        touch = self._rng.random() < 0.8
        self._store.remove_tag(one, self._rng.choice(tags), touch=touch)
        return touch

    def employment(self, one: int) -> bool:
        self._store.add_employment(
            one,
            company_name=self._rng.choice(_COMPANIES),
            title=f"Worker {self._value()}",
            start_date=f"20{self._rng.randint(10, 24)}-0{self._rng.randint(1, 9)}-01",
        )
        return True

    def education(self, one: int) -> bool:
        self._store.add_education(one, school_name=f"School {self._value()}", degree="Master")
        return True

    def other_employment(self, one: int) -> bool:
        rows = self._store.children("employment", one)
        if not rows:
            return self.employment(one)
        fields: JsonObject = self._rng.choice(
            ({"title": f"Leader {self._value()}"}, {"end_date": "2025-02-28"}, {"end_date": None})
        )
        record_id: int = self._rng.choice(rows)["id"]
        self._store.update_child("employment", record_id, touch=False, **fields)
        return True

    def no_child(self, one: int) -> bool:
        kind = self._rng.choice(("employment", "education"))
        rows = self._store.children(kind, one)
        if not rows:
            return self.employment(one)
        touch = self._rng.random() < 0.7
        self._store.delete_child(kind, self._rng.choice(rows)["id"], touch=touch)
        return touch

    def application(self, one: int) -> bool:
        """Moves the candidate without a difference in its profile."""
        self._store.add_application(one)
        return True


_CHANGES: tuple[Callable[[People, int], bool | None], ...] = (
    People.phone, People.no_phone, People.email, People.address, People.website, People.title,
    People.tag, People.no_tag, People.employment, People.education, People.other_employment,
    People.no_child, People.application,
)  # fmt: skip
_WEIGHTS = (4, 2, 3, 2, 2, 1, 3, 3, 2, 2, 4, 3, 1)
