"""From candidates to what is to be pushed: the user's logics, then the format.

No request is made here, and nothing is compared; that is `push`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from greenhouse_hrflow.errors import CandidateError
from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.hrflow import lay_over
from greenhouse_hrflow.hrflow.prepare import prepare_profile
from greenhouse_hrflow.hrflow.values import JsonObject
from greenhouse_hrflow.report import Outcome, ReportRow

Logic = Callable[[JsonObject], JsonObject | None]
Format = Callable[[JsonObject], JsonObject]


@dataclass(frozen=True, slots=True)
class FormattedCandidate:
    """A candidate as the format gave it, ready to be laid over its profile.

    `text` is the prepared profile as JSON: a window of many candidates weighs what its text
    weighs, and not ten times as much.
    """

    candidate_id: int
    reference: str
    changed_at: datetime
    read_at: datetime
    text: str
    fingerprint: str

    @property
    def version(self) -> tuple[datetime, datetime]:
        """Orders reads of one candidate, as `Mark.version` does."""
        return self.read_at, self.changed_at

    @property
    def profile(self) -> JsonObject:
        """The prepared profile, without its reference."""
        return json.loads(self.text)

    @property
    def item(self) -> JsonObject:
        """The formatted profile as a callback gets it."""
        return {"reference": self.reference, **self.profile}


@dataclass(frozen=True)
class Transformation:
    """How candidates become profiles in one workflow, towards one source."""

    workflow_id: str
    logics: tuple[Logic, ...]
    format: Format
    fields: frozenset[str]
    destination: tuple[str, ...]
    """What else decides an edit: the source's key and HrFlow's address."""

    def fingerprint(self, text: str) -> str:
        """A short hash of all that decides what an edit writes, but for what HrFlow holds."""
        parts = [text, sorted(self.fields), list(self.destination), lay_over.VERSION]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


@dataclass
class Transformed:
    """What the logics and the format made of the candidates that were read."""

    run_id: str
    to_push: list[FormattedCandidate] = field(default_factory=list[FormattedCandidate])
    settled: list[ReportRow] = field(default_factory=list[ReportRow])
    left_out: Counter[str] = field(default_factory=Counter[str])
    """How many candidates were given a field that is not laid over, such as a `resume`."""

    def settle(
        self,
        read: ReadCandidate | FormattedCandidate,
        outcome: Outcome,
        reason: str | None = None,
        reference: str | None = None,
    ) -> None:
        """Record what became of a candidate that is not pushed."""
        identifier = read.candidate_id if isinstance(read, FormattedCandidate) else read.id
        self.settled.append(
            ReportRow(
                candidate_id=identifier,
                reference=reference,
                outcome=outcome,
                changed_at=read.changed_at,
                read_at=read.read_at,
                pushed_at=datetime.now(timezone.utc),
                run_id=self.run_id,
                reason=reason,
            )
        )


def transform(candidates: Iterable[ReadCandidate], how: Transformation, run_id: str) -> Transformed:
    """Apply the logics in order and then the format to each candidate.

    None from a logic discards the candidate; an exception of a logic or of the format rejects
    it, and no other. Two candidates that claim one reference are both rejected. Of several reads
    of one candidate the latest counts.
    """
    result = Transformed(run_id)
    for read in candidates:
        if _is_anonymised(read.candidate):
            result.settle(read, Outcome.GONE, "anonymised_in_greenhouse", str(read.id))
            continue
        try:
            formatted = _transform_one(read, how, result.left_out)
        except CandidateError as error:
            result.settle(read, Outcome.REJECTED, error.reason)
            continue
        if formatted is None:
            result.settle(read, Outcome.DISCARDED)
        else:
            result.to_push.append(formatted)
    _settle_earlier_reads(result)
    _settle_claimed_twice(result)
    return result


def _transform_one(
    read: ReadCandidate, how: Transformation, left_out: Counter[str]
) -> FormattedCandidate | None:
    item: JsonObject | None = read.candidate
    for index, logic in enumerate(how.logics):
        item = _call(f"logic_{index}", logic, item)
        if item is None:
            return None
    prepared = prepare_profile(
        _call("format", how.format, item),
        default_reference=str(read.id),
        fields=how.fields,
        workflow_id=how.workflow_id,
    )
    left_out.update(prepared.left_out)
    text = canonical_text(prepared.profile)
    return FormattedCandidate(
        read.id, prepared.reference, read.changed_at, read.read_at, text, how.fingerprint(text)
    )


def _call(name: str, function: Callable[[Any], Any], argument: Any) -> Any:
    """Call what a user wrote; what it raises may quote the candidate, so only its type is kept."""
    try:
        return function(argument)
    except Exception as error:  # noqa: BLE001 - whatever a user's function raises
        reason = f"{name}_raised:{type(error).__name__}"
    raise CandidateError(reason)


def canonical_text(profile: Mapping[str, Any]) -> str:
    """The profile as JSON, in ASCII: one emoji must not make its text four bytes a character."""
    return json.dumps(profile, separators=(",", ":"))


def _is_anonymised(candidate: JsonObject) -> bool:
    """Greenhouse keeps an anonymised candidate as first name "Anonymized", last name = the id."""
    first, last = candidate.get("first_name"), candidate.get("last_name")
    return (
        isinstance(first, str)
        and first.strip().casefold() in ("anonymized", "anonymised")
        and str(last).strip() == str(candidate.get("id"))
    )


def _settle_earlier_reads(result: Transformed) -> None:
    latest: dict[int, FormattedCandidate] = {}
    for formatted in result.to_push:
        known = latest.get(formatted.candidate_id)
        if known is None or known.version < formatted.version:
            latest[formatted.candidate_id] = formatted
    kept = [f for f in result.to_push if latest[f.candidate_id] is f]
    for formatted in result.to_push:
        if latest[formatted.candidate_id] is not formatted:
            result.settle(formatted, Outcome.STALE, "read_again_later", formatted.reference)
    result.to_push = kept


def _settle_claimed_twice(result: Transformed) -> None:
    claims = Counter(formatted.reference for formatted in result.to_push)
    kept = [formatted for formatted in result.to_push if claims[formatted.reference] == 1]
    for formatted in result.to_push:
        if claims[formatted.reference] > 1:
            reason = "reference_claimed_by_two_candidates"
            result.settle(formatted, Outcome.REJECTED, reason, formatted.reference)
    result.to_push = kept
