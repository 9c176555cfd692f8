"""The partitions that both assets share, and the window that a run covers.

Every window is made here, once: from the run's partitions, narrowed by an incremental run's tags
and by the user's own bounds. Nobody else computes a bound.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import dagster as dg
import pandas as pd

from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.orchestration.keys import (
    RANGE_END_TAG,
    RANGE_START_TAG,
    UPDATED_AFTER_TAG,
    UPDATED_BEFORE_TAG,
)
from greenhouse_hrflow.windows import MILLISECOND, UpdateWindow, parse_moment

_CRON_OF = {"daily": "0 0 * * *", "hourly": "0 * * * *"}
_FORMAT_OF = {"daily": "%Y-%m-%d", "hourly": "%Y-%m-%d-%H:%M"}


def build_partitions(grain: str, start_date: str) -> dg.TimeWindowPartitionsDefinition:
    """Partitions in UTC, with the open one: incremental runs write it.

    Args:
        grain: `daily`, `hourly` or a cron expression.
        start_date: the first partition, ISO-8601.

    Raises:
        ConfigurationError: one of them cannot be read; it names the variable.
    """
    try:
        start = parse_moment(start_date)
    except ValueError as error:
        raise ConfigurationError(f"GREENHOUSE_HRFLOW_START_DATE is {error}.") from None
    try:
        return dg.TimeWindowPartitionsDefinition(
            cron_schedule=_CRON_OF.get(grain, grain),
            start=start,
            fmt=_FORMAT_OF.get(grain, "%Y-%m-%d-%H:%M"),
            timezone="UTC",
            end_offset=1,
        )
    except (dg.DagsterError, ValueError):
        raise ConfigurationError(
            "GREENHOUSE_HRFLOW_PARTITIONS must be daily, hourly or a cron expression, such as "
            "0 */6 * * *"
        ) from None


@dataclass(frozen=True)
class RunPartitions:
    """The partitions of a run, one or a range, and what of them the run covers.

    Attributes:
        keys: in the order of time.
        starts: the moment at which each begins.
        window: what the run covers: its partitions, narrowed by the user's own bounds and,
            where it is incremental, by its tags.
        is_incremental: whether its tags ask for less than its partitions.
    """

    keys: tuple[str, ...]
    starts: tuple[datetime, ...]
    end: datetime
    window: UpdateWindow
    is_incremental: bool
    bounds: UpdateWindow

    def key_of(self, moment: datetime) -> str:
        """The run's partition that holds a moment; the nearest one for a moment outside."""
        return self.keys[max(0, bisect_right(self.starts, moment) - 1)]

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in one of the run's partitions."""
        return self.starts[0] <= moment < self.end

    def column_of(self, moments: Iterable[datetime]) -> pd.Series[str]:
        """The partition of each moment, as a column of a frame."""
        return pd.Series([self.key_of(moment) for moment in moments], dtype="string[pyarrow]")

    def windows_to_read(self, stored_keys: Collection[str]) -> list[UpdateWindow]:
        """What to read: the window, but the whole of a partition that has no table yet.

        A delta alone would make half a partition look like all of it. Windows that touch are
        read as one.
        """
        if not self.is_incremental:
            return [self.window]
        ends = (*self.starts[1:], self.end)
        windows: list[UpdateWindow] = []
        for key, start, end in zip(self.keys, self.starts, ends, strict=True):
            whole = UpdateWindow(start, end).narrowed(self.bounds)
            part = whole.narrowed(self.window) if key in stored_keys else whole
            if part.is_empty:
                continue
            if windows and windows[-1].updated_before == part.updated_after:
                part = UpdateWindow(windows.pop().updated_after, part.updated_before)
            windows.append(part)
        return windows


