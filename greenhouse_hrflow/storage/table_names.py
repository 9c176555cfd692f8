"""Where the two tables of a workflow lie in the storage, by the names of its assets."""

from __future__ import annotations

DEFAULT_WORKFLOW_ID = "update_profiles_in_hrflow"

CANDIDATES = "greenhouse_candidates"
PROFILES = "hrflow_profiles"
"""The two assets, and so the two tables: what was read, and what became of each candidate."""


def table_path(workflow_id: str, *asset: str) -> tuple[str, ...]:
    """The table of an asset of a workflow. That of the default one lies where it always was;
    every other has a folder of its own, or two in one storage would overwrite each other."""
    own = () if workflow_id == DEFAULT_WORKFLOW_ID else ("workflows", workflow_id)
    return (*own, *asset)
