"""For property tests: profiles in HrFlow's whole shape, what formats give, and the settings.

Stored and given profiles draw companies, titles, dates and names from the same few, so that entries
match. What only HrFlow knows is recognised by its prefix, and no format gives it.
"""

from __future__ import annotations

from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st

from greenhouse_hrflow.profiles.normalize import JsonObject

ONLY_HRFLOW = "hrflow:"
COMPANIES = ["ACME", "Acme, Inc.", "acme inc", "Café 漢字", "🚀"]
TITLES = ["Engineer", "engineer", "Lead"]
DATES = ["2019-01-01T00:00:00", "2020-02-29T00:00:00"]
GREENHOUSE_DATES = ["2019-01-01T00:00:00.000Z", "2020-02-29", "2020-02-29T00:00:00"]
ADDRESSES = ["1 Main St, Oslo", "2 Side St, 東京"]
WORDS = ["red", "blue", "green"]

laws = settings(max_examples=80, phases=[Phase.generate])
"""Of the laws of the three-way merge."""

put_modes = st.sampled_from(["replace", "merge"])
"""What an edit does to the fields that it does not send."""

known = st.integers(0, 4).map(lambda n: f"{ONLY_HRFLOW}{n}")


def maybe(*values: Any) -> st.SearchStrategy[Any]:
    """One of these, or nothing."""
    return st.sampled_from([None, *values])


def _record(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[JsonObject]:
    return st.fixed_dictionaries(fields)


def _given(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[JsonObject]:
    return st.fixed_dictionaries({}, optional=fields)


def _named(names: st.SearchStrategy[Any], values: st.SearchStrategy[Any]) -> Any:
    return st.lists(_record(name=names, value=values), max_size=4)


_words = st.sampled_from(WORDS)
_kinds = maybe("hard", "soft")
_stored_skills = st.lists(
    _record(name=_words, type=_kinds, value=st.none())
    | _record(name=known, type=_kinds, value=known),
    max_size=3,
)
_stored_location = _record(
    text=maybe(*ADDRESSES),
    lat=maybe(1.5, 0.0),
    lng=maybe(2.0),
    fields=st.fixed_dictionaries({}, optional={"city": known}),
)
_stored_info = _record(
    first_name=maybe("Ada", "Zoë"),
    last_name=maybe("Byron"),
    full_name=maybe("Ada Byron"),
    email=maybe("ada@example.com"),
    phone=maybe("0123"),
    date_birth=maybe("1990-01-01T00:00:00+0000"),
    location=_stored_location,
    urls=st.lists(_record(type=maybe("github"), url=_words | known), max_size=3),
    picture=known,
    gender=known,
    summary=known,
)


def _stored_positions(where: str) -> st.SearchStrategy[Any]:
    entry = _record(
        **{where: maybe(*COMPANIES)},
        title=maybe(*TITLES),
        date_start=maybe(*DATES),
        date_end=maybe(*DATES),
        description=known,
        location=_stored_location,
        skills=_stored_skills,
    )
    return st.lists(entry, max_size=3)


stored_profiles = _record(
    info=_stored_info,
    text=known,
    text_language=maybe("en"),
    experiences_duration=st.sampled_from([0.0, 2.5]),
    experiences=_stored_positions("company"),
    educations=_stored_positions("school"),
    skills=_stored_skills,
    languages=st.lists(
        _record(name=_words, value=st.none()) | _record(name=known, value=known), max_size=4
    ),
    interests=_named(known, st.none()),
    tags=_named(known | _words, st.none() | known),
    metadatas=_named(known, st.none() | known),
    labels=st.lists(_record(stage=known), max_size=2),
)


def _given_positions(where: str) -> st.SearchStrategy[Any]:
    entry = _given(
        **{where: maybe(*COMPANIES)},
        title=maybe(*TITLES),
        date_start=maybe(*GREENHOUSE_DATES),
        date_end=maybe(*GREENHOUSE_DATES),
    )
    return st.lists(entry, max_size=3)


given_profiles = _given(
    info=_given(
        first_name=maybe("Ada", "Bo", ""),
        last_name=maybe("Byron", "Lovelace"),
        email=maybe("ada@example.com", "bo@example.com"),
        phone=maybe("0123", "0456"),
        date_birth=maybe("1990-01-01", "1991-02-03T00:00:00"),
        location=_given(text=maybe(*ADDRESSES)),
        urls=st.lists(_given(type=maybe("github"), url=_words), max_size=3),
    ),
    text_language=maybe("en", "fr"),
    experiences_duration=maybe(2.5, 3),
    experiences=_given_positions("company"),
    educations=_given_positions("school"),
    skills=st.lists(_record(name=_words, value=maybe("4/5", 3)), max_size=3),
    languages=_named(_words, maybe("fluent", True)),
    tags=_named(_words, maybe("1", 2, "2020-01-01")),
    metadatas=_named(_words, maybe("1")),
)
"""What a format gives, odd where formats are: nulls, blanks, numbers, Greenhouse's dates."""


_RECORDS = ("info", "info.location", "info.location.fields")
_LISTS = ("info.urls", "experiences", "educations", "skills", "languages", "tags", "labels")
_TEXTS = ("info.first_name", "info.phone", "info.date_birth", "info.summary", "text_language")
_objects = st.dictionaries(st.sampled_from(["a", "name", "url"]), known, min_size=1, max_size=2)
_lists = st.lists(known | _objects, min_size=1, max_size=3)
_scalars = known | st.sampled_from([7, 2.5, True])

spoils = st.dictionaries(
    st.sampled_from(_RECORDS), _lists | _scalars, max_size=1
) | st.dictionaries(
    st.sampled_from(_LISTS), _objects | _scalars, max_size=3
) | st.dictionaries(
    st.sampled_from(_TEXTS), _objects | _lists | st.just(7), max_size=3
)  # fmt: skip
"""By dotted path: values of another shape than the field has."""


def spoil(profile: JsonObject, spoiled: JsonObject) -> None:
    """Put such values into a profile."""
    for path, value in spoiled.items():
        *outer, last = path.split(".")
        holder = profile
        for name in outer:
            holder = holder[name]
        holder[last] = value


def only_hrflows(value: Any, path: str = "") -> list[str]:
    """All that only HrFlow knows in a profile: path and value, without list positions."""
    if isinstance(value, dict):
        return [
            leaf for name, item in value.items() for leaf in only_hrflows(item, f"{path}.{name}")
        ]
    if isinstance(value, list):
        return [leaf for item in value for leaf in only_hrflows(item, f"{path}[]")]
    known_value = isinstance(value, str) and value.startswith(ONLY_HRFLOW)
    return [f"{path}={value}"] if known_value else []
