"""What is remembered for ever of one edit of a profile: ids, names of fields and hashes, no value.

The edit itself is made in `hrflow`; where its record lies is told in `storage.edit_log`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

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

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> EditRecord:
        """The record that a stored row holds."""
        values: dict[str, Any] = {**row, "fields": tuple(row["fields"])}
        return cls(**values)

    @property
    def version(self) -> ReadVersion:
        """The read of the candidate that it was written from."""
        return ReadVersion(self.read_at, self.changed_at)

    @property
    def key(self) -> tuple[str, datetime]:
        """Which edit of its run it is."""
        return self.reference, self.edited_at


class Journal(Protocol):
    """Where a push writes down each edit before it sends it, so that none is forgotten.

    Attributes:
        workflow_id: whose edits these are.
    """

    @property
    def workflow_id(self) -> str: ...

    def note(self, edit: EditRecord) -> None:
        """Write an edit down that is about to be sent; when this returns, a kill forgets nothing.

        Raises:
            StorageUnavailable: it could not be written down, so it must not be sent.
        """
        ...

    def settle(self, edit: EditRecord, *, made: bool) -> None:
        """Say whether a noted edit is in HrFlow. One that is not settled is looked for later."""
        ...
