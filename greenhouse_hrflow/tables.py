"""Tables of the configured storage: Parquet, a folder a partition, replaced whole or not at all.

Which tables there are is decided by those who read and write them.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath


class TableStore:
    """Tables under one folder or fsspec URL; each is named by a path of words and a partition."""

    def __init__(self, base: str | UPath) -> None:
        self._base = UPath(base)

    def __str__(self) -> str:
        return str(self._base)

    def path(self, table: tuple[str, ...], partition_key: str) -> UPath:
        """Where a partition of a table lies, or would lie."""
        return self._base.joinpath(*table, partition_key, f"{table[-1]}.parquet")

    def read(self, table: tuple[str, ...], partition_key: str) -> pd.DataFrame | None:
        """One partition of a table; None where it was never written."""
        path = self.path(table, partition_key)
        try:
            with path.open("rb") as file:
                content = pq.read_table(file)
        except FileNotFoundError:
            return None
        return to_frame(content)

    def write(self, table: tuple[str, ...], partition_key: str, frame: pd.DataFrame) -> UPath:
        """Put a frame in the place of a partition; a crash leaves the former one whole."""
        path = self.path(table, partition_key)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = to_arrow(frame)
        if path.protocol in ("", "file", "local"):
            _replace_local(Path(path.path), content)
        else:
            _replace_remote(path, content)
        return path

    def written_since(self, table: tuple[str, ...], moment: float) -> Iterator[str]:
        """The partitions of a table that were written at this epoch second or later."""
        folder = self._base.joinpath(*table)
        if not folder.is_dir():
            return
        for child in folder.iterdir():
            path = self.path(table, child.name)
            try:
                written = path.stat().st_mtime
            except FileNotFoundError:
                continue
            # A store that does not tell (0) is read rather than trusted.
            if not written or written >= moment:
                yield child.name


def together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all frames, in order, with a new index.

    Joined in Arrow: pandas would guess the types anew where a frame or a column is empty.
    """
    tables = [to_arrow(frame) for frame in frames]
    return to_frame(pa.concat_tables(tables, promote_options="permissive"))


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """A frame as Arrow alone, without its index and without pandas' own metadata.

    That metadata names the types of pandas that wrote it. pandas itself cannot read such a name
    again where a column holds lists, and refuses the whole table.
    """
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def to_frame(content: pa.Table) -> pd.DataFrame:
    """Arrow as a frame of the same types, whatever metadata a former version has stored."""
    return content.replace_schema_metadata(None).to_pandas(types_mapper=pd.ArrowDtype)


def default_storage() -> str | None:
    """The storage that the environment names; None where it names none."""
    if storage := os.environ.get("GREENHOUSE_HRFLOW_STORAGE"):
        return storage
    home = os.environ.get("DAGSTER_HOME")
    return str(Path(home, "greenhouse_hrflow")) if home else None


def _replace_local(path: Path, content: pa.Table) -> None:
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with beside.open("wb") as file:
            pq.write_table(content, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _replace_remote(path: UPath, content: pa.Table) -> None:
    """Object stores show an upload when it is complete; a write through a file object is shown
    even when it broke off in the middle, so the whole file is made first."""
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder, path.name)
        pq.write_table(content, local, compression="zstd")
        path.fs.put_file(str(local), path.path)
