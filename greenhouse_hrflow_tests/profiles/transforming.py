"""Candidates as they were read, and their way through logics and a format: for tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from greenhouse_hrflow.greenhouse.candidate import ReadCandidate, complete_candidate
from greenhouse_hrflow.profiles.default_format import format_candidate
from greenhouse_hrflow.profiles.fields import EDITABLE
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.profiles.transform import Transformation, Transformed, transform
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow_tests.support.pushing import CHANGED_AT, READ_AT, SECOND


def read(candidate_id: int = 1, *, seconds: int = 0, **fields: Any) -> ReadCandidate:
    """A candidate that was read so many seconds after `READ_AT`."""
    candidate = complete_candidate({"id": candidate_id, "first_name": "Ada", **fields})
    return ReadCandidate(candidate, CHANGED_AT, READ_AT + seconds * SECOND)


def transformed(
    *candidates: ReadCandidate,
    logics: tuple[Any, ...] = (),
    format: Callable[[JsonObject], Any] = format_candidate,
    fields: frozenset[str] = EDITABLE,
    destination: tuple[str, ...] = ("source", "address"),
) -> Transformed:
    """What these logics and this format make of the candidates."""
    transformation = Transformation("wf", logics, format, fields, destination)
    return transform(candidates, transformation, "a run")


def settled(result: Transformed) -> list[tuple[int, Outcome, str | None]]:
    """The candidates that are not pushed: outcome and reason."""
    return [(row.candidate_id, row.outcome, row.reason) for row in result.settled]
