"""What a date in a profile can mean, whatever form it stands in.

Résumé parsers and other connectors leave `2019-01`, `01/2019`, `Jan 2019` or seconds since 1970
where we write `2019-01-01T00:00:00`. Which dates are one is decided here, and nothing else is:
what is written stays in HrFlow's form (`values`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from dateutil.parser import parse

from greenhouse_hrflow.profiles.fields import DATES
from greenhouse_hrflow.profiles.normalize import digest, iso_date, same

Reading = tuple[int, ...]
"""A year, a year and month, or a day: as much as a date says."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - HrFlow's dates have no zone
_IN_SECONDS = 100_000_000_000
"""Greater numbers are milliseconds, microseconds or nanoseconds: in seconds they lie far ahead."""

_LONGEST = 40
_YEARS = range(1900, 2101)
_YEAR_FIRST = re.compile(r"\d{4}\D")
_SPACED = re.compile(r"(\d{4}-\d{2}-\d{2}) +(\d{2}:)")
_DOTTED = re.compile(r"[\d.]+")
_DIGITS = re.compile(r"(\d{4})(\d{2})?(\d{2})?(?:\d{4}(?:\d{2})?)?", re.ASCII)
_ORDERS = ((False, False), (True, False), (False, True))
"""(day first, year first): the orders in which three numbers can be meant."""

_SAID = ((True, False, False), (True, True, False), (True, True, True))
"""A year, a year and month, a day: what of (year, month, day) a date may say."""

# What a text does not say is taken from these: where the two results differ, it was not said.
_DEFAULTS = (datetime(1904, 1, 1), datetime(2001, 2, 2))  # noqa: DTZ001


def date_readings(value: object) -> frozenset[Reading]:
    """Every day, month or year that a date can mean; none where it cannot be read."""
    return frozenset(_readings(value))


def read_date(value: object) -> str | None:
    """The one moment that a date means, in HrFlow's form; None where it is not clear.

    A year or a month is its first day: that is what becomes of it in every system that has room
    for whole dates alone.
    """
    moments = set(_readings(value).values())
    return moments.pop() if len(moments) == 1 else None


def means_the_same(name: str, stored: object, given: object) -> bool:
    """Whether a field holds what is given; a date may hold it in any form."""
    if same(stored, given):
        return True
    if name not in DATES:
        return False
    moment = read_date(stored)
    return moment is not None and moment == read_date(given)


def possible_hashes(name: str, stored: object) -> set[str]:
    """The hashes that last-applied may hold of a stored value: a date's are of HrFlow's form too."""
    moment = read_date(stored) if name in DATES and isinstance(stored, str) else None
    return {digest(stored)} | ({digest(moment)} if moment else set())


def _readings(value: object) -> dict[Reading, str]:
    """The readings of a date, each with its first moment."""
    if isinstance(value, str):
        return _of_text(value.strip()) if len(value) <= _LONGEST else {}
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        whole = str(int(value)) if value == int(value) else ""
        return _of_digits(whole) or _since_1970(value)
    return {}


@lru_cache(maxsize=4096)
def _of_text(text: str) -> dict[Reading, str]:
    iso = iso_date(_SPACED.sub(r"\1T\2", text))
    if iso is not None:
        return _reading((int(iso[:4]), int(iso[5:7]), int(iso[8:10])), iso)
    if text.isascii() and text.lstrip("-").isdigit():
        return _of_digits(text) or (_since_1970(int(text)) if len(text) > len("20190115") else {})
    return dict(_parsed(text.replace(".", "/") if _DOTTED.fullmatch(text) else text))


def _of_digits(text: str) -> dict[Reading, str]:
    """2019, 201901, 20190115 and 20190115093000."""
    found = _DIGITS.fullmatch(text)
    if found is None:
        return {}
    reading = tuple(int(part) for part in found.groups() if part)
    year, month, day = (*reading, 1, 1)[:3]
    try:
        return _reading(reading, datetime(year, month, day).isoformat())  # noqa: DTZ001
    except ValueError:
        return {}


def _reading(reading: Reading, first: str) -> dict[Reading, str]:
    """Nothing for years like 1 and 9999, by which other systems say that they know none."""
    return {reading: first} if reading[0] in _YEARS else {}


def _since_1970(number: float) -> dict[Reading, str]:
    while abs(number) >= _IN_SECONDS:
        number /= 1000
    moment = _EPOCH + timedelta(seconds=round(number))
    return _reading((moment.year, moment.month, moment.day), moment.isoformat())


def _parsed(text: str) -> Iterator[tuple[Reading, str]]:
    """The readings of a text in words or in numbers, such as `Jan 2019` or `03/04/2019`."""
    for day_first, year_first in _ORDERS[:1] if _YEAR_FIRST.match(text) else _ORDERS:
        try:
            one, other = (
                parse(text, default=d, dayfirst=day_first, yearfirst=year_first, ignoretz=True)
                for d in _DEFAULTS
            )
        except (ValueError, OverflowError, TypeError, IndexError, AttributeError):
            continue  # dateutil documents the first two; its parser has known more
        said = (one.year == other.year, one.month == other.month, one.day == other.day)
        if said in _SAID:
            reading = (one.year, one.month, one.day)[: sum(said)]
            yield from _reading(reading, one.isoformat(timespec="seconds")).items()
