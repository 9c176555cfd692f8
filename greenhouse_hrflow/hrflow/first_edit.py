"""The first edit of a run, which is read back before any other profile is edited.

What counts as lost is said in `read_back`; which profile is edited, and how, in `push`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from greenhouse_hrflow.errors import ProfileDamaged, ProfileMissing
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.read_back import lost_fields
from greenhouse_hrflow.hrflow.values import JsonObject, same

EDIT_WITHIN = 30.0
"""Seconds between reading a profile and writing it; after that it is read again."""


@dataclass(frozen=True)
class Edit:
    """A profile as it was read at `read_at` (monotonic), and as it is to be written."""

    candidate_id: int
    reference: str
    before: JsonObject
    sent: JsonObject
    names: list[str]
    read_at: float


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
            ProfileDamaged: the edit, the first of the run, lost something that was stored.
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
            ProfileDamaged: it was made, and lost something that was stored.
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
        stands = edit.sent if _has_arrived(edit, after) else edit.before
        if lost := lost_fields(edit.before, stands, after):
            # Set before the lock is released: no other edit may follow this one.
            self._damaged = True
            raise ProfileDamaged(
                f"HrFlow lost what the profile of candidate {edit.candidate_id} held in "
                f"{', '.join(lost)} when it was edited. The run stopped there: no other profile "
                "was edited. Restore this one, and ask HrFlow's support what an edit keeps."
            )


def _has_arrived(edit: Edit, after: JsonObject) -> bool:
    """Whether the profile shows the mark of this edit: an edit may be refused, lost, or shown
    only later, and then nothing may be missed that it would have brought."""
    former = edit.before.get("metadatas") or []
    marks = [entry for entry in edit.sent["metadatas"] if entry not in former]
    shown = after.get("metadatas") or []
    return bool(marks) and all(any(same(mark, entry) for entry in shown) for mark in marks)
