"""Something that should not be: which cause it has, how it is known again, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Cause(str, Enum):
    """Why somebody is told."""

    FAILED_RUN = "failed_run"
    FAILED_CHECK = "failed_check"
    FAILING_TICKS = "failing_ticks"
    WATERMARK = "watermark_stands_still"
    GIVEN_UP = "candidates_given_up"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Condition:
    """Something that holds now.

    Attributes:
        identity: stays the same for as long as it holds, whatever is retried.
        begun: what to say when it begins: what happened, to what, and what to do.
        ended: what to say when it ends.
        path: of the page in Dagster's UI that shows it.
        may_begin: False where it holds, but something else explains it, or it is too early to
            tell: it is then told later, and one that was told does not end.
        number: of a set that can grow, how many there are.
        details: what it takes to look for its end.
    """

    identity: str
    cause: Cause
    begun: str
    ended: str
    path: str
    counts: Mapping[str, int] = field(default_factory=dict)
    ids: tuple[int, ...] = ()
    run_id: str | None = None
    may_begin: bool = True
    number: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)
