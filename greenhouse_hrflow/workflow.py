"""The workflow: every parameter of one sync, checked, as one immutable object; its cadence; and the
limits from where on somebody should look.

Everything hangs on them, so that several can live side by side; nothing is asked or built here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import InitVar, dataclass
from datetime import timedelta
from typing import Any

from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.hrflow.push_parameters import PushParameters
from greenhouse_hrflow.profiles.default_format import format_candidate
from greenhouse_hrflow.profiles.transform import Format, Logic
from greenhouse_hrflow.storage.ledger_entry import RetryTimes
from greenhouse_hrflow.storage.table_names import DEFAULT_WORKFLOW_ID

_WORKFLOW_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")

Callback = Callable[..., object]
"""Called with (origin_parameters, target_parameters, events, items) after a run that wrote."""


@dataclass(frozen=True, init=False)
class Workflow:
    """One way of keeping the profiles of a source in step with Greenhouse.

    Attributes:
        workflow_id: a stable name of letters, digits, `_`, `-` and `.`; the job, the sensor, the
            tables and the last-applied metadata in the profiles carry it.
        former_workflow_id: the id that the last-applied metadata carries, where profiles were
            first written under another one (ids of any text were taken once).
        pull_parameters: which candidates are read.
        push_parameters: which source is written, and which fields of its profiles.
        logics: called in order with each candidate; None discards it.
        format: gives the profile of a candidate; None is the default format.
        callback: called once after a run that wrote.
        persist: False pulls, transforms and compares, and leaves no trace.
        incremental: the sensor stands switched on.
    """

    workflow_id: str
    former_workflow_id: str | None
    pull_parameters: PullParameters
    push_parameters: PushParameters
    logics: tuple[Logic, ...]
    format: Format
    callback: Callback | None
    persist: bool
    incremental: bool

    def __init__(
        self,
        workflow_id: str = DEFAULT_WORKFLOW_ID,
        *,
        pull_parameters: PullParameters | Mapping[str, Any] | None = None,
        push_parameters: PushParameters | Mapping[str, Any] | None = None,
        logics: Iterable[Logic] | None = None,
        format: Format | None = None,
        callback: Callback | None = None,
        persist: bool = True,
        incremental: bool = False,
        former_workflow_id: str | None = None,
    ) -> None:
        """Check and hold the parameters.

        Raises:
            PullParameterError, PushParameterError, ConfigurationError: one is malformed.
        """
        values = {
            "workflow_id": _identifier(workflow_id),
            "former_workflow_id": _former(former_workflow_id),
            "pull_parameters": PullParameters.parse(pull_parameters),
            "push_parameters": PushParameters.parse(push_parameters),
            "logics": _callables(logics),
            "format": format_candidate if format is None else _callable("format", format),
            "callback": None if callback is None else _callable("callback", callback),
            "persist": bool(persist),
            "incremental": bool(incremental),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def last_applied_id(self) -> str:
        """The id that the last-applied metadata in the profiles carries."""
        return self.former_workflow_id or self.workflow_id

    @property
    def without_persist(self) -> Workflow:
        """The same workflow with persist off."""
        preview = copy(self)
        object.__setattr__(preview, "persist", False)
        return preview

    @property
    def job_name(self) -> str:
        """The workflow's id as a name that Dagster allows."""
        return re.sub(r"\W", "_", self.workflow_id, flags=re.ASCII)


@dataclass(frozen=True)
class Cadence:
    """How often the work is started, and how far each run reaches.

    Attributes:
        sensor_interval: seconds between the sensor's ticks.
        overlap: how far a tick looks back before the watermark, for records that Greenhouse shows
            late.
        closed_partitions: how many closed partitions the schedule does again.
        partitions_per_run: how many partitions a backfill puts into one run, and the most that
            the sensor asks for at once.
        retry_days: how long a candidate whose push failed, or whose profile is missing, is tried
            again.
        first_retry: how long after it failed a candidate is tried again; the wait doubles with
            each failure in a row.
        last_retry: the longest of these waits, and that of a candidate whose profile is missing.
        taken_along_days: the former name of `retry_days`, for those who give it.
    """

    sensor_interval: int = 300
    overlap: timedelta = timedelta(minutes=10)
    closed_partitions: int = 1
    partitions_per_run: int = 31
    retry_days: int = 7
    first_retry: timedelta = timedelta(minutes=1)
    last_retry: timedelta = timedelta(hours=1)
    taken_along_days: InitVar[int | None] = None

    def __post_init__(self, taken_along_days: int | None) -> None:
        if taken_along_days is not None:
            object.__setattr__(self, "retry_days", taken_along_days)

    @property
    def retries(self) -> RetryTimes:
        """When a candidate that did not reach HrFlow is tried again."""
        return RetryTimes(self.first_retry, self.last_retry, timedelta(days=self.retry_days))


@dataclass(frozen=True)
class Limits:
    """From where on somebody should look: what the asset checks compare with.

    Attributes:
        rejected: more rejected candidates than this are an error; any are a warning.
        failed: more candidates than this, for whom HrFlow keeps failing, are an error.
        missing: more missing profiles than this are an error; None for never.
        fresh_within: how old the moment may be up to which all changes are in HrFlow.

    Raises:
        ConfigurationError: a limit is below zero, or no number.
    """

    rejected: int = 100
    failed: int = 10
    missing: int | None = None
    fresh_within: timedelta = timedelta(hours=2)

    def __post_init__(self) -> None:
        for name in ("rejected", "failed", "missing"):
            value = getattr(self, name)
            is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
            if not is_number and not (name == "missing" and value is None):
                raise ConfigurationError(f"{name} of Limits must be a whole number, 0 or more.")
        if self.fresh_within <= timedelta():
            raise ConfigurationError("fresh_within of Limits must be longer than nothing.")


def _identifier(workflow_id: object) -> str:
    # It becomes a folder, an object's name and a job's name, on any machine and in any store.
    if not isinstance(workflow_id, str) or not _WORKFLOW_ID.fullmatch(workflow_id):
        raise ConfigurationError(
            "workflow_id (GREENHOUSE_HRFLOW_WORKFLOW_ID) must name this workflow for ever, in at "
            "most 100 letters (a to z), digits, '_', '-' and '.', beginning with a letter, a digit "
            "or '_'. Where profiles were written under another id, give that one as "
            "former_workflow_id (GREENHOUSE_HRFLOW_FORMER_WORKFLOW_ID)."
        )
    return workflow_id


def _former(workflow_id: object) -> str | None:
    if workflow_id is not None and (not isinstance(workflow_id, str) or not workflow_id.strip()):
        raise ConfigurationError("former_workflow_id must be the text that workflow_id was before.")
    return workflow_id


def _callable(name: str, given: Any) -> Any:
    if not callable(given):
        raise ConfigurationError(f"{name} must be a function, not a {type(given).__name__}.")
    return given


def _callables(logics: Iterable[Logic] | None) -> tuple[Logic, ...]:
    if logics is None:
        return ()
    if isinstance(logics, (str, bytes, Mapping)) or not isinstance(logics, Iterable):
        raise ConfigurationError("logics must be a list of functions.")
    return tuple(_callable(f"logics[{i}]", logic) for i, logic in enumerate(logics))
