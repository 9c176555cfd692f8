"""Whether the edit log tells what HrFlow has seen: each PUT once, under the run that made it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import dagster as dg

from greenhouse_hrflow.edit_record import EditRecord
from greenhouse_hrflow.profiles.last_applied import find_last_applied
from greenhouse_hrflow.profiles.profile_hash import profile_hash
from greenhouse_hrflow.sandbox.hrflow.store import Put
from greenhouse_hrflow.storage.edit_journal import UNFINISHED_EDITS
from greenhouse_hrflow.storage.edit_log import EDIT_LOG
from greenhouse_hrflow.storage.tables import TableStore, from_parquet
from greenhouse_hrflow_tests.convergence.location import WORKFLOW

_Edit = tuple[str, datetime, str]
"""Reference, the read that it was written from, and the hash of what was written."""

_SECOND = timedelta(seconds=1)


def edit_log(tables: TableStore) -> list[EditRecord]:
    """All rows of the edit log."""
    rows: list[dict[str, Any]] = []
    for day in tables.names_in((EDIT_LOG,)):
        for name in tables.names_in((EDIT_LOG, day)):
            content = tables.read_file((EDIT_LOG, day, name))
            rows += [] if content is None else from_parquet(content).to_pylist()
    return [EditRecord.of(row) for row in rows]


def told_otherwise(
    puts: Sequence[Put], tables: TableStore, instance: dg.DagsterInstance
) -> list[str]:
    """What the edit log does not tell as HrFlow saw it, when no run is under way."""
    log = edit_log(tables)
    made, told = Counter(map(_seen, puts)), Counter(map(_told, log))
    found = [f"{_name(edit)} is not in the log" for edit in (made - told).elements()]
    found += [f"{_name(edit)} is in the log and was not made" for edit in (told - made).elements()]
    found += _under_another_run(puts, log, instance)
    left = tables.names_in((UNFINISHED_EDITS, WORKFLOW.workflow_id))
    return [*found, *(f"run {run_id} has left edits that nobody settled" for run_id in left)]


def _under_another_run(
    puts: Sequence[Put], log: Sequence[EditRecord], instance: dg.DagsterInstance
) -> list[str]:
    """The edits of the log that HrFlow saw while their run did not push.

    One run pushes at a time, so no other has its time. Our clock and the sandbox's are one.
    """
    seen: defaultdict[_Edit, list[datetime]] = defaultdict(list)
    for put in puts:
        seen[_seen(put)].append(put.at)
    times = {run_id: _pushing(instance, run_id) for run_id in {edit.run_id for edit in log}}
    return [
        f"{_name(_told(edit))} is in the log under run {edit.run_id}, which did not push then"
        for edit in log
        if not any(_holds(times[edit.run_id], at) for at in seen[_told(edit)])
    ]


def _pushing(instance: dg.DagsterInstance, run_id: str) -> tuple[datetime, datetime] | None:
    """From when to when a run pushed; where it was killed, until somebody noticed."""
    steps = instance.get_run_step_stats(run_id, ["hrflow_profiles"])
    run = instance.get_run_record_by_id(run_id)
    if run is None or not steps or steps[0].start_time is None:
        return None
    ended = steps[0].end_time or run.end_time
    return _moment(steps[0].start_time), _moment(ended) if ended else datetime.now(timezone.utc)


def _holds(time: tuple[datetime, datetime] | None, moment: datetime) -> bool:
    return time is not None and time[0] - _SECOND <= moment <= time[1] + _SECOND


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def _seen(put: Put) -> _Edit:
    applied = find_last_applied(put.body, WORKFLOW.workflow_id)
    assert applied is not None, f"a PUT without a last-applied into {put.reference}"
    return str(put.reference), applied.version.read_at, profile_hash(put.body)


def _told(edit: EditRecord) -> _Edit:
    return edit.reference, edit.read_at, edit.hash_after


def _name(edit: _Edit) -> str:
    return f"the edit of {edit[0]} from its read at {edit[1]:%H:%M:%S.%f}"
