"""The rows of a frame, parted by the value of one column: each part is made when it is asked for.

A run may have hundreds of partitions. To look through the whole frame for each of them takes time
with their square; to part it all at once takes the memory of a second one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set as AbstractSet

import pandas as pd
import pyarrow as pa

from greenhouse_hrflow.storage.tables import to_arrow, to_frame


class SplitRows:
    """A frame's rows by the value of a column of strings."""

    def __init__(self, frame: pd.DataFrame, column: str) -> None:
        table = to_arrow(frame)
        without = table.drop_columns([column])
        self._schema = without.schema
        self._parts: defaultdict[str, list[tuple[pa.RecordBatch, list[int]]]] = defaultdict(list)
        start = 0
        keys: list[str] = table[column].to_pylist()
        for batch in without.to_batches():
            found: defaultdict[str, list[int]] = defaultdict(list)
            for position, key in enumerate(keys[start : start + batch.num_rows]):
                found[key].append(position)
            for key, positions in found.items():
                self._parts[key].append((batch, positions))
            start += batch.num_rows

    @property
    def keys(self) -> AbstractSet[str]:
        """The values that occur."""
        return self._parts.keys()

    def rows(self, key: str) -> pd.DataFrame:
        """The rows of a value, in order and without the column; none for a value that is not there.

        A batch that is all of one value is not copied.
        """
        batches = [
            batch if len(positions) == batch.num_rows else batch.take(pa.array(positions))
            for batch, positions in self._parts.get(key, ())
        ]
        return to_frame(pa.Table.from_batches(batches, schema=self._schema))
