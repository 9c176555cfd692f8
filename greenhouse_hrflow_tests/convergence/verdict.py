"""What must be true when it has gone quiet. Each check gives a list of what is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from itertools import pairwise
from typing import Any

from greenhouse_hrflow.profiles.edit_plan import Edit, plan_edit
from greenhouse_hrflow.profiles.fields import EDITABLE
from greenhouse_hrflow.profiles.last_applied import AppliedHashes, LastApplied, find_last_applied
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.sandbox.hrflow.store import HrFlowStore
from greenhouse_hrflow_tests.convergence.location import WORKFLOW
from greenhouse_hrflow_tests.convergence.mutations import People, State

_WORKFLOW_ID = WORKFLOW.workflow_id
_PARTS = (("info", "tags"), ("experiences",), ("educations",))
"""Fields that are read in one request: a candidate that changes while it is read can be seen with
its old row and its new children, but never with an older part than before."""


def not_converged(people: People, store: HrFlowStore, concerned: Collection[int]) -> list[str]:
    """The candidates of whom a push would still change the profile."""
    found: list[str] = []
    for candidate_id in sorted(concerned):
        profile = store.profile(str(candidate_id))
        if profile is None or candidate_id in people.gone:
            continue
        formatted = people.formatted(candidate_id)
        plan = plan_edit(profile, formatted, workflow_id=_WORKFLOW_ID, fields=EDITABLE)
        if isinstance(plan, Edit):
            found.append(f"{candidate_id}: {', '.join(plan.fields)}")
        elif plan.outcome is Outcome.STALE:
            found.append(f"{candidate_id}: written from a read that has not taken place yet")
    return found


def turned_back(people: People, store: HrFlowStore) -> list[str]:
    """The profiles that were written from an older state of their candidate after a newer one."""
    found: list[str] = []
    for reference, edits in _edits(store).items():
        states = people.states[int(reference)]
        for earlier, later in pairwise(edits):
            if later.version < earlier.version:
                found.append(
                    f"{reference}: a read of {later.version.read_at}, after one of "
                    f"{earlier.version.read_at}"
                )
        for part in _PARTS:
            if fault := _out_of_order(states, edits, part):
                found.append(f"{reference}: {fault}")
    return found


def written_in_vain(people: People, store: HrFlowStore) -> list[str]:
    """The profiles that were written more often than their candidate had states.

    A state that was seen while it came about, with its old row and its new children, counts too.
    """
    found: list[str] = []
    for reference, edits in _edits(store).items():
        for earlier, later in pairwise(edits):
            if earlier.hashes == later.hashes:
                found.append(f"{reference}: the same state twice, at {later.version.read_at}")
        states = people.states[int(reference)]
        half = half_seen(states, edits)
        if len(edits) > len(states) + half:
            found.append(f"{reference}: {len(edits)} PUTs for {len(states)} states and {half} half")
    return found


def all_half_seen(people: People, store: HrFlowStore) -> int:
    """How many PUTs carried a candidate that changed while it was read."""
    return sum(half_seen(people.states[int(r)], edits) for r, edits in _edits(store).items())


def half_seen(states: list[State], edits: list[LastApplied]) -> int:
    """How many of these edits are of no state that the candidate ever was in as a whole."""
    whole = [state.hashes for state in states]
    return sum(applied.hashes not in whole for applied in edits)


def puts_of(store: HrFlowStore) -> dict[str, list[tuple[datetime, LastApplied]]]:
    """When each profile was written, and with which applied, in order."""
    found: defaultdict[str, list[tuple[datetime, LastApplied]]] = defaultdict(list)
    for put in store.puts:
        applied = find_last_applied(put.body, _WORKFLOW_ID)
        assert applied is not None, f"a PUT without a applied into {put.reference}"
        found[str(put.reference)].append((put.at, applied))
    return found


def _edits(store: HrFlowStore) -> dict[str, list[LastApplied]]:
    return {ref: [applied for _, applied in puts] for ref, puts in puts_of(store).items()}


def _out_of_order(
    states: list[State], edits: list[LastApplied], part: tuple[str, ...]
) -> str | None:
    """Whether the edits follow the states: the same one again, or a later one."""
    position = 0
    for applied in edits:
        wanted = _part(applied.hashes, part)
        ahead = (
            place
            for place in range(position, len(states))
            if _part(states[place].hashes, part) == wanted
        )
        found = next(ahead, None)
        if found is None:
            known = any(_part(state.hashes, part) == wanted for state in states)
            kind = "an older state" if known else "what the candidate never was"
            return f"{kind} of {'/'.join(part)}, read at {applied.version.read_at}"
        position = found
    return None


def _part(written: AppliedHashes, names: tuple[str, ...]) -> list[Any]:
    return [written.get(name) for name in names]
