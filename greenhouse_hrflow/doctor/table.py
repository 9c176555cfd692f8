"""The findings as a table in a terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenhouse_hrflow.doctor.asking import MOST_REQUESTS
from greenhouse_hrflow.doctor.findings import Diagnosis, Verdict

_MARKS = {
    Verdict.EXPECTED: "✓",
    Verdict.HANDLED: "✓",
    Verdict.LOOK: "!",
    Verdict.BREAKS: "✗",
    Verdict.NOT_TOLD: "?",
}
_LEGEND = "✓ works   ! works, look at it   ✗ would break   ? the accounts do not tell"


def print_table(diagnosis: Diagnosis, console: Console) -> None:
    """Print all rows, and below them the verdict on the whole."""
    for notes in (diagnosis.greenhouse, diagnosis.hrflow):
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, title_justify="left")
        table.add_column("")
        for heading in (notes.api, "assumed", "seen", "for you"):
            table.add_column(heading, overflow="fold")
        for finding in notes.findings:
            cells = (finding.question, finding.assumed, finding.seen, finding.meaning)
            table.add_row(_MARKS[finding.verdict], *map(Text, cells))
        console.print(table)
        console.print()
    broken = sum(finding.verdict is Verdict.BREAKS for finding in diagnosis.findings)
    console.print(Text(_LEGEND))
    console.print(Text(f"{diagnosis.requests} requests (at most {MOST_REQUESTS})."))
    console.print(Text(f"{broken} would break." if broken else "Nothing would break."))
