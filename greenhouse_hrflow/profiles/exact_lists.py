"""Merging a list in which an entry is what it says: tags, metadatas, urls, labels.

Entries that say the same are the same, and may stand several times. Lists whose entries are known
by a name or as positions are merged in `merge`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from greenhouse_hrflow.profiles.normalize import digest

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

    def identity(entry: Any) -> str:
        if keys is None or not isinstance(entry, dict):
            return digest(entry)
        return digest({key: _number_as_text(entry.get(key)) for key in keys})

    hashes = [identity(entry) for entry in given]
    written = [h for h in applied if isinstance(h, str)] if isinstance(applied, list) else []
    merged, gaps = _with_gaps(stored, identity, Counter(written) - Counter(hashes))
    standing = Counter(identity(entry) for entry in merged if entry is not _GAP)
    for entry, hashed in zip(given, hashes, strict=True):
        if standing[hashed] > 0:
            standing[hashed] -= 1
        elif gaps_of_name := gaps.get(_name(entry)):
            merged[gaps_of_name.pop()] = entry
        else:
            merged.append(entry)
    return [entry for entry in merged if entry is not _GAP], hashes


def _with_gaps(
    entries: list[Any], identity: Callable[[Any], str], withdrawn: Counter[str]
) -> tuple[list[Any], dict[str | None, list[int]]]:
    """The entries with a gap in the place of each withdrawn one; and the indices of the gaps.

    Args:
        withdrawn: how many entries with this identity are to be removed; counted down here.

    Returns:
        The indices stand under the name that the removed entry had, the last index first.
    """
    result: list[Any] = []
    gaps: dict[str | None, list[int]] = {}
    # From the end: of entries that say the same, the last ones are removed.
    for entry in reversed(entries):
        if withdrawn[identity(entry)] > 0:
            withdrawn[identity(entry)] -= 1
            result.append(_GAP)
            gaps.setdefault(_name(entry), []).append(len(entries) - len(result))
        else:
            result.append(entry)
    result.reverse()
    return result, gaps


def _name(entry: Any) -> str | None:
    name = entry.get("name") if isinstance(entry, dict) else None
    return name if isinstance(name, str) else None


def _number_as_text(value: Any) -> Any:
    """HrFlow's values are texts: a number that stands in one is the same as its text."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
