"""How a push reads the profiles that HrFlow holds: each by itself, or the whole source in pages.

A page of the list (GET /storing/profiles) shows hundreds of profiles in one request, but all of the
source's, and whether it shows an edit at once is not documented. So the source is swept only where
that takes less time, and its list is believed only as long as nothing speaks against it:

- of each page, one profile is read by itself as well, and both must be the same;
- until the list has shown an edit of this push at once, a profile is read by itself before it is
  edited, which is one more comparison;
- what is edited was listed no longer ago than `EDIT_WITHIN`, like any profile that is read.

What is then written is decided in `profiles.edit_plan`.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from greenhouse_hrflow.errors import CandidateError, GreenhouseHrflowError
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.edit_arrival import Arrival, arrival_of
from greenhouse_hrflow.profiles.edit_plan import Edit
from greenhouse_hrflow.profiles.normalize import JsonObject

EDIT_WITHIN = 30.0
"""Seconds between reading a profile and writing it; after that it is read again."""

_LISTED_FOR = 5.0
"""Seconds that a listed profile should wait for its edit at most, as far as the first requests tell
how long edits take. What a recruiter edits meanwhile is overwritten, so few are listed ahead."""

FEWEST = 100
"""For fewer candidates no page is asked for: it could not save what it costs."""

LARGEST_PAGE = 1000
"""The most profiles asked for in one page, as HrFlow's own code does."""

_PROFILES_AT_ONCE = 2000
_PAGES_AT_ONCE = 8
"""How much of a sweep is held in memory: so many pages, but not of more profiles than that."""

LEAST_SECONDS = 0.005
"""What each of many requests is taken to cost, however fast they are answered: how many HrFlow lets
through is not published, and a few fast answers are no promise of thousands."""


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """A profile as HrFlow answered it.

    Attributes:
        asked_at: when it was asked for, in seconds of `time.monotonic`.
        page: the page of the list that showed it; None where it was read by itself.
    """

    profile: JsonObject
    asked_at: float
    page: int | None = None

    @property
    def reference(self) -> object:
        """Which candidate it belongs to."""
        return self.profile.get("reference")

    @property
    def edit_until(self) -> float:
        """Until when it may be edited as it was read, in seconds of `time.monotonic`."""
        return self.asked_at + EDIT_WITHIN


def read_alone(client: HrFlowClient, reference: str) -> StoredProfile:
    """Read one profile by itself.

    Raises:
        what `HrFlowClient.get_profile` raises.
    """
    asked_at = time.monotonic()
    return StoredProfile(client.get_profile(reference), asked_at)


class Sweep:
    """The pages of a source, and whether they can be believed; usable from many threads at once.

    Args:
        limit: how many profiles are asked for in a page.
        at_once: how many pages are read and pushed at a time.
        first: the profiles of the first page, where they are there already.
    """

    def __init__(
        self,
        client: HrFlowClient,
        limit: int,
        pages: int,
        at_once: int,
        first: list[StoredProfile] | None = None,
    ) -> None:
        self._client = client
        self._limit = limit
        self._first = first
        self.first_edit = threading.Lock()
        """Held by the thread that makes the first edit, until the list has shown it."""
        self.pages = pages
        self.at_once = at_once
        self.doubt: str | None = None
        """Why the list is not believed any more; None as long as it is."""
        self.has_shown_an_edit = False

    def read(self, number: int) -> list[StoredProfile]:
        """The profiles of a page; one of them is compared with a reading by itself.

        Raises:
            what `HrFlowClient.list_profiles` raises.
        """
        if number == 1 and self._first is not None:
            profiles, self._first = self._first, None
        else:
            asked_at = time.monotonic()
            page = self._client.list_profiles(number, self._limit)
            profiles = _listed(page.profiles, asked_at, number)
        if profiles:
            self._compare_one(random.choice(profiles))
        return profiles

    def compare(self, listed: StoredProfile, alone: StoredProfile) -> None:
        """Doubt the list where it shows a profile in another state than a reading by itself.

        No failure is raised.
        """
        if self.doubt is not None or listed.profile == alone.profile:
            return
        # Somebody may have edited it between the two readings. Then the list shows that by now.
        if self._listed_again(listed) != alone.profile:
            self.doubt = "it shows a profile in another state than a reading by itself"

    def see_edit(self, edit: Edit, listed: StoredProfile) -> None:
        """After an edit, ask the list for the profile, and doubt it where it does not show it.

        One edit of a push is enough. No failure is raised: the edit is made.
        """
        if self.has_shown_an_edit or self.doubt is not None:
            return
        again = self._listed_again(listed)
        if again is not None and arrival_of(edit, again) is not Arrival.NOT_SHOWN:
            self.has_shown_an_edit = True
        else:
            self.doubt = "it does not show an edit at once"

    def _compare_one(self, listed: StoredProfile) -> None:
        try:
            alone = read_alone(self._client, str(listed.reference))
        except CandidateError:
            # Deleted since, or refused; where it is a candidate's, its own push says so.
            return
        self.compare(listed, alone)

    def _listed_again(self, listed: StoredProfile) -> JsonObject | None:
        """The profile as the list shows it now; None where it shows none, or does not answer."""
        reference = str(listed.reference)
        try:
            found = self._client.listed_profile(reference)
            if found is None and listed.page is not None:
                # That it takes a reference is documented, and what it does with one is not.
                page = self._client.list_profiles(listed.page, self._limit)
                found = next((p for p in page.profiles if p.get("reference") == reference), None)
        except GreenhouseHrflowError:
            return None
        return found


