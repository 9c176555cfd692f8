"""The three-way merge: what HrFlow holds, what we wrote last, what the format gives now.

Field by field. A given value replaces the stored one; a value that we wrote, that nobody changed
since, and that is no longer given is removed; everything else stays exactly as it is. Which entry
of a list is which is decided in `match`; tags and the like are merged in `exact_lists`.

Everywhere here, `stored`, `applied` and `given` are the three sides of one thing: its value in
HrFlow, the hashes that last-applied holds of it, its value from the format; None where a side has
nothing. No side is altered.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

from greenhouse_hrflow.profiles.dates import means_the_same, possible_hashes
from greenhouse_hrflow.profiles.exact_lists import merge_exact_list
from greenhouse_hrflow.profiles.fields import (
    EXACT_LISTS,
    MERGED_RECORDS,
    NAMED_LISTS,
    NEVER_REMOVED,
    POSITION_LISTS,
    WHOLE_LISTS,
    WRITTEN_ONCE,
)
from greenhouse_hrflow.profiles.last_applied import AppliedHashes
from greenhouse_hrflow.profiles.match import match_applied, match_entries
from greenhouse_hrflow.profiles.match_tiers import Tier, named_tiers, position_tiers
from greenhouse_hrflow.profiles.normalize import JsonObject, digest, is_empty, same
from greenhouse_hrflow.profiles.shapes import (
    NO_PATH,
    OWN_PATH,
    PLAIN_TEXTS,
    Paths,
    has_another_shape,
    is_list,
    kind,
    not_plain,
    odd_paths,
    odd_paths_of_list,
    prefixed,
)

VERSION = 2
"""Raised when the same profile, merged by a newer version of this module, may differ."""

_DERIVED_FROM_ADDRESS = ("lat", "lng", "fields")
"""What HrFlow finds out about a location from its `text`."""


class Merged(NamedTuple):
    """A value after the merge.

    Attributes:
        value: what is to be written; None where the value is removed. The stored value itself
            where all of it stays: what is the same need not be compared.
        hashes: of what is given, in the form of `AppliedHashes`; empty or None where nothing is.
        kept: the paths in it that stay as they are because they have another shape.
    """

    value: Any
    hashes: Any
    kept: Paths = NO_PATH


def three_way_merge(
    stored: JsonObject, applied: AppliedHashes, given: JsonObject, fields: frozenset[str]
) -> Merged:
    """Merge a prepared profile into a stored one, in these top-level fields alone.

    Args:
        stored: the whole profile, without the last-applied metadata.
        applied: the hashes of what was written last, `{"info": {"phone": "798640599597"}, …}`.
        given: the prepared profile, `{"info": {"phone": "0123"}, …}`.
        fields: what may be edited.

    Returns:
        The whole profile to write, and the hashes for last-applied: those of other fields are
        carried on untouched, in both.
    """
    kept = NO_PATH
    if has_another_shape("metadatas", stored.get("metadatas")):
        # No last-applied can be kept in it, and without one a field that is written once would be
        # written in every run.
        kept, fields = frozenset({"metadatas"}), fields - WRITTEN_ONCE
    other_hashes = {name: hashes for name, hashes in applied.items() if name not in fields}
    # A value whose hash is left out counts as not written by us: it is never removed.
    hashes = {n: h for n, h in applied.items() if n in fields and n not in NEVER_REMOVED}
    merged = _merge_record(
        {name: value for name, value in stored.items() if name in fields},
        hashes,
        {name: value for name, value in given.items() if name in fields},
    )
    return Merged({**stored, **merged.value}, {**other_hashes, **merged.hashes}, kept | merged.kept)


def changed_fields(before: JsonObject, after: JsonObject) -> list[str]:
    """The names of the fields that differ; those of `info` one by one, as `info.phone`."""
    names: list[str] = []
    # Most fields hold the very same object.
    others = [n for n in before.keys() | after.keys() if before.get(n) is not after.get(n)]
    for name in sorted(others):
        old, new = before.get(name), after.get(name)
        if same(old, new):
            continue
        if name == "info" and isinstance(old, dict) and isinstance(new, dict):
            names.extend(f"info.{inner}" for inner in changed_fields(old, new))
        else:
            names.append(name)
    return names


def _merge_record(stored: JsonObject, applied: AppliedHashes, given: JsonObject) -> Merged:
    """Merge an object field by field; a removed field is null in the value."""
    value, hashes, kept = dict(stored), dict[str, Any](), list[str]()
    stays = True
    # What is new stands in the order in which it is given.
    names = dict.fromkeys([*given, *applied])
    for name in names:
        before, after = stored.get(name), given.get(name)
        if type(after) is str and after == before and name in PLAIN_TEXTS and after.strip():
            # Mostly a text is given as it stands, and then nothing is to be decided.
            hashes[name] = digest(after)
            continue
        merged = _merge_field(name, before, applied.get(name), after)
        if name in stored or not is_empty(merged.value):
            value[name] = merged.value
            stays = stays and merged.value is before
        if merged.hashes:
            hashes[name] = merged.hashes
        if merged.kept:
            kept += prefixed(name, merged.kept)
    for name, before in not_plain(stored, without=names):
        untouched = _untouched(name, before)
        value[name] = untouched.value
        stays = stays and untouched.value is before
        if untouched.kept:
            kept += prefixed(name, untouched.kept)
    return Merged(stored if stays else value, hashes, frozenset(kept) if kept else NO_PATH)


def _untouched(name: str, stored: Any) -> Merged:
    """What `_merge_field` gives where nothing is given and nothing was written, in less time."""
    if is_list(name):
        if isinstance(stored, list):
            return Merged(stored, None, odd_paths_of_list(name, stored))
        return Merged(None, None) if is_empty(stored) else Merged(stored, None, OWN_PATH)
    if name in MERGED_RECORDS and isinstance(stored, dict):
        return _merge_record(stored, {}, {})
    return Merged(stored, None, OWN_PATH if has_another_shape(name, stored) else NO_PATH)


def _merge_field(name: str, stored: Any, applied: Any, given: Any) -> Merged:
    """Merge one field in the way that its name asks for, at whatever depth it stands."""
    if _stays_in_another_shape(name, stored, applied, given):
        # Nothing of it is ours, whatever last-applied says: its hashes are of another shape.
        return Merged(stored, None, OWN_PATH)
    if name in MERGED_RECORDS:
        return _merge_nested_record(name, stored, applied, given)
    stored_list = stored if isinstance(stored, list) else None
    if name in POSITION_LISTS:
        return _merge_entries(stored_list, applied, given, position_tiers(POSITION_LISTS[name]))
    if name in NAMED_LISTS:
        return _merge_entries(stored_list, applied, given, named_tiers())
    if name in EXACT_LISTS:
        return _merge_exact(name, stored_list, applied, given, EXACT_LISTS[name])
    if name in WHOLE_LISTS:
        return _merge_exact(name, stored_list, applied, given, None)
    if name in WRITTEN_ONCE and not is_empty(given) and applied == digest(given):
        return Merged(stored, applied)
    return _merge_value(name, stored, applied, given)


def _stays_in_another_shape(name: str, stored: Any, applied: Any, given: Any) -> bool:
    """Whether the stored value has another shape than its field, and did not get it from us.

    One that we wrote ourselves may be removed, or replaced by a value of its own kind.
    """
    if not has_another_shape(name, stored, given):
        return False
    is_ours = applied == digest(stored)
    return not (is_ours and (is_empty(given) or kind(given) == kind(stored)))


def _merge_value(name: str, stored: Any, applied: Any, given: Any) -> Merged:
    """Merge what is no list or known object: a text, a number, or a field of the user's own."""
    if not is_empty(given):
        # The stored form stays where both mean the same: HrFlow writes dates in its own way.
        return Merged(stored if means_the_same(name, stored, given) else given, digest(given))
    may_be_ours = isinstance(applied, str) and not is_empty(stored)
    if may_be_ours and applied in possible_hashes(name, stored):
        return Merged(None, None)
    return Merged(stored, None)


