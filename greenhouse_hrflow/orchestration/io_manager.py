"""The IO manager: frames of any number of partitions, as one Parquet table a partition.

Dagster's own file managers refuse an output over several partitions and load several as a dict;
here a frame is a frame, however many partitions a run has.
"""

from __future__ import annotations

import dagster as dg
import pandas as pd
from pydantic import Field

from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.orchestration.keys import PARTITION_COLUMN
from greenhouse_hrflow.orchestration.resources import (
    STORAGE_SHARED,
    STORAGE_URL,
    open_storage,
)
from greenhouse_hrflow.storage.split_rows import SplitRows
from greenhouse_hrflow.storage.table_names import DEFAULT_WORKFLOW_ID, table_path
from greenhouse_hrflow.storage.tables import TableStore, together


class NoTable(dg.Failure):
    """A partition was never stored, or not in the storage that is configured now.

    A Failure, since Dagster would try anything else again, and wrap it in a sentence of its own.
    """


class ParquetTables(dg.ConfigurableIOManager):
    """Stores the tables of both assets, one Parquet file a partition."""

    # Not a `Storage`: Dagster warns of itself where one resource is nested in another.
    url: str | None = Field(default=None, description=STORAGE_URL)
    shared: bool | None = Field(default=None, description=STORAGE_SHARED)
    workflow_id: str = Field(
        default=DEFAULT_WORKFLOW_ID,
        description="Whose tables these are: several workflows may share one storage.",
    )

    def handle_output(self, context: dg.OutputContext, obj: pd.DataFrame) -> None:
        """Store each partition of the run, an empty one too: then it is known to be empty."""
        keys = context.asset_partition_keys
        split = SplitRows(obj, PARTITION_COLUMN)
        strangers = split.keys - set(keys)
        if strangers:
            raise dg.Failure(
                f"Rows of partition {sorted(strangers)[0]} came out of a run over other "
                "partitions; nothing was stored.",
                allow_retries=False,
            )
        tables = self._open(context.step_context.instance)
        for key in keys:
            tables.write(table_of(self.workflow_id, context.asset_key), key, split.rows(key))

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """The partitions of the run in one frame, with the column `partition_key`."""
        tables = self._open(context.instance)
        table = table_of(self.workflow_id, context.asset_key)
        frames: list[pd.DataFrame] = []
        for key in context.asset_partition_keys:
            frame = tables.read(table, key)
            if frame is None:
                raise NoTable(
                    f"{context.asset_key.to_user_string()} has no table for partition {key} in "
                    f"{tables}. Materialise it first, or look whether GREENHOUSE_HRFLOW_STORAGE "
                    f"is the same for every run.{_former_place(table)}",
                    allow_retries=False,
                )
            frames.append(frame.assign(**{PARTITION_COLUMN: key}))
        return together(frames)

    def _open(self, instance: dg.DagsterInstance) -> TableStore:
        try:
            return open_storage(self.url, self.shared, instance)
        except ConfigurationError as error:
            # As for NoTable: Dagster would wrap it in a sentence of its own.
            raise dg.Failure(str(error), allow_retries=False) from None


def table_of(workflow_id: str, asset_key: dg.AssetKey) -> tuple[str, ...]:
    """The table of an asset of a workflow."""
    return table_path(workflow_id, *asset_key.path)


def _former_place(table: tuple[str, ...]) -> str:
    """Where version 0.1.0 kept the tables of a workflow that is not the default one."""
    if len(table) == 1:
        return ""
    return (
        f" Up to version 0.1.0 it was in {table[-1]}/: move that folder to {'/'.join(table)}/, if "
        "it is this workflow's own."
    )
