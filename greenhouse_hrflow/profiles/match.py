"""Which entry of a stored list is which entry of ours: one to one, best match first.

What happens to a matched pair is decided in `three_way_merge`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from greenhouse_hrflow.profiles.dates import (
    date_readings,
    means_the_same,
    possible_hashes,
    read_date,
)
from greenhouse_hrflow.profiles.last_applied import AppliedHashes
from greenhouse_hrflow.profiles.normalize import JsonObject, is_empty, plain_date
from greenhouse_hrflow.profiles.shapes import has_another_shape

Key = Callable[[JsonObject], Hashable]
"""What two entries must share to be the same at one tier; None where an entry cannot."""

Agree = Callable[[JsonObject, JsonObject], bool]
"""What else must be true of a stored and a given entry with one key."""


@dataclass(frozen=True)
class Tier:
    """One way in which entries are recognised; `unique` is whether only one may have the key."""

    key: Key
    unique: bool = False
    agree: Agree | None = None


def normal(value: object) -> str:
    """A name as people recognise it: without case, punctuation and spare blanks.

    Composed and decomposed accents are one; a name of punctuation or emoji alone stays as it is.
    """
    if is_empty(value):
        return ""
    text = unicodedata.normalize("NFKC", str(value)).casefold()
    return " ".join(re.sub(r"[^\w+#]+", " ", text).split()) or text.strip()


def _date(value: object) -> str:
    """A whole day as it is compared; any other text as it stands."""
    if any(len(reading) == _DAY for reading in date_readings(value)):
        return read_date(value) or str(value)
    return plain_date(value) if isinstance(value, str) else ""


_YEAR, _MONTH, _DAY = 1, 2, 3
_UNCLEAR, _UNREADABLE = "unclear", "unreadable"


def _agreement(stored: JsonObject, given: JsonObject) -> int | str | None:
    """How far the starts of two positions agree; None where they differ, or one has none.

    Two dates agree to a month where one of them says no day. A date that may be two days agrees
    with both.
    """
    one, other = stored.get("date_start"), given.get("date_start")
    if is_empty(one) or is_empty(other):
        return None
    ones, others = date_readings(one), date_readings(other)
    if not ones or not others:
        return _UNREADABLE
    agreed = [min(len(a), len(b)) for a in ones for b in others if all(map(_equal, a, b))]
    if agreed and (len(ones) > 1 or len(others) > 1):
        return _UNCLEAR
    return max(agreed, default=None)


def _equal(one: int, other: int) -> bool:
    return one == other


def position_tiers(where: str) -> list[Tier]:
    """How positions are recognised, best first.

    One start that says less than the other is no other start: HrFlow may hold `2019` where
    Greenhouse knows the day. What agrees best is paired first, so that two positions of one title
    stay two. A start that cannot be read says nothing against a pair.
    """

    def all_three(entry: JsonObject) -> Hashable:
        key = (normal(entry.get(where)), normal(entry.get("title")), _date(entry.get("date_start")))
        return key if any(key) else None

    def place_and_start(entry: JsonObject) -> Hashable:
        key = (normal(entry.get(where)), _date(entry.get("date_start")))
        return key if all(key) else None

    def place_and_title(entry: JsonObject) -> Hashable:
        key = (normal(entry.get(where)), normal(entry.get("title")))
        return key if all(key) else None

    def place_or_title(entry: JsonObject) -> Hashable:
        key = (normal(entry.get(where)), normal(entry.get("title")))
        return key if any(key) else None

    def place_and_any_title(entry: JsonObject) -> Hashable:
        return place_or_title(entry) if normal(entry.get(where)) else None

    def place_and_month(entry: JsonObject) -> Hashable:
        start = entry.get("date_start")
        said = any(len(reading) >= _MONTH for reading in date_readings(start))
        key = (normal(entry.get(where)), read_date(start) if said else None)
        return key if all(key) else None

    def agreeing(wanted: int | str) -> Agree:
        return lambda stored, given: _agreement(stored, given) == wanted

    return [
        Tier(all_three),
        *(Tier(place_or_title, agree=agreeing(how)) for how in (_DAY, _MONTH, _YEAR, _UNCLEAR)),
        Tier(place_and_start),
        Tier(place_and_any_title, agree=agreeing(_UNREADABLE)),
        Tier(place_and_month, unique=True),
        Tier(place_and_title, unique=True),
    ]


def named_tiers() -> list[Tier]:
    """How entries that are known by their name are recognised."""

    def name(entry: JsonObject) -> Hashable:
        return normal(entry.get("name")) or None

    return [Tier(name)]


def match_entries(
    stored: Sequence[JsonObject], given: Sequence[JsonObject], tiers: Sequence[Tier]
) -> dict[int, int]:
    """Pair stored entries with given ones, as {index in given: index in stored}.

    At each tier an entry that would stay as it is goes first, so that merging the same list
    again finds the same pairs; what is given in most detail chooses first, and of several it
    chooses the one that holds least beside it. Last come entries that no tier can recognise (a
    position of which only the description is known, say) but that hold all that is given.
    """
    pairs: dict[int, int] = {}
    for tier in tiers:
        if len(pairs) == len(given):
            return pairs
        allowed = _unique_keys(stored, given, tier.key) if tier.unique else None
        for agree in (_both(_would_stay, tier.agree), tier.agree):
            _pair_by_key(stored, given, replace(tier, agree=agree), pairs, allowed)
    _pair_by_key(stored, given, Tier(_anything, agree=_holds), pairs, None)
    return pairs


def match_applied(
    stored: Sequence[JsonObject],
    applied: object,
    given: Sequence[AppliedHashes],
    pairs: dict[int, int],
) -> dict[int, AppliedHashes]:
    """Find the stored entries that we wrote otherwise, as {index in stored: its hashes then}.

    What is given (here as hashes) just as it was written stands in its pair and nowhere else. Any
    other entry is ours while more than half of what we wrote into it still stands, most first:
    somebody may have edited the rest. Of two that look alike, the one that holds less beside it.
    """
    ours = [w for w in applied if isinstance(w, dict)] if isinstance(applied, list) else []
    taken: set[int] = set()
    for g, hashes in enumerate(given):
        if hashes in ours:
            ours.remove(hashes)
            taken.update({pairs[g]} if g in pairs else ())
    if not ours:
        return {}
    hashed = [
        {k: possible_hashes(k, v) for k, v in entry.items() if not is_empty(v)} for entry in stored
    ]
    scores = [
        (-sum(value in entry.get(k, ()) for k, value in ours[w].items()), len(entry), w, s)
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
    tier: Tier,
    pairs: dict[int, int],
    allowed: set[Hashable] | None,
) -> None:
    free: defaultdict[Hashable, list[int]] = defaultdict(list)
    unpaired = set(range(len(stored))) - set(pairs.values())
    for s in sorted(unpaired, key=lambda s: (_weight(stored[s]), s)):
        free[tier.key(stored[s])].append(s)
    for g in sorted(set(range(len(given))) - set(pairs), key=lambda g: (-_weight(given[g]), g)):
        shared = tier.key(given[g])
        if shared is None or (allowed is not None and shared not in allowed):
            continue
        agree = tier.agree
        found = next((s for s in free[shared] if agree is None or agree(stored[s], given[g])), None)
        if found is not None:
            pairs[g] = found
            free[shared].remove(found)


def _both(first: Agree, second: Agree | None) -> Agree:
    if second is None:
        return first
    return lambda stored, given: second(stored, given) and first(stored, given)


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
    """Whether the stored entry says all that is given."""
    return all(means_the_same(key, stored.get(key), value) for key, value in given.items())


def _would_stay(stored: JsonObject, given: JsonObject) -> bool:
    """Whether nothing of the stored entry would change: what has another shape never does."""
    return all(
        means_the_same(key, stored.get(key), value)
        or has_another_shape(key, stored.get(key), value)
        for key, value in given.items()
    )
