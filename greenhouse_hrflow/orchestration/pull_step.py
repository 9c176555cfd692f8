"""The step of `greenhouse_candidates`: read what the run covers, and keep what the tables held.

Which windows are read is decided in `partitions`; how, in the room `greenhouse`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone

import dagster as dg
import pandas as pd

from greenhouse_hrflow import clock
from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.orchestration.incremental import read_since, stored_frames, stored_since
from greenhouse_hrflow.orchestration.io_manager import table_of
from greenhouse_hrflow.orchestration.keys import PARTITION_COLUMN
from greenhouse_hrflow.orchestration.metadata import (
    Reading,
    candidates_metadata,
    place_metadata,
    reading_metadata,
)
from greenhouse_hrflow.orchestration.partitions import RunPartitions, partitions_of_run
from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.progress import Progress
from greenhouse_hrflow.storage.candidate_table import candidate_frame
from greenhouse_hrflow.storage.latest_rows import latest_rows
from greenhouse_hrflow.windows import UpdateWindow


def pull_partitions(
    context: dg.AssetExecutionContext, pipeline: Pipeline
) -> tuple[pd.DataFrame, RunPartitions]:
    """The rows of the run's partitions, as they are to be stored: those read now, and of what the
    tables held those that are not read again; and what the run covers."""
    workflow, key = pipeline.workflow, pipeline.keys.candidates
    # Whether it can be opened is seen before anything is read, and not after an hour.
    tables = pipeline.open_tables(context)
    covered = partitions_of_run(context, pipeline.partitions, workflow.pull_parameters)
    # By this machine's clock, as the instance dates its events.
    whole, began_here = not covered.is_incremental, datetime.now(timezone.utc)
    stored = {} if whole else stored_frames(context, key, covered.keys)
    windows = covered.windows_to_read(stored)
    read, reading = read_windows(context, pipeline, windows)
    began_at = reading.began_at
    # While we read, another run may have stored the same partitions, with reads that are later than
    # ours. Without its rows, our output would take them out of the tables again. A run of whole
    # partitions takes only those in: what it did not find itself has left the partition.
    since = stored_since(context, key, covered, began_here)
    stored |= read_since(since, began_at) if whole else since
    read[PARTITION_COLUMN] = covered.column_of(read["changed_at"])
    frame = latest_rows(stored.values(), read, [PARTITION_COLUMN, "id"], ["read_at", "changed_at"])
    counts = frame[PARTITION_COLUMN].value_counts()
    metadata = reading_metadata(workflow, covered, windows, reading)
    for partition in covered.keys:
        rows = int(counts.get(partition, 0))
        figures = candidates_metadata(partition, rows, reading, metadata)
        place = place_metadata(tables.path(table_of(workflow.workflow_id, key), partition))
        context.add_asset_metadata({**figures, **place}, partition_key=partition)
    return frame, covered


def read_windows(
    context: dg.AssetExecutionContext, pipeline: Pipeline, windows: Sequence[UpdateWindow]
) -> tuple[pd.DataFrame, Reading]:
    """The candidates of the windows, and what their reading took."""
    began_here, began = clock.utc_now(), time.monotonic()
    began_at: list[datetime] = []
    with pipeline.greenhouse(context).open(context.log) as reader:

        def read() -> Iterator[ReadCandidate]:
            for window in windows:
                context.log.info("Reading the candidates that changed in %s", window)
                yield from reader.read(window, pipeline.workflow.pull_parameters)
                began_at.append(reader.reading_began_at or began_here)

        frame = candidate_frame(_logging_progress(context, read()), context.run.run_id)
        effort = reader.effort
    context.log.info("Read %d candidates", len(frame))
    took = time.monotonic() - began
    return frame, Reading(min(began_at, default=began_here), len(frame), effort, took)


def _logging_progress(
    context: dg.AssetExecutionContext, candidates: Iterator[ReadCandidate]
) -> Iterator[ReadCandidate]:
    """Pass candidates on, and say now and then that the run is alive."""
    progress = Progress(context.log, "%d candidates are read so far")
    for count, candidate in enumerate(candidates, start=1):
        progress.note(count)
        yield candidate
