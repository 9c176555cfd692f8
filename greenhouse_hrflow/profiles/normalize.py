"""Which values of a profile say nothing, which say the same, and the hash of what they say; and how
a name is compared.

HrFlow answers dates in another form than it is given, and leaves out or nulls what is empty; none
of that is a difference. Dates in the forms of other systems (`Jan 2019`) are read in `dates`, and
values are merged in `merge`.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from greenhouse_hrflow.windows import parse_moment

JsonObject = dict[str, Any]

_ISO_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)


def is_empty(value: object) -> bool:
    """Whether a value says nothing: null, blank text, or a container of nothing else."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    # A dict first: JSON gives no other mapping, and to ask for the abstract one takes far longer.
    if isinstance(value, (dict, Mapping)):
        return all(is_empty(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return all(is_empty(item) for item in value)
    return False


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
    """A value in its one form: without what is empty in it, dates as HrFlow has them, 3.0 as 3."""
    if isinstance(value, (dict, Mapping)):
        return {str(k): canonical(v) for k, v in value.items() if not is_empty(v)}
    if isinstance(value, (list, tuple)):
        return [canonical(item) for item in value if not is_empty(item)]
    if isinstance(value, str):
        return plain_date(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def same(one: object, other: object) -> bool:
    """Whether two values mean the same to HrFlow; True and 1 do not."""
    if one is other:
        return True
    # Most values are texts, and need no JSON to be compared.
    if isinstance(one, str) and isinstance(other, str):
        return one == other or _canonical_text(one) == _canonical_text(other)
    return canonical_json(one) == canonical_json(other)


def _canonical_text(value: str) -> str | None:
    """`canonical` of a text; None for one that says nothing."""
    return None if is_empty(value) else plain_date(value)


def canonical_json(value: object) -> str:
    """The canonical value as text, equal for equal values."""
    value = None if is_empty(value) else canonical(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def digest(value: object) -> str:
    """A hash of the canonical value, 12 hex digits: by it last-applied knows what we wrote.

    Hashes are stored in profiles. Another form here, or in `canonical`, would make everything that
    is stored look edited.
    """
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:12]


def folded_name(value: object) -> str:
    """A name as people recognise it, without case, punctuation and spare blanks; "" for none.

    By it a company, a school, a title or a skill is known again. Composed and decomposed accents
    are one; a name of punctuation or emoji alone stays as it is.
    """
    if is_empty(value):
        return ""
    text = unicodedata.normalize("NFKC", str(value)).casefold()
    return " ".join(re.sub(r"[^\w+#]+", " ", text).split()) or text.strip()
