"""Tables of the configured storage: Parquet, a folder a partition, replaced whole or not at all.

Which tables there are is decided by those who read and write them; where they lie, in
`storage_location`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath

from greenhouse_hrflow.storage.file_stamps import stamps_elsewhere, stamps_on_disk, written_at
from greenhouse_hrflow.storage.location import FOLDERS, LOCAL, locate, require_usable
from greenhouse_hrflow.storage.plain_rows import plain_rows

if TYPE_CHECKING:
    import pandas as pd

MOMENT = pa.timestamp("us", tz="UTC")
"""The type of every column of moments."""

_ROWS_AT_ONCE = 2048
"""So many rows are encoded or decoded at a time: some 10 MB where each holds a candidate."""


_REMOTE_BLOCK = 256 * 1024
"""Bytes that are asked for at once where a part of a remote file is read."""


class TableStore:
    """Tables under one folder or fsspec URL; each is named by a path of words and a partition.

    Raises:
        ConfigurationError: the place is a relative path, or a kind of storage that is not there.
    """

    def __init__(self, base: str | os.PathLike[str] | UPath) -> None:
        self._base = locate(base)

    def __str__(self) -> str:
        return str(self._base)

    def require_usable(self) -> None:
        """Look, before anything is read, whether tables can be kept here.

        Raises:
            ConfigurationError: they cannot; says why.
        """
        require_usable(self._base)

    def path(self, table: tuple[str, ...], partition_key: str) -> UPath:
        """Where a partition of a table lies, or would lie."""
        return self._base.joinpath(*table, partition_key, f"{table[-1]}.parquet")

    def read(self, table: tuple[str, ...], partition_key: str) -> pd.DataFrame | None:
        """One partition of a table; None where it was never written."""
        content = self._content(table, partition_key)
        return None if content is None else to_frame(content)

    def rows(self, table: tuple[str, ...], partition_key: str) -> list[dict[str, Any]]:
        """The rows of one partition of a table; none where it was never written.

        For many small tables: a frame of a few rows takes longer to make than to read.
        """
        content = self._content(table, partition_key)
        return [] if content is None else plain_rows(content)

    def write(self, table: tuple[str, ...], partition_key: str, frame: pd.DataFrame) -> UPath:
        """Put a frame in the place of a partition; a crash leaves the former one whole."""
        path = self.path(table, partition_key)
        content = to_arrow(frame)
        if path.protocol in LOCAL:
            _replace_local(
                Path(path.path), lambda file: pq.write_table(content, file, compression="zstd")
            )
        else:
            _replace_remote(path, to_parquet(content))
        return path

    def write_file(self, place: tuple[str, ...], content: bytes) -> None:
        """Put a file in the place of a former one; a crash leaves that whole."""
        path = self._base.joinpath(*place)
        if path.protocol in LOCAL:
            _replace_local(Path(path.path), lambda file: file.write(content))
        else:
            _replace_remote(path, content)

    def read_file(self, place: tuple[str, ...]) -> bytes | None:
        """The whole of a file; None where there is none."""
        path = self._path_of(place)
        try:
            if self.is_local:
                return Path(path).read_bytes()
            # Whole and at once: a file that is read in pieces may be replaced between two.
            content: Any = self._base.fs.cat_file(path)
        except FileNotFoundError:
            return None
        return content

    @property
    def is_local(self) -> bool:
        """Whether they lie on this machine, where no answer is waited for."""
        return self._base.protocol in LOCAL

    def stamps(self, folder: tuple[str, ...]) -> dict[tuple[str, ...], str]:
        """Every Parquet file below a folder, with what changes whenever it is replaced; an empty
        text where the storage does not tell."""
        path = self._path_of(folder)
        found = stamps_on_disk(path) if self.is_local else stamps_elsewhere(self._base.fs, path)
        depth = len(path.strip("/").split("/"))
        return {
            (*folder, *name.strip("/").split("/")[depth:]): stamp
            for name, stamp in sorted(found.items())
            # A file that is being written has a name that begins with a dot.
            if name.endswith(".parquet") and not name.rpartition("/")[2].startswith(".")
        }

    def open_parquet(self, place: tuple[str, ...]) -> pq.ParquetFile | None:
        """A Parquet file that is to be read in part; None where there is none."""
        path = self._path_of(place)
        try:
            if self.is_local:
                return pq.ParquetFile(path, memory_map=True)
            return pq.ParquetFile(self._base.fs.open(path, "rb", block_size=_REMOTE_BLOCK))
        except FileNotFoundError:
            return None

    def names_in(self, folder: tuple[str, ...]) -> list[str]:
        """What lies in a folder, sorted; nothing where there is none."""
        path = self._base.joinpath(*folder)
        # What another machine wrote since is not in a listing that this process remembers.
        path.fs.invalidate_cache()
        try:
            listed: list[str] = path.fs.ls(path.path, detail=False)
        except FileNotFoundError:
            return []
        names = sorted(name.rstrip("/").rpartition("/")[2] for name in listed)
        # A file that is being written has a name that begins with a dot.
        return [name for name in names if name and not name.startswith(".")]

    def remove(self, folder: tuple[str, ...]) -> None:
        """Take a folder away with all that lies in it."""
        path = self._base.joinpath(*folder)
        if path.fs.exists(path.path):
            path.fs.rm(path.path, recursive=True)

    def written_since(self, table: tuple[str, ...], moment: float) -> Iterator[str]:
        """The partitions of a table that were written at this epoch second or later."""
        folder = self._base.joinpath(*table)
        # What another machine wrote since is not in a listing that this process remembers.
        folder.fs.invalidate_cache()
        # One listing of all files: an object store takes a request for each that is asked for.
        files: dict[str, Any] = dict(folder.fs.find(folder.path, detail=True))
        for path, info in files.items():
            *_, partition_key, name = path.split("/")
            written = written_at(info)
            # A store that does not tell is read rather than trusted.
            if name == f"{table[-1]}.parquet" and (not written or written >= moment):
                yield partition_key

    def _path_of(self, place: tuple[str, ...]) -> str:
        # Not by UPath, which takes as long to join a path as Arrow does to open the file.
        return "/".join((self._base.path.rstrip("/"), *place))

    def _content(self, table: tuple[str, ...], partition_key: str) -> pa.Table | None:
        content = self.read_file((*table, partition_key, f"{table[-1]}.parquet"))
        return None if content is None else _table_in(pa.BufferReader(content))


def together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all frames, in order, with a new index.

    Joined in Arrow: pandas would guess the types anew where a frame or a column is empty.
    """
    tables = [to_arrow(frame) for frame in frames]
    return to_frame(pa.concat_tables(tables, promote_options="permissive"))


