"""docs/benchmarks.md, of which each section is written by whoever measured it last."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"
NOWHERE = Path(os.devnull)

_NOTES = """\
Written by `make bench`. Every contender is a process of its own; the sandbox is another, and its
own CPU bounds what can be measured at 0 ms. The pull (Harvest v1) is taken from the time of the
push. Candidates without a profile count too. HrFlow takes a null text for an empty one here, which
the reference needs. The reference's reader, references, dates and nulls are mended in memory. The
contenders that send one request at a time push fewer people at 50 ms: their rate does not depend on
how many there are. `plain upsert` is a script that PUTs without reading.
`changed`: no profile holds what Greenhouse has. `unchanged`: a first look at profiles that do.
`again`: the same run once more, by one that remembers (here through Dagster, and it asks for those
without a profile alone); a contender that remembers nothing does the same as in `unchanged`.
`One candidate's story` is `python -m greenhouse_hrflow trace`, from the start of its process to its
end, on a local disk whose cache is warm; today's edits lie in 288 files of the log.
"""


def machine() -> str:
    """The day, and what it is measured on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next((line.split(": ")[1] for line in lines if line.startswith("model name")), "")
    now = datetime.now(timezone.utc)
    return f"{now:%Y-%m-%d}, {os.cpu_count()} cores, {model}, Python {platform.python_version()}"


class Document:
    """The sections, printed row by row, and written whole each time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        written = path.read_text() if path.is_file() else ""
        self._sections = {
            section.partition("\n")[0]: section.strip() for section in written.split("\n## ")[1:]
        }
        self._title = ""

    def begin(self, title: str, table: str) -> None:
        """Begin a section, in the place of an earlier one of this title."""
        self._title = title
        self._sections[title] = f"{title}\n\n{machine()}\n"
        self.add(*table.splitlines())

    def add(self, *lines: str) -> None:
        """Add lines to the section."""
        print(*lines, sep="\n", flush=True)
        self._sections[self._title] += "".join(f"\n{line}" for line in lines)
        sections = [f"## {section}\n" for section in self._sections.values()]
        self._path.write_text("\n".join(["# Benchmarks\n", _NOTES, *sections]))
