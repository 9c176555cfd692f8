"""Keep HrFlow profiles in step with Greenhouse candidates, inside Dagster or as a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.hrflow.default_format import format_candidate
from greenhouse_hrflow.hrflow.push_parameters import PushParameters
from greenhouse_hrflow.mission import Workflow
from greenhouse_hrflow.run_result import Event, Reason, RunResult, Status
from greenhouse_hrflow.update_profiles import Greenhouse, update_profiles_in_hrflow

if TYPE_CHECKING:
    from greenhouse_hrflow.workflow import build_definitions

__all__ = [
    "Event",
    "Greenhouse",
    "PullParameters",
    "PushParameters",
    "Reason",
    "RunResult",
    "Status",
    "Workflow",
    "build_definitions",
    "format_candidate",
    "update_profiles_in_hrflow",
]


def __getattr__(name: str) -> Any:
    """Import Dagster only for those who build definitions: the plain function needs none."""
    if name == "build_definitions":
        from greenhouse_hrflow.workflow import build_definitions

        return build_definitions
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
