"""The table of candidates: a few typed columns, and the candidate itself as JSON text.

As text, because a column of nested objects cannot tell null from NaN, "01234" from 1234 or 1 from
1.0; in ASCII and in Arrow's memory, so that a million characters weigh a megabyte.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

import pandas as pd
import pyarrow as pa

from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.storage.tables import MOMENT, to_arrow, to_frame

CANDIDATE_SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64()),
        pa.field("changed_at", MOMENT),
        pa.field("read_at", MOMENT),
        pa.field("created_at", MOMENT),
        pa.field("updated_at", MOMENT),
        pa.field("is_private", pa.bool_()),
        pa.field("run_id", pa.string()),
        pa.field("candidate", pa.large_string()),
    ]
)
"""A row a candidate; `run_id` is the run that read it, `candidate` its JSON in v1's shape."""

_ROWS_AT_ONCE = 500


def candidate_frame(candidates: Iterable[ReadCandidate], run_id: str) -> pd.DataFrame:
    """The candidates as a frame of `CANDIDATE_SCHEMA`, consumed a few at a time."""
    source = iter(candidates)
    batches: list[pa.RecordBatch] = []
    while rows := [_row(read, run_id) for read in islice(source, _ROWS_AT_ONCE)]:
        batches.append(pa.RecordBatch.from_pylist(rows, schema=CANDIDATE_SCHEMA))
    table = pa.Table.from_batches(batches, schema=CANDIDATE_SCHEMA)
    return to_frame(table)


def take_candidates(frame: pd.DataFrame) -> Iterator[ReadCandidate]:
    """Take the candidates out of a frame, one by one; its column of their texts is gone then.

    Whoever handed the frame over may hold it until a push ends, and half of a large run's memory
    with it. So each text is let go of as soon as it is read.
    """
    table = to_arrow(frame[["changed_at", "read_at", "candidate"]])
    del frame["candidate"]
    batches = deque(table.to_batches(max_chunksize=_ROWS_AT_ONCE))
    del table
    while batches:
        for row in batches.popleft().to_pylist():
            yield ReadCandidate(json.loads(row["candidate"]), row["changed_at"], row["read_at"])
        # Arrow keeps what it has let go of for later, while Python needs it now.
        pa.default_memory_pool().release_unused()


def _row(read: ReadCandidate, run_id: str) -> dict[str, object]:
    private = read.candidate.get("is_private")
    return {
        "id": read.id,
        "changed_at": read.changed_at,
        "read_at": read.read_at,
        "created_at": read.created_at,
        "updated_at": read.updated_at,
        "is_private": private if isinstance(private, bool) else None,
        "run_id": run_id,
        "candidate": json.dumps(read.candidate, separators=(",", ":")),
    }
