"""Every name by which Dagster, a dashboard or a dagster.yaml knows something of ours.

Those that belong to one workflow are made from it in `Keys`. All are public: to change one is to
break somebody's dashboard.
"""

from __future__ import annotations

from dataclasses import dataclass

import dagster as dg

from greenhouse_hrflow.storage.table_names import CANDIDATES, PROFILES
from greenhouse_hrflow.workflow import Workflow


@dataclass(frozen=True)
class Keys:
    """The names of one workflow.

    Attributes:
        candidates, profiles: the asset keys; the tables of the storage are named after them.
        preview: the asset that shows what a push would change.
        greenhouse_source, hrflow_source: the two systems, as external assets.
        preview_job, comparison_job, refused_job, trace_job: the jobs beside the main one.
        purge_job, purge_schedule: what deletes old runs, where it is asked for.
        alerts: the sensor that tells a webhook what is wrong.
        greenhouse, hrflow, storage, tables: the keys of the resources.
        greenhouse_pool, hrflow_pool: in which the two steps take their turns.
    """

    candidates: dg.AssetKey
    profiles: dg.AssetKey
    job: str
    sensor: str
    schedule: str
    preview_job: str
    comparison_job: str
    refused_job: str
    preview: dg.AssetKey
    greenhouse_source: dg.AssetKey
    hrflow_source: dg.AssetKey
    alerts: str
    trace_job: str
    purge_job: str
    purge_schedule: str
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
            candidates=dg.AssetKey(CANDIDATES),
            profiles=dg.AssetKey(PROFILES),
            job=workflow.job_name,
            sensor=f"{workflow.job_name}_incremental",
            schedule=f"{workflow.job_name}_schedule",
            preview_job=f"{workflow.job_name}_preview",
            comparison_job=f"{workflow.job_name}_full_comparison",
            refused_job=f"{workflow.job_name}_retry_refused",
            preview=dg.AssetKey("hrflow_profiles_preview"),
            greenhouse_source=dg.AssetKey("greenhouse"),
            hrflow_source=dg.AssetKey("hrflow_source"),
            alerts=f"{workflow.job_name}_alerts",
            trace_job=f"{workflow.job_name}_trace",
            purge_job=f"{workflow.job_name}_purge",
            purge_schedule=f"{workflow.job_name}_purge_schedule",
        )


UPDATED_AFTER_TAG = "greenhouse_hrflow/updated_after"
UPDATED_BEFORE_TAG = "greenhouse_hrflow/updated_before"
"""The window of an incremental run, which may be less than its partitions."""

LET_THROUGH_TAG = "greenhouse_hrflow/let_through"
"""`true` lets a run through that the brake would stop, and what is re-executed from it."""

WORKFLOW_TAG = "greenhouse_hrflow/workflow"
CAUSE_TAG = "greenhouse_hrflow/cause"
PROCESS_TAG = "greenhouse_hrflow/process"
"""Where a run lives: its id, its host, and the process there."""

RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"
"""Dagster's own, by which a run covers a range of partitions."""

READING_BEGAN_AT = "greenhouse_hrflow/reading_began_at"
WINDOW_END = "greenhouse_hrflow/window_end"
WORKFLOW = "greenhouse_hrflow/workflow"
"""Metadata of a materialisation of the candidates, from which the watermark is told."""

ROWS = "dagster/partition_row_count"
"""Dagster's own name for how many rows a partition has; it plots them over the partitions."""

PROFILES_READ = "profiles_read"
"""Metadata of a materialisation of the profiles: how HrFlow's were read, and why so."""

NONE_REJECTED_CHECK = "no_candidate_is_rejected"
PROFILES_FOUND_CHECK = "profiles_are_found"
NONE_FAILING_CHECK = "no_candidate_keeps_failing"
NONE_MISSING_CHECK = "few_profiles_are_missing"
"""Checks of the profiles that a push keeps."""

FRESH_CHECK = "changes_have_arrived"
"""The check of the profiles that the sensor keeps."""

INSIDE_WINDOW_CHECK = "every_candidate_is_in_its_window"
NONE_TWICE_CHECK = "no_candidate_is_there_twice"
"""Checks of the candidates."""

PARTITION_COLUMN = "partition_key"
"""The column that says which partition a row belongs to; it is not stored."""
