"""A profile before and after an edit, field by field, as the demo shows it.

Which profile is shown, and how it looks in a terminal, is decided in `demo` and `demo_view`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

_SECTIONS = (
    "info", "text", "text_language", "experiences", "educations", "skills", "languages",
    "certifications", "courses", "tasks", "interests", "labels", "attachments", "tags",
    "metadatas",
)  # fmt: skip
"""What is shown; the rest is HrFlow's own bookkeeping."""

_POSITIONS = {"experiences": "experience", "educations": "education"}
_TOLD_BY = {"labels": "stage", "attachments": "original_file_name"}
"""Lists whose entries are told by one of their keys."""

_NOT_SHOWN = ("key", "logo")
"""Keys of a position that say nothing to a reader."""

_MARK = "greenhouse_hrflow:"


@dataclass(frozen=True)
class FieldRow:
    """One value of a profile.

    Attributes:
        section: the field or list that it belongs to, such as `info` or `experience 1`.
        name: which value of it; empty where the section is the value.
        before, after: as text; empty where there was none.
        verdict: `new`, `changed`, `removed`; `same` where Greenhouse gives what HrFlow held, and
            `kept` where only HrFlow knows it.
    """

    section: str
    name: str
    before: str
    after: str
    verdict: str


@dataclass(frozen=True)
class _Leaf:
    section: str
    name: str
    identity: str
    text: str


def compare(
    before: Mapping[str, Any], after: Mapping[str, Any], given: Mapping[str, Any]
) -> list[FieldRow]:
    """Hold a profile before an edit against the one after it.

    Args:
        given: what the format gave; by it `same` is told from `kept`.
    """
    old = {(leaf.section, leaf.identity): leaf for leaf in _leaves(before)}
    new = {(leaf.section, leaf.identity): leaf for leaf in _leaves(after)}
    given_texts = {(_kind(leaf), leaf.text) for leaf in _leaves(given)}
    rows = [
        _row(
            leaf,
            old[key].text if key in old else "",
            new[key].text if key in new else "",
            given_texts,
        )
        for key, leaf in {**old, **new}.items()
    ]
    in_order = sorted(rows, key=lambda row: (_rank(row.section), row.section))
    return [
        row
        for _, of_section in groupby(in_order, key=lambda row: row.section)
        for row in _joined(list(of_section))
    ]


def _joined(rows: list[FieldRow]) -> list[FieldRow]:
    """A list of which nothing differs, in one row."""
    first = rows[0]
    if first.name or any(row.before != row.after or row.verdict != first.verdict for row in rows):
        return rows
    text = ", ".join(row.after for row in rows)
    return [replace(first, before=text, after=text)]


def _row(leaf: _Leaf, before: str, after: str, given_texts: set[tuple[str, str]]) -> FieldRow:
    if before == after:
        verdict = "same" if (_kind(leaf), after) in given_texts else "kept"
    else:
        verdict = "new" if not before else "changed" if after else "removed"
    return FieldRow(leaf.section, leaf.name, before, after, verdict)


def _kind(leaf: _Leaf) -> str:
    """The section and name without the number of a position."""
    return f"{leaf.section.split(' ')[0]}.{leaf.name}"


def _rank(section: str) -> int:
    word = section.split(" ")[0]
    lists = {singular: plural for plural, singular in _POSITIONS.items()}
    return _SECTIONS.index(lists.get(word, word))


def _leaves(profile: Mapping[str, Any]) -> Iterator[_Leaf]:
    for section in _SECTIONS:
        value = profile.get(section)
        if section in _POSITIONS:
            yield from _positions(_POSITIONS[section], value or [])
        elif isinstance(value, list):
            yield from _entries(section, "", value, _TOLD_BY.get(section))
        elif isinstance(value, Mapping):
            yield from _values(section, value)
        elif value:
            yield _Leaf(section, "", "", _text(value))


def _values(section: str, record: Mapping[str, Any]) -> Iterator[_Leaf]:
    for name, value in record.items():
        if not value or name in _NOT_SHOWN:
            continue
        if name == "location" and isinstance(value, Mapping):
            yield from _location(section, value)
        elif isinstance(value, list):
            yield from _entries(section, name, value, None)
        else:
            text = _text(value)
            yield _Leaf(section, name, name, text[:10] if name.startswith("date_") else text)


def _location(section: str, location: Mapping[str, Any]) -> Iterator[_Leaf]:
    """What HrFlow found out about an address takes two lines, and not one a key."""
    found = location.get("fields") or {}
    parts = {
        "location.text": location.get("text"),
        "location.lat/lng": [location[key] for key in ("lat", "lng") if location.get(key)],
        "location.fields": [f"{key}: {value}" for key, value in found.items() if value],
    }
    for name, value in parts.items():
        if value:
            text = ", ".join(map(str, value)) if isinstance(value, list) else value
            yield _Leaf(section, name, name, _text(text))


def _positions(section: str, entries: list[Mapping[str, Any]]) -> Iterator[_Leaf]:
    for number, entry in enumerate(entries, 1):
        yield from _values(f"{section} {number}", entry)


def _entries(
    section: str, name: str, entries: list[Mapping[str, Any]], told_by: str | None
) -> Iterator[_Leaf]:
    seen: dict[str, int] = {}
    for entry in entries:
        text = _text(entry.get(told_by)) if told_by else _entry_text(entry)
        seen[text] = seen.get(text, 0) + 1
        yield _Leaf(section, name, f"{name}/{text}/{seen[text]}", text)


def _entry_text(entry: Mapping[str, Any]) -> str:
    """An entry of a list as one line; our last-applied by its name alone."""
    name, value = entry.get("name"), entry.get("value")
    if isinstance(name, str) and name.startswith(_MARK):
        return "last-applied: hashes of what was written"
    if "url" in entry:
        return _text(entry["url"])
    return f"{name}: {_text(value)}" if value else _text(name)


def _text(value: object) -> str:
    return " ".join(str(value).split())
