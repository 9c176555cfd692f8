"""Moments and the half-open windows between them, in UTC and whole milliseconds.

Which window a run covers is decided in `orchestration.partitions`; here is only what a window is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

MILLISECOND = timedelta(milliseconds=1)

_USUAL_FORM = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3}|\.\d{6})?Z", re.ASCII)
"""How Greenhouse writes its moments, and we ours."""


def parse_moment(value: str | datetime) -> datetime:
    """Read an ISO-8601 timestamp as an aware UTC datetime; one without a zone is UTC.

    Raises:
        ValueError: it is not ISO-8601. The message does not repeat the value.
    """
    try:
        moment = value if isinstance(value, datetime) else _parse_iso(value)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc)
    except (ValueError, TypeError, OverflowError):
        raise ValueError("not an ISO-8601 timestamp, such as 2024-12-15T03:55:00Z") from None


def _parse_iso(text: str) -> datetime:
    # A twentieth of isoparse's time, which reads the forms that come seldom.
    if isinstance(text, str) and _USUAL_FORM.fullmatch(text):
        try:
            return datetime.fromisoformat(text[:-1]).replace(tzinfo=timezone.utc)
        except ValueError:
            pass  # 24:00:00 is a moment to isoparse alone
    # Seldom needed, and long to import for who only wants to know when a day has ended.
    from dateutil.parser import isoparse

    return isoparse(text)


def format_moment(moment: datetime) -> str:
    """Write a moment the way Greenhouse writes its own: `2024-12-15T03:55:00.000Z`."""
    utc = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def _round_up_to_millisecond(moment: datetime | None) -> datetime | None:
    """Rounded up, a bound of a half-open window divides records in whole milliseconds as before."""
    if moment is None:
        return None
    utc = moment.astimezone(timezone.utc)
    excess = utc.microsecond % 1000
    return utc + timedelta(microseconds=1000 - excess) if excess else utc


@dataclass(frozen=True)
class UpdateWindow:
    """The moments with `updated_after <= moment < updated_before`; a bound of None is open."""

    updated_after: datetime | None = None
    updated_before: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "updated_after", _round_up_to_millisecond(self.updated_after))
        object.__setattr__(self, "updated_before", _round_up_to_millisecond(self.updated_before))

    @property
    def is_empty(self) -> bool:
        """Whether no moment lies in it."""
        if self.updated_after is None or self.updated_before is None:
            return False
        return self.updated_after >= self.updated_before

    @property
    def is_unbounded(self) -> bool:
        """Whether every moment lies in it."""
        return self.updated_after is None and self.updated_before is None

    def __contains__(self, moment: datetime) -> bool:
        after = self.updated_after is None or self.updated_after <= moment
        return after and (self.updated_before is None or moment < self.updated_before)

    def narrowed(self, other: UpdateWindow) -> UpdateWindow:
        """The moments that lie in both windows; it may be empty."""
        starts = [w.updated_after for w in (self, other) if w.updated_after is not None]
        ends = [w.updated_before for w in (self, other) if w.updated_before is not None]
        return UpdateWindow(max(starts, default=None), min(ends, default=None))

    def __str__(self) -> str:
        after, before = self.updated_after, self.updated_before
        start = format_moment(after) if after else "the beginning"
        end = format_moment(before) if before else "now"
        return f"[{start}, {end})"
