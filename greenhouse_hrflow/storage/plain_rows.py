"""Rows of Arrow as plain dicts, without pandas.

`to_pylist` of Arrow imports pandas as soon as a column holds moments, which takes longer than to
read a year of tables.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def plain_rows(content: pa.Table) -> list[dict[str, Any]]:
    """A dict a row, by the names of the columns; moments are aware, in UTC."""
    columns = [_values(column) for column in content.columns]
    names = content.column_names
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _values(column: pa.ChunkedArray) -> list[Any]:
    if not pa.types.is_timestamp(column.type):
        return column.to_pylist()
    microseconds = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_pylist()
    return [
        None if value is None else _EPOCH + timedelta(microseconds=value) for value in microseconds
    ]
