"""The doctor's table in docs/accounts.md: what it says of the sandbox.

    python -m greenhouse_hrflow_tests.support.accounts_page

writes it anew.
"""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from greenhouse_hrflow.__main__ import main
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.sandbox.modes import GreenhouseModes

PAGE = Path(__file__).resolve().parents[2] / "docs" / "accounts.md"

_BLOCK = re.compile(r"(?s)(<!-- doctor: .*? -->\n```\n).*?(```\n<!-- end -->)")
_WIDTH = "120"


def with_table(page: str) -> str:
    """The page with the table as it is now."""
    lines = [line.rstrip() for line in _doctor_says().splitlines()]
    return _BLOCK.sub(lambda found: found[1] + "\n".join(lines) + "\n" + found[2], page)


def _doctor_says() -> str:
    with Sandbox(people=300, seed=1, greenhouse=GreenhouseModes(rate_limit=50)) as sandbox:
        environment = {**sandbox.environment(), "COLUMNS": _WIDTH}
        result = CliRunner().invoke(main, ["doctor", "--write-test"], env=environment)
    return result.output


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
