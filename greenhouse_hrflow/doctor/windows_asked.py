"""Whether a list of Harvest applies the window that it is asked for: what its rows say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone

from greenhouse_hrflow.doctor.findings import JsonObject
from greenhouse_hrflow.greenhouse.candidate import readable_moment
from greenhouse_hrflow.windows import UpdateWindow

FAR_FUTURE = UpdateWindow(datetime(2999, 1, 1, tzinfo=timezone.utc), None)
"""In which nothing lies, so that a list that answers with anything does not apply it."""

_FEWEST_MOMENTS = 3


@dataclass(frozen=True)
class Split:
    """Rows of one answer, by whether they lie in a window."""

    inside: int
    outside: int

    @classmethod
    def of(cls, rows: Iterable[JsonObject], window: UpdateWindow) -> Split:
        """Rows without a readable moment count as inside: they say nothing against the list."""
        moments = [readable_moment(row.get("updated_at")) for row in rows]
        inside = sum(moment is None or moment in window for moment in moments)
        return cls(inside, len(moments) - inside)


def middle_window(rows: Iterable[JsonObject]) -> UpdateWindow | None:
    """A window with some of these rows before it, in it and after it; None of too few moments."""
    moments = _moments(rows)
    if len(moments) < _FEWEST_MOMENTS:
        return None
    return UpdateWindow(moments[len(moments) // 3], moments[2 * len(moments) // 3])


def older_half(rows: Iterable[JsonObject]) -> UpdateWindow | None:
    """The window that ends where the newer half of these rows begins."""
    moments = _moments(rows)
    if len(moments) < _FEWEST_MOMENTS:
        return None
    # A lower bound too, since two bounds are what runs ask with.
    return UpdateWindow(datetime(2000, 1, 1, tzinfo=timezone.utc), moments[len(moments) // 2])


def _moments(rows: Iterable[JsonObject]) -> list[datetime]:
    found = (readable_moment(row.get("updated_at")) for row in rows)
    return sorted({moment for moment in found if moment is not None})
