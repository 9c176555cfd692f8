"""From candidates to what is to be pushed: the user's logics, then the format.

Here nothing is known of what HrFlow holds: it is compared in `edit_plan` and written by
`hrflow.push`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from greenhouse_hrflow import clock, reasons
from greenhouse_hrflow.errors import CandidateError
from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.profiles import merge
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.profiles.prepare import prepare_profile
from greenhouse_hrflow.profiles.user_functions import UserFunctionFailed, call, place_of
from greenhouse_hrflow.read_version import ReadVersion
from greenhouse_hrflow.reasons import ReportReason
from greenhouse_hrflow.report import Outcome, ReportRow

Logic = Callable[[JsonObject], JsonObject | None]
"""Gives the candidate to go on with, or None to discard it."""

Format = Callable[[JsonObject], JsonObject]
"""Gives the profile of a candidate."""


@dataclass(frozen=True, slots=True)
class FormattedCandidate:
    """A candidate as the format gave it, ready to be merged into its profile.

    Attributes:
        reference: which profile it is meant for.
        version: the read of the candidate that it was made from.
        text: the prepared profile as JSON. All of a window wait for the push in memory, where
            dicts would take ten times as much.
        fingerprint: `Transformation.fingerprint` of the text.
    """

    candidate_id: int
    reference: str
    version: ReadVersion
    text: str
    fingerprint: str

    @property
    def profile(self) -> JsonObject:
        """The prepared profile, without its reference; parsed anew at each call."""
        return json.loads(self.text)

    @property
    def item(self) -> JsonObject:
        """The prepared profile with its reference, as a callback gets it."""
        return {"reference": self.reference, **self.profile}


@dataclass(frozen=True)
class Transformation:
    """How candidates become profiles in one workflow, towards one source.

    Attributes:
        workflow_id: whose last-applied metadata no format may give.
        fields: the top-level fields that may be edited.
        destination: what else decides an edit: the source's key and HrFlow's address.
    """

    workflow_id: str
    logics: tuple[Logic, ...]
    format: Format
    fields: frozenset[str]
    destination: tuple[str, ...]

    def fingerprint(self, text: str) -> str:
        """A hash of all that decides what an edit writes, but for what HrFlow holds; 16 hex digits.

        Args:
            text: a prepared profile as JSON.
        """
        parts = f"[{json.dumps(text)}, {self._same_for_all}]"
        return hashlib.sha256(parts.encode()).hexdigest()[:16]

    @cached_property
    def _same_for_all(self) -> str:
        """What a fingerprint is made of beside the profile, as items of a JSON array."""
        return json.dumps([sorted(self.fields), list(self.destination), merge.VERSION])[1:-1]


@dataclass
class Transformed:
    """What the logics and the format made of the candidates that were read.

    Attributes:
        to_push: one formatted candidate a reference.
        settled: the report's rows of those that are not pushed.
        left_out: {field: how many candidates were given it} of the fields that no push edits,
            such as `resume`.
    """

    run_id: str
    to_push: list[FormattedCandidate] = field(default_factory=list[FormattedCandidate])
    settled: list[ReportRow] = field(default_factory=list[ReportRow])
    left_out: Counter[str] = field(default_factory=Counter[str])

    def settle(
        self,
        candidate_id: int,
        version: ReadVersion,
        outcome: Outcome,
        reason: str | None = None,
        reference: str | None = None,
        detail: str | None = None,
    ) -> None:
        """Record what became of a candidate that is not pushed."""
        self.settled.append(
            ReportRow(
                candidate_id=candidate_id,
                reference=reference,
                outcome=outcome,
                changed_at=version.changed_at,
                read_at=version.read_at,
                pushed_at=clock.utc_now(),
                run_id=self.run_id,
                reason=reason,
                detail=detail,
            )
        )


def transform(candidates: Iterable[ReadCandidate], how: Transformation, run_id: str) -> Transformed:
    """Apply the logics in order and then the format to each candidate.

    An anonymised candidate gets to no logic. None from a logic discards the candidate. A candidate
    is rejected, and no other with it, where a logic or the format raises, a logic gives anything
    but a dict or None, the format gives no profile, or Greenhouse's record cannot be read. Two
    candidates that claim one reference are both rejected. Of several reads of one candidate, the
    latest counts.
    """
    result = Transformed(run_id)
    latest: dict[int, ReadVersion] = {}
    for read in candidates:
        # Before any logic is called: one may alter the candidate, and with it its id.
        candidate_id, version = read.id, read.version
        latest[candidate_id] = max(version, latest.get(candidate_id, version))
        if _is_anonymised(read.candidate):
            # No logic or format sees it: what is left of it must get into no profile.
            reason, reference = reasons.ANONYMISED.text(), str(candidate_id)
            result.settle(candidate_id, version, Outcome.ANONYMISED, reason, reference)
            continue
        try:
            formatted = _transform_candidate(candidate_id, version, read, how, result.left_out)
        except CandidateError as error:
            result.settle(
                candidate_id, version, Outcome.REJECTED, error.reason, detail=error.detail
            )
            continue
        if formatted is None:
            result.settle(candidate_id, version, Outcome.DISCARDED)
        else:
            result.to_push.append(formatted)
    # In this order: two reads of one candidate have one reference, and are no dispute about it.
    _settle_earlier_reads(result, latest)
    _settle_claimed_twice(result)
    return result


def _transform_candidate(
    candidate_id: int,
    version: ReadVersion,
    read: ReadCandidate,
    how: Transformation,
    left_out: Counter[str],
) -> FormattedCandidate | None:
    if read.unreadable is not None:
        raise CandidateError(reasons.NOT_READABLE.text(more=read.unreadable))
    candidate = read.candidate
    for index, logic in enumerate(how.logics):
        given = _apply_logic(index, logic, candidate)
        if given is None:
            return None
        candidate = given
    prepared = prepare_profile(
        _call(how.format, candidate, reasons.FORMAT_RAISED),
        default_reference=str(candidate_id),
        fields=how.fields,
        workflow_id=how.workflow_id,
        given_by=how.format,
    )
    left_out.update(prepared.left_out)
    fingerprint = how.fingerprint(prepared.text)
    return FormattedCandidate(candidate_id, prepared.reference, version, prepared.text, fingerprint)


def _apply_logic(index: int, logic: Logic, candidate: JsonObject) -> JsonObject | None:
    """What the workflow's logic of this index gives: the candidate to go on with, or None.

    Raises:
        CandidateError: it raised, or gave anything else.
    """
    given = _call(logic, candidate, reasons.LOGIC_RAISED, index)
    if given is None or isinstance(given, Mapping):
        return cast("JsonObject | None", given)
    # Refused here: the format would fail on it, and be blamed for it.
    kind = type(given).__name__
    raise CandidateError(reasons.LOGIC_GAVE_NO_CANDIDATE.text(index, kind, more=place_of(logic)))


def _call(
    function: Callable[[Any], Any], argument: Any, raised: ReportReason, *filled: object
) -> Any:
    """Call a user's function; `raised`, with what fills its code, is the reason if it raises."""
    try:
        return call(function, argument)
    except UserFunctionFailed as failure:
        error = CandidateError(raised.text(*filled, more=failure.what), failure.text)
    # Outside of the handler: its text is kept, cut short, and the original is dropped.
    raise error


