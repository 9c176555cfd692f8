"""What must be true when it has gone quiet. Each check gives a list of what is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from itertools import pairwise
from typing import Any

from greenhouse_hrflow.hrflow.fields import LAID_OVER
from greenhouse_hrflow.hrflow.lay_over import changed_fields, lay_over
from greenhouse_hrflow.hrflow.mark import Mark, Written, find_mark, without_mark
from greenhouse_hrflow.sandbox.hrflow_store import HrFlowStore
from greenhouse_hrflow_tests.convergence.location import WORKFLOW
from greenhouse_hrflow_tests.convergence.mutations import People, State

_WORKFLOW_ID = WORKFLOW.workflow_id
_PARTS = (("info", "tags"), ("experiences",), ("educations",))
"""Fields that are read in one request: a candidate that changes while it is read can be seen with
its old row and its new children, but never with an older part than before."""


def not_converged(people: People, store: HrFlowStore, concerned: Collection[int]) -> list[str]:
    """The candidates whose format, laid over their profile, would still change it."""
    found: list[str] = []
    for one in sorted(concerned):
        profile = store.profile(str(one))
        if profile is None or profile["archived_at"] is not None or one in people.gone:
            continue
        mark = find_mark(profile, _WORKFLOW_ID)
        bare = {**profile, "metadatas": without_mark(profile["metadatas"], _WORKFLOW_ID)}
        laid = lay_over(bare, mark.written if mark else {}, people.given(one), LAID_OVER)
        if names := changed_fields(bare, laid.value):
            found.append(f"{one}: {', '.join(names)}")
    return found


def turned_back(people: People, store: HrFlowStore) -> list[str]:
    """The profiles that were written from an older state of their candidate after a newer one."""
    found: list[str] = []
    for reference, marks in _marks(store).items():
        states = people.states[int(reference)]
        for earlier, later in pairwise(marks):
            if later.version < earlier.version:
                found.append(f"{reference}: a read of {later.read_at} after {earlier.read_at}")
        for part in _PARTS:
            if fault := _out_of_order(states, marks, part):
                found.append(f"{reference}: {fault}")
    return found


def written_in_vain(people: People, store: HrFlowStore) -> list[str]:
    """The profiles that were written more often than their candidate had states.

    A state that was seen while it came about, with its old row and its new children, counts too.
    """
    found: list[str] = []
    for reference, marks in _marks(store).items():
        for earlier, later in pairwise(marks):
            if earlier.written == later.written:
                found.append(f"{reference}: the same state twice, at {later.read_at}")
        states = people.states[int(reference)]
        half = half_seen(states, marks)
        if len(marks) > len(states) + half:
            found.append(f"{reference}: {len(marks)} PUTs for {len(states)} states and {half} half")
    return found


def all_half_seen(people: People, store: HrFlowStore) -> int:
    """How many PUTs carried a candidate that changed while it was read."""
    return sum(half_seen(people.states[int(r)], marks) for r, marks in _marks(store).items())


def half_seen(states: list[State], marks: list[Mark]) -> int:
    """How many of these marks are of no state that the candidate ever was in as a whole."""
    whole = [state.written for state in states]
    return sum(mark.written not in whole for mark in marks)


def puts_of(store: HrFlowStore) -> dict[str, list[tuple[datetime, Mark]]]:
    """When each profile was written, and with which mark, in order."""
    found: defaultdict[str, list[tuple[datetime, Mark]]] = defaultdict(list)
    for put in store.puts:
        mark = find_mark(put.body, _WORKFLOW_ID)
        assert mark is not None, f"a PUT without a mark into {put.reference}"
        found[str(put.reference)].append((put.at, mark))
    return found


def _marks(store: HrFlowStore) -> dict[str, list[Mark]]:
    return {ref: [mark for _, mark in puts] for ref, puts in puts_of(store).items()}


def _out_of_order(states: list[State], marks: list[Mark], part: tuple[str, ...]) -> str | None:
    """Whether the marks follow the states: the same one again, or a later one."""
    position = 0
    for mark in marks:
        wanted = _part(mark.written, part)
        ahead = (
            place
            for place in range(position, len(states))
            if _part(states[place].written, part) == wanted
        )
        found = next(ahead, None)
        if found is None:
            known = any(_part(state.written, part) == wanted for state in states)
            kind = "an older state" if known else "what the candidate never was"
            return f"{kind} of {'/'.join(part)}, read at {mark.read_at}"
        position = found
    return None


def _part(written: Written, names: tuple[str, ...]) -> list[Any]:
    return [written.get(name) for name in names]
