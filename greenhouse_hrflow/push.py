"""Comparing formatted candidates with HrFlow, and editing the profiles that differ.

The laying-over itself is in `hrflow.lay_over`; the logics and the format came before, in
`transform`. Here are the rules of a push: never backwards, one bad candidate costs one candidate,
and the first edit of a run is read back before any other is made.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace

from urllib3.exceptions import MaxRetryError
from urllib3.util import Retry

from greenhouse_hrflow import clock
from greenhouse_hrflow.clock import Version, is_later
from greenhouse_hrflow.errors import (
    ApiUnavailable,
    CandidateError,
    GreenhouseHrflowError,
    ProfileMissing,
    RequestRefused,
)
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.first_edit import Edit, GuardedEdits
from greenhouse_hrflow.hrflow.lay_over import changed_fields, lay_over
from greenhouse_hrflow.hrflow.mark import Mark, find_mark, with_mark, without_mark
from greenhouse_hrflow.hrflow.values import JsonObject, is_empty
from greenhouse_hrflow.report import Outcome, ReportRow, count_outcomes
from greenhouse_hrflow.transform import FormattedCandidate
from greenhouse_hrflow.verdict import fault_of_hrflow, none_is_found

TRIES_BEFORE_REJECTED = 5
"""Runs in a row in which HrFlow fails for one candidate before it is rejected."""

_PROGRESS_EVERY = 10.0
_RETRIES = Retry(total=4, backoff_factor=0.5, backoff_max=30.0, backoff_jitter=0.5)


@dataclass(frozen=True)
class History:
    """What earlier reports know about references.

    Attributes:
        compared: the latest read that each was compared or written from.
        attempts: in how many runs in a row HrFlow has failed for each.
    """

    compared: Mapping[str, Version] = field(default_factory=dict[str, Version])
    attempts: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True)
class PushResult:
    """What became of a push.

    Attributes:
        rows: of the report, one a candidate.
        fault: what ended the push early, or speaks against the whole of it.
        none_found: the source holds a profile of not a single candidate, of so many that somebody
            should look whether it is the right one.
    """

    rows: list[ReportRow]
    fault: GreenhouseHrflowError | None = None
    none_found: bool = False


class ProfilePush:
    """One push of one run.

    Args:
        client: of the source that is written.
        workflow_id: whose mark is kept.
        fields: the top-level fields that are laid over.
        persist: False compares only.
        log: receives waits and progress; counts and ids only.
    """

    def __init__(
        self,
        client: HrFlowClient,
        *,
        workflow_id: str,
        fields: frozenset[str],
        run_id: str,
        persist: bool = True,
        history: History | None = None,
        log: logging.Logger | None = None,
        retries: Retry = _RETRIES,
    ) -> None:
        self._client = client
        self._workflow_id = workflow_id
        self._fields = fields
        self._run_id = run_id
        self._persist = persist
        self._history = history or History()
        self._log = log or logging.getLogger(__name__)
        self._retries = retries
        self._fault: GreenhouseHrflowError | None = None
        self._edits = GuardedEdits(client, lambda: self._fault is not None)

    def run(self, formatted: Sequence[FormattedCandidate]) -> PushResult:
        """Push every candidate; a fault of the whole ends it, and stands in the result."""
        rows: list[ReportRow] = []
        told = time.monotonic()
        with ThreadPoolExecutor(self._client.workers, "push") as pool:
            tasks = [pool.submit(self._push, one) for one in formatted]
            try:
                for done in as_completed(tasks):
                    rows.append(done.result())
                    if time.monotonic() - told > _PROGRESS_EVERY:
                        told = time.monotonic()
                        self._log.info("%d of %d profiles are done", len(rows), len(formatted))
            except BaseException:
                # Interrupted: without this the pool would push all the others first.
                self._fault = self._fault or ApiUnavailable("The run was interrupted.")
                self._client.close()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        none_found = self._fault is None and none_is_found(rows)
        fault = self._fault or self._fault_of_the_whole(rows, none_found)
        if fault is None:
            rows = [_rejected_in_the_end(row) for row in rows]
        else:
            # The window is done again: what the API did to everybody is held against nobody.
            rows = [self._not_counted(row) for row in rows]
        return PushResult(rows, fault, none_found)

    def _push(self, one: FormattedCandidate) -> ReportRow:
        """What became of one candidate; nothing escapes but a fault of the whole, by `_fault`."""
        if self._fault is not None:
            return self._row(one, Outcome.FAILED, reason="not_tried_the_run_had_ended")
        try:
            return self._push_until_settled(one)
        except ProfileMissing as error:
            return self._row(one, Outcome.MISSING, reason=error.reason, detail=error.detail)
        except CandidateError as error:
            return self._row(one, Outcome.REJECTED, reason=error.reason, detail=error.detail)
        except ApiUnavailable as error:
            if self._client.is_down:
                self._fault = self._fault or error
            return self._row(one, Outcome.FAILED, reason="hrflow_kept_failing")
        except GreenhouseHrflowError as error:
            self._fault = self._fault or error
            return self._row(one, Outcome.FAILED, reason=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - a profile of a shape that nobody foresaw
            kind = type(error).__name__
            self._log.error("Candidate %d could not be pushed: %s", one.candidate_id, kind)
            return self._row(one, Outcome.FAILED, reason=f"push_raised:{kind}")

    def _push_until_settled(self, one: FormattedCandidate) -> ReportRow:
        known = self._history.compared.get(one.reference)
        if known is not None and is_later(known, one.version):
            return self._row(one, Outcome.STALE, reason="a_report_knows_a_later_read")
        left, unanswered = self._retries, None
        while self._fault is None:
            if unanswered is not None:
                self._edits.prove()
            stored = self._client.get_profile(one.reference)
            todo = self._compare(one, stored, time.monotonic(), unanswered)
            if isinstance(todo, ReportRow):
                return todo
            unanswered = None
            try:
                if self._edits.make(todo):
                    return self._row(one, Outcome.UPDATED, stored=stored, names=todo.names)
            except ApiUnavailable as error:
                left, unanswered = self._wait(left, error), todo
        return self._row(one, Outcome.FAILED, reason="not_finished_the_run_had_ended")

    def _compare(
        self, one: FormattedCandidate, stored: JsonObject, read_at: float, unanswered: Edit | None
    ) -> ReportRow | Edit:
        """What to write; or the row of a profile that is not to be edited (any more)."""
        mark = find_mark(stored, self._workflow_id)
        if not is_empty(stored.get("archived_at")):
            return self._row(one, Outcome.ARCHIVED, stored=stored)
        if mark is not None and is_later(mark.version, one.version):
            reason = "the_mark_knows_a_later_read"
            return self._row(one, Outcome.STALE, stored=stored, reason=reason)
        bare = {**stored, "metadatas": without_mark(stored.get("metadatas"), self._workflow_id)}
        laid = lay_over(bare, mark.written if mark else {}, one.profile, self._fields)
        names = changed_fields(bare, laid.value)
        if not names and unanswered is not None:
            # The edit whose answer was lost has arrived after all.
            return self._row(one, Outcome.UPDATED, stored=stored, names=unanswered.names)
        if not names:
            return self._row(one, Outcome.UNCHANGED, stored=stored)
        if not self._persist:
            return self._row(one, Outcome.WOULD_UPDATE, stored=stored, names=names)
        ours = Mark(one.read_at, one.changed_at, laid.written)
        metadatas = with_mark(laid.value["metadatas"], self._workflow_id, ours)
        sent = _meant(stored, {**laid.value, "metadatas": metadatas})
        return Edit(one.candidate_id, one.reference, stored, sent, names, read_at)

    def _wait(self, left: Retry, error: ApiUnavailable) -> Retry:
        """Wait before an edit is tried again.

        Raises:
            ApiUnavailable: no try is left, or the whole API is down.
        """
        if self._client.is_down or self._fault is not None:
            raise error
        try:
            left = left.increment()
        except MaxRetryError:
            raise error from None
        wait = max(left.get_backoff_time(), error.retry_after)
        self._log.warning("%s Reading the profile again in %.1f s", error, wait)
        time.sleep(wait)
        return left

    def _fault_of_the_whole(
        self, rows: Sequence[ReportRow], none_found: bool
    ) -> GreenhouseHrflowError | None:
        fault = fault_of_hrflow(rows)
        if fault is not None:
            return fault
        if none_found and self._client.source_exists() is False:
            return RequestRefused(
                f"HrFlow holds none of the {len(rows)} profiles, and knows no source with the "
                "configured key, or not for these credentials. Check HRFLOW_SOURCE_KEY."
            )
        if not count_outcomes(rows)[Outcome.FAILED] or self._client.has_answered:
            return None
        try:
            self._client.check_alive()
        except GreenhouseHrflowError as error:
            return error
        return None

    def _not_counted(self, row: ReportRow) -> ReportRow:
        if row.outcome is not Outcome.FAILED:
            return row
        return replace(row, attempts=self._history.attempts.get(row.reference or "", 0))

    def _row(
        self,
        one: FormattedCandidate,
        outcome: Outcome,
        *,
        reason: str | None = None,
        detail: str | None = None,
        stored: JsonObject | None = None,
        names: Sequence[str] = (),
    ) -> ReportRow:
        before = self._history.attempts.get(one.reference, 0)
        return ReportRow(
            candidate_id=one.candidate_id,
            reference=one.reference,
            outcome=outcome,
            changed_at=one.changed_at,
            read_at=one.read_at,
            pushed_at=clock.utc_now(),
            run_id=self._run_id,
            reason=reason,
            detail=detail,
            profile_key=(stored or {}).get("key"),
            changed_fields=tuple(names),
            attempts=before + 1 if outcome is Outcome.FAILED else 0,
            fingerprint=one.fingerprint,
        )


def _meant(stored: JsonObject, profile: JsonObject) -> JsonObject:
    """The profile without nulls that nobody meant: HrFlow refuses one in `text`, for example."""
    return {
        name: value
        for name, value in profile.items()
        if value is not None or stored.get(name) is not None
    }


def _rejected_in_the_end(row: ReportRow) -> ReportRow:
    """A candidate for which HrFlow fails run after run, while it answers for others."""
    if row.outcome is Outcome.FAILED and row.attempts >= TRIES_BEFORE_REJECTED:
        reason = f"hrflow_failed_in_{TRIES_BEFORE_REJECTED}_runs"
        return replace(row, outcome=Outcome.REJECTED, reason=reason)
    return row
