"""What a person, or the schedule, may ask of one run of the push: the fields of the launchpad."""

from __future__ import annotations

from typing import Any

import dagster as dg
from pydantic import Field

from greenhouse_hrflow.orchestration.keys import Keys


class PushConfig(dg.Config):
    """The config of one run of `hrflow_profiles`."""

    compare_with_hrflow: bool = Field(
        default=False,
        description="Compare every profile with HrFlow, also those that the last report left as "
        "the format gives them now. Without it, what was edited in HrFlow since is not noticed "
        "until the schedule compares.",
    )


def comparing_all(keys: Keys) -> dict[str, Any]:
    """The run config by which a run compares every profile with HrFlow."""
    config = PushConfig(compare_with_hrflow=True).model_dump()
    return {"ops": {keys.profiles.to_python_identifier(): {"config": config}}}
