"""What of its edits a push writes down, and how it is told later whether one was made."""

from __future__ import annotations

from greenhouse_hrflow import clock
from greenhouse_hrflow.edit_record import EditRecord, Journal
from greenhouse_hrflow.errors import ProfileMissing, ProfileRejected
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.profiles.edit_plan import Edit
from greenhouse_hrflow.profiles.last_applied import find_last_applied
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.profiles.profile_hash import hashes_of_edit, profile_hash
from greenhouse_hrflow.read_version import ReadVersion


class NotedEdits:
    """The edits of one run, noted where there is a journal.

    Args:
        last_applied_id: the id that the last-applied metadata of the profiles carries.
    """

    def __init__(self, journal: Journal | None, run_id: str, last_applied_id: str) -> None:
        self._journal = journal
        self._run_id = run_id
        self._last_applied_id = last_applied_id

    def note(self, edit: Edit, version: ReadVersion) -> EditRecord | None:
        """Write an edit down that is about to be sent.

        Raises:
            StorageUnavailable: it could not be, so it must not be sent.
        """
        if self._journal is None:
            return None
        before, after = hashes_of_edit(edit.before, edit.after)
        key = edit.before.get("key")
        record = EditRecord(
            edited_at=clock.utc_now(),
            workflow=self._journal.workflow_id,
            run_id=self._run_id,
            candidate_id=edit.candidate_id,
            reference=edit.reference,
            profile_key=key if isinstance(key, str) else None,
            fields=tuple(edit.fields),
            hash_before=before,
            hash_after=after,
            read_at=version.read_at,
            changed_at=version.changed_at,
        )
        self._journal.note(record)
        return record

    def settle(self, edit: EditRecord | None, *, made: bool) -> None:
        """Say whether it was made."""
        if self._journal is not None and edit is not None:
            self._journal.settle(edit, made=made)

    def settle_by(self, edit: EditRecord | None, profile: JsonObject) -> None:
        """Say so by what the profile shows after an edit without an answer."""
        if edit is not None:
            self.settle(edit, made=shows(profile, edit, self._last_applied_id))


def was_made(client: HrFlowClient, last_applied_id: str, edit: EditRecord) -> bool:
    """Whether HrFlow holds an edit that nobody knows the answer to; the profile is read by itself.

    Raises:
        what `HrFlowClient.get_profile` raises, but for the fault of this one profile.
    """
    try:
        return shows(client.get_profile(edit.reference), edit, last_applied_id)
    except (ProfileMissing, ProfileRejected):
        return False


def shows(profile: JsonObject, edit: EditRecord, last_applied_id: str) -> bool:
    """Whether a profile was written by this edit.

    HrFlow may hold what was written in another form, and a person may have edited it since: then
    the last-applied tells by which read it was written.
    """
    found = profile_hash(profile)
    if found in (edit.hash_after, edit.hash_before):
        return found == edit.hash_after
    last_applied = find_last_applied(profile, last_applied_id)
    return last_applied is not None and last_applied.version == edit.version
