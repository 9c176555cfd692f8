"""Every reason that a report can give for what became of a candidate: its code, the cause, and what
to do about it. Whoever makes a reason makes it from an entry of this list.

The published form of the list is docs/reasons.md. The codes are public: users have them in their
reports, and filter by them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from greenhouse_hrflow import errors
from greenhouse_hrflow.report import Outcome

_PLACEHOLDER = re.compile(r"<\w+>")
_PATTERNS = {"<n>": r"\d+", "<status>": r"\d+", "<type>": r"[^:]+"}


@dataclass(frozen=True, slots=True)
class ReportReason:
    """One kind of reason.

    Attributes:
        code: what stands before the first colon of the reason, such as `logic_<n>_raised`: a
            family has a placeholder where its members differ.
        cause: what happened, in a sentence.
        remedy: what to do about it, in a sentence or two.
    """

    code: str
    cause: str
    remedy: str

    def text(self, *filled: object, more: object = None) -> str:
        """The reason as a report carries it.

        Args:
            filled: what stands in the place of each placeholder of the code, in their order.
            more: what follows the colon: a field's path, an exception's type and place. It is
                shown anywhere, and may hold no value of a candidate.

        Raises:
            ValueError: there are more or fewer of these than placeholders.
        """
        code = self.code
        if filled or "<" in code:
            between = _PLACEHOLDER.split(code)
            pairs = zip(between, (*filled, ""), strict=True)
            code = "".join(f"{fixed}{part}" for fixed, part in pairs)
        return code if more is None else f"{code}:{more}"

    def is_of(self, reason: str | None) -> bool:
        """Whether a report's reason is of this kind."""
        return reason is not None and _entry(reason.partition(":")[0]) is self


# Of reading.
NOT_READABLE = ReportReason(
    "greenhouse_gave_no_readable",
    "Greenhouse gave the candidate, or a record of theirs, without an id or a time that can be "
    "read; after the colon stands which.",
    "Save the candidate in Greenhouse again. If the reason stays, ask Greenhouse's support.",
)
ANONYMISED = ReportReason(
    "anonymised_in_greenhouse",
    "The candidate was anonymised in Greenhouse, and nothing of them is written.",
    "Nothing. If their profile must go too, delete it in HrFlow.",
)
READ_AGAIN_LATER = ReportReason(
    "read_again_later",
    "The same run read the candidate once more, later, and used that.",
    "Nothing: the later read has a row of its own.",
)

