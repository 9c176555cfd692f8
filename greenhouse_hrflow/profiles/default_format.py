"""From a candidate in Harvest v1's shape to an HrFlow profile, when the user gives no format.

It gives what a recruiter would look for in a profile, and nothing that a colleague may not see
in HrFlow by default: no job, stage, rejection, source, recruiter or custom field. Texts stand as
they are, dates in HrFlow's form; what Greenhouse does not know is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from greenhouse_hrflow.profiles.normalize import JsonObject, is_mapping, iso_date

EMAIL_PREFERENCE = ("personal", "work", "other")
PHONE_PREFERENCE = ("mobile", "home", "work", "other")
"""Types of Greenhouse's e-mail addresses and phone numbers, the one to take first."""

TAG_NAME = "greenhouse_tag"
CANDIDATE_URL = "https://app.greenhouse.io/people/{id}"
"""A candidate's page in Greenhouse."""

_URL_TYPES = {
    "linkedin": ("linkedin.com", "lnkd.in"),
    "twitter": ("twitter.com", "x.com"),
    "facebook": ("facebook.com", "fb.com"),
    "github": ("github.com",),
}
"""The types of url that HrFlow's schema knows, with the sites that they stand for."""

_HOST_ENDS = {name: tuple(f".{site}" for site in sites) for name, sites in _URL_TYPES.items()}
"""The same sites as ends of hosts: of their own, with a dot before it, and of all below them."""


def format_candidate(candidate: Mapping[str, Any]) -> JsonObject:
    """Give the profile of a candidate: reference, info, experiences, educations, tags, metadatas.

    A null, missing or odd value in a field is left out, and raises nothing; no null is given.
    """
    identifier = _text_or_none(candidate.get("id"))
    tags = _nonblank_texts(candidate.get("tags"))
    profile: JsonObject = {
        "reference": identifier,
        "info": _info(candidate),
        "experiences": _converted(candidate.get("employments"), _experience),
        "educations": _converted(candidate.get("educations"), _education),
        "tags": [{"name": TAG_NAME, "value": tag} for tag in tags],
        "metadatas": _metadatas(identifier) if identifier else None,
    }
    return {name: value for name, value in profile.items() if value}


def _info(candidate: Mapping[str, Any]) -> JsonObject:
    first = _text_or_none(candidate.get("first_name"))
    last = _text_or_none(candidate.get("last_name"))
    address = _home_address(candidate.get("addresses"))
    return _without_empty(
        first_name=first,
        last_name=last,
        full_name=" ".join(name for name in (first, last) if name),
        email=_preferred(candidate.get("email_addresses"), EMAIL_PREFERENCE),
        phone=_preferred(candidate.get("phone_numbers"), PHONE_PREFERENCE),
        location={"text": address} if address else None,
        urls=_urls(candidate),
    )


def _metadatas(identifier: str) -> list[JsonObject]:
    return [
        {"name": "greenhouse_id", "value": identifier},
        {"name": "greenhouse_url", "value": CANDIDATE_URL.format(id=identifier)},
    ]


def _experience(employment: Mapping[str, Any]) -> JsonObject:
    return _without_empty(
        company=_text_or_none(employment.get("company_name")),
        title=_text_or_none(employment.get("title")),
        date_start=_date_or_none(employment.get("start_date")),
        date_end=_date_or_none(employment.get("end_date")),
    )


def _education(education: Mapping[str, Any]) -> JsonObject:
    studied = (_text_or_none(education.get("degree")), _text_or_none(education.get("discipline")))
    return _without_empty(
        school=_text_or_none(education.get("school_name")),
        title=" ".join(part for part in studied if part),
        date_start=_date_or_none(education.get("start_date")),
        date_end=_date_or_none(education.get("end_date")),
    )


def _urls(candidate: Mapping[str, Any]) -> list[JsonObject]:
    urls: list[JsonObject] = []
    for field in ("website_addresses", "social_media_addresses"):
        for entry in _mappings(candidate.get(field)):
            url = _text_or_none(entry.get("value"))
            url_type = _url_type(url)
            known = {"type": url_type, "url": url} if url_type else {"url": url}
            if url and known not in urls:
                urls.append(known)
    return urls


def _url_type(url: str | None) -> str | None:
    """The type that HrFlow knows the site by; its schema has no name for any other site."""
    if not url:
        return None
    host = f".{_host(url)}"
    return next((name for name, ends in _HOST_ENDS.items() if host.endswith(ends)), None)


def _host(url: str) -> str:
    """The host of an address as people type it: with or without a scheme, a port, a user, …"""
    typed = url.strip().casefold()
    try:
        host = urlsplit(f"//{typed.partition('://')[2] or typed.lstrip('/')}").hostname
    except ValueError:
        return ""
    return (host or "").rstrip(".")


def _preferred(entries: object, preference: Sequence[str]) -> str | None:
    """The first value of the first preferred type that has one; else the first value."""
    typed_values = [
        (entry.get("type"), value)
        for entry in _mappings(entries)
        if (value := _text_or_none(entry.get("value")))
    ]
    for preferred_type in preference:
        for value_type, value in typed_values:
            if value_type == preferred_type:
                return value
    return typed_values[0][1] if typed_values else None


def _home_address(entries: object) -> str | None:
    homes = [entry for entry in _mappings(entries) if entry.get("type") == "home"]
    return next((text for entry in homes if (text := _text_or_none(entry.get("value")))), None)


def _converted(
    entries: object, convert: Callable[[Mapping[str, Any]], JsonObject]
) -> list[JsonObject]:
    return [converted for entry in _mappings(entries) if (converted := convert(entry))]


def _without_empty(**values: Any) -> JsonObject:
    return {name: value for name, value in values.items() if value}


def _mappings(entries: object) -> list[Mapping[str, Any]]:
    if not isinstance(entries, (list, tuple)):
        return []
    return [entry for entry in entries if is_mapping(entry)]


def _nonblank_texts(values: object) -> list[str]:
    items = values if isinstance(values, (list, tuple)) else []
    return [text for value in items if (text := _text_or_none(value))]


def _text_or_none(value: object) -> str | None:
    """A text as it stands; a number as its digits; None for anything else or blank."""
    if isinstance(value, str):
        return value if value.strip() else None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return str(value) if is_number else None


def _date_or_none(value: object) -> str | None:
    """A date in HrFlow's form; what is no date would have HrFlow refuse the whole profile."""
    return iso_date(value) if isinstance(value, str) else None
