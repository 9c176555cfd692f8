"""Which values of a profile say nothing, which say the same, and the hash of what they say; and how
a name is compared.

HrFlow answers dates in another form than it is given, and leaves out or nulls what is empty; none
of that is a difference. Dates in the forms of other systems (`Jan 2019`) are read in `dates`, and
values are merged in `merge`.
"""

from __future__ import annotations

import hashlib
import json
import operator
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from itertools import takewhile
from typing import Any, TypeGuard

from greenhouse_hrflow.windows import parse_moment

JsonObject = dict[str, Any]

_SHORT = 100
"""Characters: a longer text must not stay in a cache."""

_NOTHING = object()
"""Stands for a value that says nothing."""

# Made once: `json.dumps` makes an encoder at each call that asks for more than its defaults.
_to_canonical_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

_ISO_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)

_NO_WORD = re.compile(r"[^\w+#]+")


def is_empty(value: object) -> bool:
    """Whether a value says nothing: null, blank text, or a container of nothing else."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    # Loops: a generator would cost more than it takes to look at most of these values.
    if isinstance(value, (list, tuple)):
        for item in value:  # noqa: SIM110
            if not is_empty(item):
                return False
        return True
    if is_mapping(value):
        for item in value.values():  # noqa: SIM110
            if not is_empty(item):
                return False
        return True
    return False


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether a value is a mapping of any kind."""
    if isinstance(value, (dict, int, float)):
        # JSON gives no other mapping than a dict, and to ask for the abstract one takes far longer.
        return isinstance(value, dict)
    return isinstance(value, Mapping)


def iso_date(text: str) -> str | None:
    """An ISO-8601 date in the form that HrFlow takes everywhere; None where the text is none.

    `2012-08-15T00:00:00.000Z` becomes `2012-08-15T00:00:00`. HrFlow documents no zone for the
    dates of experiences and educations, and its own tests refuse `+0000` there.
    """
    if not text[:1].isdigit() or not _ISO_DATE.fullmatch(text):
        return None
    return _without_zone(text)


@lru_cache(maxsize=4096)
def _without_zone(date: str) -> str | None:
    """Only what looks like a date comes here: a long text must not stay in the cache."""
    try:
        return parse_moment(date).replace(tzinfo=None).isoformat(timespec="seconds")
    except ValueError:
        return None


def plain_date(text: str) -> str:
    """An ISO-8601 date in HrFlow's form, any other text as it is."""
    return iso_date(text) or text


def canonical(value: object) -> Any:
    """A value in its one form: without what is empty in it, dates as HrFlow has them, 3.0 as 3.

    None for one that says nothing.
    """
    form = _canonical_or_nothing(value)
    return None if form is _NOTHING else form


def _canonical_or_nothing(value: object) -> Any:
    if isinstance(value, str):
        return plain_date(value) if value.strip() else _NOTHING
    if value is None:
        return _NOTHING
    if isinstance(value, (list, tuple)):
        items = [i for item in value if (i := _canonical_or_nothing(item)) is not _NOTHING]
        return items or _NOTHING
    if is_mapping(value):
        fields = {
            str(name): form
            for name, item in value.items()
            if (form := _canonical_or_nothing(item)) is not _NOTHING
        }
        return fields or _NOTHING
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def same(one: object, other: object) -> bool:
    """Whether two JSON values mean the same to HrFlow; True and 1 do not."""
    if one is other:
        return True
    if one is None or other is None:
        return is_empty(one) and is_empty(other)
    # Most values are texts, and need no JSON to be compared.
    if isinstance(one, str) and isinstance(other, str):
        return one == other or canonical(one) == canonical(other)
    # Part by part: most parts of two objects are the same one, and their JSON need not be made.
    if isinstance(one, dict) and isinstance(other, dict):
        for name in one.keys() | other.keys():
            part, counterpart = one.get(name), other.get(name)
            if part is not counterpart and not same(part, counterpart):
                return False
        return True
    if isinstance(one, list) and isinstance(other, list):
        # Mostly a list goes on as it was, with the very same entries, and then has new ones.
        begin = sum(1 for _ in takewhile(bool, map(operator.is_, one, other)))
        ones, others = _saying_something(one[begin:]), _saying_something(other[begin:])
        return len(ones) == len(others) and all(map(same, ones, others))
    return canonical_json(one) == canonical_json(other)


def _saying_something(items: list[Any]) -> list[Any]:
    return [item for item in items if not is_empty(item)]


def canonical_json(value: object) -> str:
    """The canonical value as text, equal for equal values."""
    return _to_canonical_json(canonical(value))


def digest(value: object) -> str:
    """A hash of the canonical value, 12 hex digits: by it last-applied knows what we wrote.

    Hashes are stored in profiles. Another form here, or in `canonical`, would make everything that
    is stored look edited.
    """
    # Of texts alone: to a cache, 1, 1.0 and True are one value.
    if type(value) is str and len(value) <= _SHORT:
        return _digest_of_short_text(value)
    return _hash(canonical_json(value))


def digest_of_texts(names: tuple[str, ...], texts: tuple[str | None, ...]) -> str:
    """`digest` of an object of these texts, by name: many profiles hold the same tags."""
    if sum(map(len, filter(None, texts))) > _SHORT:
        return digest(dict(zip(names, texts, strict=True)))
    return _digest_of_short_texts(names, texts)


@lru_cache(maxsize=8192)
def _digest_of_short_texts(names: tuple[str, ...], texts: tuple[str | None, ...]) -> str:
    said = {
        name: plain_date(text)
        for name, text in zip(names, texts, strict=True)
        if text and text.strip()
    }
    return _hash(_to_canonical_json(said or None))


@lru_cache(maxsize=8192)
def _digest_of_short_text(text: str) -> str:
    return _hash(canonical_json(text))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def folded_name(value: object) -> str:
    """A name as people recognise it, without case, punctuation and spare blanks; "" for none.

    By it a company, a school, a title or a skill is known again. Composed and decomposed accents
    are one; a name of punctuation or emoji alone stays as it is.
    """
    if type(value) is str and len(value) <= _SHORT:
        return _folded_short_text(value)
    return "" if is_empty(value) else _folded(str(value))


@lru_cache(maxsize=8192)
def _folded_short_text(text: str) -> str:
    return "" if is_empty(text) else _folded(text)


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_NO_WORD.sub(" ", text).split()) or text.strip()
