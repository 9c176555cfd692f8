"""One person's story as it is shown: a table in a terminal, Markdown in Dagster's UI, JSON.

What it is read from is told in `storage.story`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from greenhouse_hrflow.environment import variable
from greenhouse_hrflow.storage.story import StoryRow, story_of, workflows_in
from greenhouse_hrflow.storage.tables import TableStore

if TYPE_CHECKING:
    from rich.console import Console

UI = "GREENHOUSE_HRFLOW_UI"
"""The variable that holds the address of Dagster's UI, such as https://dagster.example.com."""

_HEADINGS = ("when (UTC)", "what", "partition", "outcome and why", "fields", "run")
_NEVER_BROKEN = ("when (UTC)", "what", "run")

_SHORT_RUN = 8
"""Characters of a run id that Dagster's own UI shows."""


@dataclass(frozen=True)
class Trace:
    """The story of one candidate in one workflow, and where its links lead.

    Attributes:
        ui: the address of Dagster's UI; empty inside that UI, where links need none; None where
            nobody has named it.
    """

    candidate_id: int
    workflow_id: str
    rows: Sequence[StoryRow]
    ui: str | None = None

    @classmethod
    def read(
        cls, tables: TableStore, workflow_id: str, candidate_id: int, *, in_ui: bool = False
    ) -> Trace:
        """Read it from the storage; it has no rows where nothing is known."""
        ui = "" if in_ui else (variable(UI) or "").rstrip("/") or None
        return cls(candidate_id, workflow_id, story_of(tables, workflow_id, candidate_id), ui)

    @property
    def candidate_link(self) -> str:
        """The page of the candidate in Greenhouse."""
        return f"https://app.greenhouse.io/people/{self.candidate_id}"

    def run_link(self, run_id: str) -> str | None:
        """The page of a run in Dagster's UI; None where nobody has named its address."""
        return None if self.ui is None else f"{self.ui}/runs/{run_id}"

    def as_json(self) -> str:
        """All of it, for other programs."""
        rows = [{**_plain(row), "run_link": row.run_id and self.run_link(row.run_id)}
                for row in self.rows]  # fmt: skip
        told = {
            "candidate_id": self.candidate_id,
            "workflow": self.workflow_id,
            "greenhouse": self.candidate_link,
            "events": rows,
        }
        return json.dumps(told, indent=2)

    def as_markdown(self) -> str:
        """A table with links, as Dagster's UI shows it."""
        lines = [
            f"[Candidate {self.candidate_id} in Greenhouse]({self.candidate_link}), workflow "
            f"`{self.workflow_id}`",
            "",
            _markdown_row(_HEADINGS),
            _markdown_row(["---"] * len(_HEADINGS)),
        ]
        for row in self.rows:
            link = row.run_id and self.run_link(row.run_id)
            run = f"[{_short(row.run_id)}]({link})" if link else _short(row.run_id)
            lines.append(_markdown_row([*map(_escaped, _cells(row)), run]))
        return "\n".join(lines)

    def print_to(self, console: Console) -> None:
        """A table, and below it the runs with their whole ids or links."""
        # What a script asks for as JSON needs none of it.
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for heading in _HEADINGS:
            table.add_column(heading, overflow="fold", no_wrap=heading in _NEVER_BROKEN)
        for row in self.rows:
            table.add_row(*map(Text, (*_cells(row), _short(row.run_id))))
        console.print(Text(f"Candidate {self.candidate_id}, workflow {self.workflow_id}"))
        console.print(Text(self.candidate_link), soft_wrap=True)
        console.print(table)
        runs = dict.fromkeys(row.run_id for row in self.rows if row.run_id)
        for run_id in runs:
            where = self.run_link(run_id) or run_id
            console.print(Text(f"run {_short(run_id)}  {where}"), soft_wrap=True)


def nothing_known(tables: TableStore, workflow_id: str, candidate_id: int) -> str:
    """What to check where a candidate has no story."""
    others = ", ".join(workflows_in(tables))
    return (
        f"Nothing is known of candidate {candidate_id} in workflow {workflow_id}, in {tables}. "
        "Check that the number is the candidate's own, as in the address "
        "https://app.greenhouse.io/people/<number> (an application has another one); that the "
        "storage and the workflow are those of the code location"
        f"{f' (other workflows in this storage: {others})' if others else ''}; and that a "
        "partition with the candidate's last change has been materialised."
    )


def _plain(row: StoryRow) -> dict[str, object]:
    return {
        **asdict(row),
        "at": row.at.isoformat(),
        "event": row.event.value,
        "fields": list(row.fields),
    }


def _cells(row: StoryRow) -> tuple[str, str, str, str, str]:
    why = ": ".join(filter(None, (row.outcome, row.reason)))
    if row.attempts:
        why += f" (failed in {row.attempts} run{'s' * (row.attempts > 1)})"
    return _moment(row.at), row.event.value, row.partition or "", why, ", ".join(row.fields)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _short(run_id: str | None) -> str:
    return (run_id or "")[:_SHORT_RUN]


def _escaped(cell: str) -> str:
    """As Markdown shows it, whatever a reason holds."""
    return "".join(f"\\{each}" if each in "\\|<>[]*_`" else each for each in cell)


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
