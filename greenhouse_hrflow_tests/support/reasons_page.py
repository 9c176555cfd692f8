"""docs/reasons.md as the list of reasons gives it; run as a module, this writes the page anew."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from greenhouse_hrflow.reasons import OF_OUTCOMES, REASONS, UNLISTED, ReportReason

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reasons.md"

_OPENING = """\
# Reasons

Why a candidate was not sent, or not as given: what the column `reason` of the stored report \
(`hrflow_profiles`) says, and what to do about it. The code stands before the first colon; after \
it come a field's path, an exception's type or a place in your code, and never a value of a \
candidate. What an API or an exception said stands in the column `detail`, which may quote the \
candidate.

In a path, `(unknown name)` stands for a name that HrFlow's Profile does not know: a format may \
have made it from a candidate's own value. `<n>`, `<status>` and `<type>` stand for a number, an \
HTTP status and the name of a Python type.

This page is made from `greenhouse_hrflow/reasons.py`.
"""


def page() -> str:
    """The whole page."""
    without_reason = "\nWhere a row has no reason, its outcome says it:\n"
    of_reasons = _table("reason", (*REASONS, UNLISTED))
    of_outcomes = _table("outcome", OF_OUTCOMES.values())
    return "\n".join([_OPENING, *of_reasons, without_reason, *of_outcomes, ""])


def _table(title: str, entries: Iterable[ReportReason]) -> list[str]:
    rows = [f"| {_code(entry.code)} | {entry.cause} | {entry.remedy} |" for entry in entries]
    return [f"| {title} | what happened | what to do |", "|---|---|---|", *rows]


def _code(code: str) -> str:
    return code if code == UNLISTED.code else f"`{code}`"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
