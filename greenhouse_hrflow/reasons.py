"""Stub."""

from __future__ import annotations

from dataclasses import dataclass

from greenhouse_hrflow.report import Outcome


@dataclass(frozen=True)
class ReportReason:
    code: str
    cause: str
    remedy: str


def explain(reason: str | None, outcome: Outcome) -> ReportReason:
    return ReportReason(reason or str(outcome), "It was not sent.", "Look in the report.")
