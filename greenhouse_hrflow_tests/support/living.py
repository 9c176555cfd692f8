"""Which processes are alive, as Linux tells it."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")


def living() -> dict[int, int]:
    """Every process that is no zombie, with its parent."""
    found: dict[int, int] = {}
    for folder in PROC.glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state not in "ZX":
            found[int(folder.name)] = int(parent)
    return found


def descendants(root: int) -> set[int]:
    """The processes that a process started, and those that they started."""
    parents = living()
    known = {root}
    while more := {pid for pid, parent in parents.items() if parent in known} - known:
        known |= more
    return known - {root}
