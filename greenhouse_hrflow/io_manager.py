"""The IO manager: frames of any number of partitions, as one Parquet table a partition.

Dagster's own file managers refuse an output over several partitions and load several as a dict;
here a frame is a frame, however many partitions a run has.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import pandas as pd
from pydantic import Field

from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.tables import TableStore

PARTITION_KEY = "partition_key"
"""The column that says which partition a row belongs to; it is not stored."""


class NoTable(ConfigurationError):
    """A partition was never stored, or not in the storage that is configured now."""


class Storage(dg.ConfigurableResource["Storage"]):
    """Where the tables lie: a folder or any fsspec URL that every run can reach."""

    url: str | None = Field(
        default=None,
        description="A folder or an fsspec URL such as s3://bucket/path; else the variable "
        "GREENHOUSE_HRFLOW_STORAGE, else a folder under DAGSTER_HOME.",
    )

    def open(self, instance: dg.DagsterInstance) -> TableStore:
        """The tables that lie there; an instance without a home lends its own folder."""
        return TableStore(self.url or default_storage() or instance.storage_directory())


class ParquetTables(dg.ConfigurableIOManager):
    """Stores the tables of both assets, one Parquet file a partition."""

    storage: Storage

    def handle_output(self, context: dg.OutputContext, obj: pd.DataFrame) -> None:
        """Store each partition of the run, an empty one too: then it is known to be empty."""
        keys = context.asset_partition_keys
        strangers = set(obj[PARTITION_KEY].unique()) - set(keys)
        if strangers:
            raise ConfigurationError(
                f"Rows of partition {sorted(strangers)[0]} came out of a run over other "
                "partitions; nothing was stored."
            )
        tables = self.storage.open(_instance(context))
        for key in keys:
            rows = obj[obj[PARTITION_KEY] == key].drop(columns=PARTITION_KEY)
            tables.write(tuple(context.asset_key.path), key, rows)

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """The partitions of the run in one frame, with the column `partition_key`."""
        tables = self.storage.open(_instance(context))
        table = tuple(context.asset_key.path)
        frames: list[pd.DataFrame] = []
        for key in context.asset_partition_keys:
            frame = tables.read(table, key)
            if frame is None:
                raise NoTable(
                    f"{context.asset_key.to_user_string()} has no table for partition {key} in "
                    f"{tables}. Materialise it first, or look whether GREENHOUSE_HRFLOW_STORAGE "
                    "is the same for every run."
                )
            frames.append(frame.assign(**{PARTITION_KEY: key}))
        return pd.concat(frames, ignore_index=True)


def default_storage() -> str | None:
    """The storage that the environment names; None where it names none."""
    if storage := os.environ.get("GREENHOUSE_HRFLOW_STORAGE"):
        return storage
    home = os.environ.get("DAGSTER_HOME")
    return str(Path(home, "greenhouse_hrflow")) if home else None


def _instance(context: dg.InputContext | dg.OutputContext) -> dg.DagsterInstance:
    return context.step_context.instance