def _listed(profiles: Sequence[JsonObject], asked_at: float, page: int) -> list[StoredProfile]:
    return [
        StoredProfile(profile, asked_at, page)
        for profile in profiles
        if isinstance(profile.get("reference"), str)
    ]


@dataclass(frozen=True)
class Reading:
    """How the profiles of a push are read.

    Attributes:
        sweep: None where each is read by itself.
        why: in words for a person, with the counts that decided it.
    """

    sweep: Sweep | None
    why: str

    def __str__(self) -> str:
        doubt = self.sweep.doubt if self.sweep else None
        return (
            f"{self.why}; then each by itself, since the list lags: {doubt}" if doubt else self.why
        )


def choose_reading(client: HrFlowClient, references: Sequence[str]) -> Reading:
    """Choose what takes less time for these candidates.

    The first page tells how many profiles the source has, how many of them the server puts on a
    page, and how long a page takes; one reading by itself tells how long that takes. A list that
    is refused is no fault: then each profile is read by itself.
    """
    wanted = len(references)
    if wanted < FEWEST:
        return Reading(None, f"each by itself: fewer than {FEWEST}")
    limit = min(LARGEST_PAGE, wanted)
    try:
        asked_at = time.monotonic()
        first = client.list_profiles(1, limit)
        page_seconds = time.monotonic() - asked_at
        alone = _seconds_a_request(client, _seconds_alone(client, references[0]), client.workers)
    except GreenhouseHrflowError as error:
        return Reading(None, f"each by itself: {type(error).__name__} when the list was asked for")
    if not first.size:
        return Reading(None, "each by itself: the list shows no profile")
    # So many are edited in that time: no more are listed ahead.
    in_time = max(1, int(_LISTED_FOR / alone))
    size = min(first.size, in_time)
    at_once = max(1, min(_PAGES_AT_ONCE, client.workers, min(_PROFILES_AT_ONCE, in_time) // size))
    pages = -(-first.total // size)
    # Of each page, one profile is read by itself as well; a first page of this size is there.
    listed = _listed(first.profiles, asked_at, 1) if size == first.size else None
    to_read = pages - 1 if listed else pages
    swept = to_read * _seconds_a_request(client, page_seconds, at_once) + pages * alone
    # Whom the list does not show is asked for alone in either way.
    singly = min(wanted, first.total) * alone
    in_pages = f"{pages} pages of {size} ({swept:.1f} s)"
    if swept <= singly:
        why = f"page by page: {in_pages}, not {wanted} one by one ({singly:.1f} s)"
        return Reading(Sweep(client, min(limit, in_time), pages, at_once, listed), why)
    return Reading(None, f"each by itself: {wanted} ({singly:.1f} s), not {in_pages}")


def _seconds_alone(client: HrFlowClient, reference: str) -> float:
    began = time.monotonic()
    with suppress(CandidateError):
        client.get_profile(reference)
    return time.monotonic() - began


def _seconds_a_request(client: HrFlowClient, seconds: float, at_once: int) -> float:
    """The seconds that each of many requests takes, when so many are in the air."""
    ceiling = client.max_requests_per_minute
    return max(seconds / at_once, LEAST_SECONDS, 60 / ceiling if ceiling else 0.0)
