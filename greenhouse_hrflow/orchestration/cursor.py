"""The sensor's memory from one tick to the next: the watermark, and the window that is under way.

What became of that window is told by `run_history`; what a tick makes of it, by `sensor`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.orchestration.keys import (
    UPDATED_AFTER_TAG,
    UPDATED_BEFORE_TAG,
    WORKFLOW_TAG,
)
from greenhouse_hrflow.windows import UpdateWindow, format_moment, parse_moment


@dataclass(frozen=True)
class RequestedWindow:
    """A window for which a run was requested, and that is not known to be done.

    Attributes:
        attempt: how often it was requested, in this form or a smaller one.
        seen: what Greenhouse showed when it was requested, as digests of `RecentRecord`.
    """

    updated_after: datetime
    updated_before: datetime
    attempt: int
    requested_at: datetime
    seen: tuple[str, ...] = ()

    @property
    def window(self) -> UpdateWindow:
        """The window itself."""
        return UpdateWindow(self.updated_after, self.updated_before)

    def tags(self, workflow_id: str) -> dict[str, str]:
        """The tags that every run over this window carries, re-executions too."""
        return {
            WORKFLOW_TAG: workflow_id,
            UPDATED_AFTER_TAG: format_moment(self.updated_after),
            UPDATED_BEFORE_TAG: format_moment(self.updated_before),
        }


@dataclass(frozen=True)
class Cursor:
    """What the sensor remembers between ticks, as JSON that an operator can read and set.

    The least that can be set is `{"watermark": "2024-12-15T03:55:00Z"}`: all changes up to that
    moment are in HrFlow.

    Attributes:
        seen: what Greenhouse showed when the run was requested that moved the watermark.
        faults: how many ticks in a row met a fault that may pass.
        nothing_new_until: when a tick last saw that nothing had changed since the watermark.
    """

    watermark: datetime | None = None
    seen: tuple[str, ...] = ()
    requested: RequestedWindow | None = None
    faults: int = 0
    nothing_new_until: datetime | None = None

    @property
    def arrived_until(self) -> datetime | None:
        """All changes up to this moment are in HrFlow; None where that is not known."""
        known = (self.watermark, self.nothing_new_until)
        return max((moment for moment in known if moment is not None), default=None)

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """Read a cursor; None is the cursor of a sensor that never ticked.

        Raises:
            ConfigurationError: it is not such JSON; says how to set it.
        """
        if not text:
            return cls()
        try:
            content = json.loads(text)
            # Version 0.1.0 called the two `landed_until` and `asked`.
            watermark = content.get("watermark", content.get("landed_until"))
            requested = content.get("requested", content.get("asked"))
            return cls(
                parse_moment(watermark) if watermark is not None else None,
                tuple(map(str, content.get("seen") or ())),
                _requested_window(requested) if requested is not None else None,
                int(content.get("faults") or 0),
                parse_moment(content["nothing_new_until"])
                if content.get("nothing_new_until")
                else None,
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            raise ConfigurationError(
                "The sensor's cursor cannot be read. Reset it in the UI (Automation > the sensor "
                '> Edit cursor): leave it empty, or set {"watermark": "2024-12-15T03:55:00Z"} '
                "with the moment up to which all changes are in HrFlow."
            ) from None

    def write(self) -> str:
        """The cursor as JSON."""
        content: dict[str, Any] = {"watermark": _text_of(self.watermark)}
        if self.requested is not None:
            content["requested"] = {
                "updated_after": _text_of(self.requested.updated_after),
                "updated_before": _text_of(self.requested.updated_before),
                "attempt": self.requested.attempt,
                "requested_at": _text_of(self.requested.requested_at),
                "seen": list(self.requested.seen),
            }
        if self.faults:
            content["faults"] = self.faults
        if self.nothing_new_until is not None:
            content["nothing_new_until"] = _text_of(self.nothing_new_until)
        return json.dumps({**content, "seen": list(self.seen)})


def _requested_window(content: dict[str, Any]) -> RequestedWindow:
    return RequestedWindow(
        parse_moment(content["updated_after"]),
        parse_moment(content["updated_before"]),
        int(content["attempt"]),
        parse_moment(content["requested_at"] if "requested_at" in content else content["asked_at"]),
        tuple(map(str, content.get("seen") or ())),
    )


def _text_of(moment: datetime | None) -> str | None:
    return format_moment(moment) if moment is not None else None
