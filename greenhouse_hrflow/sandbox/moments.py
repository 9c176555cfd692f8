"""The sandbox's clock and the two ways in which the APIs write a moment.

Nothing here knows a candidate or a profile. All moments are aware datetimes in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

Clock = Callable[[], datetime]

_ISO_8601 = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,6})\d*)?(Z|[+-]\d{2}:?\d{2})"
)


def utc_now() -> datetime:
    """The machine's own time, in UTC."""
    return datetime.now(timezone.utc)


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; ValueError for one that names no zone."""
    if moment.tzinfo is None:
        raise ValueError(f"the sandbox needs a moment with a zone, not {moment}")
    return moment.astimezone(timezone.utc)


def checked_clock(clock: Clock) -> Clock:
    """The same clock, in UTC whatever its own zone."""
    return lambda: in_utc(clock())


def greenhouse_stamp(moment: datetime) -> str:
    """Greenhouse's form, whole milliseconds: ``2024-12-15T03:55:00.000Z``."""
    utc = moment.astimezone(timezone.utc)
    return f"{utc.year:04d}-{utc:%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def hrflow_stamp(moment: datetime) -> str:
    """HrFlow's form, whole seconds: ``2024-12-15T03:55:00+0000``."""
    return f"{moment.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%S}+0000"


def read_moment(text: str) -> datetime:
    """Read an ISO-8601 date-time that names its zone; ValueError for anything else."""
    match = _ISO_8601.fullmatch(text)
    if match is None:
        raise ValueError(f"not an ISO-8601 date-time with a zone: {text!r}")
    seconds, fraction, zone = match.groups()
    offset = "+0000" if zone == "Z" else zone.replace(":", "")
    moment = datetime.strptime(f"{seconds}{offset}", "%Y-%m-%dT%H:%M:%S%z")
    micros = int((fraction or "").ljust(6, "0"))
    try:
        return moment.astimezone(timezone.utc) + timedelta(microseconds=micros)
    except OverflowError:
        raise ValueError(f"not within the years 1 to 9999 in UTC: {text!r}") from None


def first_millisecond_from(moment: datetime) -> str:
    """The earliest Greenhouse stamp that is not before the moment; at the end of time the last."""
    try:
        return greenhouse_stamp(moment + timedelta(microseconds=-moment.microsecond % 1000))
    except OverflowError:
        return greenhouse_stamp(moment)
