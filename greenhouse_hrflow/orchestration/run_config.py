"""What a person, or the schedule, may ask of one run of the push: the fields of the launchpad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from pydantic import Field

from greenhouse_hrflow.orchestration.keys import LET_THROUGH_TAG, Keys


class PushConfig(dg.Config):
    """The config of one run of `hrflow_profiles`."""

    compare_with_hrflow: bool = Field(
        default=False,
        description="Compare every profile with HrFlow, also those that the last report left as "
        "the format gives them now. Without it, what was edited in HrFlow since is not noticed "
        "until the schedule compares.",
    )
    let_through: bool = Field(
        default=False,
        description="Let this run edit as many profiles as it finds to edit, also where the brake "
        f"would stop it. In a backfill or a re-execution the run tag {LET_THROUGH_TAG} = true does "
        "the same.",
    )

    def lets_through(self, run_tags: Mapping[str, str]) -> bool:
        """Whether the brake does not apply to this run, by its config or its tags."""
        return self.let_through or run_tags.get(LET_THROUGH_TAG, "").strip().lower() == "true"


def comparing_all(keys: Keys) -> dict[str, Any]:
    """The run config by which a run compares every profile with HrFlow."""
    config = PushConfig(compare_with_hrflow=True).model_dump()
    return {"ops": {keys.profiles.to_python_identifier(): {"config": config}}}
