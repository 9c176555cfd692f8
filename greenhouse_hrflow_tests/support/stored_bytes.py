"""All that a run leaves on the disk, as text: databases with what is packed in them, logs, tables.

The two tables that are there to hold candidates are left out.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pyarrow.parquet as pq

PERSONAL_TABLES = frozenset({"greenhouse_candidates", "hrflow_profiles"})
"""The folders of the storage that may hold personal data: everything else may not."""

_SQLITE = b"SQLite format 3\x00"


def stored_texts(home: Path) -> Iterator[tuple[str, str]]:
    """The place and the text of all that is stored in a DAGSTER_HOME and the storage in it."""
    for path in sorted(home.rglob("*")):
        place = path.relative_to(home)
        if not path.is_file() or PERSONAL_TABLES.intersection(place.parts):
            continue
        content = path.read_bytes()
        # Also what SQLite holds no more, but has not overwritten yet.
        yield str(place), content.decode("utf-8", "replace")
        if content.startswith(_SQLITE):
            yield from _unpacked(path, str(place))
        elif path.suffix == ".parquet":
            # Every column, whatever packs it.
            yield str(place), repr(pq.ParquetFile(path).read().to_pylist())


def _unpacked(database: Path, place: str) -> Iterator[tuple[str, str]]:
    """What a database holds compressed, such as the snapshot of a job."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for cell in row:
                    if isinstance(cell, bytes):
                        with suppress(zlib.error):
                            unpacked = zlib.decompress(cell).decode("utf-8", "replace")
                            yield f"{place}: {table}", unpacked
