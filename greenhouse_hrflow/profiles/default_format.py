"""From a candidate in Harvest v1's shape to an HrFlow profile, when the user gives no format.

It gives what a recruiter would look for in a profile, and nothing that a colleague may not see
in HrFlow by default: no job, stage, rejection, source, recruiter or custom field. Values stand as
they are; what Greenhouse does not know is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from greenhouse_hrflow.profiles.normalize import JsonObject, iso_date

EMAIL_PREFERENCE = ("personal", "work", "other")
PHONE_PREFERENCE = ("mobile", "home", "work", "other")
TAG_NAME = "greenhouse_tag"
CANDIDATE_URL = "https://app.greenhouse.io/people/{id}"

_URL_TYPES = {
    "linkedin": ("linkedin.com", "lnkd.in"),
    "twitter": ("twitter.com", "x.com"),
    "facebook": ("facebook.com", "fb.com"),
    "github": ("github.com",),
}
"""The types of url that HrFlow's schema knows, with the sites that they stand for."""


def format_candidate(candidate: Mapping[str, Any]) -> JsonObject:
    """Give the profile of a candidate: reference, info, experiences, educations, tags, metadatas.

    Never raises for a null, missing or odd value in any field, and never gives a null.
    """
    identifier = _text(candidate.get("id"))
    profile: JsonObject = {
        "reference": identifier,
        "info": _info(candidate),
        "experiences": _each(candidate.get("employments"), _experience),
        "educations": _each(candidate.get("educations"), _education),
        "tags": [{"name": TAG_NAME, "value": tag} for tag in _texts(candidate.get("tags"))],
        "metadatas": _metadatas(identifier) if identifier else None,
    }
    return {name: value for name, value in profile.items() if value}


def _info(candidate: Mapping[str, Any]) -> JsonObject:
    first, last = _text(candidate.get("first_name")), _text(candidate.get("last_name"))
    address = _home_address(candidate.get("addresses"))
    return _given(
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
    return _given(
        company=_text(employment.get("company_name")),
        title=_text(employment.get("title")),
        date_start=_date(employment.get("start_date")),
        date_end=_date(employment.get("end_date")),
    )


def _education(education: Mapping[str, Any]) -> JsonObject:
    studied = (_text(education.get("degree")), _text(education.get("discipline")))
    return _given(
        school=_text(education.get("school_name")),
        title=" ".join(part for part in studied if part),
        date_start=_date(education.get("start_date")),
        date_end=_date(education.get("end_date")),
    )


def _urls(candidate: Mapping[str, Any]) -> list[JsonObject]:
    urls: list[JsonObject] = []
    for field in ("website_addresses", "social_media_addresses"):
        for entry in _mappings(candidate.get(field)):
            url = _text(entry.get("value"))
            known = {"type": _url_type(url), "url": url} if _url_type(url) else {"url": url}
            if url and known not in urls:
                urls.append(known)
    return urls


def _url_type(url: str | None) -> str | None:
    """The type that HrFlow knows the site by; its schema has no name for any other site."""
    host = _host(url or "")
    for name, sites in _URL_TYPES.items():
        if any(host == site or host.endswith(f".{site}") for site in sites):
            return name
    return None


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
    found = [
        (entry.get("type"), value)
        for entry in _mappings(entries)
        if (value := _text(entry.get("value")))
    ]
    for wanted in preference:
        for kind, value in found:
            if kind == wanted:
                return value
    return found[0][1] if found else None


def _home_address(entries: object) -> str | None:
    homes = [entry for entry in _mappings(entries) if entry.get("type") == "home"]
    return next((text for entry in homes if (text := _text(entry.get("value")))), None)


def _each(entries: object, give: Any) -> list[JsonObject]:
    return [given for entry in _mappings(entries) if (given := give(entry))]


def _given(**values: Any) -> JsonObject:
    return {name: value for name, value in values.items() if value}


def _mappings(entries: object) -> list[Mapping[str, Any]]:
    if not isinstance(entries, (list, tuple)):
        return []
    return [entry for entry in entries if isinstance(entry, Mapping)]


def _texts(values: object) -> list[str]:
    items = values if isinstance(values, (list, tuple)) else []
    return [text for value in items if (text := _text(value))]


def _text(value: object) -> str | None:
    """A text as it stands; a number as its digits; None for anything else or blank."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value.strip() else None


def _date(value: object) -> str | None:
    """A date in HrFlow's form; what is no date would have HrFlow refuse the whole profile."""
    return iso_date(value) if isinstance(value, str) else None
