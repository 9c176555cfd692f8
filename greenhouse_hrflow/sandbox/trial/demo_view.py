"""What the demo shows in a terminal: progress, the table of outcomes, one profile.

Nothing is run or counted here, but for the requests that a progress bar shows as they come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
)
from rich.table import Table
from rich.text import Text

from greenhouse_hrflow.sandbox.trial.demo_profile import FieldRow

MEANINGS = {
    "updated": "the profile was edited",
    "unchanged": "HrFlow held all of it already",
    "stale": "a later read was there first",
    "missing": "the source has no such profile",
    "archived": "archived in HrFlow, and left alone",
    "anonymised": "in Greenhouse",
    "discarded": "by one of the logics",
    "rejected": "refused for good",
    "failed": "HrFlow kept failing for it",
}
"""Every outcome of a run that writes, in the order in which they are shown."""

_FIELD_WIDTH = len("    location.lat/lng")
_VERDICTS = {
    "changed": "yellow",
    "new": "green",
    "removed": "red",
    "same": "dim",
    "kept": "cyan",
}


@dataclass(frozen=True)
class Requests:
    """How many requests were made."""

    greenhouse: int = 0
    hrflow_reads: int = 0
    hrflow_edits: int = 0

    @classmethod
    def counted(cls, requests: Counter[str]) -> Requests:
        """From the sandbox's counts by method and path."""
        hrflow = Counter[str]()
        for what, count in requests.items():
            method, path = what.split(" ", 1)
            if path.startswith("/hrflow/"):
                hrflow[method] += count
        edits = hrflow["PUT"]
        reads = hrflow.total() - edits
        return cls(requests.total() - reads - edits, reads, edits)


@dataclass
class Pass:
    """What one pass over the partitions came to."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    requests: Requests = field(default_factory=Requests)
    seconds: float = 0.0

    @property
    def pulled(self) -> int:
        """How many candidates were read."""
        return self.outcomes.total()


class _LiveRequests(ProgressColumn):
    def __init__(self, count: Callable[[], Counter[str]]) -> None:
        super().__init__()
        self._count = count

    def render(self, task: Task) -> Text:
        now = Requests.counted(self._count())
        hrflow = now.hrflow_reads + now.hrflow_edits
        return Text(f"requests: Greenhouse {now.greenhouse}, HrFlow {hrflow}", style="dim")


@contextmanager
def progress_over(
    console: Console, partitions: Sequence[str], count: Callable[[], Counter[str]]
) -> Generator[Callable[[str, Counter[str], float], None]]:
    """A bar over the partitions, gone at the end; gives what to call when one is done."""
    columns = (
        TextColumn(" "),
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=16),
        _LiveRequests(count),
    )
    disable = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=disable) as progress:
        task = progress.add_task(partitions[0], total=len(partitions))
        following = iter([*partitions[1:], ""])

        def done(partition: str, outcomes: Counter[str], seconds: float) -> None:
            progress.console.print(_partition_line(partition, outcomes, seconds))
            progress.update(task, advance=1, description=next(following))

        yield done


def _partition_line(partition: str, outcomes: Counter[str], seconds: float) -> Text:
    counts = [f"{outcomes[name]} {name}" for name in MEANINGS if outcomes[name]]
    line = Text("  ✓ ", style="green")
    line.append(f"{partition} ", style="bold")
    line.append(f"{outcomes.total():>4} pulled", style="default")
    line.append(f"  {', '.join(counts) or 'nothing to do'}", style="default")
    line.append(f"  {seconds:.1f} s", style="dim")
    return line


def outcome_table(passes: Sequence[Pass]) -> Table:
    """Pulled, each outcome, the requests and the seconds: a column a pass, or one with meanings."""
    alone = len(passes) == 1
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("")
    for name in ("first pass", "second pass")[: len(passes)]:
        table.add_column(name, justify="right")
    table.add_column("", style="dim")

    def add(name: str, values: Sequence[int], meaning: str = "", style: str = "") -> None:
        table.add_row(name, *(_number(value, style) for value in values), meaning * alone)

    add("  candidates pulled", [one.pulled for one in passes], "from Greenhouse", "bold")
    for outcome, meaning in MEANINGS.items():
        style = "bold green" if outcome == "updated" else ""
        add(f"    {outcome}", [one.outcomes[outcome] for one in passes], meaning, style)
    requests = [one.requests for one in passes]
    table.add_section()
    add("  requests to Greenhouse", [each.greenhouse for each in requests], "lists, and by ids")
    add("  requests to HrFlow: reading", [each.hrflow_reads for each in requests], "if not known")
    add("  requests to HrFlow: editing", [each.hrflow_edits for each in requests], "a profile each")
    table.add_section()
    table.add_row("  seconds", *(f"{one.seconds:.1f}" for one in passes), "")
    return table


def _number(value: int, style: str) -> Text:
    return Text(str(value), style=style if value else "dim")


def profile_table(rows: Sequence[FieldRow]) -> Table:
    """A profile before and after, a value a line."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=True)
    table.add_column("  field", no_wrap=True, min_width=_FIELD_WIDTH)
    table.add_column("before", overflow="fold", ratio=1)
    table.add_column("after", overflow="fold", ratio=1)
    table.add_column("", no_wrap=True, min_width=max(map(len, _VERDICTS)))
    last = ("", "")
    for row in rows:
        if row.name and row.section != last[0]:
            table.add_row(Text(f"  {row.section}", style="bold"))
        style = _VERDICTS[row.verdict]
        is_same = row.before == row.after
        table.add_row(
            _field(row, repeated=(row.section, row.name) == last),
            _value(row.before, "dim" if is_same else "", whole=not is_same),
            _value(row.after, style, whole=not is_same),
            Text(row.verdict, style=style),
        )
        last = (row.section, row.name)
    return table


def _field(row: FieldRow, *, repeated: bool) -> Text:
    if repeated:
        return Text()
    return Text(f"    {row.name}") if row.name else Text(f"  {row.section}", style="bold")


def _value(text: str, style: str, *, whole: bool) -> Text:
    """A value that stayed takes one line; one that did not is worth all that it takes."""
    if whole:
        return Text(text, style=style)
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")
