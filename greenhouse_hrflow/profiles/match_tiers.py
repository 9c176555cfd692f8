"""How the entries of a list are recognised: rules by which a stored and a given one are the same.

An entry is a dict, such as a position `{"company": "ACME", "title": "Lead", "date_start": "2019"}`
or a skill `{"name": "Python", "value": None}`. How pairs are made by these rules is in `match`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cache, lru_cache

from greenhouse_hrflow.profiles.dates import LONGEST_DATE, date_readings, read_date
from greenhouse_hrflow.profiles.normalize import JsonObject, folded_name, is_empty, plain_date

Key = Callable[[JsonObject], Hashable]
"""Gives what a stored and a given entry must share to be a pair; None where an entry lacks it."""

Agree = Callable[[JsonObject, JsonObject], bool]
"""What else must be true of a stored and a given entry, in this order."""


@dataclass(frozen=True)
class Tier:
    """One rule by which pairs are recognised. Tiers are tried in turn, the surest first.

    Attributes:
        key: what a pair must share.
        unique: whether a key counts only if one entry of each list has it.
        agree: what else must be true of a pair; None for nothing.
    """

    key: Key
    unique: bool = False
    agree: Agree | None = None


_YEAR, _MONTH, _DAY = 1, 2, 3
"""How many numbers of (year, month, day) a date says, or two dates agree in."""

_UNCLEAR, _UNREADABLE = "unclear", "unreadable"


@cache
def position_tiers(place: str) -> tuple[Tier, ...]:
    """How positions are recognised: by all that they have of place, title and start, else by two.

    HrFlow may hold `2019` where Greenhouse knows the day: a start that says less contradicts
    nothing. Starts that agree in more are paired earlier, so that two positions with one title at
    one company stay two. A start that cannot be read says nothing against a pair.

    Args:
        place: the field that names where a position was held, `company` or `school`.
    """
    keys = _PositionKeys(place)
    by_start = (_DAY, _MONTH, _YEAR, _UNCLEAR)
    return (
        Tier(keys.place_title_and_start),
        *(Tier(keys.place_or_title, agree=_starts_agree(extent)) for extent in by_start),
        Tier(keys.place_and_start),
        Tier(keys.place_and_any_title, agree=_starts_agree(_UNREADABLE)),
        Tier(keys.place_and_month, unique=True),
        Tier(keys.place_and_title, unique=True),
    )


@cache
def named_tiers() -> tuple[Tier, ...]:
    """How entries with a name, such as skills, are recognised: by it alone."""

    def name(entry: JsonObject) -> Hashable:
        return folded_name(entry.get("name")) or None

    return (Tier(name),)


class _PositionKeys:
    """The keys of positions; each is None for a position that does not say enough for it."""

    def __init__(self, place: str) -> None:
        self._place = place

    def place_title_and_start(self, entry: JsonObject) -> Hashable:
        names = (folded_name(entry.get(self._place)), folded_name(entry.get("title")))
        key = (*names, _start_key(entry.get("date_start")))
        return key if any(key) else None

    def place_and_start(self, entry: JsonObject) -> Hashable:
        key = (folded_name(entry.get(self._place)), _start_key(entry.get("date_start")))
        return key if all(key) else None

    def place_and_title(self, entry: JsonObject) -> Hashable:
        key = (folded_name(entry.get(self._place)), folded_name(entry.get("title")))
        return key if all(key) else None

    def place_or_title(self, entry: JsonObject) -> Hashable:
        key = (folded_name(entry.get(self._place)), folded_name(entry.get("title")))
        return key if any(key) else None

    def place_and_any_title(self, entry: JsonObject) -> Hashable:
        return self.place_or_title(entry) if folded_name(entry.get(self._place)) else None

    def place_and_month(self, entry: JsonObject) -> Hashable:
        start = entry.get("date_start")
        says_a_month = any(len(reading) >= _MONTH for reading in date_readings(start))
        key = (folded_name(entry.get(self._place)), read_date(start) if says_a_month else None)
        return key if all(key) else None


def _start_key(value: object) -> str:
    """A whole day in one form; any other text as it stands; "" for anything else."""
    if type(value) is str and len(value) <= LONGEST_DATE:
        return _start_key_of_short_text(value)
    return _start_key_of_any(value)


@lru_cache(maxsize=4096)
def _start_key_of_short_text(text: str) -> str:
    return _start_key_of_any(text)


def _start_key_of_any(value: object) -> str:
    if any(len(reading) == _DAY for reading in date_readings(value)):
        return read_date(value) or str(value)
    return plain_date(value) if isinstance(value, str) else ""


def _starts_agree(extent: int | str) -> Agree:
    return lambda stored, given: _start_agreement(stored, given) == extent


def _start_agreement(stored: JsonObject, given: JsonObject) -> int | str | None:
    """How far two starts agree: to the day, or to the month or year where one says no more.

    _UNREADABLE where one of them cannot be read; _UNCLEAR where they agree in one of several
    meanings, as `03/04/2019` has two; None where they differ, or a position has no start.
    """
    stored_start, given_start = stored.get("date_start"), given.get("date_start")
    if is_empty(stored_start) or is_empty(given_start):
        return None
    stored_readings, given_readings = date_readings(stored_start), date_readings(given_start)
    if not stored_readings or not given_readings:
        return _UNREADABLE
    # `map` ends with the shorter reading: what only one of them says is no difference.
    agreed = [
        min(len(stored_reading), len(given_reading))
        for stored_reading in stored_readings
        for given_reading in given_readings
        if all(map(operator.eq, stored_reading, given_reading))
    ]
    if agreed and (len(stored_readings) > 1 or len(given_readings) > 1):
        return _UNCLEAR
    return max(agreed, default=None)
