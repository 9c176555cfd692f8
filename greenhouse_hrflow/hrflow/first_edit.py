"""The first edit of a run, which is read back before any other profile is edited.

What counts as lost is said in `read_back`, and as arrived in `arrival`; which profile is edited,
and how, in `push`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from greenhouse_hrflow.errors import ProfileDamaged, ProfileMissing
from greenhouse_hrflow.hrflow.arrival import Arrival, arrival_of
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.mark import mark_name, metadata_values
from greenhouse_hrflow.hrflow.read_back import lost_fields
from greenhouse_hrflow.hrflow.values import JsonObject

EDIT_WITHIN = 30.0
"""Seconds between reading a profile and writing it; after that it is read again."""


@dataclass(frozen=True)
class Edit:
    """A profile as it was read at `read_at` (monotonic), and as it is to be written.

    Attributes:
        names: the fields that differ, those of `info` one by one.
        workflow_id: whose mark the profile is sent with, where it can hold one.
        reason: what the report is to say about the edit.
    """

    candidate_id: int
    reference: str
    before: JsonObject
    sent: JsonObject
    names: list[str]
    read_at: float
    workflow_id: str
    reason: str | None = None


class GuardedEdits:
    """Edits from many threads: one at a time until one was read back and had lost nothing.

    Args:
        is_over: whether the run has ended meanwhile, so that nothing more may be edited.
    """

    def __init__(self, client: HrFlowClient, is_over: Callable[[], bool]) -> None:
        self._client = client
        self._is_over = is_over
        self._lock = threading.Lock()
        self._proved = threading.Event()
        self._damaged = False
        self._unproved: Edit | None = None

    def make(self, edit: Edit) -> bool:
        """Write the profile; False where it was read too long ago, or the run is over.

        Raises:
            ProfileDamaged: the edit, the first of the run, lost something that was stored, or
                what we keep in the profile.
            and what `HrFlowClient.edit_profile` raises.
        """
        if not self._proved.is_set():
            with self._lock:
                if not self._proved.is_set():
                    return self._make_first(edit)
        return self._send(edit)

    def prove(self) -> None:
        """Read back an edit that may have been made although its answer was lost.

        Raises:
            ProfileDamaged: as `make`.
        """
        if not self._proved.is_set():
            with self._lock:
                self._prove()

    def _make_first(self, edit: Edit) -> bool:
        self._prove()
        self._unproved = edit
        if not self._send(edit):
            self._unproved = None
            return False
        self._prove()
        self._proved.set()
        return True

    def _send(self, edit: Edit) -> bool:
        too_late = time.monotonic() - edit.read_at > EDIT_WITHIN
        if too_late or self._damaged or self._is_over():
            return False
        self._client.edit_profile(edit.sent)
        return True

    def _prove(self) -> None:
        edit = self._unproved
        if edit is None:
            return
        try:
            after = self._client.get_profile(edit.reference)
        except ProfileMissing:
            after = {}
        self._unproved = None
        arrival = arrival_of(edit.before, edit.sent, after, edit.names, edit.workflow_id)
        stands = edit.before if arrival is Arrival.NOT_SHOWN else edit.sent
        if lost := lost_fields(edit.before, stands, after):
            self._stop(
                f"HrFlow lost what the profile of candidate {edit.candidate_id} held in "
                f"{', '.join(lost)} when it was edited. The run stopped there: no other profile "
                "was edited. Restore this one, and ask HrFlow's support what an edit keeps."
            )
        if arrival is Arrival.WITHOUT_ITS_MARK:
            name = mark_name(edit.workflow_id)
            self._stop(
                f"HrFlow shortened, altered or dropped the metadata {name} when the profile of "
                f"candidate {edit.candidate_id} was edited: of {_length(edit.sent, name)} "
                f"characters {_length(after, name)} came back. It holds what was written last, "
                "without which an older state can overwrite a newer one and nothing that is "
                "withdrawn in Greenhouse can be removed. The run stopped there: no other profile "
                "was edited. Ask HrFlow's support how long the value of a metadata may be; "
                "only_edit_fields with fewer fields makes it shorter."
            )

    def _stop(self, message: str) -> NoReturn:
        # Set before the lock is released: no other edit may follow this one.
        self._damaged = True
        raise ProfileDamaged(message)


def _length(profile: JsonObject, name: str) -> int:
    return sum(len(str(value)) for value in metadata_values(profile, name))
