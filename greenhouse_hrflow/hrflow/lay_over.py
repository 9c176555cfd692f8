"""Laying what the format gives over what HrFlow holds: three ways, field by field.

The three are the stored value, what we wrote last (the mark), and what is given now. A given
value replaces the stored one; a value that we wrote, that nobody changed since, and that is no
longer given is removed; everything else stays exactly as it is. No request is made here.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from greenhouse_hrflow.hrflow.dates import means_the_same, possible_hashes
from greenhouse_hrflow.hrflow.entries import (
    Tier,
    match_entries,
    match_written,
    named_tiers,
    position_tiers,
)
from greenhouse_hrflow.hrflow.fields import (
    COMPANY_LISTS,
    EXACT_LISTS,
    NAMED_LISTS,
    NEVER_REMOVED,
    WHOLE_LISTS,
    WRITTEN_ONCE,
)
from greenhouse_hrflow.hrflow.mark import Written
from greenhouse_hrflow.hrflow.shapes import has_another_shape, kind
from greenhouse_hrflow.hrflow.values import JsonObject, digest, is_empty, same

VERSION = 2
"""Raised when the same profile, laid over by a newer version of this module, may differ."""

_OF_AN_ADDRESS = ("lat", "lng", "fields")
"""What HrFlow finds out about a location from its text."""


Paths = frozenset[str]

_NOTHING: Paths = frozenset()
_ITSELF: Paths = frozenset({""})


@dataclass(frozen=True)
class Laid:
    """A value after laying over.

    Attributes:
        written: the hashes of what in it is ours.
        kept: the paths in it that stay as they are because they have another shape; the value
            itself is the empty path.
    """

    value: Any
    written: Any
    kept: Paths = _NOTHING


def lay_over(
    stored: JsonObject, written: Written, given: JsonObject, fields: frozenset[str]
) -> Laid:
    """Lay a prepared profile over a stored one, in these top-level fields alone.

    What the mark remembers of other fields is carried on untouched.
    """
    kept = _NOTHING
    if has_another_shape("metadatas", stored.get("metadatas")):
        # No mark can be kept in it, and without one a field that is written once would be
        # written in every run.
        kept, fields = frozenset({"metadatas"}), fields - WRITTEN_ONCE
    others = {name: hashes for name, hashes in written.items() if name not in fields}
    ours = {n: hashes for n, hashes in written.items() if n in fields and n not in NEVER_REMOVED}
    ours_given = {name: value for name, value in given.items() if name in fields}
    editable = {name: value for name, value in stored.items() if name in fields}
    laid = _lay_record(editable, ours, ours_given)
    return Laid({**stored, **laid.value}, {**others, **laid.written}, kept | laid.kept)


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


def _lay(name: str, stored: Any, written: Any, given: Any) -> Laid:
    """Lay one field over, in the way that its name asks for."""
    if _stays(name, stored, written, given):
        # Nothing of it is ours, whatever the mark remembers: its hashes are of another shape.
        return Laid(stored, None, _ITSELF)
    if name == "info" or name == "location":
        return _lay_as_record(name, stored, written, given)
    entries = stored if isinstance(stored, list) else None
    if name in COMPANY_LISTS:
        return _lay_entries(entries, written, given, position_tiers(COMPANY_LISTS[name]))
    if name in NAMED_LISTS:
        return _lay_entries(entries, written, given, named_tiers())
    if name in EXACT_LISTS:
        return _lay_exact(entries, written, given, EXACT_LISTS[name])
    if name in WHOLE_LISTS:
        return _lay_exact(entries, written, given, None)
    if name in WRITTEN_ONCE and not is_empty(given) and written == digest(given):
        return Laid(stored, written)
    return _lay_value(name, stored, written, given)


def _stays(name: str, stored: Any, written: Any, given: Any) -> bool:
    """Whether the stored value has another shape, which the format did not give it itself."""
    if not has_another_shape(name, stored, given):
        return False
    ours = written == digest(stored)
    return not (ours and (is_empty(given) or kind(given) == kind(stored)))


def _lay_value(name: str, stored: Any, written: Any, given: Any) -> Laid:
    if not is_empty(given):
        # The stored form stays where both mean the same: HrFlow writes dates in its own way.
        return Laid(stored if means_the_same(name, stored, given) else given, digest(given))
    ours = isinstance(written, str) and not is_empty(stored)
    if ours and written in possible_hashes(name, stored):
        return Laid(None, None)
    return Laid(stored, None)


def _lay_record(stored: JsonObject, written: Written, given: JsonObject) -> Laid:
    value, hashes, kept = dict(stored), dict[str, Any](), set[str]()
    for name in dict.fromkeys([*given, *written, *stored]):
        laid = _lay(name, stored.get(name), written.get(name), given.get(name))
        if name in stored or not is_empty(laid.value):
            value[name] = laid.value
        if laid.written:
            hashes[name] = laid.written
        kept.update(f"{name}.{path}" if path else name for path in laid.kept)
    return Laid(value, hashes, frozenset(kept))


def _lay_as_record(name: str, stored: Any, written: Any, given: Any) -> Laid:
    base = stored if isinstance(stored, dict) else {}
    given_fields = given if isinstance(given, dict) else {}
    laid = _lay_record(base, written if isinstance(written, dict) else {}, given_fields)
    if name == "location" and not same(base.get("text"), laid.value.get("text")):
        for known in _OF_AN_ADDRESS:
            if is_empty(given_fields.get(known)) and known in base and known not in laid.kept:
                laid.value[known] = None
    return laid if base or not is_empty(laid.value) else Laid(stored, None)


def _lay_entries(stored: list[Any] | None, written: Any, given: Any, tiers: Sequence[Tier]) -> Laid:
    """Lay a list whose entries are known by a key; what a matched one holds beyond ours stays."""
    entries, incoming = stored or [], given or []
    records = [entry if isinstance(entry, dict) else {} for entry in entries]
    pairs = match_entries(records, incoming, tiers)
    laid_by_given = [
        _lay_record(records[pairs[g]] if g in pairs else {}, {}, entry)
        for g, entry in enumerate(incoming)
    ]
    hashes = [laid.written for laid in laid_by_given]
    ours = match_written(records, written, hashes, pairs)
    given_to = {s: g for g, s in pairs.items()}
    result: list[Any] = []
    kept = _odd_entries(entries)
    for s, entry in enumerate(entries):
        if not isinstance(entry, dict):
            result.append(entry)
            continue
        g = given_to.get(s)
        if g is not None and s not in ours:
            laid = laid_by_given[g]
        else:
            laid = _lay_record(records[s], ours.get(s, {}), {} if g is None else incoming[g])
        kept |= laid.kept
        if g is None and s not in ours:
            result.append(entry)
            continue
        value = laid.value
        if g is None and is_empty({k: v for k, v in value.items() if k != "key"}):
            continue
        if "name" in records[s] and is_empty(value["name"]):
            # No entry may be without its name: it stays for what somebody added to it.
            value["name"] = records[s]["name"]
        result.append(value)
    result.extend(incoming[g] for g in range(len(incoming)) if g not in pairs)
    return Laid(_list_or_as_stored(stored, result), hashes, kept)


def _odd_entries(entries: list[Any]) -> Paths:
    """The list's own path, where one of its entries is something else than an object."""
    odd = any(not isinstance(entry, dict) and not is_empty(entry) for entry in entries)
    return _ITSELF if odd else _NOTHING