# Of the workflow's own functions.
LOGIC_RAISED = ReportReason(
    "logic_<n>_raised",
    "The workflow's logic number n (the first is 0) raised an exception for this candidate; after "
    "the colon stand its type, the function, the file and the line.",
    "The engineer mends the function there; what the exception said stands in the report's column "
    "`detail`.",
)
LOGIC_GAVE_NO_CANDIDATE = ReportReason(
    "logic_<n>_gave_<type>",
    "The workflow's logic number n (the first is 0) returned something else than a candidate (a "
    "dict) or None; after the colon stands the function.",
    "The engineer lets the function return the candidate, or None to discard it.",
)
FORMAT_RAISED = ReportReason(
    "format_raised",
    "The workflow's format raised an exception for this candidate; after the colon stand its type, "
    "the function, the file and the line.",
    "The engineer mends the function there; what the exception said stands in the report's column "
    "`detail`.",
)
FORMAT_GAVE_NO_DICT = ReportReason(
    "format_gave_<type>_not_a_dict",
    "The workflow's format returned something else than a profile (a dict); after the colon stands "
    "the function.",
    "The engineer lets the function return a dict; a candidate that is not to be pushed is "
    "discarded by a logic.",
)
FORMAT_GAVE_UNREADABLE = ReportReason(
    "format_gave_what_cannot_be_read",
    "The profile that the format returned raised an exception when it was looked at; after the "
    "colon stands its type.",
    "The engineer lets the format return plain dicts, lists, texts and numbers.",
)
FORMAT_GAVE_NO_REFERENCE = ReportReason(
    "format_gave_no_usable_reference",
    "The format gave a reference that is neither a whole number nor a text with a letter in it.",
    "The engineer mends the format's `reference`, or leaves it out: then it is the candidate's id.",
)
FORMAT_GAVE_NO_JSON = ReportReason(
    "format_gave_what_is_no_json_at",
    "The format gave a value that JSON cannot hold (bytes, a set, an endless number, …) in the "
    "field after the colon.",
    "The engineer lets the format give texts, numbers, booleans, lists and dicts there.",
)
FORMAT_GAVE_NO_OBJECT = ReportReason(
    "format_gave_no_object_at",
    "The format gave something else than an object (a dict) in the place after the colon.",
    "The engineer gives that field the shape that HrFlow's Profile documents.",
)
FORMAT_GAVE_NO_LIST = ReportReason(
    "format_gave_no_list_at",
    "The format gave something else than a list in the place after the colon.",
    "The engineer gives that field the shape that HrFlow's Profile documents.",
)
FORMAT_GAVE_NO_NAME = ReportReason(
    "format_gave_no_name_at",
    "The format gave an entry without a name in the place after the colon.",
    "The engineer gives the entry a `name`, or leaves it out.",
)
FORMAT_GAVE_NO_TEXT = ReportReason(
    "format_gave_no_text_at",
    "The format gave a list or an object in the place after the colon, where HrFlow takes a text.",
    "The engineer lets the format give a text, a number or a boolean there.",
)
REFERENCE_CLAIMED_TWICE = ReportReason(
    "reference_claimed_by_two_candidates",
    "Two or more candidates of one run were given the same reference, so that nobody can tell "
    "whose the profile is.",
    "Merge them in Greenhouse if they are one person; else the engineer lets the format give each "
    "a reference of their own.",
)

# Of comparing.
WRITTEN_LATER = ReportReason(
    "written_from_a_later_read",
    "The profile was already written from a later read of the candidate.",
    "Nothing: HrFlow has the newer state.",
)
COMPARED_LATER = ReportReason(
    "a_later_read_was_compared",
    "An earlier run already brought or compared a later read of the candidate.",
    "Nothing: HrFlow has the newer state.",
)
ANOTHER_SHAPE = ReportReason(
    "stored_in_another_shape",
    "HrFlow holds the fields after the colon in a form that its documents do not know (an object "
    "in the place of a list, for example); they were left exactly as they are.",
    "To let them be edited, put them right in HrFlow, or in the tool that wrote them.",
)

# Of HrFlow's answers.
NO_PROFILE = ReportReason(
    "no_profile_with_this_reference",
    "HrFlow has no profile with this reference in the source.",
    "Nothing, if the résumé is still on its way: it is looked for again for some days. Else see "
    "that résumés are sent to this source, with the candidate's id as their reference.",
)
ANOTHER_PROFILE = ReportReason(
    "hrflow_answered_another_profile",
    "HrFlow was asked for the profile of this reference and answered with another one.",
    "Look at the reference in HrFlow, and give it to HrFlow's support if it is there once.",
)
REFUSED_AS_TOO_LARGE = ReportReason(
    "hrflow_refused_413",
    "HrFlow, or a proxy before it, refuses the profile because it is too large.",
    "Let the format give less (shorter texts, fewer entries), or shorten what HrFlow holds.",
)
REFUSED_AS_TOO_LONG = ReportReason(
    "hrflow_refused_414",
    "HrFlow, or a proxy before it, refuses the request because the reference is too long.",
    "The engineer lets the format give a shorter reference.",
)
REFUSED = ReportReason(
    "hrflow_refused_<status>",
    "HrFlow refuses the profile, with this HTTP status.",
    "What HrFlow said stands in the report's column `detail`: mend the value that it names in "
    "Greenhouse, or the format that gives it.",
)
KEPT_FAILING = ReportReason(
    "hrflow_kept_failing",
    "HrFlow gave no usable answer for this candidate, after every retry.",
    "Nothing: the next runs try again by themselves.",
)
GIVEN_UP = ReportReason(
    "hrflow_failed_in_<n>_runs",
    "HrFlow gave no usable answer for this candidate in n runs in a row, while it answered for "
    "others; it is not tried again by itself.",
    "Open the profile in HrFlow, and give its reference to HrFlow's support. The candidate's next "
    "change, or another run over their partition, tries again.",
)

