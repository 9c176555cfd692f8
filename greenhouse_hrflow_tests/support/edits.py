"""Records of edits, for the tests of where they are kept."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from greenhouse_hrflow.edit_record import EditRecord
from greenhouse_hrflow.storage.edit_log import EDIT_SCHEMA, place_of
from greenhouse_hrflow.storage.tables import TableStore, frame_of, to_arrow, to_parquet

NOW = datetime.now(timezone.utc)


def edit_of(candidate: int, at: datetime = NOW, *, run: str = "a-run", **more: Any) -> EditRecord:
    """An edit of a candidate's profile."""
    known: dict[str, Any] = {
        "workflow": "update_profiles_in_hrflow",
        "profile_key": f"key of {candidate}",
        "fields": ("tags", "info.phone"),
        "hash_before": "before",
        "hash_after": "after",
    }
    return EditRecord(
        edited_at=at,
        run_id=run,
        candidate_id=candidate,
        reference=str(candidate),
        read_at=at - timedelta(minutes=1),
        changed_at=at - timedelta(hours=1),
        **{**known, **more},
    )


def written_on(tables: TableStore, day: datetime, *edits: EditRecord) -> None:
    """Let the log have these edits of one run, written down on that day."""
    rows = [
        {name: getattr(edit, name) for name in EDIT_SCHEMA.names} | {"fields": list(edit.fields)}
        for edit in edits
    ]
    content = to_parquet(to_arrow(frame_of(rows, EDIT_SCHEMA)))
    tables.write_file(place_of(f"{day:%Y-%m-%d}", edits[0].run_id), content)
