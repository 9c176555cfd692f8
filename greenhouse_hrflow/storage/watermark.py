"""The watermark of a workflow that runs outside Dagster, kept in the configured storage.

Inside Dagster the sensor remembers it, and the instance knows the runs.
"""

from __future__ import annotations

from datetime import datetime, timezone

import pyarrow as pa

from greenhouse_hrflow.clock import is_ahead
from greenhouse_hrflow.storage.tables import MOMENT, TableStore, frame_of

_SCHEMA = pa.schema([pa.field("landed_until", MOMENT)])
"""The column and the table are named as version 0.1.0 named them."""

_PARTITION = "outside_dagster"


class WatermarkTable:
    """The watermark of one workflow."""

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
        watermark = frame["landed_until"].iloc[0].to_pydatetime().astimezone(timezone.utc)
        return None if is_ahead(watermark) else watermark

    def move(self, watermark: datetime) -> None:
        """Note a success. It never goes back: runs may end in any order."""
        before = self.read()
        newest = watermark if before is None else max(before, watermark)
        frame = frame_of([{"landed_until": newest}], _SCHEMA)
        self._tables.write(self._table, _PARTITION, frame)
