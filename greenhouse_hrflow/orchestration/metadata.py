"""What a materialisation shows in Dagster's UI: ids, counts and moments, and nothing personal.

The figures of a partition are those of its whole table; those of the run stand beside them, and
their names begin with `run_`. What is written as text for a person is in `summary`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg
import pandas as pd
import pyarrow as pa
from upath import UPath

from greenhouse_hrflow.deliver import Delivery
from greenhouse_hrflow.orchestration.keys import (
    PROFILES_READ,
    READING_BEGAN_AT,
    ROWS,
    WINDOW_END,
    WORKFLOW,
)
from greenhouse_hrflow.orchestration.partitions import RunPartitions
from greenhouse_hrflow.orchestration.summary import (
    NOT_SENT,
    candidates_summary,
    not_sent_table,
    profiles_summary,
)
from greenhouse_hrflow.rate_limiter import Effort
from greenhouse_hrflow.report import Outcome, Report
from greenhouse_hrflow.storage.tables import to_arrow
from greenhouse_hrflow.windows import UpdateWindow
from greenhouse_hrflow.workflow import Workflow


@dataclass(frozen=True)
class Reading:
    """What a run's reading of Greenhouse took.

    Attributes:
        began_at: when it began, by Greenhouse's clock.
        candidates: how many were read.
        seconds: how long it took.
    """

    began_at: datetime
    candidates: int
    effort: Effort
    seconds: float


def reading_metadata(
    workflow: Workflow,
    covered: RunPartitions,
    windows: Sequence[UpdateWindow],
    reading: Reading,
) -> dict[str, Any]:
    """What was read, and the two moments of which the earlier one becomes the watermark."""
    metadata: dict[str, Any] = {
        "window": ", ".join(map(str, windows)) or "empty",
        WORKFLOW: workflow.workflow_id,
        READING_BEGAN_AT: dg.TimestampMetadataValue(reading.began_at.timestamp()),
        "run_candidates_read": reading.candidates,
        "run_greenhouse_requests": reading.effort.requests,
        "run_seconds_waited_for_greenhouse": round(reading.effort.seconds_waited, 1),
        "run_candidates_per_second": per_second(reading.candidates, reading.seconds),
    }
    if covered.window.updated_before is not None:
        metadata[WINDOW_END] = dg.TimestampMetadataValue(covered.window.updated_before.timestamp())
    return metadata


def candidates_metadata(
    partition: str, rows: int, reading: Reading, of_run: Mapping[str, Any]
) -> dict[str, Any]:
    """What the materialisation of a partition of the candidates shows."""
    summary = candidates_summary(partition, rows, reading.candidates, reading.effort)
    return {"summary": dg.MetadataValue.md(summary), **row_count(rows), **of_run}


def profiles_metadata(
    partition: str, table: pd.DataFrame, own: Report, delivery: Delivery
) -> dict[str, Any]:
    """What the materialisation of a partition of the profiles shows.

    Args:
        table: the whole report of the partition.
        own: what of it is this run's.
        delivery: what became of the run, which may cover more partitions.
    """
    rows = to_arrow(table[["candidate_id", "outcome", "reason"]]).to_pylist()
    counts = outcome_counts_of(row["outcome"] for row in rows)
    not_sent = [row for row in rows if row["outcome"] in NOT_SENT]
    shown: dict[str, Any] = {
        "summary": dg.MetadataValue.md(profiles_summary(partition, counts, own, delivery)),
        **row_count(len(rows)),
        **counts,
        "not_sent": len(not_sent),
        "completion_ratio": round(1 - len(not_sent) / len(rows), 4) if rows else 1.0,
        "run_rows": len(own.rows),
        "run_updated": own.outcomes[Outcome.UPDATED],
        "run_not_sent": sum(own.outcomes[outcome] for outcome in map(Outcome, NOT_SENT)),
        "run_hrflow_requests": delivery.effort.requests,
        "run_seconds_waited_for_hrflow": round(delivery.effort.seconds_waited, 1),
        "run_profiles_per_second": per_second(len(delivery.report.rows), delivery.seconds),
        PROFILES_READ: delivery.reading,
    }
    if not_sent:
        shown["candidates_not_sent"] = dg.MetadataValue.md(not_sent_table(not_sent))
    return shown


def fault_metadata(report: Report) -> dict[str, Any]:
    """What a failed run shows beside its message."""
    return {**row_count(len(report.rows)), **outcome_counts(report)}


def row_count(rows: int) -> dict[str, int]:
    """Under Dagster's name for a partition's rows, and under the one that stood here before."""
    return {ROWS: rows, "dagster/row_count": rows}


def outcome_counts(report: Report) -> dict[str, int]:
    """A count under the name of every outcome, those that did not occur too."""
    return {outcome.value: report.outcomes[outcome] for outcome in Outcome}


def outcome_counts_of(outcomes: Iterable[str]) -> dict[str, int]:
    """The same of the outcomes of stored rows."""
    counted = Counter(outcomes)
    return {outcome.value: counted[outcome.value] for outcome in Outcome}


def place_metadata(path: UPath) -> dict[str, str]:
    """Where a partition is stored, under Dagster's name."""
    return {"dagster/uri": str(path)}


def column_schema(schema: pa.Schema, descriptions: Mapping[str, str]) -> dg.TableSchema:
    """A table's columns as Dagster shows them.

    Args:
        descriptions: what each column says.
    """
    return dg.TableSchema(
        columns=[
            dg.TableColumn(field.name, str(field.type), descriptions[field.name])
            for field in schema
        ]
    )


def per_second(count: int, seconds: float) -> float:
    """A rate with one digit after the point."""
    return round(count / seconds, 1) if seconds > 0 else 0.0
