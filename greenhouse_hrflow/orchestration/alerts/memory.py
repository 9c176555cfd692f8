"""What the alert sensor remembers between ticks, as JSON in its cursor: above all, what was told.

No text of an API, no name and no address stands in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.orchestration.alerts.condition import Cause, Condition
from greenhouse_hrflow.windows import format_moment, parse_moment


@dataclass(frozen=True)
class Told:
    """A condition that was told, and whose end was not.

    Attributes:
        at: when it was told last.
        ended, path, run_id, number, details: as of the condition.
    """

    cause: Cause
    at: datetime
    ended: str
    path: str
    run_id: str | None
    number: int
    details: Mapping[str, Any]

    @classmethod
    def of(cls, condition: Condition, at: datetime) -> Told:
        """What is to be remembered of a condition that is told now."""
        return cls(
            condition.cause,
            at,
            condition.ended,
            condition.path,
            condition.run_id,
            condition.number,
            condition.details,
        )


@dataclass(frozen=True)
class Memory:
    """The memory as a whole.

    Attributes:
        looked_at: the last tick whose messages were all taken.
        awake_since: since when the ticks of the alert sensor itself follow each other: what did
            not happen before then is no sign of anything.
        explained_at: when something last explained that the watermark stood still.
        seen_running: whether the incremental sensor was ever seen running.
        told: by the condition's identity.
    """

    looked_at: datetime | None = None
    awake_since: datetime | None = None
    explained_at: datetime | None = None
    seen_running: bool = False
    told: Mapping[str, Told] = field(default_factory=dict)

    def with_told(self, changes: Mapping[str, Told | None]) -> Memory:
        """The memory after a message: what it told, and whose end (None)."""
        told = {**self.told, **changes}
        return replace(self, told={name: each for name, each in told.items() if each is not None})

    @classmethod
    def read(cls, text: str | None) -> Memory:
        """Read a cursor; None is that of a sensor that never ticked.

        Raises:
            ConfigurationError: it is no such JSON; says how to set it.
        """
        if not text:
            return cls()
        try:
            content = json.loads(text)
            return cls(
                _moment(content.get("looked_at")),
                _moment(content.get("awake_since")),
                _moment(content.get("explained_at")),
                bool(content.get("seen_running")),
                {str(name): _told(each) for name, each in content.get("told", {}).items()},
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            raise ConfigurationError(
                "The cursor of the alert sensor cannot be read. Reset it in the UI (Automation > "
                "the sensor > Edit cursor) by leaving it empty: what holds is then told again."
            ) from None

    def write(self) -> str:
        """The memory as JSON."""
        return json.dumps(
            {
                "looked_at": _text(self.looked_at),
                "awake_since": _text(self.awake_since),
                "explained_at": _text(self.explained_at),
                "seen_running": self.seen_running,
                "told": {name: _content(each) for name, each in sorted(self.told.items())},
            }
        )


def _told(content: Mapping[str, Any]) -> Told:
    run_id = content.get("run_id")
    return Told(
        Cause(content["cause"]),
        parse_moment(content["at"]),
        str(content["ended"]),
        str(content["path"]),
        str(run_id) if run_id is not None else None,
        int(content.get("number", 0)),
        dict(content.get("details", {})),
    )


def _content(told: Told) -> dict[str, Any]:
    content = {
        "cause": told.cause.value,
        "at": format_moment(told.at),
        "ended": told.ended,
        "path": told.path,
        "run_id": told.run_id,
        "number": told.number,
        "details": dict(told.details),
    }
    return {name: value for name, value in content.items() if value not in (None, 0, {})}


def _moment(text: str | None) -> datetime | None:
    return parse_moment(text) if text is not None else None


def _text(moment: datetime | None) -> str | None:
    return format_moment(moment) if moment is not None else None
