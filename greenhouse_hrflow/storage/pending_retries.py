"""The small table of what is to be tried again, and when. The ledger writes it anew with each push;
a tick of the sensor, and who looks a candidate up, read it alone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import pyarrow as pa

from greenhouse_hrflow.storage.tables import MOMENT, TableStore

PENDING_SCHEMA = pa.schema(
    [
        pa.field("reference", pa.string()),
        pa.field("due_at", MOMENT),
        pa.field("unsettled_since", MOMENT),
    ]
)

PENDING = "pending"
"""Its one partition."""


def pending_table(workflow_id: str) -> tuple[str, ...]:
    """The table of a workflow."""
    return "retries", workflow_id


def due_at(
    tables: TableStore, workflow_id: str, references: Collection[str]
) -> dict[str, datetime]:
    """When each of these references is to be tried again; those that are not, are left out."""
    rows = tables.rows(pending_table(workflow_id), PENDING)
    return {row["reference"]: row["due_at"] for row in rows if row["reference"] in references}