def _merge_nested_record(name: str, stored: Any, applied: Any, given: Any) -> Merged:
    stored_fields = stored if isinstance(stored, dict) else {}
    given_fields = given if isinstance(given, dict) else {}
    hashes = applied if isinstance(applied, dict) else {}
    merged = _merge_record(stored_fields, hashes, given_fields)
    address_before, address_after = stored_fields.get("text"), merged.value.get("text")
    if name == "location" and not same(address_before, address_after):
        # What was derived from the former address is false of the new one.
        for derived in _DERIVED_FROM_ADDRESS:
            is_given = not is_empty(given_fields.get(derived))
            if derived in stored_fields and not is_given and derived not in merged.kept:
                merged.value[derived] = None
    # A null stays a null, and does not become an empty object.
    return merged if stored_fields or not is_empty(merged.value) else Merged(stored, None)


def _merge_entries(
    stored: list[Any] | None, applied: Any, given: Any, tiers: Sequence[Tier]
) -> Merged:
    """Merge a list of positions or of named entries; what a stored entry holds beyond ours stays.

    `applied` is `[{"company": "798640599597", …}, …]`, one object for each entry that was given.
    Stored entries keep their places; given ones that match none stand at the end.
    """
    stored_entries, given_entries = stored or [], given or []
    records = [entry if isinstance(entry, dict) else {} for entry in stored_entries]
    pairs = match_entries(records, given_entries, tiers)
    # At first without last-applied: only the hashes of these merges tell which stored entry was
    # written as what. Most entries are given as they were written, and this merge is their last.
    first_merges = [
        _merge_record(records[pairs[index]] if index in pairs else {}, {}, entry)
        for index, entry in enumerate(given_entries)
    ]
    hashes = [merged.hashes for merged in first_merges]
    written_otherwise = match_applied(records, applied, hashes, pairs)
    given_index_of = {stored_index: given_index for given_index, stored_index in pairs.items()}
    result: list[Any] = []
    has_odd_entry = any(not isinstance(e, dict) and not is_empty(e) for e in stored_entries)
    kept = OWN_PATH if has_odd_entry else NO_PATH
    for stored_index, entry in enumerate(stored_entries):
        if not isinstance(entry, dict):
            result.append(entry)
            continue
        given_index = given_index_of.get(stored_index)
        given_entry = None if given_index is None else given_entries[given_index]
        first_merge = None if given_index is None else first_merges[given_index]
        written = written_otherwise.get(stored_index)
        remains, kept_in_entry = _merge_entry(entry, written, given_entry, first_merge)
        result += remains
        kept |= kept_in_entry
    result.extend(entry for index, entry in enumerate(given_entries) if index not in pairs)
    return Merged(_list_or_as_stored(stored, result), hashes, kept)


