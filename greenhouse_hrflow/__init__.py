"""Keep HrFlow profiles in step with Greenhouse candidates, inside Dagster or as a function."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from greenhouse_hrflow.alerts import Alerts
    from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
    from greenhouse_hrflow.hrflow.brake import Brake
    from greenhouse_hrflow.hrflow.push_parameters import PushParameters
    from greenhouse_hrflow.orchestration.build import build_definitions
    from greenhouse_hrflow.orchestration.resources import (
        GreenhouseResource,
        HrFlowResource,
        Storage,
    )
    from greenhouse_hrflow.profiles.default_format import format_candidate
    from greenhouse_hrflow.run_result import Event, Reason, RunResult, Status
    from greenhouse_hrflow.update_profiles import Greenhouse, update_profiles_in_hrflow
    from greenhouse_hrflow.workflow import Cadence, Limits, Workflow

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

_HOMES = {
    "Alerts": "alerts",
    "Brake": "hrflow.brake",
    "Cadence": "workflow",
    "Event": "run_result",
    "Greenhouse": "update_profiles",
    "GreenhouseResource": "orchestration.resources",
    "HrFlowResource": "orchestration.resources",
    "Limits": "workflow",
    "PullParameters": "greenhouse.pull_parameters",
    "PushParameters": "hrflow.push_parameters",
    "Reason": "run_result",
    "RunResult": "run_result",
    "Status": "run_result",
    "Storage": "orchestration.resources",
    "Workflow": "workflow",
    "build_definitions": "orchestration.build",
    "format_candidate": "profiles.default_format",
    "update_profiles_in_hrflow": "update_profiles",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for: the plain function needs no Dagster, and to look
    a candidate up needs neither of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = importlib.import_module(f"{__name__}.{_HOMES[name]}")
    # Kept, so that a name is looked for once.
    globals()[name] = getattr(home, name)
    return globals()[name]
