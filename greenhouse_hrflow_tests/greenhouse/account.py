"""A Greenhouse account of a few v3 rows that a test writes down, odd ones too."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

STAMP = "2025-03-05T00:00:00.000Z"
"""A moment in `conftest.LAST_WEEK`."""

STAMPED_AT = datetime(2025, 3, 5, tzinfo=timezone.utc)
"""The same moment, parsed."""

EARLIER = "2024-01-01T00:00:00.000Z"
"""A moment before that window."""


class Account(StandIn):
    """An account of a few rows: every list filtered by its id parameters, and by nothing else."""

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        super().__init__(self._reply)
        self.lists = lists

    def _reply(self, asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t"})
        rows = self.lists.get(asked.path.removeprefix("/v3/"), [])
        for name, value in asked.query.items():
            if name.endswith("ids"):
                field = "id" if name == "ids" else name.removesuffix("s")
                rows = [row for row in rows if str(row.get(field)) in value.split(",")]
        return Reply(rows)


def row(number: Any, **fields: Any) -> dict[str, Any]:
    """A row with this id that has not changed in the window, but for these fields."""
    return {"id": number, "created_at": EARLIER, "updated_at": EARLIER, **fields}