def _merge_entry(
    entry: JsonObject,
    written: AppliedHashes | None,
    given: JsonObject | None,
    first_merge: Merged | None,
) -> tuple[list[JsonObject], Paths]:
    """What stands in the place of a stored entry, `[entry]` or `[]`; and the paths kept in it.

    Args:
        written: its hashes in last-applied, where it is not given as it was written.
        given: the given entry that it matches.
        first_merge: of both, without `written`.
    """
    if written is not None:
        merged = _merge_record(entry, written, given or {})
    elif first_merge is not None:
        merged = first_merge
    else:
        return [entry], odd_paths(entry)
    value = merged.value
    # All of it was ours, and is not given any more. The key is HrFlow's own.
    if given is None and is_empty({name: v for name, v in value.items() if name != "key"}):
        return [], merged.kept
    if "name" in entry and is_empty(value["name"]):
        # No entry may be without its name: it stays for what somebody added to it.
        value["name"] = entry["name"]
    return [value], merged.kept


def _merge_exact(
    name: str, stored: list[Any] | None, applied: Any, given: Any, keys: tuple[str, ...] | None
) -> Merged:
    """Merge a list whose entries are what these keys say; None for all that they hold."""
    stored_entries = stored or []
    result, hashes = merge_exact_list(stored_entries, applied, given or [], keys)
    kept = odd_paths_of_list(name, stored_entries)
    return Merged(_list_or_as_stored(stored, result), hashes, kept)


def _list_or_as_stored(stored: list[Any] | None, result: list[Any]) -> list[Any] | None:
    """The stored list itself where all its entries stay: an object that is the same need not be
    compared. An empty list or a null stays what it is."""
    if not stored:
        return result or stored
    stays = len(result) == len(stored) and all(map(operator.is_, result, stored))
    return stored if stays else result
