"""A push under the brake: every profile is compared before any is edited."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from greenhouse_hrflow.hrflow.brake import Brake
from greenhouse_hrflow.hrflow.candidate_push import PushSettings
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.push import ProfilePush, PushResult
from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.profiles.transform import FormattedCandidate
from greenhouse_hrflow.report import Outcome, Report, ReportRow

_TO_PUSH = frozenset({Outcome.WOULD_UPDATE, Outcome.FAILED})
"""Outcomes of the comparison that do not stand: these are pushed."""


def push_braked(
    candidates: Sequence[FormattedCandidate],
    brake: Brake,
    client: HrFlowClient,
    settings: PushSettings,
    *,
    history: History | None,
    log: logging.Logger,
) -> PushResult:
    """Compare every candidate with its profile, and push those that differ, where the brake allows
    so many.

    Where it does not, or where the comparison meets a fault of the whole, nothing is edited: the
    fault stands in the result, with a row a candidate, and counts as no attempt of any.
    """
    history = history or History()
    log.info("All profiles are compared before any is edited: the run is under the brake")
    comparing = ProfilePush(
        client,
        replace(settings, persist=False),
        # The comparison is no attempt of its own: a candidate that fails in it is tried once more,
        # and must not be rejected before.
        history=replace(history, attempts={}),
        log=log,
    )
    compared = comparing.run(candidates)
    fault = compared.fault or brake.fault(compared.report)
    if fault is not None:
        rows = [_without_attempt(row, history) for row in compared.report.rows]
        return replace(compared, report=Report(rows), fault=fault)
    differing = {row.reference for row in compared.report.rows if row.outcome in _TO_PUSH}
    if not differing:
        return compared
    pushed = ProfilePush(client, settings, history=history, log=log).run(
        [candidate for candidate in candidates if candidate.reference in differing],
        [row for row in compared.report.rows if row.outcome not in _TO_PUSH],
    )
    reading = f"compared first, {compared.reading}; of those to edit, {pushed.reading}"
    return replace(pushed, reading=reading)


def _without_attempt(row: ReportRow, history: History) -> ReportRow:
    if row.outcome not in _TO_PUSH:
        return row
    return replace(row, attempts=history.attempts.get(row.reference or "", 0))
