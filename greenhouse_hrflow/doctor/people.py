"""Who is known to both accounts: recent candidates, and the profiles that a source shows.

Nothing of a person leaves this module but counts, and the kinds of text that references are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from greenhouse_hrflow.doctor.findings import JsonObject
from greenhouse_hrflow.greenhouse.candidate import coerced_id, readable_moment

MOST_CANDIDATES = 200
"""So many of those that changed last are looked for in HrFlow."""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=timezone.utc)

_KINDS = {
    "a whole number": re.compile(r"\d{1,19}", re.ASCII),
    "an e-mail address": re.compile(r"[^@\s]+@[^@\s]+"),
    "a UUID": re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE),
    "a hash": re.compile(r"[0-9a-f]{32,64}", re.IGNORECASE),
    "a prefix and a number": re.compile(r"\D+\d{1,19}", re.ASCII),
}


@dataclass(frozen=True)
class RecentCandidate:
    """By what a candidate's profile may be found.

    Attributes:
        reference: the one that the default format gives.
        emails: in lower case.
    """

    reference: str = field(repr=False)
    emails: frozenset[str] = field(repr=False)


def recent_candidates(rows: Iterable[JsonObject]) -> list[RecentCandidate]:
    """Of these records of either Harvest version, those that changed last."""
    known = [row for row in rows if coerced_id(row.get("id")) is not None]
    known.sort(key=lambda row: readable_moment(row.get("updated_at")) or _LONG_AGO, reverse=True)
    return [
        RecentCandidate(str(coerced_id(row["id"])), frozenset(_emails(row)))
        for row in known[:MOST_CANDIDATES]
    ]


@dataclass
class KnownProfiles:
    """What the profiles that were looked at are known by."""

    references: set[str] = field(default_factory=set[str], repr=False)
    emails: set[str] = field(default_factory=set[str], repr=False)
    kinds: Counter[str] = field(default_factory=Counter[str])

    def add(self, profile: JsonObject) -> None:
        """Look at a profile."""
        reference, info = profile.get("reference"), profile.get("info")
        self.kinds[_kind_of(reference)] += 1
        if isinstance(reference, str):
            self.references.add(reference)
        email = info.get("email") if isinstance(info, dict) else None
        if isinstance(email, str) and email:
            self.emails.add(email.casefold())

    def by_reference(self, candidates: Iterable[RecentCandidate]) -> int:
        """How many candidates have a profile under their reference."""
        return sum(candidate.reference in self.references for candidate in candidates)

    def by_email_alone(self, candidates: Iterable[RecentCandidate]) -> int:
        """How many others have one that holds, or is called by, one of their addresses."""
        called = self.emails | {reference.casefold() for reference in self.references}
        return sum(
            candidate.reference not in self.references and not called.isdisjoint(candidate.emails)
            for candidate in candidates
        )

    def shown_kinds(self) -> str:
        """The kinds of reference with their counts, the most frequent first."""
        return ", ".join(f"{kind} ({count})" for kind, count in self.kinds.most_common())


def _emails(row: JsonObject) -> Iterator[str]:
    entries: Any = row.get("email_addresses")
    for entry in entries if isinstance(entries, list) else []:
        value = entry.get("value") if isinstance(entry, dict) else None
        if isinstance(value, str) and value:
            yield value.casefold()


def _kind_of(reference: object) -> str:
    if not isinstance(reference, str) or not reference:
        return "none"
    return next((kind for kind, form in _KINDS.items() if form.fullmatch(reference)), "other text")
