"""What an edit lost: the profile that is read back is compared with the one that was sent.

HrFlow's documents contradict each other on whether an edit replaces or merges. Either suits us; an
API that does a third thing must be noticed on the first profile, and not on all. So must a fault of
ours: what was sent is itself compared with what was stored.

In this module, `before` is what was stored, `sent` what the edit wrote, `after` what was read back.
"""

from __future__ import annotations

from typing import Any

from greenhouse_hrflow.profiles.normalize import JsonObject, canonical_json, is_empty, same
from greenhouse_hrflow.profiles.shapes import has_another_shape, is_list, kind
from greenhouse_hrflow.profiles.shown_names import shown_name

_CHANGES_WITH_EVERY_EDIT = frozenset({"updated_at"})
_CONTAINERS = frozenset({"list", "object"})
_ENTRY, _UNKNOWN = "[]", "?"
"""In the place of a field's name: an entry of a list of objects; what HrFlow's documents do not
know."""
_KNOWN_OBJECTS = frozenset({"info", "location", _ENTRY})


def lost_fields(before: JsonObject, sent: JsonObject, after: JsonObject) -> list[str]:
    """The paths of what was stored, was to stay, and is lost: `info.phone`, `tags[].value`; with no
    name that HrFlow's documents do not know.

    Lost is a value that is empty now; an object or a list that is something else now; an entry of
    a list that is shorter now than it was sent; and a value in another shape than its field has,
    which the edit itself replaced by one of another kind. A value that came back in another form,
    or that somebody edited since, is not lost.
    """
    return sorted(
        {
            path
            for name in before
            if name not in _CHANGES_WITH_EVERY_EDIT
            for path in _lost(
                shown_name(name), name, before[name], sent.get(name, before[name]), after.get(name)
            )
        }
    )


def _lost(path: str, name: str, before: Any, sent: Any, after: Any) -> list[str]:
    """The lost paths of one field; `name` is the field's own, the last of its path."""
    if is_empty(before) or is_empty(sent):
        return []
    if has_another_shape(name, before) and kind(before) != kind(sent):
        return [path]
    if is_empty(after):
        return [path]
    if kind(after) != kind(sent) and {kind(after), kind(sent)} & _CONTAINERS:
        return [path]
    if isinstance(before, dict) and isinstance(sent, dict):
        return [
            lost
            for inner in before
            for lost in _lost(
                f"{path}.{shown_name(inner)}",
                inner if name in _KNOWN_OBJECTS else _UNKNOWN,
                before[inner],
                sent.get(inner),
                after.get(inner),
            )
        ]
    if isinstance(before, list) and isinstance(sent, list):
        return _lost_entries(path, _ENTRY if is_list(name) else _UNKNOWN, before, sent, after)
    return []


def _lost_entries(
    path: str, name: str, before: list[Any], sent: list[Any], after: list[Any]
) -> list[str]:
    """The lost paths of a list; `name` is `_ENTRY` where its entries are known to be objects."""
    if len(after) < len(sent):
        return [path]
    in_before = {canonical_json(entry) for entry in before}
    in_sent = {canonical_json(entry) for entry in sent}
    altered = [entry for entry in before if canonical_json(entry) not in in_sent]
    if name == _ENTRY and any(not isinstance(e, dict) and not is_empty(e) for e in altered):
        # What is no object cannot be merged: the edit should have left it alone.
        return [path]
    lost: list[str] = []
    for entry in sent:
        former = entry if canonical_json(entry) in in_before else _counterpart(entry, altered)
        # Without a former one the entry is new, and can have lost nothing.
        if former is not None:
            lost += _lost(f"{path}[]", name, former, entry, _successor(entry, after))
    return lost


def _counterpart(entry: Any, entries: list[Any]) -> Any:
    """The entry with the same key as this one; where it has no key, with the same name."""
    known_by = "name" if _key(entry) is None else "key"
    value = entry.get(known_by) if isinstance(entry, dict) else None
    if is_empty(value):
        return None
    return next((e for e in entries if isinstance(e, dict) and e.get(known_by) == value), None)


def _key(entry: Any) -> Any:
    return (entry.get("key") or None) if isinstance(entry, dict) else None


def _successor(entry: Any, after: list[Any]) -> Any:
    """What stands for an entry that was sent: itself, else that of its key, else the closest."""
    if any(same(entry, other) for other in after):
        return entry
    by_key = _counterpart(entry, after) if _key(entry) is not None else None
    return _closest(entry, after) if by_key is None else by_key


def _closest(entry: Any, entries: list[Any]) -> Any:
    """The entry that shares the most values with this one; the first, where this is no object."""
    if not isinstance(entry, dict):
        return entries[0]

    def shared_values(other: Any) -> int:
        return isinstance(other, dict) and sum(
            same(other.get(name), value) for name, value in entry.items()
        )

    return max(entries, key=shared_values)
