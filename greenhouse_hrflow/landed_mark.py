"""Up to where a workflow that runs outside Dagster has landed, kept in the configured storage.

Inside Dagster the sensor remembers it, and the instance knows the runs.
"""

from __future__ import annotations

from datetime import datetime, timezone

import pandas as pd
import pyarrow as pa

from greenhouse_hrflow.clock import is_ahead
from greenhouse_hrflow.tables import TableStore

_MOMENT = pd.ArrowDtype(pa.timestamp("us", tz="UTC"))
_PARTITION = "outside_dagster"


class LandedMark:
    """The mark of one workflow."""

    def __init__(self, tables: TableStore, workflow_id: str) -> None:
        self._tables = tables
        self._table = ("landed", workflow_id)

    def read(self) -> datetime | None:
        """All changes up to this moment are in HrFlow; None before the first success.

        A moment that is yet to come was taken from a Date that was wrong: it is none.
        """
        frame = self._tables.read(self._table, _PARTITION)
        if frame is None or frame.empty:
            return None
        landed = frame["landed_until"].iloc[0].to_pydatetime().astimezone(timezone.utc)
        return None if is_ahead(landed) else landed

    def move(self, landed_until: datetime) -> None:
        """Note a success. The mark never goes back: runs may end in any order."""
        before = self.read()
        newest = landed_until if before is None else max(before, landed_until)
        frame = pd.DataFrame({"landed_until": pd.Series([newest], dtype=_MOMENT)})
        self._tables.write(self._table, _PARTITION, frame)
