"""The three-way merge: what HrFlow holds, what we wrote last, what the format gives now.

Field by field. A given value replaces the stored one; a value that we wrote, that nobody changed
since, and that is no longer given is removed; everything else stays exactly as it is. Which entry
of a list is which is decided in `match`.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from greenhouse_hrflow.profiles.dates import means_the_same, possible_hashes
from greenhouse_hrflow.profiles.fields import (
    COMPANY_LISTS,
    EXACT_LISTS,
    NAMED_LISTS,
    NEVER_REMOVED,
    WHOLE_LISTS,
    WRITTEN_ONCE,
)
from greenhouse_hrflow.profiles.last_applied import AppliedHashes
from greenhouse_hrflow.profiles.match import (
    Tier,
    match_applied,
    match_entries,
    named_tiers,
    position_tiers,
)
from greenhouse_hrflow.profiles.normalize import JsonObject, digest, is_empty, same
from greenhouse_hrflow.profiles.shapes import has_another_shape, kind

VERSION = 2
"""Raised when the same profile, merged by a newer version of this module, may differ."""

_OF_AN_ADDRESS = ("lat", "lng", "fields")
"""What HrFlow finds out about a location from its text."""


Paths = frozenset[str]

_NOTHING: Paths = frozenset()
_ITSELF: Paths = frozenset({""})


@dataclass(frozen=True)
class Merged:
    """A value after the merge.

    Attributes:
        hashes: of what in it is ours, for last-applied.
        kept: the paths in it that stay as they are because they have another shape; the value
            itself is the empty path.
    """

    value: Any
    hashes: Any
    kept: Paths = _NOTHING


def three_way_merge(
    stored: JsonObject, applied: AppliedHashes, given: JsonObject, fields: frozenset[str]
) -> Merged:
    """Merge a prepared profile into a stored one, in these top-level fields alone.

    What last-applied holds of other fields is carried on untouched.

    Args:
        applied: the hashes of what was written last.
    """
    kept = _NOTHING
    if has_another_shape("metadatas", stored.get("metadatas")):
        # No last-applied can be kept in it, and without one a field that is written once would be
        # written in every run.
        kept, fields = frozenset({"metadatas"}), fields - WRITTEN_ONCE
    others = {name: hashes for name, hashes in applied.items() if name not in fields}
    ours = {n: hashes for n, hashes in applied.items() if n in fields and n not in NEVER_REMOVED}
    ours_given = {name: value for name, value in given.items() if name in fields}
    editable = {name: value for name, value in stored.items() if name in fields}
    merged = _merge_record(editable, ours, ours_given)
    return Merged({**stored, **merged.value}, {**others, **merged.hashes}, kept | merged.kept)


def changed_fields(before: JsonObject, after: JsonObject) -> list[str]:
    """The names of the fields that differ; those of `info` one by one, as `info.phone`."""
    names: list[str] = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if same(old, new):
            continue
        if name == "info" and isinstance(old, dict) and isinstance(new, dict):
            names.extend(f"info.{inner}" for inner in changed_fields(old, new))
        else:
            names.append(name)
    return names


def _merge_field(name: str, stored: Any, applied: Any, given: Any) -> Merged:
    """Merge one field in the way that its name asks for."""
    if _stays(name, stored, applied, given):
        # Nothing of it is ours, whatever last-applied says: its hashes are of another shape.
        return Merged(stored, None, _ITSELF)
    if name == "info" or name == "location":
        return _merge_nested_record(name, stored, applied, given)
    entries = stored if isinstance(stored, list) else None
    if name in COMPANY_LISTS:
        return _merge_entries(entries, applied, given, position_tiers(COMPANY_LISTS[name]))
    if name in NAMED_LISTS:
        return _merge_entries(entries, applied, given, named_tiers())
    if name in EXACT_LISTS:
        return _merge_exact(entries, applied, given, EXACT_LISTS[name])
    if name in WHOLE_LISTS:
        return _merge_exact(entries, applied, given, None)
    if name in WRITTEN_ONCE and not is_empty(given) and applied == digest(given):
        return Merged(stored, applied)
    return _merge_value(name, stored, applied, given)


def _stays(name: str, stored: Any, applied: Any, given: Any) -> bool:
    """Whether the stored value has another shape, which the format did not give it itself."""
    if not has_another_shape(name, stored, given):
        return False
    ours = applied == digest(stored)
    return not (ours and (is_empty(given) or kind(given) == kind(stored)))


def _merge_value(name: str, stored: Any, applied: Any, given: Any) -> Merged:
    if not is_empty(given):
        # The stored form stays where both mean the same: HrFlow writes dates in its own way.
        return Merged(stored if means_the_same(name, stored, given) else given, digest(given))
    ours = isinstance(applied, str) and not is_empty(stored)
    if ours and applied in possible_hashes(name, stored):
        return Merged(None, None)
    return Merged(stored, None)


def _merge_record(stored: JsonObject, applied: AppliedHashes, given: JsonObject) -> Merged:
    value, hashes, kept = dict(stored), dict[str, Any](), set[str]()
    for name in dict.fromkeys([*given, *applied, *stored]):
        merged = _merge_field(name, stored.get(name), applied.get(name), given.get(name))
        if name in stored or not is_empty(merged.value):
            value[name] = merged.value
        if merged.hashes:
            hashes[name] = merged.hashes
        kept.update(f"{name}.{path}" if path else name for path in merged.kept)
    return Merged(value, hashes, frozenset(kept))


def _merge_nested_record(name: str, stored: Any, applied: Any, given: Any) -> Merged:
    base = stored if isinstance(stored, dict) else {}
    given_fields = given if isinstance(given, dict) else {}
    merged = _merge_record(base, applied if isinstance(applied, dict) else {}, given_fields)
    if name == "location" and not same(base.get("text"), merged.value.get("text")):
        for known in _OF_AN_ADDRESS:
            if is_empty(given_fields.get(known)) and known in base and known not in merged.kept:
                merged.value[known] = None
    return merged if base or not is_empty(merged.value) else Merged(stored, None)


def _merge_entries(
    stored: list[Any] | None, applied: Any, given: Any, tiers: Sequence[Tier]
) -> Merged:
    """Merge a list whose entries are known by a key; what a matched one holds beyond ours stays."""
    entries, incoming = stored or [], given or []
    records = [entry if isinstance(entry, dict) else {} for entry in entries]
    pairs = match_entries(records, incoming, tiers)
    merged_with_given = [
        _merge_record(records[pairs[g]] if g in pairs else {}, {}, entry)
        for g, entry in enumerate(incoming)
    ]
    hashes = [merged.hashes for merged in merged_with_given]
    ours = match_applied(records, applied, hashes, pairs)
    given_to = {s: g for g, s in pairs.items()}
    result: list[Any] = []
    kept = _odd_entries(entries)
    for s, entry in enumerate(entries):
        g = given_to.get(s)
        if not isinstance(entry, dict):
            result.append(entry)
            continue
        if g is not None and s not in ours:
            merged = merged_with_given[g]
        else:
            merged = _merge_record(entry, ours.get(s, {}), {} if g is None else incoming[g])
        kept |= merged.kept
        result += _entry_after(entry, merged, is_given=g is not None, is_ours=s in ours)
    result.extend(incoming[g] for g in range(len(incoming)) if g not in pairs)
    return Merged(_list_or_as_stored(stored, result), hashes, kept)


def _entry_after(entry: JsonObject, merged: Merged, *, is_given: bool, is_ours: bool) -> list[Any]:
    """What stands in the place of a stored entry: nothing where all of it was ours and is not
    given any more."""
    if not is_given and not is_ours:
        return [entry]
    value = merged.value
    if not is_given and is_empty({k: v for k, v in value.items() if k != "key"}):
        return []
    if "name" in entry and is_empty(value["name"]):
        # No entry may be without its name: it stays for what somebody added to it.
        value["name"] = entry["name"]
    return [value]


def _odd_entries(entries: list[Any]) -> Paths:
    """The list's own path, where one of its entries is something else than an object."""
    odd = any(not isinstance(entry, dict) and not is_empty(entry) for entry in entries)
    return _ITSELF if odd else _NOTHING


