"""The canary edit: the first of a run, which is read back before any other profile is edited.

HrFlow's documents contradict each other on what an edit keeps, so an API that loses something must
be noticed on one profile, and not on all. Whether the profile shows the edit is decided in
`edit_arrival`, what the edit lost in `edit_damage`, and what is written in `profiles.edit_plan`.
"""

from __future__ import annotations

import threading
import time
from typing import NoReturn

from greenhouse_hrflow.errors import ProfileDamaged, ProfileMissing
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.edit_arrival import Arrival, arrival_of
from greenhouse_hrflow.hrflow.edit_damage import lost_fields
from greenhouse_hrflow.profiles.edit_plan import Edit
from greenhouse_hrflow.profiles.last_applied import metadata_name, metadata_values
from greenhouse_hrflow.profiles.normalize import JsonObject


class CanaryGuard:
    """Makes edits from many threads: one at a time, until one was read back and had lost nothing.

    Args:
        stopped: set once the push has ended: then nothing more is edited.
    """

    def __init__(self, client: HrFlowClient, stopped: threading.Event) -> None:
        self._client = client
        self._stopped = stopped
        self._verified = threading.Event()
        # Until `_verified` is set, a thread holds the lock from sending an edit until it has read
        # it back; the two below change under it alone.
        self._lock = threading.Lock()
        self._damaged = False
        self._unverified: Edit | None = None

    def make(self, edit: Edit, deadline: float) -> bool:
        """Write the profile; False where nothing was sent.

        That is where the deadline has passed, or the push has ended.

        Args:
            deadline: until when the profile may be written, in seconds of `time.monotonic`.

        Raises:
            ProfileDamaged: the canary edit lost something that was stored, or the last-applied
                that it wrote.
            and what `HrFlowClient.edit_profile` raises; of a canary edit, also what
                `HrFlowClient.get_profile` raises.
        """
        if not self._verified.is_set():
            with self._lock:
                # Asked again under the lock: another thread may have verified its edit by now.
                if not self._verified.is_set():
                    return self._make_canary(edit, deadline)
        return self._send(edit, deadline)

    def awaits(self, edit: Edit) -> bool:
        """Whether this is a canary edit that is still to be read back."""
        return self._unverified is edit

    def verify(self) -> None:
        """Read back a canary edit that may have been made although its answer was lost.

        What it shows allows no other edit yet: it may not have been made at all.

        Raises:
            ProfileDamaged: as `make`.
            and what `HrFlowClient.get_profile` raises: then the edit is still to be read back.
        """
        if not self._verified.is_set():
            with self._lock:
                self._verify()

    def _make_canary(self, edit: Edit, deadline: float) -> bool:
        # An earlier one, perhaps another thread's, may have been made without an answer.
        self._verify()
        # Noted before it is sent: if the answer is lost, the next thread reads it back first.
        self._unverified = edit
        if not self._send(edit, deadline):
            self._unverified = None
            return False
        self._verify()
        self._verified.set()
        return True

    def _send(self, edit: Edit, deadline: float) -> bool:
        too_late = time.monotonic() > deadline
        if too_late or self._damaged or self._stopped.is_set():
            return False
        self._client.edit_profile(edit.after)
        return True

    def _verify(self) -> None:
        edit = self._unverified
        if edit is None:
            return
        try:
            after = self._client.get_profile(edit.reference)
        except ProfileMissing:
            # It was there before the edit: all of it is lost.
            after = {}
        # Not before it was read: had that failed, the next thread would have to do it.
        self._unverified = None
        arrival = arrival_of(edit, after)
        expected = edit.before if arrival is Arrival.NOT_SHOWN else edit.after
        if lost := lost_fields(edit.before, expected, after):
            self._stop(
                f"HrFlow lost what the profile of candidate {edit.candidate_id} held in "
                f"{', '.join(lost)} when it was edited. The run stopped there: no other profile "
                "was edited. Restore this one, and ask HrFlow's support what an edit keeps."
            )
        if arrival is Arrival.WITHOUT_LAST_APPLIED:
            name = metadata_name(edit.workflow_id)
            sent, returned = _length_of_values(edit.after, name), _length_of_values(after, name)
            self._stop(
                f"HrFlow shortened, altered or dropped the metadata {name} when the profile of "
                f"candidate {edit.candidate_id} was edited: of {sent} characters {returned} came "
                "back. It holds what was written last, without which an older state can overwrite "
                "a newer one and nothing that is withdrawn in Greenhouse can be removed. The run "
                "stopped there: no other profile was edited. Ask HrFlow's support how long the "
                "value of a metadata may be; only_edit_fields with fewer fields makes it shorter."
            )

    def _stop(self, message: str) -> NoReturn:
        # Set before the lock is released: the push has not ended yet, and another thread may be
        # waiting with the next edit.
        self._damaged = True
        raise ProfileDamaged(message)


def _length_of_values(profile: JsonObject, name: str) -> int:
    """How many characters the metadatas with this name hold, all together."""
    return sum(len(str(value)) for value in metadata_values(profile, name))
