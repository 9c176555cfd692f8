"""What a materialisation shows in Dagster's UI: ids, counts and moments, and nothing personal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import dagster as dg

from greenhouse_hrflow.orchestration.keys import READING_BEGAN_AT, WINDOW_END, WORKFLOW
from greenhouse_hrflow.orchestration.partitions import RunPartitions
from greenhouse_hrflow.report import Outcome, Report
from greenhouse_hrflow.windows import UpdateWindow
from greenhouse_hrflow.workflow import Workflow


def reading_metadata(
    workflow: Workflow,
    covered: RunPartitions,
    windows: Sequence[UpdateWindow],
    began_at: datetime,
) -> dict[str, str | dg.TimestampMetadataValue]:
    """What was read, and the two moments of which the earlier one becomes the watermark."""
    metadata: dict[str, str | dg.TimestampMetadataValue] = {
        "window": ", ".join(map(str, windows)) or "empty",
        WORKFLOW: workflow.workflow_id,
        READING_BEGAN_AT: dg.TimestampMetadataValue(began_at.timestamp()),
    }
    if covered.window.updated_before is not None:
        metadata[WINDOW_END] = dg.TimestampMetadataValue(covered.window.updated_before.timestamp())
    return metadata


def outcome_counts(report: Report) -> dict[str, int]:
    """A count under the name of every outcome, those that did not occur too."""
    counts = {outcome.value: report.outcomes[outcome] for outcome in Outcome}
    return {**row_count(len(report.rows)), **counts}


def row_count(rows: int) -> dict[str, int]:
    """Under the name that Dagster plots over partitions."""
    return {"dagster/row_count": rows}
