"""Which entry of a stored list is which entry of ours: one to one, best match first.

What happens to a matched pair is decided in `lay_over`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from greenhouse_hrflow.hrflow.mark import Written
from greenhouse_hrflow.hrflow.values import JsonObject, digest, is_empty, plain_date, same

Key = Callable[[JsonObject], Hashable]
"""What two entries must share to be the same at one tier; None where an entry cannot."""


def normal(value: object) -> str:
    """A name as people recognise it: without case, punctuation and spare blanks.

    Composed and decomposed accents are one; a name of punctuation or emoji alone stays as it is.
    """
    if is_empty(value):
        return ""
    text = unicodedata.normalize("NFKC", str(value)).casefold()
    return " ".join(re.sub(r"[^\w+#]+", " ", text).split()) or text.strip()


def _date(value: object) -> str:
    return plain_date(value) if isinstance(value, str) else ""


def position_tiers(where: str) -> list[tuple[Key, bool]]:
    """How positions are recognised, as (key, must be unique on both sides), best first."""

    def all_three(entry: JsonObject) -> Hashable:
        key = (normal(entry.get(where)), normal(entry.get("title")), _date(entry.get("date_start")))
        return key if any(key) else None

    def place_and_start(entry: JsonObject) -> Hashable:
        key = (normal(entry.get(where)), _date(entry.get("date_start")))
        return key if all(key) else None

    def place_and_title(entry: JsonObject) -> Hashable:
        key = (normal(entry.get(where)), normal(entry.get("title")))
        return key if all(key) else None

    return [(all_three, False), (place_and_start, False), (place_and_title, True)]


def named_tiers() -> list[tuple[Key, bool]]:
    """How entries that are known by their name are recognised."""

    def name(entry: JsonObject) -> Hashable:
        return normal(entry.get("name")) or None

    return [(name, False)]


def match_entries(
    stored: Sequence[JsonObject], given: Sequence[JsonObject], tiers: list[tuple[Key, bool]]
) -> dict[int, int]:
    """Pair stored entries with given ones, as {index in given: index in stored}.

    At each tier an entry that already holds all that is given goes first, so that laying over
    the same list again finds the same pairs; what is given in most detail chooses first, and of
    several it chooses the one that holds least beside it. Last come entries that no tier can
    recognise (a position of which only the description is known, say) but that hold all that is
    given.
    """
    pairs: dict[int, int] = {}
    for key, unique in tiers:
        allowed = _unique_keys(stored, given, key) if unique else None
        for held in (True, False):
            _pair_by_key(stored, given, key, pairs, allowed=allowed, held=held)
    _pair_by_key(stored, given, _anything, pairs, allowed=None, held=True)
    return pairs


def match_written(
    stored: Sequence[JsonObject], written: object, given: Sequence[Written], pairs: dict[int, int]
) -> dict[int, Written]:
    """Find the stored entries that we wrote otherwise, as {index in stored: its hashes then}.

    What is given (here as hashes) just as it was written stands in its pair and nowhere else. Any
    other entry is ours while more than half of what we wrote into it still stands, most first:
    somebody may have edited the rest. Of two that look alike, the one that holds less beside it.
    """
    ours = [w for w in written if isinstance(w, dict)] if isinstance(written, list) else []
    taken: set[int] = set()
    for g, hashes in enumerate(given):
        if hashes in ours:
            ours.remove(hashes)
            taken.update({pairs[g]} if g in pairs else ())
    if not ours:
        return {}
    hashed = [{k: digest(v) for k, v in entry.items() if not is_empty(v)} for entry in stored]
    scores = [
        (-sum(entry.get(key) == value for key, value in ours[w].items()), len(entry), w, s)
        for w in range(len(ours))
        for s, entry in enumerate(hashed)
        if s not in taken
    ]
    found: dict[int, int] = {}
    for score, _, w, s in sorted(scores):
        whole = sum(isinstance(value, str) for value in ours[w].values())
        if -2 * score > whole and s not in found and w not in found.values():
            found[s] = w
    return {s: ours[w] for s, w in found.items()}


def _pair_by_key(
    stored: Sequence[JsonObject],
    given: Sequence[JsonObject],
    key: Key,
    pairs: dict[int, int],
    *,
    allowed: set[Hashable] | None,
    held: bool,
) -> None:
    free: defaultdict[Hashable, list[int]] = defaultdict(list)
    unpaired = set(range(len(stored))) - set(pairs.values())
    for s in sorted(unpaired, key=lambda s: (_weight(stored[s]), s)):
        free[key(stored[s])].append(s)
    for g in sorted(set(range(len(given))) - set(pairs), key=lambda g: (-_weight(given[g]), g)):
        shared = key(given[g])
        if shared is None or (allowed is not None and shared not in allowed):
            continue
        found = next((s for s in free[shared] if not held or _holds(stored[s], given[g])), None)
        if found is not None:
            pairs[g] = found
            free[shared].remove(found)


def _weight(entry: JsonObject) -> int:
    return sum(not is_empty(value) for value in entry.values())


def _anything(_entry: JsonObject) -> Hashable:
    return True


def _unique_keys(
    stored: Sequence[JsonObject], given: Sequence[JsonObject], key: Key
) -> set[Hashable]:
    in_stored: Counter[Any] = Counter(key(entry) for entry in stored)
    in_given: Counter[Any] = Counter(key(entry) for entry in given)
    return {k for k in in_given if in_given[k] == 1 and in_stored[k] == 1}


def _holds(stored: JsonObject, given: JsonObject) -> bool:
    return all(same(stored.get(key), value) for key, value in given.items())
