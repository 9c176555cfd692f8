"""The whole as a plain function, with the keyword arguments of the reference connector.

No Dagster is needed: it pulls, transforms and pushes in this process, and returns how it ended.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from greenhouse_hrflow import clock
from greenhouse_hrflow.deliver import Delivery, deliver
from greenhouse_hrflow.errors import (
    ConfigurationError,
    GreenhouseHrflowError,
    PullParameterError,
    PushParameterError,
)
from greenhouse_hrflow.failure_thresholds import commonest
from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.greenhouse.pull_parameters import MAX_IDS, PullParameters
from greenhouse_hrflow.greenhouse.reader import CandidateReader, open_reader
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.push_parameters import PushParameters
from greenhouse_hrflow.hrflow.settings import HrFlowSettings, resolve_source_key
from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.profiles.transform import Format, Logic
from greenhouse_hrflow.report import Outcome, Report
from greenhouse_hrflow.run_result import Event, Reason, RunResult, Status, count_events
from greenhouse_hrflow.storage.edit_journal import EditJournal
from greenhouse_hrflow.storage.ledger import Ledger
from greenhouse_hrflow.storage.location import default_storage
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow.storage.watermark import WatermarkTable
from greenhouse_hrflow.windows import UpdateWindow, format_moment
from greenhouse_hrflow.workflow import Cadence, Callback, Workflow

_READ_AGAIN_AT_MOST = 500
_log = logging.getLogger("greenhouse_hrflow")


def update_profiles_in_hrflow(
    workflow_id: str,
    connector_auth: Mapping[str, Any] | None = None,
    hrflow_auth: Mapping[str, Any] | None = None,
    pull_parameters: Mapping[str, Any] | PullParameters | None = None,
    push_parameters: Mapping[str, Any] | PushParameters | None = None,
    logics: Iterable[Logic] | None = None,
    format: Format | None = None,
    callback: Callback | None = None,
    persist: bool = True,
    incremental: bool = False,
    former_workflow_id: str | None = None,
) -> RunResult:
    """Bring the candidates that the pull parameters select to the profiles of a source.

    Args:
        connector_auth: `auth` (a Harvest v1 key), or `client_id` and `client_secret` (v3), with
            `user_id` where the token acts for a user; what is missing comes from the environment.
        hrflow_auth: `api_secret` and `api_user`; likewise.
        former_workflow_id: the id under which the profiles were first written, if another one.

    Returns:
        How it ended. Nothing is raised for bad parameters, refused credentials or failing
        candidates: they are in the result, and in the log of `greenhouse_hrflow`.
    """
    try:
        workflow = Workflow(
            workflow_id, pull_parameters=pull_parameters, push_parameters=push_parameters,
            logics=logics, format=format, callback=callback, persist=persist,
            incremental=incremental, former_workflow_id=former_workflow_id,
        )  # fmt: skip
        accounts = _Accounts.of(workflow, connector_auth, hrflow_auth)
        memory = _Memory.of(workflow)
    except PushParameterError as error:
        return _fatal(Reason.bad_target_parameters, error, incremental)
    except _NoMemory as error:
        return _fatal(Reason.backend_not_configured, error, incremental)
    except ConfigurationError as error:
        return _fatal(Reason.bad_origin_parameters, error, incremental)
    return _run(workflow, accounts, memory)


class Greenhouse:
    """The reference connector's name for the same: `Greenhouse.update_profiles_in_hrflow(...)`."""

    update_profiles_in_hrflow = staticmethod(update_profiles_in_hrflow)


@dataclass(frozen=True)
class _Accounts:
    """How both accounts are reached, and the source that is written."""

    greenhouse: GreenhouseSettings
    hrflow: HrFlowSettings
    source_key: str

    @classmethod
    def of(
        cls,
        workflow: Workflow,
        connector_auth: Mapping[str, Any] | None,
        hrflow_auth: Mapping[str, Any] | None,
    ) -> _Accounts:
        return cls(
            _greenhouse_settings(connector_auth),
            _hrflow_settings(hrflow_auth),
            resolve_source_key(workflow.push_parameters.source_key),
        )


class _NoMemory(ConfigurationError):
    """There is no storage that could remember the watermark."""


class _Memory:
    """What an incremental workflow remembers from one call to the next."""

    @classmethod
    def of(cls, workflow: Workflow) -> _Memory | None:
        """None for a workflow that is not incremental.

        Raises:
            _NoMemory: no storage is configured, or it cannot be used.
        """
        if not workflow.incremental:
            return None
        try:
            return cls(_open_tables(), workflow.workflow_id)
        except ConfigurationError as error:
            raise _NoMemory(str(error)) from None

    def __init__(self, tables: TableStore, workflow_id: str) -> None:
        self._tables, self._workflow_id = tables, workflow_id
        self._apart = f"{workflow_id}.outside_dagster"
        self.watermark = WatermarkTable(tables, workflow_id)
        self._ledger = Ledger(tables, self._apart)

    def window(self) -> UpdateWindow:
        """What the watermark does not cover, with an overlap for records that are shown late."""
        watermark = self.watermark.read()
        return UpdateWindow(watermark - Cadence().overlap if watermark else None)

    def history(self, candidates: Sequence[ReadCandidate]) -> History:
        """What former calls know of these candidates."""
        earliest = min((read.read_at for read in candidates), default=None)
        return self._ledger.history(earliest) if earliest else History()

    def edit_journal(self, run_id: str) -> EditJournal:
        """Where this call writes down its edits; one call of a workflow at a time."""
        return EditJournal(
            self._tables,
            self._workflow_id,
            run_id,
            place=self._apart,
            is_over=lambda _run_id: True,
            log=_log,
        )

    def read_again(
        self, reader: CandidateReader, parameters: PullParameters, known: Collection[int]
    ) -> Iterator[ReadCandidate]:
        """Those whose profile was missing, as they are now: nothing else may ever change there.

        The failed need none of this: the watermark stays before them.
        """
        ids = [
            entry.candidate_id
            for entry in self._ledger.due_retries(clock.utc_now(), _READ_AGAIN_AT_MOST)
            if entry.candidate_id not in known and _may_select(parameters, entry.candidate_id)
        ]
        for place in range(0, len(ids), MAX_IDS):
            chunk = ",".join(map(str, ids[place : place + MAX_IDS]))
            selected = parameters.model_copy(update={"candidate_ids": chunk})
            yield from reader.read(parameters.update_window, selected)

    def settle(self, delivery: Delivery, watermark: datetime) -> None:
        """Remember how a call ended; the watermark moves only where nothing is to be retried."""
        self._ledger.record("outside_dagster", delivery.report.rows, {})
        if delivery.fault is None and not delivery.report.outcomes[Outcome.FAILED]:
            self.watermark.move(watermark)


