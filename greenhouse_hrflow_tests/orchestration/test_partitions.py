"""Partitions and windows: what a run covers, and which run a window asks for."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.orchestration.partitions import (
    RunPartitions,
    build_partitions,
    first_partitions,
    open_partition,
    partition_request,
    start_of_first_partition,
    window_of_tags,
)
from greenhouse_hrflow.windows import UpdateWindow, format_moment

DAILY = build_partitions("daily", "2025-03-01")
NOON = datetime(2025, 3, 10, 12, tzinfo=timezone.utc)
MIDNIGHT = datetime(2025, 3, 10, tzinfo=timezone.utc)
MILLISECOND = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def asked(after: datetime, before: datetime) -> tuple[str, ...]:
    """The first and the last partition of the request over a window."""
    request = partition_request(DAILY, after, before, run_key="a key", tags={"a": "tag"})
    assert request.run_key == "a key"
    assert request.tags["a"] == "tag"
    if request.partition_key is not None:
        return (request.partition_key,)
    prefix = "dagster/asset_partition_range"
    return request.tags[f"{prefix}_start"], request.tags[f"{prefix}_end"]


@pytest.mark.parametrize(
    ("grain", "partition_key", "start"),
    [
        ("daily", "2025-03-10", MIDNIGHT),
        ("hourly", "2025-03-10-12:00", NOON),
        ("0 */8 * * *", "2025-03-10-08:00", MIDNIGHT + 8 * HOUR),
    ],
)
def test_the_open_partition_is_the_last(grain: str, partition_key: str, start: datetime) -> None:
    definition = build_partitions(grain, "2025-03-01T00:00:00Z")
    now = NOON + timedelta(minutes=30)

    assert definition.get_partition_keys(current_time=now)[-1] == partition_key
    assert open_partition(definition, now)[0] == start


def test_at_midnight_the_new_day_is_open() -> None:
    assert open_partition(DAILY, MIDNIGHT) == (MIDNIGHT, MIDNIGHT + DAY)
    assert open_partition(DAILY, MIDNIGHT - MILLISECOND) == (MIDNIGHT - DAY, MIDNIGHT)


@pytest.mark.parametrize(
    ("grain", "start_date", "variable"),
    [
        ("daily", "yesterday", "GREENHOUSE_HRFLOW_START_DATE"),
        ("fortnightly", "2025-03-01", "GREENHOUSE_HRFLOW_PARTITIONS"),
        ("* * *", "2025-03-01", "GREENHOUSE_HRFLOW_PARTITIONS"),
    ],
)
def test_a_wrong_setting_is_named(grain: str, start_date: str, variable: str) -> None:
    with pytest.raises(ConfigurationError, match=variable) as raised:
        build_partitions(grain, start_date)
    assert "yesterday" not in str(raised.value)


def test_a_window_within_a_day_asks_for_that_partition() -> None:
    assert asked(NOON - HOUR, NOON) == ("2025-03-10",)


def test_a_window_over_midnight_asks_for_the_range() -> None:
    assert asked(MIDNIGHT - MILLISECOND, NOON) == ("2025-03-09", "2025-03-10")
    assert asked(NOON - 5 * DAY, NOON) == ("2025-03-05", "2025-03-10")


def test_a_window_that_ends_at_midnight_does_not_ask_for_the_next_day() -> None:
    assert asked(MIDNIGHT - HOUR, MIDNIGHT) == ("2025-03-09",)
    assert asked(MIDNIGHT, MIDNIGHT + MILLISECOND) == ("2025-03-10",)


@pytest.mark.parametrize("most", [1, 2, 31])
def test_a_long_window_is_cut_at_the_end_of_a_partition(most: int) -> None:
    window = UpdateWindow(NOON - 9 * DAY, NOON)

    cut = first_partitions(DAILY, window, most=most, beyond=NOON - 9 * DAY)

    end = min(MIDNIGHT + (most - 9) * DAY, NOON)
    assert cut == UpdateWindow(NOON - 9 * DAY, end)


def test_a_cut_never_lies_before_the_watermark() -> None:
    window = UpdateWindow(MIDNIGHT - 9 * DAY - HOUR, NOON)

    cut = first_partitions(DAILY, window, most=1, beyond=MIDNIGHT - 9 * DAY)

    assert cut.updated_before == MIDNIGHT - 8 * DAY


def test_a_week_that_the_start_date_cuts_begins_with_the_next_one() -> None:
    weekly = build_partitions("0 0 * * 0", "2025-03-05")

    assert start_of_first_partition(weekly) == datetime(2025, 3, 9, tzinfo=timezone.utc)
    assert start_of_first_partition(DAILY) == datetime(2025, 3, 1, tzinfo=timezone.utc)


def test_tags_are_read_as_they_are_written() -> None:
    tags = {
        "greenhouse_hrflow/updated_after": format_moment(MIDNIGHT),
        "greenhouse_hrflow/updated_before": format_moment(NOON),
    }

    assert window_of_tags(tags) == UpdateWindow(MIDNIGHT, NOON)
    assert window_of_tags({}).is_unbounded
    with pytest.raises(ConfigurationError, match="updated_after"):
        window_of_tags({**tags, "greenhouse_hrflow/updated_after": "soon"})


def run_over(
    window: UpdateWindow, days: int = 3, bounds: UpdateWindow | None = None
) -> RunPartitions:
    """An incremental run over so many days, the last of which begins at MIDNIGHT."""
    starts = tuple(MIDNIGHT - (days - 1 - day) * DAY for day in range(days))
    return RunPartitions(
        keys=tuple(f"{start:%Y-%m-%d}" for start in starts),
        starts=starts,
        end=MIDNIGHT + DAY,
        window=UpdateWindow(starts[0], MIDNIGHT + DAY).narrowed(window),
        is_incremental=True,
        bounds=bounds or UpdateWindow(),
    )


def test_partitions_with_a_table_are_read_as_one_delta() -> None:
    delta = UpdateWindow(NOON - 2 * DAY, NOON)
    covered = run_over(delta)

    assert covered.windows_to_read(covered.keys) == [delta]


def test_a_partition_without_a_table_is_read_whole() -> None:
    covered = run_over(UpdateWindow(NOON - 2 * DAY, NOON))

    assert covered.windows_to_read(covered.keys[:1]) == [
        UpdateWindow(NOON - 2 * DAY, MIDNIGHT + DAY)
    ]
    assert covered.windows_to_read(covered.keys[1:]) == [UpdateWindow(MIDNIGHT - 2 * DAY, NOON)]
    assert covered.windows_to_read((covered.keys[0], covered.keys[2])) == [
        UpdateWindow(NOON - 2 * DAY, NOON)
    ]


def test_a_partition_without_a_table_is_read_within_the_users_own_bounds() -> None:
    bounds = UpdateWindow(MIDNIGHT + HOUR, None)
    covered = run_over(UpdateWindow(NOON - HOUR, NOON), days=1, bounds=bounds)

    assert covered.windows_to_read(()) == [UpdateWindow(MIDNIGHT + HOUR, MIDNIGHT + DAY)]


hours = st.integers(-80, 30).map(lambda hour: NOON + hour * HOUR)


@given(after=hours, before=hours, stored=st.sets(st.sampled_from(run_over(UpdateWindow()).keys)))
def test_windows_to_read_hold_the_delta_and_no_moment_twice(
    after: datetime, before: datetime, stored: set[str]
) -> None:
    covered = run_over(UpdateWindow(after, before))
    windows = covered.windows_to_read(stored)

    assert not any(window.is_empty for window in windows)
    for half_hours in range(150):
        moment = MIDNIGHT - 2 * DAY + half_hours * HOUR / 2
        held = sum(moment in window for window in windows)
        is_wanted = moment in covered.window or (
            moment < covered.end and covered.key_of(moment) not in stored
        )
        assert held == int(is_wanted)


def test_a_moment_outside_belongs_to_the_nearest_partition() -> None:
    covered = run_over(UpdateWindow())

    assert covered.key_of(MIDNIGHT - 9 * DAY) == covered.keys[0]
    assert covered.key_of(MIDNIGHT - MILLISECOND) == covered.keys[1]
    assert covered.key_of(MIDNIGHT) == covered.keys[2]
    assert covered.key_of(MIDNIGHT + 9 * DAY) == covered.keys[2]


def test_the_request_can_be_made_of_dagsters_own_range() -> None:
    tags = partition_request(DAILY, NOON - DAY, NOON, run_key="k", tags={}).tags
    keys = DAILY.get_partition_keys_in_range(
        dg.PartitionKeyRange(
            tags["dagster/asset_partition_range_start"], tags["dagster/asset_partition_range_end"]
        )
    )
    assert list(keys) == ["2025-03-09", "2025-03-10"]
