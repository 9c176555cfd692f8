"""Which candidates a Parquet file holds, as a bare list of their ids beside it.

To open a Parquet file and decode its ids takes a millisecond, and a year has a thousand files; such
a list is read in a twentieth of that. A list carries in its name the stamp of the file that it was
made from, so one of a file that was replaced since is not believed. All may be deleted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from greenhouse_hrflow.storage.tables import TableStore

ID_LISTS = "id_lists"

ID_BYTES = 8
"""Of an id in such a list, and in a column: a little-endian int64."""

_FILES_AT_ONCE = 16
_STAMP_LENGTH = 16

Place = tuple[str, ...]


class IdLists:
    """The lists of the files below one folder of a storage.

    Args:
        id_column: the column of the files that holds candidate ids.
    """

    def __init__(self, tables: TableStore, folder: Place, id_column: str) -> None:
        self._tables = tables
        self._files = folder
        self._lists = (ID_LISTS, *folder)
        self._id_column = id_column

    def list_new(self, most: int) -> int:
        """Make the lists that are missing, and take away those of files that were replaced. Two
        listings where there is nothing to do.

        Args:
            most: so many at most, the latest partitions first; the others at the next call.

        Returns:
            How many were made.
        """
        there = set(self._tables.names_in(self._lists))
        wanted = {name: place for place, name in self._names() if name}
        missing = sorted(wanted.keys() - there, reverse=True)[:most]
        for name in missing:
            self._make(wanted[name], name)
        for name in there - wanted.keys():
            self._tables.remove((*self._lists, name))
        return len(missing)

    def files_that_may_hold(self, candidate_id: int) -> list[Place]:
        """The files, but for those whose list does not name the candidate."""
        there = set(self._tables.names_in(self._lists))
        files = dict(self._names())
        sought = id_bytes(candidate_id)
        lists = self._read([name for name in files.values() if name in there])
        without = {name for name, ids in lists if ids is not None and sought not in ids}
        return [place for place, name in files.items() if name not in without]

    def _read(self, names: list[str | None]) -> Iterator[tuple[str | None, bytes | None]]:
        places = [(*self._lists, name) for name in names if name]
        if self._tables.is_local:
            # Threads would only wait for each other.
            yield from zip(names, map(self._tables.read_file, places), strict=True)
            return
        with ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
            yield from zip(names, pool.map(self._tables.read_file, places), strict=True)

    def _names(self) -> Iterator[tuple[Place, str | None]]:
        """Every file, and what its list is called; None where the storage does not tell when a
        file was replaced."""
        for place, stamp in self._tables.stamps(self._files).items():
            # The partition, or the file itself where it has no folder of its own.
            part = place[len(self._files)]
            digest = hashlib.sha256(stamp.encode()).hexdigest()[:_STAMP_LENGTH]
            yield place, f"{part}.{digest}" if stamp else None

    def _make(self, place: Place, name: str) -> None:
        # Should the file be replaced meanwhile, the list has a name that nobody asks for.
        file = self._tables.open_parquet(place)
        if file is None:
            return
        with file:
            ids = file.read(columns=[self._id_column]).column(0).cast(pa.int64())
        self._tables.write_file((*self._lists, name), b"".join(map(id_bytes, ids.to_pylist())))


def id_bytes(candidate_id: int) -> bytes:
    """An id as a list, and a column of int64, holds it."""
    return candidate_id.to_bytes(ID_BYTES, "little", signed=True)
