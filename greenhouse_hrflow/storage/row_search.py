"""The rows of one candidate in many Parquet files, without pandas.

Of each file the footer and the column of ids are read, and where that holds the candidate, the
columns that are wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from greenhouse_hrflow.storage.id_lists import ID_BYTES, id_bytes
from greenhouse_hrflow.storage.plain_rows import plain_rows
from greenhouse_hrflow.storage.tables import TableStore

_FILES_AT_ONCE = 16
"""An object store answers slowly, and many requests at once."""


@dataclass(frozen=True)
class RowSearch:
    """What is looked for.

    Attributes:
        id_column: the column that holds candidate ids.
        columns: what is wanted of a row; one that an older file lacks is missing in the row.
    """

    tables: TableStore
    id_column: str
    columns: Sequence[str]

    def rows_of(
        self, candidate_id: int, places: Iterable[tuple[str, ...]]
    ) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
        """Each row of the candidate, with the file that holds it; files that are gone hold none."""
        files = list(places)
        with ThreadPoolExecutor(2 if self.tables.is_local else _FILES_AT_ONCE) as pool:
            found = pool.map(lambda place: self._rows_in(place, candidate_id), files)
            for place, rows in zip(files, found, strict=True):
                for row in rows:
                    yield place, row

    def _rows_in(self, place: tuple[str, ...], candidate_id: int) -> list[dict[str, Any]]:
        file = self.tables.open_parquet(place)
        if file is None:
            return []
        with file:
            names = file.schema_arrow.names
            if self.id_column not in names:
                return []
            columns = [name for name in self.columns if name in names]
            return [
                row
                for group in _groups_that_may_hold(file, self.id_column, candidate_id)
                for row in self._rows_of_group(file, group, columns, candidate_id)
            ]

    def _rows_of_group(
        self, file: pq.ParquetFile, group: int, columns: Sequence[str], candidate_id: int
    ) -> Iterator[dict[str, Any]]:
        ids = file.read_row_group(group, columns=[self.id_column], use_threads=False)
        positions = list(_positions(ids.column(0), candidate_id))
        if positions:
            content = file.read_row_group(group, columns=list(columns), use_threads=False)
            for position in positions:
                yield from plain_rows(content.slice(position, 1))


def _groups_that_may_hold(file: pq.ParquetFile, id_column: str, candidate_id: int) -> Iterator[int]:
    """The row groups that the statistics do not rule out."""
    metadata = file.metadata
    if metadata.num_row_groups == 1:
        # Nearly every table's ids span all that there are: its statistics would tell nothing.
        yield 0
        return
    # Of Parquet's own columns: a list has another number of them than Arrow counts.
    column = file.schema.names.index(id_column)
    for group in range(metadata.num_row_groups):
        known = metadata.row_group(group).column(column).statistics
        if known is None or not known.has_min_max or known.min <= candidate_id <= known.max:
            yield group


def _positions(ids: pa.ChunkedArray, candidate_id: int) -> Iterator[int]:
    """Where an id stands in a column of int64. Looked for in the column's own bytes: a comparison
    by Arrow or numpy imports pandas, and takes longer."""
    sought = id_bytes(candidate_id)
    before = 0
    for chunk in ids.cast(pa.int64()).chunks:
        values = chunk.buffers()[1]
        first = chunk.offset * ID_BYTES
        content = values.to_pybytes()[first : first + len(chunk) * ID_BYTES] if values else b""
        at = content.find(sought)
        while at >= 0:
            # The same bytes across two ids are none.
            if at % ID_BYTES == 0:
                yield before + at // ID_BYTES
            at = content.find(sought, at + 1)
        before += len(chunk)
