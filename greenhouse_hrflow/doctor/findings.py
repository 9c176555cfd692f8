"""What was found out: a row for each question, and how the accounts behave, for the contract."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

JsonObject = dict[str, Any]

_JSON_TYPES: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


class Verdict(str, Enum):
    """What a finding means for who runs this on these accounts."""

    EXPECTED = "as expected"
    HANDLED = "handled"
    """Otherwise than expected, or one of several answers: all are right for us."""
    LOOK = "look at it"
    BREAKS = "would break"
    NOT_TOLD = "not told"
    """The accounts show nothing by which it could be told."""


@dataclass(frozen=True)
class Finding:
    """One row of the table.

    Attributes:
        api: "Greenhouse" or "HrFlow".
        question: what was looked at.
        assumed: what this project assumes.
        seen: what the account answered; never a secret, and nothing of a candidate.
        meaning: what that means for the reader, and what to do.
    """

    api: str
    question: str
    assumed: str
    seen: str
    verdict: Verdict
    meaning: str = ""


@dataclass
class Notes:
    """What is written down while one API is asked.

    Attributes:
        modes: how the account behaves, by the names that a contract has for it.
        shapes: of each list, the JSON types of each field that its records have.
    """

    api: str
    findings: list[Finding] = field(default_factory=list[Finding])
    modes: JsonObject = field(default_factory=JsonObject)
    shapes: dict[str, dict[str, list[str]]] = field(default_factory=dict[str, dict[str, list[str]]])

    def add(
        self, question: str, assumed: str, seen: str, verdict: Verdict, meaning: str = ""
    ) -> None:
        """Write a row down."""
        self.findings.append(Finding(self.api, question, assumed, seen, verdict, meaning))

    def add_shape(self, name: str, records: Iterable[JsonObject]) -> None:
        """Write down which fields these records have, and of which types; never a value."""
        types: dict[str, set[str]] = {}
        for record in records:
            for key, value in record.items():
                types.setdefault(key, set()).add(_JSON_TYPES.get(type(value), "object"))
        if types:
            self.shapes[name] = {key: sorted(found) for key, found in sorted(types.items())}


class Stopped(Exception):
    """Nothing more can be asked of this API; the finding that says why is written down."""


@dataclass(frozen=True)
class Diagnosis:
    """All that was found out about two accounts.

    Attributes:
        requests: how many were sent, all tries together.
    """

    greenhouse: Notes
    hrflow: Notes
    requests: int

    @property
    def findings(self) -> list[Finding]:
        """Every row, Greenhouse's first."""
        return [*self.greenhouse.findings, *self.hrflow.findings]

    @property
    def would_break(self) -> bool:
        """Whether something on these accounts would not work."""
        return any(finding.verdict is Verdict.BREAKS for finding in self.findings)

    def as_json(self) -> str:
        """All rows, for other programs."""
        rows = [{**vars(finding), "verdict": finding.verdict.value} for finding in self.findings]
        told = {"would_break": self.would_break, "requests": self.requests, "findings": rows}
        return json.dumps(told, indent=2)

    def contract(self) -> Mapping[str, Any]:
        """How these accounts behave, as the sandbox reads it: modes, limits and shapes."""
        return {
            "contract": 1,
            "greenhouse": self.greenhouse.modes,
            "hrflow": self.hrflow.modes,
            "shapes": {**self.greenhouse.shapes, **self.hrflow.shapes},
        }
