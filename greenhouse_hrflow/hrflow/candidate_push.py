"""Pushing one candidate: read its profile, plan, edit, and say what became of it.

One bad candidate costs one candidate; what costs them all is kept here as the fault of the push.
An edit without an answer is looked for before it is made again, and the first edit of a run is the
canary (`canary`). What is written is decided in `profiles.edit_plan`; how many candidates are
pushed at once, and in which order, in `push`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from urllib3.util import Retry

from greenhouse_hrflow import clock, reasons
from greenhouse_hrflow.edit_record import EditRecord, Journal
from greenhouse_hrflow.errors import (
    ApiUnavailable,
    CandidateError,
    EditUnanswered,
    GreenhouseHrflowError,
    ProfileMissing,
)
from greenhouse_hrflow.hrflow.canary import CanaryGuard
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.noted_edits import NotedEdits
from greenhouse_hrflow.hrflow.stored_profiles import StoredProfile, Sweep, read_alone
from greenhouse_hrflow.profiles.edit_plan import Edit, NoEdit, plan_edit
from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.profiles.last_applied import find_last_applied
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.profiles.transform import FormattedCandidate
from greenhouse_hrflow.report import LastEdit, Outcome, ReportRow
from greenhouse_hrflow.retry import Retrying

_RETRIES = Retry(total=4, backoff_factor=0.5, backoff_max=30.0, backoff_jitter=0.5)


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
        journal: where each edit is written down before it is sent; None for nowhere.
    """

    workflow_id: str
    fields: frozenset[str]
    run_id: str
    persist: bool = True
    retries: Retry = _RETRIES
    journal: Journal | None = None


