"""The made-up people of the sandbox's Greenhouse: the same ones for the same seed and start.

Among them everything that a reader must survive: nulls and empty strings in every nullable place,
several scripts, ids beyond 2^53, leading zeros, changes at the edges of a day, children newer than
their candidate, prospects, private ones, and one who was anonymised. Their children are made in
``children``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from greenhouse_hrflow.sandbox.greenhouse.tables import Tables, blank_row
from greenhouse_hrflow.sandbox.moments import greenhouse_stamp
from greenhouse_hrflow.sandbox.people.children import Person, add_children
from greenhouse_hrflow.sandbox.people.names import COMPANIES, PLACES, TITLES, ZONES, made_up_name
from greenhouse_hrflow.sandbox.people.offices import YEARS, add_offices
from greenhouse_hrflow.sandbox.wire import JsonObject

SPREAD_DAYS = 10
ANONYMISED = 17
"""The position of the person who was anonymised, where there are that many."""

_FIRST_ID = 41_000_000_003
_BEYOND_FLOAT = 2**53 + 1
_MILLISECOND = timedelta(milliseconds=1)
_DAY = timedelta(days=1)


def populate(people: int, seed: int, start: datetime) -> Tables:
    """The tables of that many people, whose changes lie before ``start`` (an aware UTC moment)."""
    tables = Tables()
    add_offices(tables, start - 900 * _DAY)
    for position in range(people):
        rng = Random(f"{seed}/person/{position}")
        updated = _updated(rng, position, start)
        created = _created(rng, position, updated)
        person = Person(
            position=position,
            candidate_id=_id(position, people),
            created=created,
            updated=updated,
            start=start,
            anonymised=position == ANONYMISED,
        )
        tables.put("candidates", _row(rng, person))
        add_children(tables, rng, person)
    return tables


def _id(position: int, people: int) -> int:
    """Ascending by position; the last three are whole numbers that no float can hold."""
    if people >= 3 and position >= people - 3:
        return _BEYOND_FLOAT + 2 * (position - people + 3)
    return _FIRST_ID + 7 * position


def _updated(rng: Random, position: int, start: datetime) -> datetime:
    """Within the last days, evenly; some on a day's very first or last millisecond, some long ago.

    A day is a calendar day in UTC, so that each of the last ones has its share at any hour.
    """
    days_ago = (position + position // SPREAD_DAYS) % SPREAD_DAYS
    today = start.replace(hour=0, minute=0, second=0, microsecond=0)
    midnight = today - days_ago * _DAY
    length = min(_DAY, start - midnight)
    kind = position % 20
    if kind == 3:
        return midnight
    if kind == 4:
        return midnight - _MILLISECOND
    within = midnight + length * rng.random()
    if kind == 5:
        return within.replace(microsecond=0)
    if position % 25 == 13:
        return within - timedelta(days=rng.randint(20, 300))
    return within


def _created(rng: Random, position: int, updated: datetime) -> datetime:
    if position % 9 == 1:
        return updated - timedelta(milliseconds=16)
    leap_day = datetime(2024, 2, 29, 23, 59, 59, 999000, updated.tzinfo)
    if position % 30 == 7 and leap_day < updated:
        return leap_day
    return updated - timedelta(seconds=rng.randint(60, 800 * 86_400))


def _row(rng: Random, person: Person) -> JsonObject:
    """The candidate's own row (tags are set with the applied tags)."""
    row = blank_row("candidates") | {
        "id": person.candidate_id,
        "created_at": greenhouse_stamp(person.created),
        "updated_at": greenhouse_stamp(person.updated),
        "last_activity_at": greenhouse_stamp(
            max(person.created, person.updated - 16 * _MILLISECOND)
        ),
    }
    if person.anonymised:
        return row | {"first_name": "Anonymized", "last_name": str(person.candidate_id)}
    first, last = made_up_name(rng)
    row |= {
        "first_name": first,
        "last_name": last,
        "preferred_name": _sometimes(rng, first[:2], 0.2),
        "company": rng.choice(COMPANIES),
        "title": rng.choice(TITLES),
        "time_zone": rng.choice(ZONES),
        "private": person.position % 14 == 6,
        "can_email": person.position % 8 != 2,
        "linked_user_ids": [501] if person.position % 40 == 8 else [],
        **_ways_to_reach(rng, person.position),
        "custom_fields": _custom_fields(rng, person.position),
    }
    _make_holes(row, person.position)
    return row


