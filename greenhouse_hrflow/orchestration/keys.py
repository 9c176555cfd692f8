"""Every name by which Dagster, a dashboard or a dagster.yaml knows something of ours.

Those that belong to one workflow are made from it in `Keys`. All are public: to change one is to
break somebody's dashboard.
"""

from __future__ import annotations

from dataclasses import dataclass

import dagster as dg

from greenhouse_hrflow.workflow import Workflow


@dataclass(frozen=True)
class Keys:
    """The names of one workflow.

    Attributes:
        candidates, profiles: the asset keys; the tables of the storage are named after them.
        greenhouse, hrflow, storage, tables: the keys of the resources.
        greenhouse_pool, hrflow_pool: in which the two steps take their turns.
    """

    candidates: dg.AssetKey
    profiles: dg.AssetKey
    job: str
    sensor: str
    schedule: str
    greenhouse: str = "greenhouse"
    hrflow: str = "hrflow"
    # Not `storage` and `tables`: another library's definitions, merged with ours, may hold those.
    storage: str = "greenhouse_hrflow_storage"
    tables: str = "greenhouse_hrflow_tables"
    greenhouse_pool: str = "greenhouse"
    hrflow_pool: str = "hrflow"

    @classmethod
    def of(cls, workflow: Workflow) -> Keys:
        """The names of this workflow."""
        return cls(
            candidates=dg.AssetKey("greenhouse_candidates"),
            profiles=dg.AssetKey("hrflow_profiles"),
            job=workflow.job_name,
            sensor=f"{workflow.job_name}_incremental",
            schedule=f"{workflow.job_name}_schedule",
        )


UPDATED_AFTER_TAG = "greenhouse_hrflow/updated_after"
UPDATED_BEFORE_TAG = "greenhouse_hrflow/updated_before"
"""The window of an incremental run, which may be less than its partitions."""

LET_THROUGH_TAG = "greenhouse_hrflow/let_through"
"""`true` lets a run through that the brake would stop, and what is re-executed from it."""

WORKFLOW_TAG = "greenhouse_hrflow/workflow"
CAUSE_TAG = "greenhouse_hrflow/cause"
PROCESS_TAG = "greenhouse_hrflow/process"
"""Where a run lives: its id, host and process."""

RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"
"""Dagster's own, by which a run covers a range of partitions."""

READING_BEGAN_AT = "greenhouse_hrflow/reading_began_at"
WINDOW_END = "greenhouse_hrflow/window_end"
WORKFLOW = "greenhouse_hrflow/workflow"
"""Metadata of a materialisation of the candidates, from which the watermark is told."""

PROFILES_READ = "profiles_read"
"""Metadata of a materialisation of the profiles: how HrFlow's were read, and why so."""

NONE_REJECTED_CHECK = "no_candidate_is_rejected"
PROFILES_FOUND_CHECK = "profiles_are_found"

PARTITION_COLUMN = "partition_key"
"""The column that says which partition a row belongs to; it is not stored."""
