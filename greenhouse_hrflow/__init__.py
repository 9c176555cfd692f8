"""Keep HrFlow profiles in step with Greenhouse candidates, inside Dagster or as a function."""

from __future__ import annotations

from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.hrflow.default_format import format_candidate
from greenhouse_hrflow.hrflow.push_parameters import PushParameters
from greenhouse_hrflow.run_result import Event, Reason, RunResult, Status
from greenhouse_hrflow.update_profiles import Greenhouse, update_profiles_in_hrflow
from greenhouse_hrflow.workflow import Workflow

__all__ = [
    "Event",
    "Greenhouse",
    "PullParameters",
    "PushParameters",
    "Reason",
    "RunResult",
    "Status",
    "Workflow",
    "format_candidate",
    "update_profiles_in_hrflow",
]