def _make_holes(row: JsonObject, position: int) -> None:
    """Nulls and empty values, each in its own rhythm so that they meet in many combinations."""
    holes: tuple[tuple[int, int, str, Any], ...] = (
        (11, 2, "first_name", None),
        (43, 20, "last_name", None),
        (37, 9, "first_name", ""),
        (6, 1, "company", None),
        (5, 2, "title", None),
        (29, 11, "title", ""),
        (7, 3, "last_activity_at", None),
        (8, 5, "addresses", []),
        (10, 6, "phone_numbers", []),
        (13, 4, "email_addresses", []),
        (12, 10, "custom_fields", {}),
    )
    for every, offset, name, value in holes:
        if position % every == offset:
            row[name] = value


def _ways_to_reach(rng: Random, position: int) -> JsonObject:
    emails = [_typed(f"person.{position}@example.com", "personal")]
    if rng.random() < 0.5:
        emails.insert(rng.randint(0, 1), _typed(f"P.{position}@work.example.org", "work"))
    if position % 33 == 14:
        emails.append(_typed(f"other+{position}@example.net", "other"))
    return {
        "email_addresses": emails,
        "phone_numbers": _phones(rng, position),
        "addresses": _addresses(rng, position),
        "website_addresses": _websites(position),
        "social_media_addresses": _social_media(position),
    }


def _phones(rng: Random, position: int) -> list[JsonObject]:
    phones = [_typed(f"+1 212 555 01{position % 100:02d}", "mobile")]
    if rng.random() < 0.4:
        phones.insert(rng.randint(0, 1), _typed(f"01632 960{position % 1000:03d}", "home"))
    if position % 16 == 9:
        phones.append(_typed(f"person-{position}", "skype"))
    if position % 50 == 21:
        phones.append(_typed("", "other"))
    return phones


def _addresses(rng: Random, position: int) -> list[JsonObject]:
    home, work = rng.sample(PLACES, 2)
    addresses = [_typed(home.text, "home")]
    if position % 5 == 4:
        addresses.insert(0, _typed(work.text, "work"))
    return addresses


def _websites(position: int) -> list[JsonObject]:
    kinds = ("personal", "company", "portfolio", "blog", "other")
    kind = kinds[position % 5]
    scheme = "" if position % 4 == 1 else "https://"
    return [_typed(f"{scheme}{kind}.example.com/{position}", kind)] if position % 3 else []


def _social_media(position: int) -> list[JsonObject]:
    known = (
        f"https://www.linkedin.com/in/person-{position}",
        f"twitter.com/person{position}",
        f"@person{position}",
        f"https://github.com/person-{position}",
    )
    return [{"value": known[position % 4]}] if position % 2 else []


def _custom_fields(rng: Random, position: int) -> JsonObject:
    fields: tuple[tuple[str, str, str, Any], ...] = (
        ("desired_salary", "Desired Salary", "short_text", str(rng.randint(30, 90) * 1000)),
        ("badge", "Badge", "short_text", f"0{position:04d}"),
        ("work_remotely", "Work Remotely", "boolean", (True, False, None)[position % 3]),
        ("graduation_year", "Graduation Year", "single_select", YEARS[position % 24]),
        ("score", "Score", "number", round(rng.random() * 10, 2)),
    )
    return {key: {"name": name, "type": kind, "value": value} for key, name, kind, value in fields}


def _typed(value: str, kind: str) -> JsonObject:
    return {"value": value, "type": kind}


def _sometimes(rng: Random, value: str, probability: float) -> str | None:
    return value if rng.random() < probability else None
