"""Which entry of a stored list is which entry of the given one: in pairs, best match first.

By which rules two entries are the same is in `match_tiers`; what becomes of a pair, in `merge`.
Pairs and results name the entries by their indices in the two lists.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence

from greenhouse_hrflow.profiles.dates import means_the_same, possible_hashes
from greenhouse_hrflow.profiles.last_applied import AppliedHashes
from greenhouse_hrflow.profiles.match_tiers import Agree, Key, Tier
from greenhouse_hrflow.profiles.normalize import JsonObject, is_empty
from greenhouse_hrflow.profiles.shapes import has_another_shape


def match_entries(
    stored: Sequence[JsonObject], given: Sequence[JsonObject], tiers: Sequence[Tier]
) -> dict[int, int]:
    """Pair given entries with stored ones, as {index in given: index in stored}.

    Each tier pairs what the earlier ones left over. Given entries choose in turn, the one with
    most fields first, and take the stored entry with fewest. Last come entries that no tier can
    recognise (a position of which only the description is known, say): they are paired with a
    stored entry that already holds all that they give.
    """
    pairing = _Pairing(stored, given)
    if tiers[0].agree is None and not tiers[0].unique and pairing.pair_all(tiers[0].key):
        return pairing.pairs
    for tier in tiers:
        if pairing.is_complete:
            return pairing.pairs
        if tier.agree is None and not tier.unique:
            # Most entries are found so, and what follows could not pair them otherwise.
            pairing.pair_unambiguous(tier.key)
        # Pairs in which the stored entry stays as it is come first: when the merged list is merged
        # again, they are the pairs that made it.
        for agree in (_would_stay_and(tier.agree), tier.agree):
            pairing.pair_by_key(tier.key, agree, unique=tier.unique)
    pairing.pair_by_key(_one_key_for_all, _holds)
    return pairing.pairs


def match_applied(
    stored: Sequence[JsonObject],
    applied: object,
    given: Sequence[AppliedHashes],
    pairs: dict[int, int],
) -> dict[int, AppliedHashes]:
    """Find the stored entries that we wrote, and that are no longer given as they were written.

    What is given just as it was written is the stored entry of its pair, and none is looked for.

    Args:
        applied: what last-applied holds of the list, such as `[{"company": "798640599597"}]`;
            anything else counts as no entry.
        given: the hashes of the given entries, in the same form.
        pairs: {index in given: index in stored}, as `match_entries` gives them.

    Returns:
        {index in stored: the hashes of what was written into it}.
    """
    written = [h for h in applied if isinstance(h, dict)] if isinstance(applied, list) else []
    given_as_written: set[int] = set()
    for given_index, hashes in enumerate(given):
        if hashes in written:
            written.remove(hashes)
            if given_index in pairs:
                given_as_written.add(pairs[given_index])
    if not written:
        return {}
    return _holders_of(written, stored, given_as_written)


def _holders_of(
    written: list[AppliedHashes], stored: Sequence[JsonObject], excluded: set[int]
) -> dict[int, AppliedHashes]:
    """Find for each written entry the stored one that still holds more than half of its values.

    Somebody may have edited the rest. The one that holds most is taken first; of two that hold as
    many, the one with fewer fields.
    """
    stored_hashes = [
        {name: possible_hashes(name, value) for name, value in entry.items() if not is_empty(value)}
        for entry in stored
    ]
    # (-values still held, fields, index in written, index in stored): the best sorts first.
    ranked = [
        (
            # A nested object or list has no single hash, and does not count among the values.
            -sum(
                isinstance(value, str) and value in hashes.get(name, ())
                for name, value in written[written_index].items()
            ),
            len(hashes),
            written_index,
            stored_index,
        )
        for written_index in range(len(written))
        for stored_index, hashes in enumerate(stored_hashes)
        if stored_index not in excluded
    ]
    holders: dict[int, int] = {}
    for minus_held, _, written_index, stored_index in sorted(ranked):
        values = sum(isinstance(value, str) for value in written[written_index].values())
        is_free = stored_index not in holders and written_index not in holders.values()
        if -2 * minus_held > values and is_free:
            holders[stored_index] = written_index
    return {stored_index: written[written_index] for stored_index, written_index in holders.items()}


class _Pairing:
    """The pairs of two lists, as {index in given: index in stored}, while they are being found."""

    def __init__(self, stored: Sequence[JsonObject], given: Sequence[JsonObject]) -> None:
        self.pairs: dict[int, int] = {}
        self._stored = stored
        self._given = given
        self._known_keys: dict[Key, tuple[list[Hashable], list[Hashable]]] = {}
        # Of the entries in no pair yet; in the order in which they are taken, once it is needed.
        self._free_stored = list(range(len(stored)))
        self._free_given = list(range(len(given)))
        self._is_sorted = False

    @property
    def is_complete(self) -> bool:
        """Whether no pair can be added."""
        return not self._free_stored or not self._free_given

    def pair_all(self, key: Key) -> bool:
        """Pair the entries, where each given one has a key of its own that one stored one has too.

        So it is in most profiles, and what follows could not pair them otherwise. False where it is
        not so: then there is no pair yet.
        """
        stored_keys, given_keys = self._keys(key)
        index_of = {k: index for index, k in enumerate(stored_keys)}
        is_each_once = len(index_of) == len(stored_keys) and len(set(given_keys)) == len(given_keys)
        if None in given_keys or not is_each_once or not all(k in index_of for k in given_keys):
            return False
        self.pairs = {index: index_of[k] for index, k in enumerate(given_keys)}
        return True

    def pair_unambiguous(self, key: Key) -> None:
        """Add the entries that alone in their list have a key, among those in no pair yet."""
        stored_keys, given_keys = self._keys(key)
        stored = _by_key(stored_keys, self._free_stored)
        given = _by_key(given_keys, self._free_given)
        for shared, indices in given.items():
            counterparts = stored.get(shared, ())
            if shared is not None and len(indices) == 1 and len(counterparts) == 1:
                self.pairs[indices[0]] = counterparts[0]
        self._drop_paired()

    def pair_by_key(self, key: Key, agree: Agree | None, *, unique: bool = False) -> None:
        """Add what shares a key and agrees, among the entries in no pair yet.

        Args:
            unique: whether a key counts only if one entry of each list has it, in a pair or not.
        """
        stored_keys, given_keys = self._keys(key)
        shared_keys = {stored_keys[i] for i in self._free_stored}
        shared_keys.intersection_update([given_keys[i] for i in self._free_given])
        shared_keys.discard(None)
        if unique and shared_keys:
            in_stored, in_given = Counter(stored_keys), Counter(given_keys)
            shared_keys = {k for k in shared_keys if in_stored[k] == in_given[k] == 1}
        if not shared_keys:
            return
        self._sort()
        free = _by_key(stored_keys, self._free_stored)
        for given_index in self._free_given:
            shared = given_keys[given_index]
            if shared not in shared_keys:
                continue
            for stored_index in free[shared]:
                if agree is None or agree(self._stored[stored_index], self._given[given_index]):
                    self.pairs[given_index] = stored_index
                    free[shared].remove(stored_index)
                    break
        self._drop_paired()

    def _keys(self, key: Key) -> tuple[list[Hashable], list[Hashable]]:
        """The key of each stored and each given entry; several tiers look for the same one."""
        keys = self._known_keys.get(key)
        if keys is None:
            keys = list(map(key, self._stored)), list(map(key, self._given))
            self._known_keys[key] = keys
        return keys

    def _sort(self) -> None:
        if not self._is_sorted:
            self._free_stored.sort(key=lambda i: (_field_count(self._stored[i]), i))
            self._free_given.sort(key=lambda i: (-_field_count(self._given[i]), i))
            self._is_sorted = True

    def _drop_paired(self) -> None:
        paired_stored = set(self.pairs.values())
        self._free_stored = [i for i in self._free_stored if i not in paired_stored]
        self._free_given = [i for i in self._free_given if i not in self.pairs]


def _by_key(keys: Sequence[Hashable], indices: Iterable[int]) -> defaultdict[Hashable, list[int]]:
    """The indices of entries by the key that each has, in the order of the indices."""
    by_key: defaultdict[Hashable, list[int]] = defaultdict(list)
    for index in indices:
        by_key[keys[index]].append(index)
    return by_key


def _would_stay_and(agree: Agree | None) -> Agree:
    if agree is None:
        return _would_stay
    return lambda stored, given: agree(stored, given) and _would_stay(stored, given)


def _field_count(entry: JsonObject) -> int:
    return sum(not is_empty(value) for value in entry.values())


def _one_key_for_all(_entry: JsonObject) -> Hashable:
    return True


def _holds(stored: JsonObject, given: JsonObject) -> bool:
    """Whether the stored entry says all that is given."""
    return all(means_the_same(name, stored.get(name), value) for name, value in given.items())


def _would_stay(stored: JsonObject, given: JsonObject) -> bool:
    """Whether a merge would change nothing in the stored entry.

    What stands in another shape than its field has is never changed.
    """
    return all(
        means_the_same(name, stored.get(name), value)
        or has_another_shape(name, stored.get(name), value)
        for name, value in given.items()
    )
