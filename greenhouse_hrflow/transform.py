"""From candidates to what is to be pushed: the user's logics, then the format.

No request is made here, and nothing is compared; that is `push`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from greenhouse_hrflow import clock
from greenhouse_hrflow.clock import Version, believed_read_at
from greenhouse_hrflow.errors import CandidateError
from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.hrflow import lay_over
from greenhouse_hrflow.hrflow.prepare import Prepared, prepare_profile
from greenhouse_hrflow.hrflow.values import JsonObject
from greenhouse_hrflow.report import NOT_READABLE, Outcome, ReportRow
from greenhouse_hrflow.user_function import UserFunctionFailed, call, place_of

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
    def version(self) -> Version:
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
        candidate_id: int,
        read: ReadCandidate | FormattedCandidate,
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
                changed_at=read.changed_at,
                read_at=read.read_at,
                pushed_at=clock.utc_now(),
                run_id=self.run_id,
                reason=reason,
                detail=detail,
            )
        )


def transform(candidates: Iterable[ReadCandidate], how: Transformation, run_id: str) -> Transformed:
    """Apply the logics in order and then the format to each candidate.

    None from a logic discards the candidate. What a logic or the format raises rejects it, and no
    other; so does what a logic gives that is no candidate, and a record of Greenhouse's that cannot
    be read. Two candidates that claim one reference are both rejected. Of several reads of one
    candidate the latest counts.
    """
    result = Transformed(run_id)
    latest: dict[int, Version] = {}
    for each in candidates:
        read = replace(each, read_at=believed_read_at(each.read_at, each.changed_at))
        # A user's function may alter the candidate, and with it what its id is read from.
        identifier, version = read.id, (read.read_at, read.changed_at)
        latest[identifier] = max(version, latest.get(identifier, version))
        if _is_anonymised(read.candidate):
            reference = str(identifier)
            result.settle(identifier, read, Outcome.GONE, "anonymised_in_greenhouse", reference)
            continue
        try:
            formatted = _transform_one(identifier, read, how, result.left_out)
        except CandidateError as error:
            result.settle(identifier, read, Outcome.REJECTED, error.reason, detail=error.detail)
            continue
        if formatted is None:
            result.settle(identifier, read, Outcome.DISCARDED)
        else:
            result.to_push.append(formatted)
    _settle_earlier_reads(result, latest)
    _settle_claimed_twice(result)
    return result


def _transform_one(
    identifier: int, read: ReadCandidate, how: Transformation, left_out: Counter[str]
) -> FormattedCandidate | None:
    if read.unreadable is not None:
        raise CandidateError(f"{NOT_READABLE}:{read.unreadable}")
    item = read.candidate
    for index, logic in enumerate(how.logics):
        left = _applied(f"logic_{index}", logic, item)
        if left is None:
            return None
        item = left
    prepared = _prepared(identifier, _called("format", how.format, item), how)
    left_out.update(prepared.left_out)
    text = canonical_text(prepared.profile)
    return FormattedCandidate(
        identifier, prepared.reference, read.changed_at, read.read_at, text, how.fingerprint(text)
    )


def _prepared(identifier: int, formatted: object, how: Transformation) -> Prepared:
    if not isinstance(formatted, Mapping):
        kind = type(formatted).__name__
        raise CandidateError(f"format_gave_{kind}_not_a_dict:{place_of(how.format)}")
    try:
        return prepare_profile(
            formatted,
            default_reference=str(identifier),
            fields=how.fields,
            workflow_id=how.workflow_id,
        )
    except CandidateError:
        raise
    except Exception as error:  # noqa: BLE001 - a dict of the user's own making may do anything
        kind = type(error).__name__
    raise CandidateError(f"format_gave_what_cannot_be_read:{kind}")


def _applied(name: str, logic: Logic, item: JsonObject) -> JsonObject | None:
    """What a logic gives: the candidate to go on with, or None.

    Raises:
        CandidateError: it raised, or gave anything else.
    """
    given = _called(name, logic, item)
    if given is None or isinstance(given, Mapping):
        return cast("JsonObject | None", given)
    # Said of the logic, since the format would fail on it and be blamed.
    raise CandidateError(f"{name}_gave_{type(given).__name__}:{place_of(logic)}")


def _called(name: str, function: Callable[[Any], Any], argument: Any) -> Any:
    try:
        return call(function, argument)
    except UserFunctionFailed as failure:
        error = CandidateError(f"{name}_raised:{failure.what}", failure.text)
    raise error


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


def _settle_earlier_reads(result: Transformed, latest: Mapping[int, Version]) -> None:
    """Keep one read of each candidate: the latest, even where that one is not to be pushed."""
    kept: dict[int, FormattedCandidate] = {}
    for one in result.to_push:
        if one.version == latest[one.candidate_id] and one.candidate_id not in kept:
            kept[one.candidate_id] = one
        else:
            reason = "read_again_later"
            result.settle(one.candidate_id, one, Outcome.STALE, reason, one.reference)
    result.to_push = list(kept.values())


def _settle_claimed_twice(result: Transformed) -> None:
    claims = Counter(formatted.reference for formatted in result.to_push)
    reason = "reference_claimed_by_two_candidates"
    for one in result.to_push:
        if claims[one.reference] > 1:
            result.settle(one.candidate_id, one, Outcome.REJECTED, reason, one.reference)
    result.to_push = [one for one in result.to_push if claims[one.reference] == 1]
