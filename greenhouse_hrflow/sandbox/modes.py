"""What is uncertain about the two live APIs, a field each: the sandbox behaves either way.

The defaults are the sandbox as it always was. A contract (``contract``) sets what was seen on an
account; nothing is read from a file here, and nothing is answered.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields
from functools import cache
from types import UnionType
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from greenhouse_hrflow.sandbox.greenhouse.lists import LISTS

TokenField = Literal["expires_at", "expires_in", "expires", "none"]
Introspection = Literal["absent", "site_admin", "not_site_admin"]
Lists = Literal["open", "refused", "empty"]
FilterForm = Literal["works", "refused", "ignored"]
Order = Literal["descending", "ascending"]
V1 = Literal["open", "closed_401", "closed_403", "closed_404", "closed_410"]
Key = Literal["reads_and_writes", "reads", "writes"]
References = Literal["candidate_id", "e-mail", "other"]
PutMode = Literal["replace", "merge"]
NullText = Literal["refuse", "empty"]
DateForm = Literal["local", "date", "offset", "zulu"]

_ZERO_TOO = {"least": 0}


@dataclass(frozen=True)
class GreenhouseModes:
    """How this Greenhouse behaves; ValueError for a value that none of the choices is."""

    token_field: TokenField = "expires_at"
    """How a v3 token names its end: as a moment in ``expires_at``, or in ``expires``, or as seconds
    in ``expires_in``; or not at all (``none``)."""
    token_lifetime: float = 3600.0
    """Seconds that a token is good for. An hour is what clients see; no page promises it."""
    single_active_token: bool = False
    """Whether a mint ends the client's token before. One production client saw that."""
    introspection: Introspection = "absent"
    """Whether the token host has ``POST /introspect``, and what it says of the user that the token
    acts for. It is documented; the form of its answer was not seen by anybody."""
    lists: Lists = "open"
    """What the acting user sees in v3. Of one who is no Site Admin the documents say both: each
    list is refused with a 403, or each is empty."""
    scopes: tuple[str, ...] | None = None
    """The v3 lists that the token may read, the others being a 403; None for all."""
    private_candidates: Literal["shown", "hidden"] = "shown"
    """Whether the acting user sees private candidates and their child rows in v3. v1's keys do."""
    pipe_filter: FilterForm = "works"
    """Two bounds on a moment as ``updated_at=gte|A|lt|B``: ``refused`` with a 422 (one bound is
    still taken), or ``ignored``: all rows come. Documented, but for the pair."""
    bracket_filter: FilterForm = "works"
    """Bounds as ``updated_at[gte]=A&updated_at[lt]=B``: ``refused``, or ``ignored``. Seen to work,
    and hardly documented."""
    most_per_page: int = 500
    """The largest page of either version; more is a 422."""
    order: Order = "descending"
    """How v3 orders its lists, by id; documented as descending."""
    rate_limit: int | None = None
    """Requests a window to each version of Harvest; None: no limit, and no header that tells of
    one. The allowance is the account's, and not published."""
    rate_window: float | None = None
    """Seconds of a window; None: as Harvest has it, 30 in v3 and 10 in v1."""
    rate_others: int = field(default=0, metadata=_ZERO_TOO)
    """Of each window, what other integrations of the account spend at its beginning."""
    v1: V1 = "open"
    """Whether v1 still answers. Its end was announced for August 2026; what a closed one answers
    was seen by nobody: one of four statuses, to everything."""
    children_touch_candidate: bool = True
    """Whether v1's ``updated_at`` moves with a child record, which is not documented."""

    def __post_init__(self) -> None:
        """Check each field."""
        if self.scopes is not None:
            scopes = _chosen("scopes", self.scopes, tuple(LISTS))
            object.__setattr__(self, "scopes", scopes)
        _check(self)


@dataclass(frozen=True)
class HrFlowModes:
    """How this HrFlow behaves; ValueError for a value that none of the choices is."""

    key: Key = "reads_and_writes"
    """What the secret key may do: ``ask_…`` reads and writes, ``askr_…`` reads, ``askw_…`` writes.
    That what it may not do is a 401 is likely."""
    list_limit: int = 100
    """The most profiles on a page of the list, which is not published."""
    list_lags: bool = False
    """Whether the list is served from an index that lags: then it shows the profiles as they were
    at the start, and never an edit."""
    missing_profile: Literal[400, 404] = 400
    """The status, and the code, of the answer for a profile that is not there. A 400 was seen."""
    references: References = "candidate_id"
    """What the references of the made-up profiles are: the candidate's id, their e-mail address, or
    something else. That depends on who created the profiles."""
    put_mode: PutMode = "replace"
    """Whether a PUT replaces the profile (a field that is not sent becomes empty), or merges its
    top-level fields into it. Documents contradict each other."""
    null_text: NullText = "refuse"
    """Whether a text that is null is refused, or taken for an empty one."""
    takes_attachments: bool = False
    """Whether a new profile may bring attachments along. They are HrFlow's own affair, likely."""
    keeps_attachments: bool = True
    """Whether a PUT keeps the attachments, or empties them."""
    keeps_unknown_fields: bool = False
    """Whether top-level fields that no document knows are stored, or dropped without a word."""
    dates: tuple[DateForm, ...] = ("local", "date")
    """The forms of a date that experiences and educations take: ``2024-12-15T03:55:00``, always,
    ``2024-12-15``, with ``+0000`` (offset) or with ``.000Z`` (zulu). Others are a 422."""
    longest_metadata: int | None = None
    """The most characters of a metadata's value: a longer one comes back cut to it. None: any."""

    def __post_init__(self) -> None:
        """Check each field."""
        dates = _chosen("dates", self.dates, get_args(DateForm))
        object.__setattr__(self, "dates", ("local", *(form for form in dates if form != "local")))
        _check(self)


def _chosen(name: str, given: object, choices: tuple[str, ...]) -> tuple[str, ...]:
    """Those that were given, in the order of the choices."""
    # A text is a collection of letters.
    named = given if isinstance(given, Collection) and not isinstance(given, str) else None
    if named is None or not all(each in choices for each in named):
        raise ValueError(f"{name} is {given!r}: it must be some of {', '.join(choices)}")
    return tuple(choice for choice in choices if choice in named)


def _check(modes: GreenhouseModes | HrFlowModes) -> None:
    hints = _hints(type(modes))
    for each in fields(modes):
        value, hint = getattr(modes, each.name), hints[each.name]
        wanted = _wanted(value, hint, cast("int", each.metadata.get("least", 1)))
        if wanted is not None:
            raise ValueError(f"{each.name} is {value!r}: it must be {wanted}")


@cache
def _hints(modes: type) -> dict[str, Any]:
    return get_type_hints(modes)


def _wanted(value: object, hint: Any, least: int) -> str | None:
    """What a value of this type must be; None where it is so."""
    if get_origin(hint) is UnionType:
        wanted = _wanted(value, get_args(hint)[0], least)
        return None if value is None or wanted is None else f"{wanted}, or null"
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        # A bool is an int, and equal to 0 or 1.
        if type(value) is type(choices[0]) and value in choices:
            return None
        return f"one of {', '.join(map(str, choices))}"
    if hint is bool:
        return None if isinstance(value, bool) else "true or false"
    if hint is int:
        good = type(value) is int and value >= least
        return None if good else f"a whole number from {least} on"
    if hint is float:
        good = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
        return None if good else "a number above 0"
    return None
