"""What is uncertain about the two live APIs, a field each: the sandbox behaves either way.

The defaults are the sandbox as it always was. A contract (``contract``) sets what was seen on an
account; nothing is read from a file here, and nothing is answered.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, ConfigDict, NonNegativeInt, PositiveFloat, PositiveInt
from pydantic.dataclasses import dataclass

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
_DATE_FORMS: tuple[DateForm, ...] = get_args(DateForm)


def _lists(names: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := [name for name in names if name not in LISTS]:
        raise ValueError(f"{', '.join(unknown)}: a scope must be one of {', '.join(LISTS)}")
    return tuple(name for name in LISTS if name in names)


def _with_local(forms: tuple[DateForm, ...]) -> tuple[DateForm, ...]:
    return tuple(form for form in _DATE_FORMS if form == "local" or form in forms)


AS_GIVEN = ConfigDict(strict=True, extra="forbid")
"""Of what is checked here: a text is no number, and a name that is not known is none."""


@dataclass(frozen=True, config=AS_GIVEN)
class GreenhouseModes:
    """How this Greenhouse behaves; pydantic's ValidationError for what cannot be."""

    token_field: TokenField = "expires_at"
    """How a v3 token names its end: as a moment in ``expires_at``, or in ``expires``, or as seconds
    in ``expires_in``; or not at all (``none``)."""
    token_lifetime: PositiveFloat = 3600.0
    """Seconds that a token is good for. An hour is what clients see; no page promises it."""
    single_active_token: bool = False
    """Whether a mint ends the client's token before. One production client saw that."""
    introspection: Introspection = "absent"
    """Whether the token host has ``POST /introspect``, and what it says of the user that the token
    acts for. It is documented; the form of its answer was not seen by anybody."""
    lists: Lists = "open"
    """What the acting user sees in v3. Of one who is no Site Admin the documents say both: each
    list is refused with a 403, or each is empty."""
    scopes: Annotated[tuple[str, ...], AfterValidator(_lists)] | None = None
    """The v3 lists that the token may read, the others being a 403; None for all."""
    private_candidates: Literal["shown", "hidden"] = "shown"
    """Whether the acting user sees private candidates and their child rows in v3. v1's keys do."""
    pipe_filter: FilterForm = "works"
    """Two bounds on a moment as ``updated_at=gte|A|lt|B``: ``refused`` with a 422 (one bound is
    still taken), or ``ignored``: all rows come. Documented, but for the pair."""
    bracket_filter: FilterForm = "works"
    """Bounds as ``updated_at[gte]=A&updated_at[lt]=B``: ``refused``, or ``ignored``. Seen to work,
    and hardly documented."""
    most_per_page: PositiveInt = 500
    """The largest page of either version; more is a 422."""
    order: Order = "descending"
    """How v3 orders its lists, by id; documented as descending."""
    rate_limit: PositiveInt | None = None
    """Requests a window to each version of Harvest; None: no limit, and no header that tells of
    one. The allowance is the account's, and not published."""
    rate_window: PositiveFloat | None = None
    """Seconds of a window; None: as Harvest has it, 30 in v3 and 10 in v1."""
    rate_others: NonNegativeInt = 0
    """Of each window, what other integrations of the account spend at its beginning."""
    v1: V1 = "open"
    """Whether v1 still answers. Its end was announced for August 2026; what a closed one answers
    was seen by nobody: one of four statuses, to everything."""
    children_touch_candidate: bool = True
    """Whether v1's ``updated_at`` moves with a child record, which is not documented."""


@dataclass(frozen=True, config=AS_GIVEN)
class HrFlowModes:
    """How this HrFlow behaves; pydantic's ValidationError for what cannot be."""

    key: Key = "reads_and_writes"
    """What the secret key may do: ``ask_…`` reads and writes, ``askr_…`` reads, ``askw_…`` writes.
    That what it may not do is a 401 is likely."""
    list_limit: PositiveInt = 100
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
    dates: Annotated[tuple[DateForm, ...], AfterValidator(_with_local)] = ("local", "date")
    """The forms of a date that experiences and educations take: ``2024-12-15T03:55:00``, always,
    ``2024-12-15``, with ``+0000`` (offset) or with ``.000Z`` (zulu). Others are a 422."""
    longest_metadata: PositiveInt | None = None
    """The most characters of a metadata's value: a longer one comes back cut to it. None: any."""
