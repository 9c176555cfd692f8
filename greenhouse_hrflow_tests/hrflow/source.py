"""A source of one profile without a server: the sandbox's store, and edits as a push makes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from greenhouse_hrflow.hrflow.fields import LAID_OVER
from greenhouse_hrflow.hrflow.lay_over import changed_fields, lay_over
from greenhouse_hrflow.hrflow.mark import Mark, find_mark, with_mark, without_mark
from greenhouse_hrflow.hrflow.prepare import prepare_profile
from greenhouse_hrflow.hrflow.values import JsonObject
from greenhouse_hrflow.sandbox.hrflow_store import HrFlowStore, PutMode
from greenhouse_hrflow.sandbox.moments import utc_now

WORKFLOW = "a_workflow"
REFERENCE = "7"
BEGAN = datetime(2025, 3, 10, tzinfo=timezone.utc)


class Source:
    """Holds a profile as HrFlow does: in its own forms, strict about what it is sent."""

    def __init__(self, profile: JsonObject, mode: PutMode = "replace") -> None:
        self._store = HrFlowStore("a-source", utc_now, put_mode=mode)
        self._store.add({**profile, "reference": REFERENCE})
        self._reads = 0

    @property
    def profile(self) -> JsonObject:
        """The profile but for our mark, and for the moment of the last edit."""
        profile = self.whole
        del profile["updated_at"]
        return {**profile, "metadatas": without_mark(profile["metadatas"], WORKFLOW)}

    @property
    def whole(self) -> JsonObject:
        """The profile as HrFlow answers it."""
        profile = self._store.profile(REFERENCE)
        assert profile is not None
        return json.loads(json.dumps(profile))

    def edit(self, change: Callable[[JsonObject], None]) -> None:
        """A recruiter's edit."""
        self._store.edit(REFERENCE, change)

    def push(self, given: Any, fields: frozenset[str] = LAID_OVER) -> list[str]:
        """Lay over and write what a format gave; the names of the fields that differed."""
        prepared = prepare_profile(
            given, default_reference=REFERENCE, fields=fields, workflow_id=WORKFLOW
        ).profile
        stored = self.whole
        mark = find_mark(stored, WORKFLOW)
        bare = {**stored, "metadatas": without_mark(stored["metadatas"], WORKFLOW)}
        laid = lay_over(bare, mark.written if mark else {}, prepared, fields)
        names = changed_fields(bare, laid.value)
        if names:
            self._reads += 1
            read_at = BEGAN + timedelta(seconds=self._reads)
            ours = Mark(read_at, BEGAN, laid.written)
            metadatas = with_mark(laid.value["metadatas"], WORKFLOW, ours)
            sent = {**laid.value, "metadatas": metadatas}
            meant = {n: v for n, v in sent.items() if v is not None or n in names}
            self._store.put(stored, meant)
        return names
