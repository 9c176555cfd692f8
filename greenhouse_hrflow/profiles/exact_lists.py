"""Merging a list in which an entry is what it says: tags, metadatas, urls, labels.

Entries that say the same are the same, and may stand several times. Lists whose entries are known
by a name or as positions are merged in `merge`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from greenhouse_hrflow.profiles.normalize import digest, digest_of_texts

_TEXT_OR_NULL = frozenset({str, type(None)})

_GAP = object()
"""Stands where an entry was removed, until a new one has taken its place or all are placed."""


def merge_exact_list(
    stored: list[Any], applied: object, given: list[Any], keys: tuple[str, ...] | None
) -> tuple[list[Any], list[str]]:
    """Remove what we wrote and is no longer given, add what is given and does not stand yet.

    An entry that we wrote three times and that is given once is removed twice, at its last places.
    What is added stands where an entry with its name was removed, else at the end. Whatever else
    is stored keeps its place.

    Args:
        stored: the entries, such as `[{"name": "greenhouse_tag", "value": "python"}]`.
        applied: the hashes that last-applied holds of the list, such as `["798640599597"]`;
            anything else counts as none.
        given: the entries that the format gives.
        keys: the fields that say what an entry is; None for all of it.

    Returns:
        The entries after the merge, and a hash of each given one.
    """

    hashes = [_identity(entry, keys) for entry in given]
    stored_hashes = [_identity(entry, keys) for entry in stored]
    written = [h for h in applied if isinstance(h, str)] if isinstance(applied, list) else []
    # Mostly all is given as it was written, and nothing need be counted.
    is_withdrawn = bool(written) and written != hashes
    withdrawn = Counter(written) - Counter(hashes) if is_withdrawn else Counter[str]()
    if not withdrawn and _holds_each(stored_hashes, hashes):
        return list(stored), hashes
    merged, gaps = _with_gaps(stored, stored_hashes, withdrawn)
    standing = Counter(
        hashed for entry, hashed in zip(merged, stored_hashes, strict=True) if entry is not _GAP
    )
    for entry, hashed in zip(given, hashes, strict=True):
        if standing[hashed] > 0:
            standing[hashed] -= 1
        elif gaps_of_name := gaps.get(_name(entry)):
            merged[gaps_of_name.pop()] = entry
        else:
            merged.append(entry)
    return [entry for entry in merged if entry is not _GAP], hashes


def _holds_each(stored_hashes: list[str], hashes: list[str]) -> bool:
    """Whether all that is given differs from each other, and stands among the stored entries."""
    distinct = set(hashes)
    return len(distinct) == len(hashes) and distinct.issubset(stored_hashes)


def _with_gaps(
    entries: list[Any], hashes: list[str], withdrawn: Counter[str]
) -> tuple[list[Any], dict[str | None, list[int]]]:
    """The entries with a gap in the place of each withdrawn one; and the indices of the gaps.

    Args:
        hashes: the identity of each entry.
        withdrawn: how many entries with this identity are to be removed; counted down here.

    Returns:
        The indices stand under the name that the removed entry had, the last index first.
    """
    result = list(entries)
    gaps: dict[str | None, list[int]] = {}
    if not withdrawn:
        return result, gaps
    # From the end: of entries that say the same, the last ones are removed.
    for index in reversed(range(len(entries))):
        if withdrawn[hashes[index]] > 0:
            withdrawn[hashes[index]] -= 1
            result[index] = _GAP
            gaps.setdefault(_name(entries[index]), []).append(index)
    return result, gaps


def _identity(entry: Any, keys: tuple[str, ...] | None) -> str:
    """A hash of what an entry is: of these fields of it, or of all of it."""
    if keys is None or not isinstance(entry, dict):
        return digest(entry)
    says = tuple(map(entry.get, keys))
    if _TEXT_OR_NULL.issuperset(map(type, says)):
        return digest_of_texts(keys, says)
    return digest({key: _number_as_text(value) for key, value in zip(keys, says, strict=True)})


def _name(entry: Any) -> str | None:
    name = entry.get("name") if isinstance(entry, dict) else None
    return name if isinstance(name, str) else None


def _number_as_text(value: Any) -> Any:
    """HrFlow's values are texts: a number that stands in one is the same as its text."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
