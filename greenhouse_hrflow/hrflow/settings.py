"""How HrFlow is reached: credentials, address, connections; and which source is written by default.

Which source a workflow writes is a push parameter (`push_parameters`).
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, SecretStr

from greenhouse_hrflow.errors import ConfigurationError, PushParameterError
from greenhouse_hrflow.settings import AccountSettings, BaseUrl, setting

DEFAULT_BASE_URL = "https://api.hrflow.ai/v1"
DEFAULT_WORKERS = 16


def _fits_a_header(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if not (value.isascii() and value.isprintable()):
        raise ValueError("holds a character that no HTTP header can carry.")
    return secret


_HeaderSecret = Annotated[SecretStr, AfterValidator(_fits_a_header)]


class HrFlowSettings(AccountSettings):
    """Everything that an `HrFlowClient` needs but the source.

    Attributes:
        push_workers: how many threads push, each with a connection of its own.
        max_requests_per_minute: a ceiling for one run; None for none.
    """

    error: ClassVar[type[ConfigurationError]] = PushParameterError

    api_secret: _HeaderSecret = setting(
        "HRFLOW_API_SECRET",
        description="an API key that reads and writes (ask_…), from Settings > API Keys in HrFlow",
    )
    api_user: _HeaderSecret = setting(
        "HRFLOW_API_USER",
        description="the e-mail address of the HrFlow account that the API key belongs to",
    )
    base_url: BaseUrl = setting("HRFLOW_BASE_URL", default=DEFAULT_BASE_URL)
    push_workers: int = setting("GREENHOUSE_HRFLOW_PUSH_WORKERS", default=DEFAULT_WORKERS, ge=1)
    max_requests_per_minute: int | None = Field(default=None, ge=1)


class _Source(AccountSettings):
    error: ClassVar[type[ConfigurationError]] = PushParameterError

    source_key: str = setting(
        "HRFLOW_SOURCE_KEY",
        description="the key of the source whose profiles are updated, from the source's page in "
        "HrFlow",
    )


def resolve_source_key(source_key: str | None) -> str:
    """The key of the source to write: the one that is given, else HRFLOW_SOURCE_KEY.

    Raises:
        PushParameterError: neither is set, or what is given is malformed.
    """
    return _Source.resolve(source_key=source_key).source_key
