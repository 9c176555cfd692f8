"""Pushing formatted candidates to HrFlow: many threads that read, plan, edit and report.

Here are the rules of a push: one bad candidate costs one candidate, an edit without an answer is
looked for before it is made again, and the first edit of a run is the canary (`canary`). What is
written is decided in `profiles.edit_plan`; what was pushed was made in `profiles.transform`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace

from urllib3.util import Retry

from greenhouse_hrflow import clock
from greenhouse_hrflow.errors import (
    ApiUnavailable,
    CandidateError,
    EditUnanswered,
    GreenhouseHrflowError,
    ProfileMissing,
    RequestRefused,
)
from greenhouse_hrflow.failure_thresholds import (
    fault_of_hrflow,
    none_is_found,
    rejected_after_enough_tries,
)
from greenhouse_hrflow.hrflow.canary import CanaryGuard
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.profiles.edit_plan import Edit, History, NoEdit, plan_edit
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.profiles.transform import FormattedCandidate
from greenhouse_hrflow.progress import Progress
from greenhouse_hrflow.report import Outcome, Report, ReportRow
from greenhouse_hrflow.retry import Retrying

EDIT_WITHIN = 30.0
"""Seconds between reading a profile and writing it; after that it is read again."""

_RETRIES = Retry(total=4, backoff_factor=0.5, backoff_max=30.0, backoff_jitter=0.5)


@dataclass(frozen=True)
class PushResult:
    """What became of a push.

    Attributes:
        report: a row a candidate.
        fault: the fault of the whole, which ended the push early or showed at its end; None where
            the push succeeded, whatever became of single candidates.
        none_found: the source holds no profile of any candidate, of so many that it may be the
            wrong source.
    """

    report: Report
    fault: GreenhouseHrflowError | None = None
    none_found: bool = False


@dataclass(frozen=True)
class PushSettings:
    """What a push is to do.

    Attributes:
        workflow_id: whose last-applied metadata is kept in the profiles.
        fields: the top-level fields that may be edited.
        run_id: the run that the report names.
        persist: False plans the edits and makes none.
        retries: how often one profile is read, planned and edited again after an edit without an
            answer, and with which waits.
    """

    workflow_id: str
    fields: frozenset[str]
    run_id: str
    persist: bool = True
    retries: Retry = _RETRIES


class ProfilePush:
    """One push of one run.

    Args:
        client: of the source that is written.
        history: what earlier pushes compared; without it, every candidate is compared.
        log: receives waits, progress and faults: counts and ids, no value of a candidate.
    """

    def __init__(
        self,
        client: HrFlowClient,
        settings: PushSettings,
        *,
        history: History | None = None,
        log: logging.Logger | None = None,
    ) -> None:
        self._client = client
        self._settings = settings
        self._history = history or History()
        self._log = log or logging.getLogger(__name__)
        self._fault: GreenhouseHrflowError | None = None
        self._stopped = threading.Event()
        self._guard = CanaryGuard(client, self._stopped)

    def run(self, candidates: Sequence[FormattedCandidate]) -> PushResult:
        """Push every candidate, once.

        A fault of the whole ends the push early; it is not raised, but stands in the result. Only
        an interrupt is raised.
        """
        rows: list[ReportRow] = []
        progress = Progress(self._log, "%d of %d profiles are done")
        with ThreadPoolExecutor(self._client.workers, "push") as pool:
            tasks = [pool.submit(self._push, candidate) for candidate in candidates]
            try:
                for task in as_completed(tasks):
                    rows.append(task.result())
                    progress.note(len(rows), len(candidates))
            except BaseException:
                # Interrupted. The pool's `with` waits for its tasks: without this it would push all
                # the other candidates first.
                self._stop(ApiUnavailable("The run was interrupted."))
                self._client.close()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return self._result(Report(rows))

    def _stop(self, fault: GreenhouseHrflowError) -> None:
        """End the push for a fault of the whole; of several, the first counts."""
        self._fault = self._fault or fault
        # Set last: where a thread sees that the push was stopped, the fault is there.
        self._stopped.set()

    def _push(self, candidate: FormattedCandidate) -> ReportRow:
        """Push one candidate and give its row; a fault of the whole ends the push, unraised."""
        if self._stopped.is_set():
            return self._row(candidate, Outcome.FAILED, "not_tried_the_run_had_ended")
        try:
            return self._push_with_retries(candidate)
        except ProfileMissing as error:
            return self._row(candidate, Outcome.MISSING, error.reason, detail=error.detail)
        except CandidateError as error:
            return self._row(candidate, Outcome.REJECTED, error.reason, detail=error.detail)
        except ApiUnavailable as error:
            if self._client.is_down:
                self._stop(error)
            return self._row(candidate, Outcome.FAILED, "hrflow_kept_failing")
        except GreenhouseHrflowError as error:
            self._stop(error)
            return self._row(candidate, Outcome.FAILED, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - a profile of a shape that nobody foresaw
            kind = type(error).__name__
            self._log.error("Candidate %d could not be pushed: %s", candidate.candidate_id, kind)
            return self._row(candidate, Outcome.FAILED, f"push_raised:{kind}")

    def _push_with_retries(self, candidate: FormattedCandidate) -> ReportRow:
        if self._history.knows_later_read(candidate.reference, candidate.version):
            return self._row(candidate, Outcome.STALE, "a_later_read_was_compared")
        retrying = Retrying(self._settings.retries, self._stopped, self._log, EditUnanswered)
        memory = _Memory()
        return retrying.call(lambda: self._read_and_edit(candidate, memory))

    def _read_and_edit(self, candidate: FormattedCandidate, memory: _Memory) -> ReportRow:
        """Read, plan and edit; again from the start where the profile was read too long ago.

        Raises:
            EditUnanswered: the edit may have been made; `memory` holds it for the next attempt.
            and what the client and `CanaryGuard` raise.
        """
        if memory.unanswered is not None:
            # If it was the canary edit and was made, it may have lost something. The plan below
            # would see the damaged profile alone, and often no edit: nobody would notice.
            self._guard.verify()
        while not self._stopped.is_set():
            stored = self._client.get_profile(candidate.reference)
            deadline = time.monotonic() + EDIT_WITHIN
            plan = self._plan(stored, candidate)
            if isinstance(plan, NoEdit):
                return self._row_without_edit(candidate, plan, stored, memory.unanswered)
            if not self._settings.persist:
                outcome = Outcome.WOULD_UPDATE
                return self._row(candidate, outcome, plan.reason, stored, plan.fields)
            # Noted before it is sent: `_send` leaves by an exception where the answer is lost.
            memory.unanswered = plan
            if self._send(plan, deadline):
                return self._row(candidate, Outcome.UPDATED, plan.reason, stored, plan.fields)
            memory.unanswered = None
        return self._row(candidate, Outcome.FAILED, "not_finished_the_run_had_ended")

    def _plan(self, stored: JsonObject, candidate: FormattedCandidate) -> Edit | NoEdit:
        settings = self._settings
        return plan_edit(
            stored, candidate, workflow_id=settings.workflow_id, fields=settings.fields
        )

    def _send(self, edit: Edit, deadline: float) -> bool:
        try:
            return self._guard.make(edit, deadline)
        except ApiUnavailable as failure:
            # Before a retry waits: while the API is down, it would wait for nothing.
            if self._client.is_down:
                self._stop(failure)
            # A canary edit may be answered and its read-back not. The next attempt is the same as
            # after a lost answer: read the profile, and see whether anything is left to write.
            raise EditUnanswered(failure.message, failure.retry_after) from None

    def _row_without_edit(
        self,
        candidate: FormattedCandidate,
        plan: NoEdit,
        stored: JsonObject,
        unanswered: Edit | None,
    ) -> ReportRow:
        if plan.outcome is Outcome.UNCHANGED and unanswered is not None:
            # The edit without an answer was made: nothing is left to write.
            fields = unanswered.fields
            return self._row(candidate, Outcome.UPDATED, plan.reason, stored, fields)
        return self._row(candidate, plan.outcome, plan.reason, stored)

    def _result(self, report: Report) -> PushResult:
        none_found = self._fault is None and none_is_found(report)
        fault = self._fault or self._fault_of_the_whole(report, none_found)
        if fault is None:
            rows = [rejected_after_enough_tries(row) for row in report.rows]
        else:
            # The window is done again. What failed for all counts as no attempt of any candidate.
            rows = [self._without_this_attempt(row) for row in report.rows]
        return PushResult(Report(rows), fault, none_found)

    def _fault_of_the_whole(self, report: Report, none_found: bool) -> GreenhouseHrflowError | None:
        """The fault that shows at the end only: in all rows together, or when HrFlow is asked."""
        fault = fault_of_hrflow(report)
        if fault is not None:
            return fault
        if none_found and self._client.source_exists() is False:
            return RequestRefused(
                f"HrFlow holds none of the {len(report.rows)} profiles, and knows no source with "
                "the configured key, or not for these credentials. Check HRFLOW_SOURCE_KEY."
            )
        if not report.outcomes[Outcome.FAILED] or self._client.has_answered:
            return None
        try:
            self._client.check_alive()
        except GreenhouseHrflowError as error:
            return error
        return None

    def _without_this_attempt(self, row: ReportRow) -> ReportRow:
        if row.outcome is not Outcome.FAILED:
            return row
        return replace(row, attempts=self._history.attempts.get(row.reference or "", 0))

    def _row(
        self,
        candidate: FormattedCandidate,
        outcome: Outcome,
        reason: str | None = None,
        stored: JsonObject | None = None,
        fields: Sequence[str] = (),
        detail: str | None = None,
    ) -> ReportRow:
        key = (stored or {}).get("key")
        attempts_before = self._history.attempts.get(candidate.reference, 0)
        return ReportRow(
            candidate_id=candidate.candidate_id,
            reference=candidate.reference,
            outcome=outcome,
            changed_at=candidate.version.changed_at,
            read_at=candidate.version.read_at,
            pushed_at=clock.utc_now(),
            run_id=self._settings.run_id,
            reason=reason,
            detail=detail,
            # The report's column holds texts only, and HrFlow's answer may hold anything.
            profile_key=key if isinstance(key, str) else None,
            changed_fields=tuple(fields),
            attempts=attempts_before + 1 if outcome is Outcome.FAILED else 0,
            fingerprint=candidate.fingerprint,
        )


@dataclass
class _Memory:
    """What one attempt at a candidate leaves to the next: an edit whose answer did not come."""

    unanswered: Edit | None = None
