"""How moments are read and written."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from greenhouse_hrflow.windows import format_moment, parse_moment

MOMENT = datetime(2024, 12, 15, 3, 55, 0, 120_000, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "text",
    [
        "2024-12-15T03:55:00.120Z",
        "2024-12-15T03:55:00.120000Z",
        "2024-12-15T03:55:00.12Z",
        "2024-12-15T03:55:00.12",
        "2024-12-15T04:55:00.120+01:00",
        "20241215T035500.120Z",
    ],
)
def test_a_moment_is_read_in_every_iso_form(text: str) -> None:
    assert parse_moment(text) == MOMENT
    assert parse_moment(text).utcoffset() == timedelta(0)


def test_the_end_of_a_day_may_be_written_as_24_hours() -> None:
    assert parse_moment("2024-12-15T24:00:00Z") == datetime(2024, 12, 16, tzinfo=timezone.utc)


@pytest.mark.parametrize("text", ["2024-13-15T03:55:00Z", "2024-12-15T25:00:00Z", "yesterday", ""])
def test_what_is_no_moment_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="not an ISO-8601 timestamp"):
        parse_moment(text)


@pytest.mark.parametrize("moment", [MOMENT, MOMENT.replace(year=1), MOMENT.replace(year=999)])
def test_a_moment_that_was_written_is_read_as_itself(moment: datetime) -> None:
    assert parse_moment(format_moment(moment)) == moment
