"""The one decision of a push, pure: from a stored profile and a formatted candidate to an edit, or
to the reason why none is made.

A push and a dry run both decide by `plan_edit`. What is done about a plan (requests, retries, the
report) is in `hrflow.push`; how values are merged, in `merge`.
"""

from __future__ import annotations

from dataclasses import dataclass

from greenhouse_hrflow import reasons
from greenhouse_hrflow.profiles.last_applied import (
    LastApplied,
    find_last_applied,
    with_last_applied,
    without_last_applied,
)
from greenhouse_hrflow.profiles.merge import Merged, changed_fields, three_way_merge
from greenhouse_hrflow.profiles.normalize import JsonObject, is_empty
from greenhouse_hrflow.profiles.shapes import shape_reason
from greenhouse_hrflow.profiles.shown_names import shown_fields
from greenhouse_hrflow.profiles.transform import FormattedCandidate
from greenhouse_hrflow.report import Outcome


@dataclass(frozen=True)
class NoEdit:
    """Nothing is to be written.

    Attributes:
        outcome: what the report is to say of the candidate.
        reason: why, as a code that is safe to show anywhere; None where the outcome says it.
    """

    outcome: Outcome
    reason: str | None = None


@dataclass(frozen=True)
class Edit:
    """A profile as it was read, and as it is to be written.

    Attributes:
        workflow_id: whose last-applied metadata the profile is written with.
        before: the profile as HrFlow answered it.
        after: the whole profile to write; it shares its unchanged values with `before`.
        fields: the names of the fields that differ, as they may be shown; those of `info` one by
            one, as `info.phone`.
        reason: the fields that stay as they are because HrFlow holds them in another shape, as
            `stored_in_another_shape:info.urls`; None for none.
    """

    candidate_id: int
    reference: str
    workflow_id: str
    before: JsonObject
    after: JsonObject
    fields: list[str]
    reason: str | None = None


def plan_edit(
    stored: JsonObject, candidate: FormattedCandidate, *, workflow_id: str, fields: frozenset[str]
) -> Edit | NoEdit:
    """Decide what is written into a stored profile, so that it says what the format gave.

    In this order:

    1. An archived profile is left alone: `archived`.
    2. So is one whose last-applied is of a later read than the candidate: `stale`.
    3. The three-way merge decides each field. Where no field differs, nothing is written, not even
       a newer read version in last-applied: `unchanged`.
    4. Else an edit: the whole profile, null where a field is removed, with a last-applied of this
       read and of what is given now.

    In 3 and 4, the reason names the fields that HrFlow holds in another shape and that stay so.

    Args:
        stored: the whole profile, as HrFlow answers it.
        workflow_id: whose last-applied metadata is read and written.
        fields: the top-level fields that may be edited.
    """
    if not is_empty(stored.get("archived_at")):
        return NoEdit(Outcome.ARCHIVED)
    last_applied = find_last_applied(stored, workflow_id)
    if last_applied is not None and last_applied.version.is_later_than(candidate.version):
        return NoEdit(Outcome.STALE, reasons.WRITTEN_LATER.text())
    # Merged and compared without last-applied: it is no field of the format's, and no difference.
    bare = without_last_applied(stored, workflow_id)
    hashes = last_applied.hashes if last_applied else {}
    merged = three_way_merge(bare, hashes, candidate.profile, fields)
    changed = changed_fields(bare, merged.value)
    if not changed:
        return NoEdit(Outcome.UNCHANGED, shape_reason(merged.kept))
    return _edit(stored, candidate, workflow_id, merged, changed)


def _edit(
    stored: JsonObject,
    candidate: FormattedCandidate,
    workflow_id: str,
    merged: Merged,
    changed: list[str],
) -> Edit:
    applied = LastApplied(candidate.version, merged.hashes)
    after = _without_idle_nulls(with_last_applied(merged.value, workflow_id, applied), stored)
    return Edit(
        candidate.candidate_id,
        candidate.reference,
        workflow_id,
        stored,
        after,
        shown_fields(changed),
        shape_reason(merged.kept),
    )


def _without_idle_nulls(profile: JsonObject, stored: JsonObject) -> JsonObject:
    """The profile with a null only where it removes a stored value: HrFlow refuses one in `text`,
    for example."""
    return {
        name: value
        for name, value in profile.items()
        if value is not None or stored.get(name) is not None
    }
