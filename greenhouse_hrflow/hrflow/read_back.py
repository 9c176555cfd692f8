"""What an edit lost: the profile that is read back, held against the one that was sent.

HrFlow's documents contradict each other on whether an edit replaces or merges. Both are right for
us; an API that does a third thing must be noticed on the first profile, and not on all.
"""

from __future__ import annotations

from typing import Any

from greenhouse_hrflow.hrflow.values import JsonObject, canonical_json, is_empty, same

_SET_BY_HRFLOW = frozenset({"updated_at"})


def lost_fields(before: JsonObject, sent: JsonObject, after: JsonObject) -> list[str]:
    """The paths of what was stored, was to stay, and is gone.

    A value that came back in another form, or that somebody edited meanwhile, is not gone; a
    value that is empty now, or an entry of a list that nothing stands for any more, is.
    """
    return sorted(
        path
        for name in before
        if name not in _SET_BY_HRFLOW
        for path in _lost(name, before[name], sent.get(name, before[name]), after.get(name))
    )


def _lost(path: str, before: Any, sent: Any, after: Any) -> list[str]:
    if is_empty(before) or is_empty(sent):
        return []
    if is_empty(after):
        return [path]
    if isinstance(before, dict) and isinstance(sent, dict):
        inner = after if isinstance(after, dict) else {}
        return [
            lost
            for name in before
            for lost in _lost(f"{path}.{name}", before[name], sent.get(name), inner.get(name))
        ]
    if isinstance(before, list) and isinstance(sent, list):
        return _lost_entries(path, before, sent, after if isinstance(after, list) else [])
    return []


def _lost_entries(path: str, before: list[Any], sent: list[Any], after: list[Any]) -> list[str]:
    if len(after) < len(sent):
        return [path]
    held = {canonical_json(entry) for entry in before}
    kept = [entry for entry in sent if canonical_json(entry) in held]
    return [
        lost
        for entry in kept
        if not any(same(entry, other) for other in after)
        for lost in _lost(f"{path}[]", entry, entry, _closest(entry, after))
    ]


def _closest(entry: Any, others: list[Any]) -> Any:
    """The entry that shares the most values with this one."""
    if not isinstance(entry, dict):
        return others[0]

    def shared(other: Any) -> int:
        return isinstance(other, dict) and sum(same(other.get(k), v) for k, v in entry.items())

    return max(others, key=shared)
