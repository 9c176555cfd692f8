"""How HrFlow is reached: address and credentials, given or from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field

from greenhouse_hrflow.errors import PushParameterError
from greenhouse_hrflow.settings import address, given, variable

DEFAULT_BASE_URL = "https://api.hrflow.ai/v1"
DEFAULT_WORKERS = 16


@dataclass(frozen=True)
class HrFlowSettings:
    """Everything that is needed to open a client; the secrets do not show in its repr."""

    api_secret: str = field(repr=False)
    api_user: str = field(repr=False)
    base_url: str = DEFAULT_BASE_URL
    push_workers: int = DEFAULT_WORKERS
    max_requests_per_minute: int | None = None

    @classmethod
    def resolve(
        cls,
        *,
        api_secret: str | None = None,
        api_user: str | None = None,
        base_url: str | None = None,
        push_workers: int | None = None,
        max_requests_per_minute: int | None = None,
    ) -> HrFlowSettings:
        """Take what is given, else the environment's variable, else the default.

        Raises:
            PushParameterError: a credential is missing, or a value cannot be used; it names the
                variable.
        """
        return cls(
            api_secret=_required(api_secret, "HRFLOW_API_SECRET", "an API key that reads and "
                                 "writes (ask_…), from Settings > API Keys in HrFlow"),
            api_user=_required(api_user, "HRFLOW_API_USER", "the e-mail address of the HrFlow "
                               "account that the API key belongs to"),
            base_url=_address(given(base_url) or variable("HRFLOW_BASE_URL") or DEFAULT_BASE_URL),
            push_workers=_workers(push_workers),
            max_requests_per_minute=max_requests_per_minute,
        )  # fmt: skip


def resolve_source_key(source_key: str | None) -> str:
    """The source to write: the one that is given, else HRFLOW_SOURCE_KEY.

    Raises:
        PushParameterError: there is none.
    """
    return _required(source_key, "HRFLOW_SOURCE_KEY", "the key of the source whose profiles are "
                     "updated, from the source's page in HrFlow")  # fmt: skip


def _required(told: str | None, name: str, meaning: str) -> str:
    value = given(told) or variable(name)
    if not value:
        raise PushParameterError(f"{name} is not set: it must hold {meaning}.")
    if not (value.isascii() and value.isprintable()):
        raise PushParameterError(f"{name} holds a character that no HTTP header can carry.")
    return value


def _address(url: str) -> str:
    return address(url, "HRFLOW_BASE_URL", DEFAULT_BASE_URL, PushParameterError)


def _workers(told: int | None) -> int:
    found = given(told) or variable("GREENHOUSE_HRFLOW_PUSH_WORKERS") or DEFAULT_WORKERS
    try:
        workers = int(found)
    except ValueError:
        workers = 0
    if workers < 1:
        raise PushParameterError("GREENHOUSE_HRFLOW_PUSH_WORKERS must be a whole number above 0.")
    return workers
