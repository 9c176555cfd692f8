"""The workflow: the mission's parameters as one immutable object.

Everything hangs on it, so that several can live side by side; nothing is asked or built here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters, parse_pull_parameters
from greenhouse_hrflow.hrflow.default_format import format_candidate
from greenhouse_hrflow.hrflow.push_parameters import PushParameters, parse_push_parameters
from greenhouse_hrflow.transform import Format, Logic

DEFAULT_WORKFLOW_ID = "update_profiles_in_hrflow"

Callback = Callable[..., object]
"""Called with (origin_parameters, target_parameters, events, items) after a run that wrote."""


@dataclass(frozen=True, init=False)
class Workflow:
    """One way of keeping the profiles of a source in step with Greenhouse.

    Attributes:
        workflow_id: a stable name; the job, the sensor and the marks in the profiles carry it.
        pull_parameters: which candidates are read.
        push_parameters: which source is written, and which fields of its profiles.
        logics: called in order with each candidate; None discards it.
        format: gives the profile of a candidate; None is the default format.
        callback: called once after a run that wrote.
        persist: False pulls, transforms and compares, and leaves no trace.
        incremental: the sensor stands switched on.
    """

    workflow_id: str
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
    ) -> None:
        """Check and hold the parameters.

        Raises:
            PullParameterError, PushParameterError, ConfigurationError: one is malformed.
        """
        values = {
            "workflow_id": _identifier(workflow_id),
            "pull_parameters": parse_pull_parameters(pull_parameters),
            "push_parameters": parse_push_parameters(push_parameters),
            "logics": _callables(logics),
            "format": format_candidate if format is None else _callable("format", format),
            "callback": None if callback is None else _callable("callback", callback),
            "persist": bool(persist),
            "incremental": bool(incremental),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def job_name(self) -> str:
        """The workflow's id as a name that Dagster allows."""
        return re.sub(r"\W", "_", self.workflow_id, flags=re.ASCII)


def _identifier(workflow_id: object) -> str:
    if not isinstance(workflow_id, str) or not workflow_id.strip():
        raise ConfigurationError("workflow_id must be a text that names this workflow for ever.")
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
