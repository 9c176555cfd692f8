"""How often the work is started, and how far each run reaches: settings, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Cadence:
    """The settings of the sensor, the schedule and backfills.

    Attributes:
        sensor_interval: seconds between the sensor's ticks.
        overlap: how far a tick looks back before what has landed, for records that Greenhouse
            shows late.
        closed_partitions: how many closed partitions the schedule does again.
        partitions_per_run: how many partitions a backfill puts into one run, and the most that
            the sensor asks for at once.
        taken_along_days: how long a candidate whose push failed, or whose profile is missing, is
            tried again by incremental runs.
        first_retry: how long after it failed a candidate is tried again; the wait doubles with
            each failure in a row.
        last_retry: the longest of these waits, and that of a candidate whose profile is missing.
    """

    sensor_interval: int = 300
    overlap: timedelta = timedelta(minutes=10)
    closed_partitions: int = 1
    partitions_per_run: int = 31
    taken_along_days: int = 7
    first_retry: timedelta = timedelta(minutes=1)
    last_retry: timedelta = timedelta(hours=1)
