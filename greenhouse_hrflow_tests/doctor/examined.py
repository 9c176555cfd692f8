"""The doctor as a person calls it: what it prints, how it ends, the contract that it writes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from greenhouse_hrflow.__main__ import main
from greenhouse_hrflow.sandbox import Sandbox


@dataclass(frozen=True)
class Examined:
    """One call.

    Attributes:
        said: all that it printed.
        findings: the rows, by their question.
    """

    exit_code: int
    said: str
    findings: dict[str, dict[str, str]]
    contract: dict[str, Any]
    requests: int

    def of(self, verdict: str) -> list[str]:
        """What those rows mean for the reader that have this verdict."""
        rows = self.findings.values()
        return [row["meaning"] for row in rows if row["verdict"] == verdict]


def examine(sandbox: Sandbox, *options: str, **environment: str | None) -> Examined:
    """Call it on a sandbox, with some variables set otherwise, or not at all."""
    sandbox.forget_requests()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "contract.json"
        result = CliRunner().invoke(
            main,
            ["doctor", "--json", "--contract", str(file), *options],
            env=_environment(sandbox, environment),
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        written = file.read_text(encoding="utf-8")
    told = json.loads(result.stdout)
    # Those to an address where nobody answers are sent, too.
    assert told["requests"] >= sum(sandbox.requests.values())
    return Examined(
        result.exit_code,
        result.output + written,
        {row["question"]: row for row in told["findings"]},
        json.loads(written),
        told["requests"],
    )


def _environment(sandbox: Sandbox, others: Mapping[str, str | None]) -> dict[str, str | None]:
    clean = dict.fromkeys(("GREENHOUSE_USER_ID", "GREENHOUSE_HARVEST_VERSION"))
    return {**clean, **sandbox.environment(), **others}
