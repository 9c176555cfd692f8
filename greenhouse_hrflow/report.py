"""The push report: what became of each candidate, a row each, and the counts over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import Enum

import pandas as pd
import pyarrow as pa


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
    GONE = "gone"
    """The candidate is anonymised, and never laid over a profile."""
    DISCARDED = "discarded"
    """A logic gave None."""
    REJECTED = "rejected"
    """A logic, the format or HrFlow refuses it for good."""
    FAILED = "failed"
    """HrFlow kept failing for it; the next runs try again."""
    WOULD_UPDATE = "would_update"
    """The profile differs, and persist is off."""

    def __str__(self) -> str:
        return self.value


COMPARED = frozenset({Outcome.UPDATED, Outcome.UNCHANGED})
"""Outcomes after which HrFlow is known to hold this read of the candidate."""


NOT_READABLE = "greenhouse_gave_no_readable"
"""Why a candidate is rejected that could not be read; the reason goes on with the field's path."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What became of one candidate.

    Attributes:
        reason: our own code, with a field's path or an exception's type; no value.
        detail: an API's or an exception's own text, which can echo values: it stands in the
            stored report alone, and in no repr.
        changed_fields: names of the fields that were (or would be) edited.
        attempts: how many runs in a row HrFlow has now failed for it; 0 where it answered.
        fingerprint: of the formatted profile and of all else that decides how it is laid over.
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


_MOMENT = pd.ArrowDtype(pa.timestamp("us", tz="UTC"))
_TEXT = pd.ArrowDtype(pa.string())
_WHOLE = pd.ArrowDtype(pa.int64())

REPORT_TYPES: dict[str, pd.ArrowDtype] = {
    "candidate_id": _WHOLE,
    "reference": _TEXT,
    "outcome": _TEXT,
    "changed_at": _MOMENT,
    "read_at": _MOMENT,
    "pushed_at": _MOMENT,
    "run_id": _TEXT,
    "reason": _TEXT,
    "detail": _TEXT,
    "profile_key": _TEXT,
    "changed_fields": pd.ArrowDtype(pa.list_(pa.string())),
    "attempts": _WHOLE,
    "fingerprint": _TEXT,
}
"""The columns of a stored report."""


def report_frame(rows: Sequence[ReportRow]) -> pd.DataFrame:
    """The rows as a table of `REPORT_TYPES`."""
    columns = {each.name: [getattr(row, each.name) for row in rows] for each in fields(ReportRow)}
    for name in ("reason", "detail"):
        columns[name] = [_storable(text) for text in columns[name]]
    columns["outcome"] = [str(outcome) for outcome in columns["outcome"]]
    columns["changed_fields"] = [list(names) for names in columns["changed_fields"]]
    return pd.DataFrame(
        {name: pd.Series(columns[name], dtype=dtype) for name, dtype in REPORT_TYPES.items()}
    )


def _storable(text: str | None) -> str | None:
    """The text where half of a surrogate pair is written out: Arrow's UTF-8 has no place for it,
    and one candidate's odd letter must not cost the whole report."""
    return text and text.encode(errors="backslashreplace").decode()


def count_outcomes(rows: Iterable[ReportRow]) -> Counter[Outcome]:
    """How many candidates came to each outcome."""
    return Counter(row.outcome for row in rows)
