"""A source of one profile without a server: the sandbox's store, and edits as a push plans them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from greenhouse_hrflow.profiles.edit_plan import Edit, plan_edit
from greenhouse_hrflow.profiles.fields import EDITABLE
from greenhouse_hrflow.profiles.last_applied import without_last_applied
from greenhouse_hrflow.profiles.normalize import JsonObject
from greenhouse_hrflow.profiles.prepare import prepare_profile
from greenhouse_hrflow.profiles.transform import FormattedCandidate
from greenhouse_hrflow.read_version import ReadVersion
from greenhouse_hrflow.sandbox.hrflow.store import HrFlowStore
from greenhouse_hrflow.sandbox.modes import HrFlowModes, PutMode
from greenhouse_hrflow.sandbox.moments import utc_now

WORKFLOW = "a_workflow"
REFERENCE = "7"
BEGAN = datetime(2025, 3, 10, tzinfo=timezone.utc)


class Source:
    """Holds a profile as HrFlow does: in its own forms, strict about what it is sent."""

    def __init__(self, profile: JsonObject, mode: PutMode = "replace") -> None:
        self._store = HrFlowStore("a-source", utc_now, HrFlowModes(put_mode=mode))
        self._store.add({**profile, "reference": REFERENCE})
        self._reads = 0

    @property
    def profile(self) -> JsonObject:
        """The profile but for our metadata, and for the moment of the last edit."""
        profile = self.whole
        del profile["updated_at"]
        return without_last_applied(profile, WORKFLOW)

    @property
    def whole(self) -> JsonObject:
        """The profile as HrFlow answers it."""
        profile = self._store.profile(REFERENCE)
        assert profile is not None
        return json.loads(json.dumps(profile))

    def edit(self, change: Callable[[JsonObject], None]) -> None:
        """A recruiter's edit."""
        self._store.edit(REFERENCE, change)

    def push(self, given: Any, fields: frozenset[str] = EDITABLE) -> list[str]:
        """Plan and write what a format gave; the names of the fields that differed."""
        prepared = prepare_profile(
            given, default_reference=REFERENCE, fields=fields, workflow_id=WORKFLOW
        )
        self._reads += 1
        version = ReadVersion(BEGAN + timedelta(seconds=self._reads), BEGAN)
        candidate = FormattedCandidate(
            int(REFERENCE), REFERENCE, version, prepared.text, "a fingerprint"
        )
        stored = self.whole
        plan = plan_edit(stored, candidate, workflow_id=WORKFLOW, fields=fields)
        if not isinstance(plan, Edit):
            return []
        self._store.put(stored, plan.after)
        return plan.fields
