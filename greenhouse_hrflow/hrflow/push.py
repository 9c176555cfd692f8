"""One push: every candidate once, many at a time, and what became of them all.

Whom nothing need be asked for is settled first; the others are pushed from the pages of a sweep, or
each by itself (`stored_profiles`). What becomes of one candidate is decided in `candidate_push`;
what was pushed was made in `profiles.transform`.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from queue import SimpleQueue
from typing import Any

from greenhouse_hrflow.errors import ApiUnavailable, GreenhouseHrflowError, RequestRefused
from greenhouse_hrflow.failure_thresholds import (
    fault_of_hrflow,
    none_is_found,
    rejected_after_enough_tries,
)
from greenhouse_hrflow.hrflow.candidate_push import CandidatePush, PushSettings
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.stored_profiles import Reading, StoredProfile, Sweep, choose_reading
from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.profiles.transform import FormattedCandidate
from greenhouse_hrflow.progress import Progress
from greenhouse_hrflow.report import Outcome, Report, ReportRow

_WRITTEN = frozenset({Outcome.UPDATED, Outcome.FAILED, Outcome.REJECTED, Outcome.MISSING})
"""Outcomes that stand where the list turns out to lag: they were not told by it alone."""

_TASKS_A_WORKER = 4
"""So many candidates wait for each thread; all of them at once would fill the memory."""


@dataclass(frozen=True)
class PushResult:
    """What became of a push.

    Attributes:
        report: a row a candidate.
        reading: how the stored profiles were read and why, in words for a person.
        fault: the fault of the whole, which ended the push early or showed at its end; None where
            the push succeeded, whatever became of single candidates.
        none_found: the source holds no profile of any candidate, of so many that it may be the
            wrong source.
    """

    report: Report
    reading: str = ""
    fault: GreenhouseHrflowError | None = None
    none_found: bool = False


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
        self._history = history or History()
        self._log = log or logging.getLogger(__name__)
        self._push = CandidatePush(client, settings, self._history, self._log)
        self._what_is_done = "done" if settings.persist else "compared"
        self._rows: dict[str, ReportRow] = {}

    def run(
        self, candidates: Sequence[FormattedCandidate], settled: Sequence[ReportRow] = ()
    ) -> PushResult:
        """Push every candidate, once; each has another reference.

        A fault of the whole ends the push early; it is not raised, but stands in the result. Only
        an interrupt is raised.

        Args:
            settled: the rows of other candidates, which stand. They come with the result, and
                count in what so many failures say against the whole.
        """
        self._rows |= {row.reference: row for row in settled if row.reference is not None}
        to_ask: dict[str, FormattedCandidate] = {}
        for candidate in candidates:
            row = self._push.without_request(candidate)
            if row is None:
                to_ask[candidate.reference] = candidate
            else:
                self._rows[candidate.reference] = row
        total = len(settled) + len(candidates)
        line = f"%d of {total} profiles are {self._what_is_done}"
        progress = Progress(self._log, line, total=total, done=len(self._rows))
        threads = ThreadPoolExecutor(self._client.workers, "push")
        with threads as pool:
            try:
                reading = self._read_and_push(_Tasks(pool), to_ask, progress)
            except BaseException:
                # Interrupted. The pool's `with` waits for its tasks: without this it would push all
                # the other candidates first.
                self._push.stop(ApiUnavailable("The run was interrupted."))
                self._client.close()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        not_asked = len(candidates) - len(to_ask)
        remembered = f"; {not_asked} not at all, as earlier runs tell" if not_asked else ""
        return self._result(Report([*self._rows.values()]), f"{reading}{remembered}")

    def _read_and_push(
        self, tasks: _Tasks, to_ask: dict[str, FormattedCandidate], progress: Progress
    ) -> Reading:
        reading = choose_reading(self._client, [*to_ask])
        self._log.info("Profiles are read %s", reading)
        if reading.sweep is not None:
            to_ask = self._push_pages(tasks, reading.sweep, to_ask, progress)
            if reading.sweep.doubt:
                self._log.warning("Profiles are read %s", reading)
        # Whom no page showed is asked for, before a profile is called missing.
        waiting = iter(to_ask.values())
        in_the_air = _TASKS_A_WORKER * self._client.workers
        for candidate in islice(waiting, in_the_air):
            tasks.add(self._push.push, candidate)
        while tasks.are_left:
            self._note(tasks.next_result(), progress)
            for candidate in islice(waiting, 1):
                tasks.add(self._push.push, candidate)
        return reading

    def _push_pages(
        self,
        tasks: _Tasks,
        sweep: Sweep,
        to_ask: dict[str, FormattedCandidate],
        progress: Progress,
    ) -> dict[str, FormattedCandidate]:
        """Push from the pages of a sweep, a few pages at a time; gives those who are still to be
        asked for: no page showed them, or the list turned out to lag."""
        left = dict(to_ask)
        unread = iter(range(1, sweep.pages + 1))
        unfinished: Counter[int] = Counter()

        def read_more() -> None:
            while left and sweep.doubt is None and len(unfinished) < sweep.at_once:
                number = next(unread, None)
                if number is None:
                    return
                unfinished[number] += 1
                tasks.add(self._read_page, sweep, number)

        read_more()
        while tasks.are_left:
            result = tasks.next_result()
            if isinstance(result, _ReadPage):
                number = result.number
                for listed in result.profiles:
                    # Taken out: should another page show it too, it is not pushed twice.
                    candidate = left.pop(str(listed.reference), None)
                    if candidate is not None:
                        unfinished[number] += 1
                        tasks.add(self._push_listed, candidate, listed, sweep)
            else:
                number, row = result
                self._note(row, progress)
            unfinished[number] -= 1
            if not unfinished[number]:
                del unfinished[number]
            read_more()
        if sweep.doubt is not None:
            left |= self._told_by_the_list_alone(to_ask)
        return left

    def _read_page(self, sweep: Sweep, number: int) -> _ReadPage:
        """A page; empty where it cannot be had: then its profiles are asked for one by one."""
        if self._push.stopped.is_set():
            return _ReadPage(number, [])
        try:
            return _ReadPage(number, sweep.read(number))
        except GreenhouseHrflowError as error:
            self._log.warning("Page %d of the profiles was not read: %s", number, error)
            return _ReadPage(number, [])

    def _push_listed(
        self, candidate: FormattedCandidate, listed: StoredProfile, sweep: Sweep
    ) -> tuple[int, ReportRow]:
        return listed.page or 0, self._push.push(candidate, listed, sweep)

    def _told_by_the_list_alone(
        self, to_ask: dict[str, FormattedCandidate]
    ) -> dict[str, FormattedCandidate]:
        """Whose outcome may be that of an older state of the profile; their rows are dropped."""
        doubtful = {
            reference: candidate
            for reference, candidate in to_ask.items()
            if reference in self._rows and self._rows[reference].outcome not in _WRITTEN
        }
        for reference in doubtful:
            del self._rows[reference]
        return doubtful

    def _note(self, row: ReportRow, progress: Progress) -> None:
        if row.reference is not None:
            self._rows[row.reference] = row
        progress.note(len(self._rows))

    def _result(self, report: Report, reading: str) -> PushResult:
        none_found = self._push.fault is None and none_is_found(report)
        fault = self._push.fault or self._fault_of_the_whole(report, none_found)
        if fault is None:
            rows = [rejected_after_enough_tries(row) for row in report.rows]
        else:
            # The window is done again. What failed for all counts as no attempt of any candidate.
            rows = [self._without_this_attempt(row) for row in report.rows]
        return PushResult(Report(rows), reading, fault, none_found)

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


@dataclass(frozen=True)
class _ReadPage:
    """The profiles that a page of a sweep shows."""

    number: int
    profiles: list[StoredProfile]


class _Tasks:
    """Work that threads do; each result is given as soon as it is there."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._done: SimpleQueue[Future[Any]] = SimpleQueue()
        self._left = 0

    @property
    def are_left(self) -> bool:
        """Whether a result is still to come."""
        return self._left > 0

    def add(self, work: Callable[..., Any], *arguments: Any) -> None:
        """Let a thread do this."""
        self._left += 1
        self._pool.submit(work, *arguments).add_done_callback(self._done.put)

    def next_result(self) -> Any:
        """Wait for the next result, whichever it is."""
        self._left -= 1
        return self._done.get().result()
