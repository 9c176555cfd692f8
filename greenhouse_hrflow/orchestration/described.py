"""What both assets tell about themselves in Dagster's UI, and the two systems around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

import dagster as dg

from greenhouse_hrflow.greenhouse.settings import DEFAULT_BASE_URL as GREENHOUSE_URL
from greenhouse_hrflow.hrflow.settings import DEFAULT_BASE_URL as HRFLOW_URL
from greenhouse_hrflow.orchestration.keys import WORKFLOW_TAG
from greenhouse_hrflow.orchestration.pipeline import Pipeline

GREENHOUSE_DOCS = "https://harvestdocs.greenhouse.io"
HRFLOW_DOCS = "https://developers.hrflow.ai"

_LONGEST_TAG = 63
"""Characters of a tag of an asset; a workflow's id may have more."""

CANDIDATES_TEXT = (
    "Candidates whose newest change lies in the partition, as Harvest v1 documents them, with "
    "their educations, employments, tags, files and applications. One Parquet table a partition. "
    "They are personal data."
)
PROFILES_TEXT = (
    "What became of each candidate when it was merged into its profile in HrFlow: updated, "
    "unchanged, rejected, missing, and why. One Parquet table a partition, a row a candidate."
)
CANDIDATES_COLUMNS = {
    "id": "The candidate's id in Greenhouse.",
    "changed_at": "The newest change of the candidate and of what belongs to it.",
    "read_at": "When it was read, by Greenhouse's clock.",
    "created_at": "When the candidate was created.",
    "updated_at": "When the candidate's own record changed.",
    "is_private": "Whether it is private in Greenhouse.",
    "run_id": "The run that read it.",
    "candidate": "The candidate as JSON. Personal data.",
}
PROFILES_COLUMNS = {
    "candidate_id": "The candidate's id in Greenhouse.",
    "reference": "The reference of the profile in HrFlow.",
    "outcome": "What became of it: updated, unchanged, stale, missing, archived, anonymised, "
    "discarded, rejected or failed.",
    "changed_at": "The newest change of the candidate that was pushed.",
    "read_at": "When the candidate was read, by Greenhouse's clock.",
    "pushed_at": "When it was pushed last.",
    "run_id": "The run that pushed it last.",
    "reason": "Why, as a code that docs/reasons.md explains.",
    "detail": "What was raised or answered. It may quote the candidate.",
    "profile_key": "HrFlow's key of the profile.",
    "changed_fields": "The fields that the run edited.",
    "attempts": "In how many runs in a row HrFlow has failed for it.",
    "fingerprint": "A hash of what the format gave.",
    "last_edited_at": "When the profile was edited last, by whichever run.",
    "last_edit_run_id": "The run that did.",
    "last_edit_fields": "The fields that it edited.",
}


class Described(TypedDict):
    """The arguments of an asset that say what it is."""

    description: str
    kinds: set[str]
    group_name: str
    owners: list[str]
    tags: dict[str, str]
    metadata: dict[str, Any]


def described(
    pipeline: Pipeline, text: str, *, kinds: set[str], metadata: Mapping[str, Any] | None = None
) -> Described:
    """What an asset says of itself."""
    return {
        "description": text,
        "kinds": kinds,
        "group_name": pipeline.group,
        "owners": [*pipeline.owners],
        "tags": {WORKFLOW_TAG: pipeline.workflow.job_name[:_LONGEST_TAG]},
        "metadata": {
            "documentation": dg.MetadataValue.md(
                f"[Greenhouse Harvest]({GREENHOUSE_DOCS}), [HrFlow.ai]({HRFLOW_DOCS})"
            ),
            **(metadata or {}),
        },
    }


def outside_specs(pipeline: Pipeline) -> list[dg.AssetSpec]:
    """Greenhouse before the assets and the HrFlow source after them: the lineage's two ends."""
    keys = pipeline.keys
    greenhouse = dg.AssetSpec(
        keys.greenhouse_source,
        group_name=pipeline.group,
        description="The account whose candidates are read. Recruiters work there.",
        kinds={"greenhouse"},
        metadata=_place(GREENHOUSE_URL, GREENHOUSE_DOCS),
    )
    if not pipeline.workflow.persist:
        return [greenhouse]
    source = dg.AssetSpec(
        keys.hrflow_source,
        deps=[keys.profiles],
        group_name=pipeline.group,
        description="The source whose profiles follow the candidates.",
        kinds={"hrflow"},
        metadata=_place(HRFLOW_URL, HRFLOW_DOCS),
    )
    return [greenhouse, source]


def _place(url: str, docs: str) -> dict[str, Any]:
    return {"dagster/uri": url, "documentation": dg.MetadataValue.url(docs)}
