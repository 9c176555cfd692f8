"""What an edit lost: the profile that is read back, held against the one that was sent.

HrFlow's documents contradict each other on whether an edit replaces or merges. Both are right for
us; an API that does a third thing must be noticed on the first profile, and not on all. So must a
fault of ours: what was sent is itself held against what was stored.
"""

from __future__ import annotations

from typing import Any

from greenhouse_hrflow.profiles.normalize import JsonObject, canonical_json, is_empty, same
from greenhouse_hrflow.profiles.shapes import has_another_shape, is_list, kind

_CHANGES_WITH_EVERY_EDIT = frozenset({"updated_at"})
_CONTAINERS = frozenset({"list", "object"})
_ENTRY, _UNKNOWN = "[]", "?"
"""Stand for a name: of an entry in a list of objects; of what HrFlow's documents do not know."""
_KNOWN_RECORDS = frozenset({"info", "location", _ENTRY})


def lost_fields(before: JsonObject, sent: JsonObject, after: JsonObject) -> list[str]:
    """The paths of what was stored, was to stay, and is gone.

    A value that came back in another form, or that somebody edited meanwhile, is not gone; a
    value that is empty now, an entry of a list that nothing stands for any more, or what stood in
    a shape that its field does not have and was replaced by another one, is.
    """
    return sorted(
        {
            path
            for name in before
            if name not in _CHANGES_WITH_EVERY_EDIT
            for path in _lost(
                name, name, before[name], sent.get(name, before[name]), after.get(name)
            )
        }
    )


def _lost(path: str, name: str, before: Any, sent: Any, after: Any) -> list[str]:
    """What is gone of one field; `name` is the field's own, the last of its path."""
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
                f"{path}.{inner}",
                inner if name in _KNOWN_RECORDS else _UNKNOWN,
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
    """What is gone of a list; `name` says whether its entries are known to be objects."""
    if len(after) < len(sent):
        return [path]
    held = {canonical_json(entry) for entry in before}
    stands = {canonical_json(entry) for entry in sent}
    altered = [entry for entry in before if canonical_json(entry) not in stands]
    if name == _ENTRY and any(not isinstance(e, dict) and not is_empty(e) for e in altered):
        return [path]
    lost: list[str] = []
    for entry in sent:
        former = entry if canonical_json(entry) in held else _counterpart(entry, altered)
        if former is not None:
            lost += _lost(f"{path}[]", name, former, entry, _found(entry, after))
    return lost


def _counterpart(entry: Any, others: list[Any]) -> Any:
    """The entry that HrFlow knows by the same key; without keys, by the same name."""
    known_by = "name" if _key(entry) is None else "key"
    value = entry.get(known_by) if isinstance(entry, dict) else None
    if is_empty(value):
        return None
    return next((o for o in others if isinstance(o, dict) and o.get(known_by) == value), None)


def _key(entry: Any) -> Any:
    return (entry.get("key") or None) if isinstance(entry, dict) else None


def _found(entry: Any, after: list[Any]) -> Any:
    """What stands for an entry: itself, else that of its key, else the closest."""
    if any(same(entry, other) for other in after):
        return entry
    by_key = _counterpart(entry, after) if _key(entry) is not None else None
    return _closest(entry, after) if by_key is None else by_key


def _closest(entry: Any, others: list[Any]) -> Any:
    """The entry that shares the most values with this one."""
    if not isinstance(entry, dict):
        return others[0]

    def shared(other: Any) -> int:
        return isinstance(other, dict) and sum(same(other.get(k), v) for k, v in entry.items())

    return max(others, key=shared)
