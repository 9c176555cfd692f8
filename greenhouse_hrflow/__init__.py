"""Keep HrFlow profiles in step with Greenhouse candidates, inside Dagster or as a function."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from greenhouse_hrflow.alerts import Alerts
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.hrflow.brake import Brake
from greenhouse_hrflow.hrflow.push_parameters import PushParameters
from greenhouse_hrflow.profiles.default_format import format_candidate
from greenhouse_hrflow.run_result import Event, Reason, RunResult, Status
from greenhouse_hrflow.update_profiles import Greenhouse, update_profiles_in_hrflow
from greenhouse_hrflow.workflow import Cadence, Limits, Workflow

if TYPE_CHECKING:
    from greenhouse_hrflow.orchestration.build import build_definitions
    from greenhouse_hrflow.orchestration.resources import (
        GreenhouseResource,
        HrFlowResource,
        Storage,
    )

__all__ = [
    "Alerts",
    "Brake",
    "Cadence",
    "Event",
    "Greenhouse",
    "GreenhouseResource",
    "HrFlowResource",
    "Limits",
    "PullParameters",
    "PushParameters",
    "Reason",
    "RunResult",
    "Status",
    "Storage",
    "Workflow",
    "build_definitions",
    "format_candidate",
    "update_profiles_in_hrflow",
]

_IN_DAGSTER = {
    "build_definitions": "greenhouse_hrflow.orchestration.build",
    "GreenhouseResource": "greenhouse_hrflow.orchestration.resources",
    "HrFlowResource": "greenhouse_hrflow.orchestration.resources",
    "Storage": "greenhouse_hrflow.orchestration.resources",
}


def __getattr__(name: str) -> Any:
    """Import Dagster only for those who ask for what needs it: the plain function does not."""
    if name in _IN_DAGSTER:
        return getattr(importlib.import_module(_IN_DAGSTER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
