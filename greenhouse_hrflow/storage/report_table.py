"""The stored form of the report: its columns, and how rows become a frame of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from greenhouse_hrflow.profiles.history import Reported
from greenhouse_hrflow.read_version import ReadVersion
from greenhouse_hrflow.report import COMPARED, LastEdit, ReportRow
from greenhouse_hrflow.storage.tables import MOMENT, frame_of, to_arrow, together

if TYPE_CHECKING:
    import pandas as pd

REPORT_SCHEMA = pa.schema(
    [
        pa.field("candidate_id", pa.int64()),
        pa.field("reference", pa.string()),
        pa.field("outcome", pa.string()),
        pa.field("changed_at", MOMENT),
        pa.field("read_at", MOMENT),
        pa.field("pushed_at", MOMENT),
        pa.field("run_id", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("detail", pa.string()),
        pa.field("profile_key", pa.string()),
        pa.field("changed_fields", pa.list_(pa.string())),
        pa.field("attempts", pa.int64()),
        pa.field("fingerprint", pa.string()),
        pa.field("last_edited_at", MOMENT),
        pa.field("last_edit_run_id", pa.string()),
        pa.field("last_edit_fields", pa.list_(pa.string())),
    ]
)
"""A row a candidate, with the fields of `ReportRow` and of its `LastEdit`."""

_REPORTED = ["reference", "fingerprint", "read_at", "changed_at", "reason", "profile_key"]
_OF_HELD = ["candidate_id", "outcome", "pushed_at", *_REPORTED]

_COLUMNS_OF_ROW = [field.name for field in fields(ReportRow) if field.name != "last_edit"]
_LAST_EDIT = ["last_edited_at", "last_edit_run_id", "last_edit_fields"]

_OUTCOMES_OF_BEFORE = {"gone": "anonymised"}
"""Words of version 0.1.0, as they are called now."""


def report_frame(rows: Iterable[ReportRow]) -> pd.DataFrame:
    """The rows as a frame of `REPORT_SCHEMA`."""
    return frame_of([_stored(row) for row in rows], REPORT_SCHEMA)


def with_todays_outcomes(report: pd.DataFrame) -> pd.DataFrame:
    """A stored report in today's words, whichever version wrote it."""
    return report.assign(outcome=report["outcome"].replace(_OUTCOMES_OF_BEFORE))


def todays_outcome(stored: str) -> str:
    """One stored outcome in today's words."""
    return _OUTCOMES_OF_BEFORE.get(stored, stored)


def rows_held_by_hrflow(
    reports: Iterable[pd.DataFrame], candidate_ids: Iterable[int]
) -> pd.DataFrame:
    """The rows of these candidates whose profile held what the format gave, the latest of each."""
    # Reports of version 0.1.0 have no fingerprint, by which that is known.
    readable = [report for report in reports if "fingerprint" in report.columns]
    rows = together([report[_OF_HELD] for report in (report_frame(()), *readable)])
    # Not only those rows at first: a later one may say that the profile is missing.
    latest = rows.sort_values("pushed_at", kind="stable").drop_duplicates(
        "candidate_id", keep="last"
    )
    is_held = latest["outcome"].isin([outcome.value for outcome in COMPARED])
    is_wanted = latest["candidate_id"].isin(set(candidate_ids))
    return latest[is_held & is_wanted & latest["fingerprint"].notna()]


def reported_profiles(rows: pd.DataFrame) -> dict[str, Reported]:
    """By reference, how these rows left each profile."""
    return {
        row["reference"]: Reported(
            row["fingerprint"],
            ReadVersion(row["read_at"], row["changed_at"]),
            row["reason"],
            row["profile_key"],
        )
        for row in to_arrow(rows[_REPORTED]).to_pylist()
    }


def last_edits(reports: Iterable[pd.DataFrame]) -> dict[int, LastEdit]:
    """The last edit of each candidate that these reports know of, by candidate id."""
    known: dict[int, LastEdit] = {}
    for report in reports:
        # A report of version 0.1.0 tells of the edits of its own run alone.
        has_columns = set(_LAST_EDIT) <= set(report.columns)
        names = _LAST_EDIT if has_columns else ["pushed_at", "run_id", "changed_fields"]
        is_edit = report[names[0]].notna() if has_columns else report["outcome"] == "updated"
        rows = to_arrow(report.loc[is_edit, ["candidate_id", *names]]).to_pydict()
        for candidate_id, *edit in zip(*rows.values(), strict=True):
            found = LastEdit(edit[0], edit[1], tuple(edit[2] or ()))
            before = known.get(candidate_id)
            if before is None or before.edited_at < found.edited_at:
                known[candidate_id] = found
    return known


def _stored(row: ReportRow) -> dict[str, Any]:
    columns = {name: getattr(row, name) for name in _COLUMNS_OF_ROW}
    edit = row.last_edit
    if edit is not None:
        columns |= dict(zip(_LAST_EDIT, (edit.edited_at, edit.run_id, [*edit.fields]), strict=True))
    columns |= {name: _storable(columns[name]) for name in ("reason", "detail")}
    return columns | {"outcome": row.outcome.value, "changed_fields": list(row.changed_fields)}


def _storable(text: str | None) -> str | None:
    """The text where half of a surrogate pair is written out: Arrow's UTF-8 has no place for it,
    and one candidate's odd letter must not cost the whole report."""
    return text and text.encode(errors="backslashreplace").decode()