def _is_anonymised(candidate: JsonObject) -> bool:
    """Whether it is left of an anonymised candidate: "Anonymized" as first name, the id as last."""
    first, last = candidate.get("first_name"), candidate.get("last_name")
    return (
        isinstance(first, str)
        and first.strip().casefold() in ("anonymized", "anonymised")
        and str(last).strip() == str(candidate.get("id"))
    )


def _settle_earlier_reads(result: Transformed, latest: Mapping[int, ReadVersion]) -> None:
    """Keep one read of each candidate: the latest, even where that one is not to be pushed."""
    kept: dict[int, FormattedCandidate] = {}
    for formatted in result.to_push:
        candidate_id, version = formatted.candidate_id, formatted.version
        if version == latest[candidate_id] and candidate_id not in kept:
            kept[candidate_id] = formatted
        else:
            reason = reasons.READ_AGAIN_LATER.text()
            result.settle(candidate_id, version, Outcome.STALE, reason, formatted.reference)
    result.to_push = list(kept.values())


def _settle_claimed_twice(result: Transformed) -> None:
    """Reject all candidates that claim one reference: which of them is meant cannot be known."""
    claims = Counter(formatted.reference for formatted in result.to_push)
    kept: list[FormattedCandidate] = []
    for formatted in result.to_push:
        reference = formatted.reference
        if claims[reference] == 1:
            kept.append(formatted)
            continue
        reason = reasons.REFERENCE_CLAIMED_TWICE.text()
        result.settle(
            formatted.candidate_id, formatted.version, Outcome.REJECTED, reason, reference
        )
    result.to_push = kept
