"""What is remembered for ever of one edit of a profile: ids, names of fields and hashes, no value.

The edit itself is made in `hrflow`; where its record lies is told in `storage.edit_log`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from greenhouse_hrflow.read_version import ReadVersion


@dataclass(frozen=True, slots=True)
class EditRecord:
    """One edit of one profile.

    Attributes:
        edited_at: when it was sent, by our clock.
        workflow: the id of the workflow.
        fields: the names of the fields that it changed; those of `info` one by one.
        hash_before, hash_after: `profile_hash` of the profile as it was read, and as it was sent.
        read_at, changed_at: the read of the candidate that it was written from.
    """

    edited_at: datetime
    workflow: str
    run_id: str
    candidate_id: int
    reference: str
    profile_key: str | None
    fields: tuple[str, ...]
    hash_before: str
    hash_after: str
    read_at: datetime
    changed_at: datetime

    @property
    def version(self) -> ReadVersion:
        """The read of the candidate that it was written from."""
        return ReadVersion(self.read_at, self.changed_at)

    @property
    def key(self) -> tuple[str, datetime]:
        """Which edit of its run it is."""
        return self.reference, self.edited_at


class Journal(Protocol):
    """Where a push writes down each edit before it sends it, so that none is forgotten."""

    def note(self, edit: EditRecord) -> None:
        """Write an edit down that is about to be sent; when this returns, a kill forgets nothing.

        Raises:
            StorageUnavailable: it could not be written down, so it must not be sent.
        """
        ...

    def settle(self, edit: EditRecord, *, made: bool) -> None:
        """Say whether a noted edit is in HrFlow. One that is not settled is looked for later."""
        ...
