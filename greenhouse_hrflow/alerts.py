"""Who is told when something breaks: the webhook of the user's, and in which form it is spoken to.

What is told, and when, is decided in `orchestration.alerts`; how it is sent, in `webhook`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.settings import given, is_address, variable

WEBHOOK_VARIABLE = "GREENHOUSE_HRFLOW_ALERT_WEBHOOK"
FORM_VARIABLE = "GREENHOUSE_HRFLOW_ALERT_FORM"
UI_VARIABLE = "GREENHOUSE_HRFLOW_UI"

SLACK = "slack"
JSON = "json"


@dataclass(frozen=True)
class Alerts:
    """Where alerts go, and how they look.

    Attributes:
        url: the webhook's address, which may hold a token and is shown nowhere; text, or
            Dagster's `EnvVar`. None reads GREENHOUSE_HRFLOW_ALERT_WEBHOOK at each look.
        form: `slack`, which Mattermost and others understand too, or `json`.
        every: seconds between two looks.
        ui: the base address of Dagster's UI, for links; None for none.

    Raises:
        ConfigurationError: one of them is malformed; no address is repeated.
    """

    url: str | None = field(default=None, repr=False)
    form: Literal["slack", "json"] = SLACK
    every: int = 60
    ui: str | None = None

    def __post_init__(self) -> None:
        if self.form not in (SLACK, JSON):
            raise ConfigurationError(f"form of Alerts ({FORM_VARIABLE}) must be slack or json.")
        if not isinstance(self.every, int) or isinstance(self.every, bool) or self.every < 1:
            raise ConfigurationError("every of Alerts must be a whole number of seconds, above 0.")
        if self.ui is not None and not is_address(self.ui):
            raise ConfigurationError(
                f"ui of Alerts ({UI_VARIABLE}) must be the address of Dagster's UI, such as "
                "https://dagster.example.com, without a user name or a query."
            )
        if self.url is not None and not _is_of_environment(self.url):
            _checked(given(self.url))

    def webhook_url(self) -> str:
        """The webhook's address, as it is set now.

        Raises:
            ConfigurationError: there is none, or it is no address; it is not repeated.
        """
        if self.url is None:
            return _checked(variable(WEBHOOK_VARIABLE))
        text = _of_environment(self.url) if _is_of_environment(self.url) else self.url
        return _checked(given(text))


def _is_of_environment(url: object) -> bool:
    """Whether it is a variable's name that looks itself up, as Dagster's `EnvVar` does."""
    return callable(getattr(url, "get_value", None))


def _of_environment(url: object) -> object:
    get_value = getattr(url, "get_value", None)
    return get_value() if callable(get_value) else None


def _checked(url: str | None) -> str:
    if url is None:
        raise ConfigurationError(
            f"The webhook's address is not set: {WEBHOOK_VARIABLE}, or url of Alerts, must hold it."
        )
    if not _is_url(url):
        raise ConfigurationError(
            f"The webhook's address ({WEBHOOK_VARIABLE}, or url of Alerts) is not a URL: it must "
            "look like https://host/path, without a user name or a password."
        )
    return url


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        # Reading the port is what checks it.
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    is_plain = url.isprintable() and not any(character in url for character in " \\")
    return is_whole and is_plain and parts.scheme in ("http", "https") and "@" not in parts.netloc
