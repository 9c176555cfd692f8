"""The report: what became of each candidate in a push, a row each, and the counts over it.

How it is stored is told in `storage.report_table`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from functools import cached_property


class Outcome(str, Enum):
    """What became of one candidate in a push."""

    UPDATED = "updated"
    """The profile was edited."""
    UNCHANGED = "unchanged"
    """HrFlow already holds what the format gives."""
    STALE = "stale"
    """The profile was compared or written from a later read of the candidate."""
    MISSING = "missing"
    """The source has no such profile."""
    ARCHIVED = "archived"
    """The profile is archived in HrFlow, and left alone."""
    ANONYMISED = "anonymised"
    """The candidate is anonymised in Greenhouse, and not written into a profile."""
    DISCARDED = "discarded"
    """A logic gave None."""
    REJECTED = "rejected"
    """A logic, the format or HrFlow refuses it for good."""
    FAILED = "failed"
    """HrFlow kept failing for it; the next runs try again."""
    WOULD_UPDATE = "would_update"
    """The profile differs, and persist is off or the brake stopped the run."""

    def __str__(self) -> str:
        return self.value


COMPARED = frozenset({Outcome.UPDATED, Outcome.UNCHANGED})
"""Outcomes after which HrFlow is known to hold this read of the candidate."""


LONGEST_DETAIL = 500
"""So many characters of a detail are kept."""


@dataclass(frozen=True, slots=True)
class LastEdit:
    """The last edit of a candidate's profile.

    Attributes:
        edited_at: when it was sent, by our clock.
        fields: the names of the fields that it changed.
    """

    edited_at: datetime
    run_id: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What became of one candidate.

    Attributes:
        reason: one of `reasons.REASONS`, with a field's path or an exception's type; no value.
        detail: the beginning of an API's or an exception's own text, which may quote the
            candidate: it stands in the stored report alone, and in no repr.
        changed_fields: names of the fields that were (or would be) edited.
        attempts: how many runs in a row HrFlow has now failed for it; 0 where it answered.
        fingerprint: of the formatted profile and of all else that decides how it is merged.
        last_edit: this push's edit, or the last one before it, as far as it is known.
    """

    candidate_id: int
    reference: str | None
    outcome: Outcome
    changed_at: datetime
    read_at: datetime
    pushed_at: datetime
    run_id: str
    reason: str | None = None
    detail: str | None = field(default=None, repr=False)
    profile_key: str | None = None
    changed_fields: tuple[str, ...] = ()
    attempts: int = 0
    fingerprint: str | None = None
    last_edit: LastEdit | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", self.detail[:LONGEST_DETAIL] if self.detail else None)


def with_last_edits(rows: Iterable[ReportRow], known: Mapping[int, LastEdit]) -> list[ReportRow]:
    """The rows, with what is known of earlier edits where this push made none.

    Args:
        known: by candidate id.
    """
    return [
        replace(row, last_edit=known[row.candidate_id])
        if row.last_edit is None and row.candidate_id in known
        else row
        for row in rows
    ]


@dataclass(frozen=True)
class Report:
    """What became of the candidates of a push, and how many came to each outcome."""

    rows: Sequence[ReportRow] = ()

    @cached_property
    def outcomes(self) -> Counter[Outcome]:
        """How many candidates came to each outcome."""
        return Counter(row.outcome for row in self.rows)
