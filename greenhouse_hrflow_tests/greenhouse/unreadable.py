"""Values that are no time, and how to see which field of a candidate could not be read.

In the tests of unreadable records "hemlig" (Swedish: secret) is what Greenhouse gave: no log and no
error may quote it.
"""

from __future__ import annotations

from typing import Any

from greenhouse_hrflow.greenhouse.candidate import ReadCandidate
from greenhouse_hrflow.storage.candidate_table import candidate_frame, take_candidates

FAR_AHEAD = "9999-12-31T23:59:59Z"
NO_TIMES: list[Any] = [None, "hemlig", "", 5, True, [], dict.fromkeys("abcd"), FAR_AHEAD]


def unreadable_fields(candidates: dict[int, ReadCandidate]) -> dict[int, str | None]:
    """The unreadable field of each candidate, by id; a table of candidates must keep it."""
    fields = {candidate_id: candidate.unreadable for candidate_id, candidate in candidates.items()}
    stored = list(take_candidates(candidate_frame(candidates.values(), "a-run")))
    assert [candidate.unreadable for candidate in stored] == list(fields.values())
    assert [candidate.id for candidate in stored] == list(candidates)
    return fields
