"""What the environment says: its variables are read here and nowhere else.

Apart from `settings`, which checks them: to look something up in the storage takes no longer than
to start Python, while what checks settings takes a fifth of a second to import.
"""

from __future__ import annotations

import os


def variable(name: str) -> str | None:
    """An environment variable without the blanks and line ends around it; None if that is nothing.

    A .env with Windows line ends, or a secret with a newline, would else get into names and paths.
    """
    return os.environ.get(name, "").strip() or None


def given(value: object) -> str | None:
    """The same of a value from code or run config.

    Asterisks are no value: Dagster's launchpad fills in "********" for a secret.
    """
    text = "" if value is None else str(value).strip()
    return text if text.strip("*") else None