def _merge_exact(
    stored: list[Any] | None, applied: Any, given: Any, keys: tuple[str, ...] | None
) -> Merged:
    """Merge a list whose entries are what they say. Each may stand several times; order is kept.

    An entry that we wrote more often than it is now given goes that many times; one that takes
    its place under the same name stands where it stood.
    """

    def identity(entry: Any) -> str:
        if keys is None or not isinstance(entry, dict):
            return digest(entry)
        return digest({key: _as_text(entry.get(key)) for key in keys})

    entries, incoming = stored or [], given or []
    hashes = [identity(entry) for entry in incoming]
    ours = (
        [hashed for hashed in applied if isinstance(hashed, str)]
        if isinstance(applied, list)
        else []
    )
    left, vacant = _without_withdrawn(entries, identity, Counter(ours) - Counter(hashes))
    standing = Counter(identity(entry) for entry in left if entry is not _VACANT)
    for entry, hashed in zip(incoming, hashes, strict=True):
        if standing[hashed] > 0:
            standing[hashed] -= 1
        elif places := vacant.get(_name(entry)):
            left[places.pop()] = entry
        else:
            left.append(entry)
    result = [entry for entry in left if entry is not _VACANT]
    records = [entry for entry in entries if keys and isinstance(entry, dict)]
    odd = _odd_entries(entries).union(*(_merge_record(record, {}, {}).kept for record in records))
    return Merged(_list_or_as_stored(stored, result), hashes, odd)


def _without_withdrawn(
    entries: list[Any], identity: Callable[[Any], str], withdrawn: Counter[str]
) -> tuple[list[Any], dict[str | None, list[int]]]:
    """The entries with a gap for each that we wrote and no longer give, the last ones first; and
    where the gaps are, by the name that stood there."""
    left: list[Any] = []
    vacant: dict[str | None, list[int]] = {}
    for entry in reversed(entries):
        if withdrawn[identity(entry)] > 0:
            withdrawn[identity(entry)] -= 1
            left.append(_VACANT)
            vacant.setdefault(_name(entry), []).append(len(entries) - len(left))
        else:
            left.append(entry)
    left.reverse()
    return left, vacant


_VACANT = object()


def _name(entry: Any) -> str | None:
    name = entry.get("name") if isinstance(entry, dict) else None
    return name if isinstance(name, str) else None


def _as_text(value: Any) -> Any:
    """HrFlow's values are texts; a number that stands in one is the same as its text."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _list_or_as_stored(stored: list[Any] | None, result: list[Any]) -> list[Any] | None:
    """The stored list itself where it stays: what is one object need not be compared."""
    if not stored:
        return result or stored
    stays = len(result) == len(stored) and all(map(operator.is_, result, stored))
    return stored if stays else result