# Of a run that ended before the candidate was done.
NOT_TRIED = ReportReason(
    "not_tried_the_run_had_ended",
    "The run ended before this candidate's turn; the failure of the run says why.",
    "Mend what the failed run names; the next run does its window again.",
)
NOT_FINISHED = ReportReason(
    "not_finished_the_run_had_ended",
    "The run ended while this candidate was compared; the failure of the run says why.",
    "Mend what the failed run names; the next run does its window again.",
)
RUN_ENDED_EARLY = ReportReason(
    "run_ended_early",
    "A fault of the whole, whose type stands after the colon, showed with this candidate and ended "
    "the run; it says nothing against the candidate.",
    "Mend what the failed run names; the next run does its window again.",
)
PUSH_RAISED = ReportReason(
    "push_raised",
    "The stored profile met a mistake in this software; after the colon stands its type.",
    "The engineer reports it with the candidate's profile; the next runs try again by themselves.",
)

REASONS = tuple(entry for entry in list(vars().values()) if isinstance(entry, ReportReason))
"""Every reason, in the order of a candidate's way."""

OF_OUTCOMES: dict[Outcome, ReportReason] = {
    outcome: ReportReason(outcome.value, cause, remedy)
    for outcome, cause, remedy in (
        (Outcome.UPDATED, "The profile was edited.", "Nothing."),
        (Outcome.UNCHANGED, "HrFlow already holds what the format gives.", "Nothing."),
        (Outcome.STALE, "HrFlow has a newer state of the candidate.", "Nothing."),
        (Outcome.MISSING, NO_PROFILE.cause, NO_PROFILE.remedy),
        (
            Outcome.ARCHIVED,
            "The profile is archived in HrFlow, and left alone.",
            "Nothing, or take it out of HrFlow's archive: the next comparison edits it.",
        ),
        (Outcome.ANONYMISED, ANONYMISED.cause, ANONYMISED.remedy),
        (
            Outcome.DISCARDED,
            "A logic of the workflow left the candidate out.",
            "Nothing, unless they should have been sent: then the engineer mends the logic.",
        ),
        (
            Outcome.REJECTED,
            "The candidate cannot be sent as they are.",
            "Look at the reason and the detail in the report.",
        ),
        (Outcome.FAILED, KEPT_FAILING.cause, KEPT_FAILING.remedy),
        (
            Outcome.WOULD_UPDATE,
            "The profile differs, and this run was not to write.",
            "Nothing: a run that writes edits it.",
        ),
    )
}
"""What an outcome says by itself, where its row has no reason."""

UNLISTED = ReportReason(
    "(any other)",
    "This version knows no such reason: another version wrote the report.",
    "Look it up in that version's list, or run the partition again.",
)

_BY_CODE = {entry.code: entry for entry in REASONS}
_FAMILIES = [
    (re.compile(_PLACEHOLDER.sub(lambda found: _PATTERNS[found[0]], entry.code)), entry)
    for entry in REASONS
    if "<" in entry.code
]
_FAULTS = frozenset(
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.GreenhouseHrflowError)
)
"""Versions up to 0.1.0 gave the bare type of the fault that ended a run."""


def explain(reason: str | None, outcome: Outcome) -> ReportReason:
    """Cause and remedy of what a report says of a candidate, in plain words."""
    if reason is None:
        return OF_OUTCOMES[outcome]
    return _entry(reason.partition(":")[0]) or UNLISTED


@lru_cache(maxsize=256)
def _entry(code: str) -> ReportReason | None:
    if code in _FAULTS:
        return RUN_ENDED_EARLY
    families = (entry for pattern, entry in _FAMILIES if pattern.fullmatch(code))
    return _BY_CODE.get(code) or next(families, None)