def _run(workflow: Workflow, accounts: _Accounts, memory: _Memory | None) -> RunResult:
    parameters = workflow.pull_parameters
    window = parameters.update_window
    if memory is not None:
        window = window.narrowed(memory.window())
    began_here = clock.utc_now()
    try:
        with open_reader(accounts.greenhouse, log=_log) as reader:
            candidates = list(reader.read(window, parameters))
            began_at = reader.reading_began_at or began_here
            if memory is not None:
                known = {candidate.id for candidate in candidates}
                candidates += memory.read_again(reader, parameters, known)
    except GreenhouseHrflowError as error:
        return _fatal(Reason.read_failure, error, workflow.incremental)
    _log.info("Read %d candidates from Greenhouse", len(candidates))
    try:
        delivery = _deliver(candidates, workflow, accounts, memory)
    except GreenhouseHrflowError as error:
        # What a former call left in the journal could not be looked at, or written down.
        return _fatal(Reason.write_failure, error, workflow.incremental)
    result = delivery.result
    if result.status is Status.fatal:
        _log.error(
            "%s", delivery.fault or f"Nobody was updated: {commonest(delivery.report.rows)}."
        )
    if memory is None:
        return result
    if workflow.persist and not window.is_empty:
        memory.settle(delivery, min(began_at, window.updated_before or began_at))
    watermark = memory.watermark.read()
    token = format_moment(watermark) if watermark else None
    return replace(result, incremental=True, incremental_token=token)


def _deliver(
    candidates: Sequence[ReadCandidate],
    workflow: Workflow,
    accounts: _Accounts,
    memory: _Memory | None,
) -> Delivery:
    run_id = uuid4().hex
    history = memory.history(candidates) if memory else None
    journal = memory.edit_journal(run_id) if memory and workflow.persist else None
    with HrFlowClient(accounts.hrflow, accounts.source_key, log=_log) as client:
        return deliver(
            candidates, workflow, client,
            run_id=run_id, history=history, journal=journal, log=_log,
        )  # fmt: skip


def _may_select(parameters: PullParameters, candidate_id: int) -> bool:
    """Whether the caller's own selection can hold a candidate."""
    if parameters.email is not None:
        return False
    return not parameters.ids or candidate_id in parameters.ids


def _open_tables() -> TableStore:
    storage = default_storage()
    if storage is None:
        raise ConfigurationError(
            "incremental=True needs a storage that remembers the watermark: set "
            "GREENHOUSE_HRFLOW_STORAGE to a folder or an fsspec URL."
        )
    tables = TableStore(storage)
    tables.require_usable()
    return tables


def _greenhouse_settings(auth: Mapping[str, Any] | None) -> GreenhouseSettings:
    given = _mapping("connector_auth", auth, PullParameterError)
    known = {"auth", "client_id", "client_secret", "user_id"}
    if unknown := sorted(set(given) - known):
        raise PullParameterError(
            f"connector_auth has no {', '.join(unknown)}: it takes auth (Harvest v1), or "
            "client_id and client_secret, and user_id (Harvest v3)."
        )
    if "auth" in given and {"client_id", "client_secret"} & set(given):
        raise PullParameterError(
            "connector_auth takes auth (Harvest v1) or client_id and client_secret (Harvest v3), "
            "not both."
        )
    version = "v1" if "auth" in given else "v3" if "client_id" in given else None
    return GreenhouseSettings.resolve(
        harvest_version=version,
        api_key=given.get("auth"),
        client_id=given.get("client_id"),
        client_secret=given.get("client_secret"),
        user_id=given.get("user_id"),
    )


def _hrflow_settings(auth: Mapping[str, Any] | None) -> HrFlowSettings:
    given = _mapping("hrflow_auth", auth, PushParameterError)
    if unknown := sorted(set(given) - {"api_secret", "api_user"}):
        raise PushParameterError(
            f"hrflow_auth has no {', '.join(unknown)}: it takes api_secret and api_user."
        )
    return HrFlowSettings.resolve(**given)


def _mapping(
    name: str, given: Mapping[str, Any] | None, error: type[ConfigurationError]
) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise error(f"{name} must be a dict.")
    for key, value in given.items():
        if not isinstance(value, (str, int)) or value == "":
            raise error(f"{name}: {key} must be a text that is not empty.")
    return given


def _fatal(reason: Reason, error: GreenhouseHrflowError, incremental: bool) -> RunResult:
    _log.error("%s", error)
    events = count_events(Report())
    if reason is Reason.read_failure:
        events[Event.read_failure] += 1
    return RunResult(Status.fatal, reason, events, incremental)