def partitions_of_run(
    context: dg.AssetExecutionContext,
    definition: dg.TimeWindowPartitionsDefinition,
    parameters: PullParameters,
) -> RunPartitions:
    """What this run covers.

    Raises:
        ConfigurationError: it was launched without a partition, or a tag of it holds no timestamp.
    """
    if not (context.has_partition_key or context.has_partition_key_range):
        raise ConfigurationError(
            "This run was launched without a partition, so it has no window to read. Launch it "
            "with one: in the UI choose a partition or a range, on the command line add "
            "--partition."
        )
    keys = sorted(context.partition_keys, key=lambda key: _start(definition, key))
    whole = context.partition_time_window
    of_tags = window_of_tags(context.run.tags)
    bounds = parameters.update_window
    return RunPartitions(
        keys=tuple(keys),
        starts=tuple(_start(definition, key) for key in keys),
        end=whole.end.astimezone(timezone.utc),
        window=UpdateWindow(whole.start, whole.end).narrowed(of_tags).narrowed(bounds),
        is_incremental=not of_tags.is_unbounded,
        bounds=bounds,
    )


def window_of_tags(tags: Mapping[str, str]) -> UpdateWindow:
    """The window that an incremental run's tags ask for; unbounded where it has none.

    Raises:
        ConfigurationError: a tag holds no timestamp.
    """
    bounds: list[datetime | None] = []
    for name in (UPDATED_AFTER_TAG, UPDATED_BEFORE_TAG):
        try:
            bounds.append(parse_moment(tags[name]) if name in tags else None)
        except ValueError as error:
            raise ConfigurationError(f"The run's tag {name} is {error}.") from None
    return UpdateWindow(*bounds)


def first_partitions(
    definition: dg.TimeWindowPartitionsDefinition,
    window: UpdateWindow,
    *,
    most: int,
    beyond: datetime,
) -> UpdateWindow:
    """A bounded window, cut where the partitions that it touches are as many as one run may do.

    Args:
        beyond: the cut lies after this moment, or nothing would ever be gained by a run.
    """
    after, before = window.updated_after, window.updated_before
    if after is None or before is None:
        return window
    end, touched = _end(definition, after), 1
    while end < before and (touched < most or end <= beyond):
        end, touched = _end(definition, end), touched + 1
    return window.narrowed(UpdateWindow(None, end))


def partition_request(
    definition: dg.TimeWindowPartitionsDefinition,
    after: datetime,
    before: datetime,
    *,
    run_key: str,
    tags: Mapping[str, str],
) -> dg.RunRequest:
    """Ask for one run over all partitions that a window touches, which is not empty."""
    first = definition.get_partition_key_for_timestamp(after.timestamp())
    last = definition.get_partition_key_for_timestamp((before - MILLISECOND).timestamp())
    return range_request(first, last, run_key=run_key, tags=tags)


def range_request(
    first: str,
    last: str,
    *,
    run_key: str,
    tags: Mapping[str, str],
    run_config: Mapping[str, Any] | None = None,
) -> dg.RunRequest:
    """Ask for one run over the partitions from the first to the last."""
    if first == last:
        return dg.RunRequest(run_key, run_config, tags, partition_key=first)
    # There is no public way to ask for a range but the two tags that a backfill sets.
    of_range = {RANGE_START_TAG: first, RANGE_END_TAG: last}
    return dg.RunRequest(run_key, run_config, {**tags, **of_range})


def start_of_first_partition(definition: dg.TimeWindowPartitionsDefinition) -> datetime:
    """When the first partition begins: where the start date lies within one, with the next."""
    first = definition.get_next_partition_window(definition.start, respect_bounds=False)
    return (first.start if first else definition.start).astimezone(timezone.utc)


def open_partition(
    definition: dg.TimeWindowPartitionsDefinition, now: datetime
) -> tuple[datetime, datetime]:
    """When the partition that is open at this moment began, and when it ends."""
    key = definition.get_partition_key_for_timestamp(now.timestamp())
    return _start(definition, key), _end(definition, now)


def _start(definition: dg.TimeWindowPartitionsDefinition, key: str) -> datetime:
    return definition.time_window_for_partition_key(key).start.astimezone(timezone.utc)


def _end(definition: dg.TimeWindowPartitionsDefinition, moment: datetime) -> datetime:
    """When the partition ends that holds a moment."""
    key = definition.get_partition_key_for_timestamp(moment.timestamp())
    return definition.time_window_for_partition_key(key).end.astimezone(timezone.utc)
