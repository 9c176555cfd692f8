"""Dates that HrFlow stores in another form than ours: they turn no position into two."""

from __future__ import annotations

from typing import Any

import pytest

from greenhouse_hrflow.profiles.dates import means_the_same
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow_tests.profiles.source import Source

DAY = "2019-01-01T00:00:00"

SAME_MOMENT = [
    "2019", "2019-01", "01/2019", "1/2019", "2019/01", "01-2019", "01.2019", "201901",
    "2019-01-01", "2019-01-01 00:00:00", "2019-01-01T00:00:00Z", "2019-01-01T00:00:00+0000",
    "2019-01-01T00:00:00.000+00:00", "2019-01-01T00:00:00.000Z", "20190101", "2019/01/01",
    "01/01/2019", "1.1.2019", "Jan 2019", "January 2019", "jan. 2019", "1 Jan 2019",
    "Jan 1, 2019", 2019, 1546300800, 1546300800.0, 1546300800000, "1546300800",
]  # fmt: skip
"""One moment, in the forms that parsers and other connectors leave."""

OTHER_STARTS = ["2018", "2019-02", "02/2019", "Feb 2019", 1549000000, "2018-12-31T00:00:00", 2020]
"""Starts of another position."""

LESS_PRECISE = ["2019", "2019-05", "05/2019", "May 2019", 2019]
"""Forms that agree with 2019-05-12, but are less precise."""


def position(start: Any, **more: Any) -> JsonObject:
    return {"company": "Acme", "title": "Engineer", "date_start": start, **more}


def source_with(*positions: JsonObject) -> Source:
    source = Source({"info": {}, "text": "t"})
    # As other connectors leave them: HrFlow's API refuses some of these forms.
    source.edit(lambda profile: profile.update(experiences=list(positions)))
    return source


def starts(source: Source) -> list[Any]:
    return [entry["date_start"] for entry in source.profile["experiences"]]


@pytest.mark.parametrize("stored", SAME_MOMENT)
def test_a_start_in_another_form_is_the_same_position(stored: Any) -> None:
    source = source_with(position(stored, key="k", description="typed", location=None))

    source.push({"experiences": [position(DAY, date_end="2021-03-01T00:00:00")]})

    (entry,) = source.profile["experiences"]
    assert (entry["key"], entry["description"]) == ("k", "typed")
    assert entry["date_end"] == "2021-03-01T00:00:00"
    assert means_the_same("date_start", entry["date_start"], DAY) or isinstance(stored, int | float)
    assert source.push({"experiences": [position(DAY, date_end="2021-03-01T00:00:00")]}) == []


@pytest.mark.parametrize("stored", SAME_MOMENT)
def test_a_text_that_means_the_same_stays_as_it_is(stored: Any) -> None:
    source = source_with(position(stored, key="k"))
    assert source.push({"experiences": [position(DAY)]}) == []
    assert starts(source) == [stored]


@pytest.mark.parametrize("stored", LESS_PRECISE)
def test_a_less_precise_start_is_the_same_position(stored: Any) -> None:
    source = source_with(position(stored, key="k"))

    source.push({"experiences": [position("2019-05-12T00:00:00")]})
    source.push({"experiences": [position("2019-05-12T00:00:00")]})

    assert len(starts(source)) == 1


@pytest.mark.parametrize("stored", OTHER_STARTS)
def test_two_positions_of_one_title_stay_two(stored: Any) -> None:
    first = position(stored, key="k", description="the other one")
    source = source_with(first, position("Jan 2019", key="l"))

    source.push({"experiences": [position(DAY), position("2015-06-01T00:00:00")]})

    by_key = {entry["key"]: entry for entry in source.profile["experiences"]}
    assert by_key["k"]["date_start"] == stored
    assert by_key["k"]["description"] == "the other one"
    assert len(by_key) == 3
    assert source.push({"experiences": [position(DAY), position("2015-06-01T00:00:00")]}) == []


def test_two_given_positions_match_one_stored_position_each() -> None:
    source = source_with(
        position("2019", key="later"), position("03/2016", key="earlier"), position(None, key="n")
    )
    given = [position("2016-03-15T00:00:00"), position("2019-07-01T00:00:00")]

    source.push({"experiences": given})

    start_by_key = {entry["key"]: entry["date_start"] for entry in source.profile["experiences"]}
    assert start_by_key == {
        "later": "2019-07-01T00:00:00",
        "earlier": "2016-03-15T00:00:00",
        "n": None,
    }
    assert source.push({"experiences": given}) == []


def test_a_promotion_is_a_position_of_its_own() -> None:
    source = source_with(position("2019-01", key="first"))
    promoted = position("2019-06-01T00:00:00", title="Lead")

    source.push({"experiences": [position(DAY), promoted]})

    assert [entry["title"] for entry in source.profile["experiences"]] == ["Engineer", "Lead"]
    assert source.push({"experiences": [position(DAY), promoted]}) == []


@pytest.mark.parametrize("stored", ["present", "9999-12-31", "0001-01-01", "n/a", "🚀", "1" * 400])
def test_what_is_no_date_doubles_no_position(stored: str) -> None:
    source = source_with(position(stored, key="k"))

    source.push({"experiences": [position(DAY)]})

    assert len(starts(source)) == 1
    assert source.push({"experiences": [position(DAY)]}) == []


@pytest.mark.parametrize("stored", ["03/04/2019", "4.3.2019"])
def test_an_ambiguous_date_matches_either_reading(stored: str) -> None:
    source = source_with(position(stored, key="k"))

    source.push({"experiences": [position("2019-04-03T00:00:00")]})

    assert len(starts(source)) == 1


def test_our_date_in_another_form_is_still_ours() -> None:
    """HrFlow, or somebody, rewrote it. Withdrawn, it is removed all the same."""
    source = source_with()
    source.push({"info": {"date_birth": "1990-12-10"}, "experiences": [position(DAY)]})
    source.edit(lambda profile: profile["experiences"][0].update(date_start="2019-01-01"))

    source.push({"experiences": []})

    assert source.profile["experiences"] == []


@pytest.mark.parametrize(
    "odd", [-62135600400, "--123456789", "-", 10**400, float("inf"), float("nan"), 1e300, -(10**12)]
)
def test_a_number_that_is_no_moment_is_another_date(odd: Any) -> None:
    assert not means_the_same("date_start", odd, DAY)