def frame_of(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pd.DataFrame:
    """Rows as a frame of a table's schema."""
    return to_frame(pa.Table.from_pylist(list(rows), schema=schema))


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """A frame as Arrow alone, without its index and without pandas' own metadata.

    That metadata names the types of pandas that wrote it. pandas itself cannot read such a name
    again where a column holds lists, and refuses the whole table.
    """
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def to_frame(content: pa.Table) -> pd.DataFrame:
    """Arrow as a frame of the same types, whatever metadata a former version has stored."""
    # It takes longer to import than a candidate's story may take, for which no frame is made.
    import pandas as pd

    return content.replace_schema_metadata(None).to_pandas(types_mapper=pd.ArrowDtype)


def _table_in(content: pa.BufferReader) -> pa.Table:
    """The table in a Parquet file, decoded a few rows at a time.

    Whole, a column of long texts lies in memory twice while it is decoded.
    """
    file = pq.ParquetFile(content)
    batches = file.iter_batches(batch_size=_ROWS_AT_ONCE, use_threads=False)
    return pa.Table.from_batches(batches, schema=file.schema_arrow)


def to_parquet(content: pa.Table, **options: Any) -> bytes:
    """A table as the content of a Parquet file."""
    made = pa.BufferOutputStream()
    pq.write_table(content, made, compression="zstd", **options)
    return made.getvalue().to_pybytes()


def from_parquet(content: bytes) -> pa.Table:
    """The table that `to_parquet` gave."""
    return _table_in(pa.BufferReader(content))


def _replace_local(path: Path, write: Callable[[BinaryIO], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with beside.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _replace_remote(path: UPath, content: bytes) -> None:
    """Object stores show an upload when it is complete; a write through a file object is shown
    even when it broke off in the middle, so the whole file is made first."""
    if path.protocol in FOLDERS:
        path.fs.makedirs(path.parent.path, exist_ok=True)
    path.fs.pipe_file(path.path, content)
