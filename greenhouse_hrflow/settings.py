"""How any setting is found and checked: what is given, else the variable; and addresses.

The environment is read here and nowhere else. Which settings there are is said where they are
used: `greenhouse.settings`, `hrflow.settings`, `tables`, `definitions`.
"""

from __future__ import annotations

import os

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from greenhouse_hrflow.errors import ConfigurationError


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


def address(
    value: str, setting: str, example: str, error: type[ConfigurationError] = ConfigurationError
) -> str:
    """An address to which paths can be appended, without a slash at its end.

    Raises:
        ConfigurationError: it is none; or it holds a user or password, which would stand in logs.
            The value is not repeated.
    """
    if fault := _fault_of(value):
        raise error(f"{setting} {fault}: it must look like {example}")
    return value.rstrip("/")


def is_address(value: str) -> bool:
    """Whether this is an address that may be shown."""
    return _fault_of(value) is None


def _fault_of(value: str) -> str | None:
    if not value.isprintable() or any(character in value for character in " \\"):
        return "holds a blank, a backslash or an invisible character"
    try:
        # The parser that the connection is made with: two can see two hosts in one address.
        parts = parse_url(value)
    except LocationParseError:
        return "is not a URL"
    if "@" in value.partition("://")[2].partition("/")[0]:
        return "must not hold a user name or a password"
    if parts.scheme not in ("http", "https") or not parts.host or parts.port == 0:
        return "is not a URL"
    if "?" in value or "#" in value:
        return "must end before any ? or #"
    return None