def _lay_exact(
    stored: list[Any] | None, written: Any, given: Any, keys: tuple[str, ...] | None
) -> Laid:
    """Lay a list whose entries are what they say. Each may stand several times; order is kept.

    An entry that we wrote more often than it is now given goes that many times; one that takes
    its place under the same name stands where it stood.
    """

    def identity(entry: Any) -> str:
        if keys is None or not isinstance(entry, dict):
            return digest(entry)
        return digest({key: _as_text(entry.get(key)) for key in keys})

    entries, incoming = stored or [], given or []
    hashes = [identity(entry) for entry in incoming]
    ours = [w for w in written if isinstance(w, str)] if isinstance(written, list) else []
    surplus = Counter(ours) - Counter(hashes)
    kept: list[Any] = []
    vacant: dict[Any, list[int]] = {}
    for entry in reversed(entries):
        if surplus[identity(entry)] > 0:
            surplus[identity(entry)] -= 1
            kept.append(_VACANT)
            vacant.setdefault(_name(entry), []).append(len(entries) - len(kept))
        else:
            kept.append(entry)
    kept.reverse()
    standing = Counter(identity(entry) for entry in kept if entry is not _VACANT)
    for entry, hashed in zip(incoming, hashes, strict=True):
        if standing[hashed] > 0:
            standing[hashed] -= 1
        elif places := vacant.get(_name(entry)):
            kept[places.pop()] = entry
        else:
            kept.append(entry)
    result = [entry for entry in kept if entry is not _VACANT]
    odd = _odd_entries(entries).union(
        *(_lay_record(entry, {}, {}).kept for entry in entries if keys and isinstance(entry, dict))
    )
    return Laid(_list_or_as_stored(stored, result), hashes, odd)


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
