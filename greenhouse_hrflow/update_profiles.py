"""The whole as a plain function, with the keyword arguments of the reference connector.

No Dagster is needed: it pulls, transforms and pushes in this process, and returns how it ended.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from greenhouse_hrflow import clock
from greenhouse_hrflow.call_memory import CallMemory, NoMemory
from greenhouse_hrflow.deliver import Delivery, deliver
from greenhouse_hrflow.errors import (
    ConfigurationError,
    GreenhouseHrflowError,
    PullParameterError,
    PushParameterError,
)
from greenhouse_hrflow.failure_thresholds import commonest
from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.greenhouse.reader import open_reader
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.push_parameters import PushParameters
from greenhouse_hrflow.hrflow.settings import HrFlowSettings, resolve_source_key
from greenhouse_hrflow.profiles.transform import Format, Logic
from greenhouse_hrflow.report import Report
from greenhouse_hrflow.run_result import Event, Reason, RunResult, Status, count_events
from greenhouse_hrflow.windows import UpdateWindow, format_moment
from greenhouse_hrflow.workflow import Callback, Workflow

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
        memory = CallMemory.of(workflow, _log)
    except PushParameterError as error:
        return _fatal(Reason.bad_target_parameters, error, incremental)
    except NoMemory as error:
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


def _run(workflow: Workflow, accounts: _Accounts, memory: CallMemory | None) -> RunResult:
    window = workflow.pull_parameters.update_window
    if memory is not None:
        window = window.narrowed(memory.window())
    try:
        candidates, began_at = _read(workflow.pull_parameters, window, accounts, memory)
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


def _read(
    parameters: PullParameters,
    window: UpdateWindow,
    accounts: _Accounts,
    memory: CallMemory | None,
) -> tuple[list[ReadCandidate], datetime]:
    """The candidates, and the moment from which on they may have changed again."""
    began_here = clock.utc_now()
    with open_reader(accounts.greenhouse, log=_log) as reader:
        candidates = list(reader.read(window, parameters))
        began_at = reader.reading_began_at or began_here
        if memory is not None:
            known = {candidate.id for candidate in candidates}
            candidates += memory.read_again(reader, parameters, known)
    return candidates, began_at


def _deliver(
    candidates: Sequence[ReadCandidate],
    workflow: Workflow,
    accounts: _Accounts,
    memory: CallMemory | None,
) -> Delivery:
    run_id = uuid4().hex
    history = memory.history(candidates) if memory else None
    journal = memory.edit_journal(run_id) if memory and workflow.persist else None
    with HrFlowClient(accounts.hrflow, accounts.source_key, log=_log) as client:
        return deliver(
            candidates, workflow, client,
            run_id=run_id, history=history, journal=journal, log=_log,
        )  # fmt: skip


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
