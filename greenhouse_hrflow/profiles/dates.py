"""What a date in a profile can mean, whatever form it stands in.

Résumé parsers and other connectors leave `2019-01`, `01/2019`, `Jan 2019` or seconds since 1970
where we write `2019-01-01T00:00:00`. This module tells which of them mean the same; what is
written is always in HrFlow's form (`normalize`).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from dateutil.parser import parse

from greenhouse_hrflow.profiles.fields import DATES
from greenhouse_hrflow.profiles.normalize import digest, iso_date, same

Reading = tuple[int, ...]
"""As much as a date says: (year,), (year, month) or (year, month, day)."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - HrFlow's dates have no zone
_IN_SECONDS = 100_000_000_000
"""From here on a number is milli-, micro- or nanoseconds: seconds would be after the year 5000."""

_TOO_GREAT = 1e30
"""A number that is no moment in any unit; NaN and infinity are not below it either."""

LONGEST_DATE = 40
"""Characters: a longer text is no date, and must not stay in the cache."""

_YEARS = range(1900, 2101)
"""Others, like 1 and 9999, are how systems say that they know no date."""

_YEAR_FIRST = re.compile(r"\d{4}\D")
_WHOLE_NUMBER = re.compile(r"-?\d+", re.ASCII)
_SPACED = re.compile(r"(\d{4}-\d{2}-\d{2}) +(\d{2}:)")
_DOTTED = re.compile(r"[\d.]+")
_YEAR_MONTH_DAY = re.compile(r"(\d{4})(\d{2})?(\d{2})?(?:\d{4}(?:\d{2})?)?", re.ASCII)
_ORDERS = ((False, False), (True, False), (False, True))
"""(day first, year first): the orders in which three numbers can be meant."""

_SAID = ((True, False, False), (True, True, False), (True, True, True))
"""What of (year, month, day) a date may say: a month without its year is no date."""

# dateutil takes what a text does not say from a default. These two differ in year, month and day:
# what comes out the same with both is what the text says.
_DEFAULTS = (datetime(1904, 1, 1), datetime(2001, 2, 2))  # noqa: DTZ001


def date_readings(value: object) -> frozenset[Reading]:
    """Every day, month or year that a date can mean; empty where it cannot be read.

    `2019-01` gives {(2019, 1)}; `03/04/2019` gives {(2019, 3, 4), (2019, 4, 3)}.
    """
    return frozenset(_readings(value))


def read_date(value: object) -> str | None:
    """The one moment that a date means, in HrFlow's form; None where it is not clear.

    A year or a month is its first day, as in every system that can hold whole dates only.
    """
    moments = set(_readings(value).values())
    return moments.pop() if len(moments) == 1 else None


def means_the_same(name: str, stored: object, given: object) -> bool:
    """Whether a field of this name holds what is given; a date may stand in any form."""
    if same(stored, given):
        return True
    if name not in DATES:
        return False
    moment = read_date(stored)
    return moment is not None and moment == read_date(given)


def possible_hashes(name: str, stored: object) -> set[str]:
    """The hashes (`normalize.digest`) that last-applied may hold of a stored value.

    A date may have been written in HrFlow's form and come back in another: both count.
    """
    moment = read_date(stored) if name in DATES and isinstance(stored, str) else None
    return {digest(stored)} | ({digest(moment)} if moment else set())


def _readings(value: object) -> dict[Reading, str]:
    """The readings of a date, each with its first moment in HrFlow's form."""
    if isinstance(value, str):
        return _readings_of_text(value.strip()) if len(value) <= LONGEST_DATE else {}
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return {}
    # Compared before anything is done with it: JSON may hold a whole number that no float can.
    if abs(value) < _TOO_GREAT:
        digits = str(int(value)) if value == int(value) else ""
        return _readings_of_digits(digits) or _reading_of_epoch(value)
    return {}


@lru_cache(maxsize=4096)
def _readings_of_text(text: str) -> dict[Reading, str]:
    """The same dict is given again from the cache: nobody may alter it."""
    iso = iso_date(_SPACED.sub(r"\1T\2", text))
    if iso is not None:
        return _if_plausible((int(iso[:4]), int(iso[5:7]), int(iso[8:10])), iso)
    if _WHOLE_NUMBER.fullmatch(text):
        readings = _readings_of_digits(text)
        # Few digits that are no date are no moment either: they would lie in 1970.
        is_epoch = not readings and len(text) > len("20190115")
        return _reading_of_epoch(int(text)) if is_epoch else readings
    return dict(_readings_of_words(text.replace(".", "/") if _DOTTED.fullmatch(text) else text))


def _readings_of_digits(text: str) -> dict[Reading, str]:
    """2019, 201901, 20190115, and the last with a time: 201901150930, 20190115093000."""
    match = _YEAR_MONTH_DAY.fullmatch(text)
    if match is None:
        return {}
    reading = tuple(int(part) for part in match.groups() if part)
    year, month, day = (*reading, 1, 1)[:3]
    try:
        return _if_plausible(reading, datetime(year, month, day).isoformat())  # noqa: DTZ001
    except ValueError:
        return {}


def _reading_of_epoch(number: float) -> dict[Reading, str]:
    """Of seconds since 1970, or of milliseconds and less."""
    while abs(number) >= _IN_SECONDS:
        number /= 1000
    try:
        moment = _EPOCH + timedelta(seconds=round(number))
    except OverflowError:
        # Before the year 1: other systems say so that they know none.
        return {}
    return _if_plausible((moment.year, moment.month, moment.day), moment.isoformat())


def _if_plausible(reading: Reading, first: str) -> dict[Reading, str]:
    return {reading: first} if reading[0] in _YEARS else {}


def _readings_of_words(text: str) -> Iterator[tuple[Reading, str]]:
    """The readings of a text such as `Jan 2019` or `03/04/2019`, as dateutil reads it."""
    # After the year, the month comes first: `2019/03/04` has one meaning.
    for day_first, year_first in _ORDERS[:1] if _YEAR_FIRST.match(text) else _ORDERS:
        try:
            parsed, again = (
                parse(text, default=d, dayfirst=day_first, yearfirst=year_first, ignoretz=True)
                for d in _DEFAULTS
            )
        except (ValueError, OverflowError, TypeError, IndexError, AttributeError):
            continue  # dateutil documents the first two; its parser has known more
        date, date_again = ((moment.year, moment.month, moment.day) for moment in (parsed, again))
        said = tuple(map(operator.eq, date, date_again))
        if said in _SAID:
            first = parsed.isoformat(timespec="seconds")
            yield from _if_plausible(date[: sum(said)], first).items()
