"""What HrFlow accepts as a profile in the body of a request, and the shape of a whole one.

Sources: HrFlow's documentation of the Profile object, the schema and the live tests of its SDK
4.3.0. Where they leave a question open, the answer here is the one that hurts a careless client (a
null list empties the list), unless the modes say otherwise. A null text is refused, as the SDK's
schema does; HrFlow's own connector sends one in every edit, so a real HrFlow may take it, and then
most likely for an empty one, as it was seen to take null lists.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from greenhouse_hrflow.sandbox.modes import HrFlowModes
from greenhouse_hrflow.sandbox.wire import JsonObject

NAMED_LISTS = (
    "languages",
    "certifications",
    "courses",
    "tasks",
    "interests",
    "tags",
    "metadatas",
)
URL_TYPES = ("from_resume", "linkedin", "twitter", "facebook", "github")

_INFO_TEXTS = [
    "full_name",
    "first_name",
    "last_name",
    "email",
    "phone",
    "date_birth",
    "picture",
    "gender",
    "summary",
    "driving_license",
]
_SECTION_LISTS = ("skills", "certifications", "courses", "tasks", "languages", "interests")
_LISTS = ("experiences", "educations", "skills", "labels", *NAMED_LISTS)
_DATES = {
    "local": re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}"),
    "date": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "offset": re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\+0000"),
    "zulu": re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\.000Z"),
}
_BIRTH_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}:\d{2}(?:\+0000)?)?")

SERVER_FIELDS = [
    "id",
    "key",
    "source",
    "source_key",
    "created_at",
    "updated_at",
    "archived_at",
    "attachments",
    "consent_algorithmic",
]
"""What a PUT cannot change: it may carry them, as a client that sends back what it read does."""


class InvalidProfile(Exception):
    """The body is no profile; the message says which field.

    Attributes:
        path: of the field, such as ``experiences[0].title``.
        wanted: what should stand there.
    """

    def __init__(self, path: str, wanted: str) -> None:
        super().__init__(f"{path} must be {wanted}")
        self.path = path
        self.wanted = wanted


def empty_location() -> JsonObject:
    """A location of which nothing is known."""
    return {"text": None, "lat": None, "lng": None, "fields": {}}


def empty_profile() -> JsonObject:
    """The client's half of a profile with each field at the value it has when never sent."""
    info: JsonObject = {**dict.fromkeys(_INFO_TEXTS), "location": empty_location(), "urls": []}
    lists: JsonObject = {name: [] for name in _LISTS}
    durations = {"experiences_duration": 0.0, "educations_duration": 0.0}
    return {"reference": None, "info": info, "text": "", "text_language": None} | durations | lists


def read_profile(body: JsonObject, modes: HrFlowModes) -> JsonObject:
    """The client's half of a body, completed inside; InvalidProfile names what is wrong."""
    known = empty_profile()
    fields = {name: value for name, value in body.items() if name in known}
    if modes.null_text == "empty" and "text" in fields:
        fields["text"] = "" if fields["text"] is None else fields["text"]
    for name, value in fields.items():
        _CHECKS.get(name, _check_list)(value, name)
    for name in ("experiences", "educations"):
        _check_dates(fields.get(name), name, modes)
    for name in _LISTS:
        if name in fields:
            fields[name] = fields[name] or []
    if "info" in fields:
        fields["info"] = _whole_info(fields["info"])
    for name, first in (("experiences", "company"), ("educations", "school")):
        if name in fields:
            fields[name] = [_whole_section(entry, first) for entry in fields[name]]
    if "metadatas" in fields:
        fields["metadatas"] = [_cut(entry, modes) for entry in fields["metadatas"]]
    return fields | (unknown_fields(body) if modes.keeps_unknown_fields else {})


def unknown_fields(profile: JsonObject) -> JsonObject:
    """The top-level fields that no document knows."""
    known = {*empty_profile(), *SERVER_FIELDS}
    return {name: value for name, value in profile.items() if name not in known}


def _whole_info(info: JsonObject) -> JsonObject:
    urls: list[JsonObject] = info.get("urls") or []
    location: JsonObject = info.get("location") or {}
    born: str | None = info.get("date_birth")
    return {
        **dict.fromkeys(_INFO_TEXTS),
        **info,
        "date_birth": f"{born[:10]}T00:00:00+0000" if born else None,
        "location": empty_location() | location,
        "urls": urls,
    }


