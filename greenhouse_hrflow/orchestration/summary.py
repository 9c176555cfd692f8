"""What a materialisation tells a person in words: Markdown of ids, counts and reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from greenhouse_hrflow.deliver import Delivery
from greenhouse_hrflow.rate_limiter import Effort
from greenhouse_hrflow.reasons import explain
from greenhouse_hrflow.report import Outcome, Report, ReportRow

GREENHOUSE_PERSON = "https://app.greenhouse.io/people/"
"""Before the id: the page of a candidate."""

NOT_SENT = ("rejected", "failed", "missing")
"""Outcomes of candidates whose profile does not follow them."""

ROWS_SHOWN = 50
"""So many rows of a table are shown; a materialisation is kept for ever."""

_IN_ORDER = (
    Outcome.UPDATED, Outcome.WOULD_UPDATE, Outcome.UNCHANGED, Outcome.REJECTED, Outcome.FAILED,
    Outcome.MISSING, Outcome.ARCHIVED, Outcome.ANONYMISED, Outcome.DISCARDED, Outcome.STALE,
)  # fmt: skip


def candidates_summary(partition: str, rows: int, read: int, effort: Effort) -> str:
    """What was read into a partition."""
    return (
        f"**{counted(rows, 'candidate')}** changed last in {partition}.\n\n"
        f"This run read {counted(read, 'candidate')} with "
        f"{counted(effort.requests, 'request')} to Greenhouse{_waited(effort)}."
    )


def profiles_summary(
    partition: str, counts: Mapping[str, int], own: Report, delivery: Delivery
) -> str:
    """What became of the candidates of a partition, and what this run did."""
    not_sent = sum(counts[outcome] for outcome in NOT_SENT)
    verdict = f"**{not_sent} not sent**" if not_sent else "all are as they should be"
    run = delivery.report
    return (
        f"**{partition}: {counted(sum(counts.values()), 'candidate')}**, {verdict} "
        f"({in_words(counts) or 'nobody'}).\n\n"
        f"This run pushed {len(own.rows)} of them ({in_words(_counts(own)) or 'none'}), "
        f"{len(run.rows)} in all, in {delivery.seconds:.1f} s with "
        f"{counted(delivery.effort.requests, 'request')} to HrFlow{_waited(delivery.effort)}."
    )


def not_sent_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """A Markdown table of candidates who were not sent: who, why, and what to do.

    Args:
        rows: `candidate_id`, `outcome` and `reason` of each.
    """
    lines = ["| candidate | outcome | why | what to do |", "|---|---|---|---|"]
    for row in rows[:ROWS_SHOWN]:
        told = explain(row["reason"], Outcome(row["outcome"]))
        why = f"{told.cause} (`{row['reason']}`)" if row["reason"] else told.cause
        cells = (person_link(row["candidate_id"]), row["outcome"], why, told.remedy)
        lines.append(table_row(cells))
    if len(rows) > ROWS_SHOWN:
        lines.append(f"\nand {len(rows) - ROWS_SHOWN} more, in the report")
    return "\n".join(lines)


def preview_summary(partition: str, report: Report, delivery: Delivery) -> str:
    """What a push of a partition would do."""
    counts = _counts(report)
    would_edit = counts.get("would_update", 0)
    fields = ", ".join(f"{name} ({count})" for name, count in fields_counted(report.rows)[:8])
    of_fields = f"\n\nFields: {fields}." if fields else ""
    return (
        f"**A push of {partition} would edit {counted(would_edit, 'profile')}** of "
        f"{counted(len(report.rows), 'candidate')} ({in_words(counts) or 'nobody'}). Nothing was "
        f"written.{of_fields}\n\nThe run compared "
        f"{counted(len(delivery.report.rows), 'candidate')} with "
        f"{counted(delivery.effort.requests, 'request')} to HrFlow."
    )


def fields_counted(rows: Iterable[ReportRow]) -> list[tuple[str, int]]:
    """How many of these edits change each field, the commonest first."""
    return Counter(name for row in rows for name in row.changed_fields).most_common()


def preview_table(rows: Iterable[ReportRow]) -> str:
    """A Markdown table of those whom a push would edit, or could not send; "" for nobody."""
    told = [row for row in rows if row.outcome is Outcome.WOULD_UPDATE or row.outcome in NOT_SENT]
    lines = ["| candidate | outcome | fields, or why not |", "|---|---|---|"]
    for row in told[:ROWS_SHOWN]:
        why = ", ".join(row.changed_fields) or explain(row.reason, row.outcome).cause
        cells = (person_link(row.candidate_id), row.outcome.value.replace("_", " "), why)
        lines.append(table_row(cells))
    if len(told) > ROWS_SHOWN:
        lines.append(f"\nand {len(told) - ROWS_SHOWN} more")
    return "\n".join(lines) if told else ""


def person_link(candidate_id: int) -> str:
    """A candidate's id, which leads to Greenhouse."""
    return f"[{candidate_id}]({GREENHOUSE_PERSON}{candidate_id})"


def table_row(cells: Iterable[object]) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(str(cell).replace('|', '/') for cell in cells)} |"


def in_words(counts: Mapping[str, int]) -> str:
    """Counts of outcomes, those that occurred: `61 updated, 2 missing`."""
    shown = [(counts.get(outcome.value, 0), outcome.value) for outcome in _IN_ORDER]
    return ", ".join(f"{count} {name.replace('_', ' ')}" for count, name in shown if count)


def counted(count: int, noun: str) -> str:
    """`1 candidate`, `2 candidates`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _counts(report: Report) -> dict[str, int]:
    return {outcome.value: count for outcome, count in report.outcomes.items()}


def _waited(effort: Effort) -> str:
    seconds = round(effort.seconds_waited)
    return f", and waited {seconds} s for its rate limit" if seconds else ""
