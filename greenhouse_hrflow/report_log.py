"""What the log tells of a report: counts, reasons and single ids, never a row's `detail`."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from greenhouse_hrflow.report import Outcome, ReportRow, count_outcomes

REASONS_TOLD = 20
"""How many reasons of a run are told in its log, the most common ones."""

_TO_MEND = (Outcome.REJECTED, Outcome.FAILED)


def tell_reasons(rows: Sequence[ReportRow], log: logging.Logger) -> None:
    """One line a reason, with the count and the id of one candidate: a warning for what somebody
    may have to mend."""
    kinds: dict[tuple[Outcome, str], list[int]] = {}
    for row in rows:
        if row.reason is not None:
            kinds.setdefault((row.outcome, row.reason), []).append(row.candidate_id)
    in_order = sorted(kinds.items(), key=lambda kind: -len(kind[1]))
    for (outcome, reason), ids in in_order[:REASONS_TOLD]:
        level = logging.WARNING if outcome in _TO_MEND else logging.INFO
        log.log(level, "%d %s: %s (candidate %d, for example)", len(ids), outcome, reason, ids[0])
    if len(in_order) > REASONS_TOLD:
        log.warning("%d more reasons stand in the report", len(in_order) - REASONS_TOLD)


def tell_outcomes(rows: Sequence[ReportRow], log: logging.Logger) -> None:
    """One line with the count of each outcome."""
    counts = sorted(count_outcomes(rows).items())
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts)
    log.info("Of %d candidates: %s", len(rows), told or "nothing to do")