def _whole_section(entry: JsonObject, first: str) -> JsonObject:
    texts = ("key", first, "logo", "title", "description", "date_start", "date_end")
    lists: JsonObject = {name: entry.get(name) or [] for name in _SECTION_LISTS}
    location: JsonObject = empty_location() | (entry.get("location") or {})
    return {**dict.fromkeys(texts), **entry, **lists, "location": location}


def _cut(metadata: JsonObject, modes: HrFlowModes) -> JsonObject:
    """A metadata with as much of its value as is kept."""
    value: str | None = metadata.get("value")
    return metadata if value is None else metadata | {"value": value[: modes.longest_metadata]}


def _require(holds: bool, path: str, wanted: str) -> None:
    if not holds:
        raise InvalidProfile(path, wanted)


def _check_text(value: Any, path: str) -> None:
    _require(isinstance(value, str), path, "a string")


def _check_text_or_null(value: Any, path: str) -> None:
    _require(value is None or isinstance(value, str), path, "a string or null")


def _check_number_or_null(value: Any, path: str) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    _require(value is None or number, path, "a number or null")


def _object(value: Any, path: str) -> JsonObject:
    _require(isinstance(value, dict), path, "an object")
    return value


def _entries(value: Any, path: str) -> list[tuple[str, JsonObject]]:
    """The objects of a list with their paths; a null stands for an empty list."""
    _require(value is None or isinstance(value, list), path, "a list")
    entries = cast("list[Any]", value or [])
    return [(f"{path}[{i}]", _object(entry, f"{path}[{i}]")) for i, entry in enumerate(entries)]


def _check_list(value: Any, path: str) -> None:
    for here, entry in _entries(value, path):
        _require(isinstance(entry.get("name"), str), f"{here}.name", "a string")
        _check_text_or_null(entry.get("value"), f"{here}.value")


def _check_skills(value: Any, path: str) -> None:
    _check_list(value, path)
    for here, entry in _entries(value, path):
        _require(entry.get("type") in (None, "hard", "soft"), f"{here}.type", "hard, soft or null")


def _check_labels(value: Any, path: str) -> None:
    _entries(value, path)


def _check_sections(value: Any, path: str) -> None:
    for here, entry in _entries(value, path):
        for name in ("key", "company", "school", "logo", "title", "description"):
            _check_text_or_null(entry.get(name), f"{here}.{name}")
        _check_location(entry.get("location"), f"{here}.location")
        _check_skills(entry.get("skills"), f"{here}.skills")
        for name in _SECTION_LISTS[1:]:
            _check_list(entry.get(name), f"{here}.{name}")


def _check_dates(value: Any, path: str, modes: HrFlowModes) -> None:
    """A date-time without a zone always: the SDK's own tests forbid ``+0000`` here."""
    for here, entry in _entries(value, path):
        for name in ("date_start", "date_end"):
            date = entry.get(name)
            _check_text_or_null(date, f"{here}.{name}")
            if date is not None:
                found = [_DATES[form].fullmatch(date) for form in modes.dates]
                is_date = any(match and _is_moment(match[match.re.groups]) for match in found)
                _require(is_date, f"{here}.{name}", "a date like 2024-12-15T03:55:00")


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_info(value: Any, path: str) -> None:
    info = _object(value, path)
    for name in _INFO_TEXTS:
        _check_text_or_null(info.get(name), f"{path}.{name}")
    birth = info.get("date_birth")
    if birth:
        match = _BIRTH_DATE.fullmatch(birth)
        _require(match is not None and _is_moment(match[1]), f"{path}.date_birth", "a date")
    _check_location(info.get("location"), f"{path}.location")
    for here, entry in _entries(info.get("urls"), f"{path}.urls"):
        _require(entry.get("type") in (None, *URL_TYPES), f"{here}.type", "a known type of url")
        _check_text_or_null(entry.get("url"), f"{here}.url")


def _check_location(value: Any, path: str) -> None:
    if value is None:
        return
    location = _object(value, path)
    _check_text_or_null(location.get("text"), f"{path}.text")
    _check_number_or_null(location.get("lat"), f"{path}.lat")
    _check_number_or_null(location.get("lng"), f"{path}.lng")
    if location.get("fields") is not None:
        _object(location["fields"], f"{path}.fields")


_CHECKS: dict[str, Callable[[Any, str], None]] = {
    "reference": _check_text_or_null,
    "text": _check_text,
    "text_language": _check_text_or_null,
    "experiences_duration": _check_number_or_null,
    "educations_duration": _check_number_or_null,
    "info": _check_info,
    "experiences": _check_sections,
    "educations": _check_sections,
    "skills": _check_skills,
    "labels": _check_labels,
}