class CandidatePush:
    """Pushes candidates one at a time, from many threads at once.

    Attributes:
        fault: the fault of the whole that ended the push; None as long as there is none.
        stopped: set once the push has ended: then nothing more is asked or written.
    """

    def __init__(
        self, client: HrFlowClient, settings: PushSettings, history: History, log: logging.Logger
    ) -> None:
        self._client = client
        self._settings = settings
        self._history = history
        self._log = log
        self.fault: GreenhouseHrflowError | None = None
        self.stopped = threading.Event()
        self._guard = CanaryGuard(client, self.stopped)
        self._edits = NotedEdits(settings.journal, settings.run_id, settings.workflow_id)

    def stop(self, fault: GreenhouseHrflowError) -> None:
        """End the push for a fault of the whole; of several, the first counts."""
        self.fault = self.fault or fault
        # Set last: where a thread sees that the push was stopped, the fault is there.
        self.stopped.set()

    def without_request(self, candidate: FormattedCandidate) -> ReportRow | None:
        """The row of a candidate for whom nothing need be asked; None where HrFlow must be."""
        reference, fingerprint = candidate.reference, candidate.fingerprint
        if self._history.knows_later_read(reference, candidate.version):
            return self._row(candidate, Outcome.STALE, reasons.COMPARED_LATER.text())
        reported = self._history.last_reported(reference, fingerprint)
        if reported is None:
            return None
        key = {"key": reported.profile_key}
        return self._row(candidate, Outcome.UNCHANGED, reported.reason, key)

    def push(
        self,
        candidate: FormattedCandidate,
        listed: StoredProfile | None = None,
        sweep: Sweep | None = None,
    ) -> ReportRow:
        """Push one candidate and give its row; a fault of the whole ends the push, unraised.

        Args:
            listed: its profile as the `sweep` shows it; None to read it by itself.
        """
        if self.stopped.is_set():
            return self._row(candidate, Outcome.FAILED, reasons.NOT_TRIED.text())
        try:
            return self._push_with_retries(candidate, _Attempt(sweep, listed))
        except ProfileMissing as error:
            return self._row(candidate, Outcome.MISSING, error.reason, detail=error.detail)
        except CandidateError as error:
            return self._row(candidate, Outcome.REJECTED, error.reason, detail=error.detail)
        except ApiUnavailable as error:
            if self._client.is_down:
                self.stop(error)
            return self._row(candidate, Outcome.FAILED, reasons.KEPT_FAILING.text())
        except GreenhouseHrflowError as error:
            self.stop(error)
            reason = reasons.RUN_ENDED_EARLY.text(more=type(error).__name__)
            return self._row(candidate, Outcome.FAILED, reason)
        except Exception as error:  # noqa: BLE001 - a profile of a shape that nobody foresaw
            kind = type(error).__name__
            self._log.error("Candidate %d could not be pushed: %s", candidate.candidate_id, kind)
            return self._row(candidate, Outcome.FAILED, reasons.PUSH_RAISED.text(more=kind))

    def _push_with_retries(self, candidate: FormattedCandidate, attempt: _Attempt) -> ReportRow:
        retrying = Retrying(self._settings.retries, self.stopped, self._log, EditUnanswered)
        return retrying.call(lambda: self._read_and_edit(candidate, attempt))

    def _read_and_edit(self, candidate: FormattedCandidate, attempt: _Attempt) -> ReportRow:
        """Read, plan and edit; again from the start where the profile was read too long ago.

        Raises:
            EditUnanswered: the edit may have been made; `attempt` holds it for the next one.
            and what the client and `CanaryGuard` raise.
        """
        if attempt.unanswered is not None:
            # If it was the canary edit and was made, it may have lost something. The plan below
            # would see the damaged profile alone, and often no edit: nobody would notice.
            self._guard.verify()
        while not self.stopped.is_set():
            stored = self._read(candidate, attempt)
            self._edits.settle_by(attempt.noted, stored.profile)
            plan = self._plan(stored.profile, candidate)
            if isinstance(plan, NoEdit):
                return self._row_without_edit(candidate, plan, stored.profile, attempt)
            if not self._settings.persist:
                outcome = Outcome.WOULD_UPDATE
                return self._row(candidate, outcome, plan.reason, stored.profile, plan.fields)
            if stored.page is not None and attempt.sweep is not None:
                # One thread at a time, until the list has shown an edit: others need not then read
                # what they have in hand.
                with attempt.sweep.first_edit:
                    if not attempt.may_edit_listed:
                        return self._read_and_edit(candidate, attempt)
            # Noted before it is sent: `_send` leaves by an exception where the answer is lost.
            attempt.unanswered = plan
            attempt.noted = self._edits.note(plan, candidate.version)
            if self._send(plan, stored.edit_until, attempt):
                attempt.note_edit(plan)
                return self._updated_row(candidate, plan, stored.profile, attempt)
            attempt.unanswered = None
        return self._row(candidate, Outcome.FAILED, reasons.NOT_FINISHED.text())

    def _read(self, candidate: FormattedCandidate, attempt: _Attempt) -> StoredProfile:
        """The profile as the list showed it, the first time and where that can be believed; else
        read by itself."""
        listed = attempt.take_listed()
        if listed is not None and not self._is_behind_the_ledger(listed, candidate.reference):
            return listed
        alone = read_alone(self._client, candidate.reference)
        attempt.compare(alone)
        return alone

    def _is_behind_the_ledger(self, listed: StoredProfile, reference: str) -> bool:
        """Whether the ledger knows of a later edit than the listed profile shows."""
        if reference not in self._history.written:
            return False
        last_applied = find_last_applied(listed.profile, self._settings.workflow_id)
        version = last_applied.version if last_applied else None
        return self._history.knows_later_edit(reference, version)

    def _plan(self, stored: JsonObject, candidate: FormattedCandidate) -> Edit | NoEdit:
        settings = self._settings
        return plan_edit(
            stored, candidate, workflow_id=settings.workflow_id, fields=settings.fields
        )

    def _send(self, edit: Edit, deadline: float, attempt: _Attempt) -> bool:
        try:
            is_made = self._guard.make(edit, deadline)
        except CandidateError:
            # Refused; unless it was made, and what was refused is to read it back.
            if not self._guard.awaits(edit):
                self._edits.settle(attempt.noted, made=False)
            raise
        except ApiUnavailable as failure:
            # Before a retry waits: while the API is down, it would wait for nothing.
            if self._client.is_down:
                self.stop(failure)
            # A canary edit may be answered and its read-back not. The next attempt is the same as
            # after a lost answer: read the profile, and see whether anything is left to write.
            raise EditUnanswered(failure.message, failure.retry_after) from None
        self._edits.settle(attempt.noted, made=is_made)
        return is_made

    def _row_without_edit(
        self,
        candidate: FormattedCandidate,
        plan: NoEdit,
        stored: JsonObject,
        attempt: _Attempt,
    ) -> ReportRow:
        if plan.outcome is Outcome.UNCHANGED and attempt.unanswered is not None:
            # The edit without an answer was made: nothing is left to write.
            return self._updated_row(candidate, attempt.unanswered, stored, attempt)
        return self._row(candidate, plan.outcome, plan.reason, stored)

    def _updated_row(
        self, candidate: FormattedCandidate, edit: Edit, stored: JsonObject, attempt: _Attempt
    ) -> ReportRow:
        row = self._row(candidate, Outcome.UPDATED, edit.reason, stored, edit.fields)
        edited_at = attempt.noted.edited_at if attempt.noted else row.pushed_at
        return replace(row, last_edit=LastEdit(edited_at, row.run_id, row.changed_fields))

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
class _Attempt:
    """What one attempt at a candidate leaves to the next.

    Attributes:
        listed: the profile as the sweep showed it.
        unanswered: an edit whose answer did not come.
        noted: the last edit that was sent, as it stands in the journal.
    """

    sweep: Sweep | None
    listed: StoredProfile | None
    unanswered: Edit | None = None
    noted: EditRecord | None = None
    _is_taken: bool = False
    _is_compared: bool = False

    @property
    def may_edit_listed(self) -> bool:
        """Whether a profile may be edited as the list showed it."""
        sweep = self.sweep
        return sweep is not None and sweep.doubt is None and sweep.has_shown_an_edit

    def take_listed(self) -> StoredProfile | None:
        """The listed profile, once, as long as the list is believed."""
        is_first, self._is_taken = not self._is_taken, True
        is_believed = self.sweep is not None and self.sweep.doubt is None
        return self.listed if is_first and is_believed else None

    def compare(self, alone: StoredProfile) -> None:
        """Compare what the list showed with the first reading by itself."""
        is_first, self._is_compared = not self._is_compared, True
        if is_first and self.sweep is not None and self.listed is not None:
            self.sweep.compare(self.listed, alone)

    def note_edit(self, edit: Edit) -> None:
        """Let the list show the edit."""
        if self.sweep is not None and self.listed is not None:
            self.sweep.see_edit(edit, self.listed)
