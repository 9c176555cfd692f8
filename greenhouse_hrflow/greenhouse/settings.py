"""How Greenhouse is reached: the Harvest version, its credentials and addresses, the child lists.

Nothing is asked of Greenhouse here. An error names the variable and says where to get its value.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias, get_args

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from greenhouse_hrflow.errors import ConfigurationError, PullParameterError
from greenhouse_hrflow.settings import AccountSettings, BaseUrl, setting

HarvestVersion: TypeAlias = Literal["v3", "v1"]

Child: TypeAlias = Literal[
    "applications",
    "attachments",
    "candidate_educations",
    "candidate_employments",
    "applied_candidate_tags",
]
"""A v3 list whose records belong to candidates, by the name it has in v3's addresses."""

CHILDREN: tuple[Child, ...] = get_args(Child)

DEFAULT_BASE_URL = "https://harvest.greenhouse.io"
DEFAULT_TOKEN_URL = "https://auth.greenhouse.io/token"

_NO_SECRET = SecretStr("")
_WHERE = "in Greenhouse under Configure > Dev Center > API Credentials"


def _check_version(value: object) -> object:
    if value not in get_args(HarvestVersion):
        raise ValueError("must be v3 or v1.")
    return value


def _check_user_id(value: object) -> str:
    text = str(value)
    if not (text.isascii() and text.isdigit()):
        raise ValueError("must be the numeric id of a Greenhouse user, or not be set.")
    return text


def _check_share(value: object) -> float:
    try:
        share = float(str(value))
    except ValueError:
        share = 0.0
    if not 0.0 < share <= 1.0:
        raise ValueError("must be a fraction above 0 and at most 1, such as 0.8.")
    return share


def _check_children(names: object) -> object:
    wanted = set(names) if isinstance(names, (list, tuple, set, frozenset)) else {names}
    if unknown := wanted.difference(CHILDREN):
        known = ", ".join(CHILDREN)
        raise ValueError(f"unknown {', '.join(sorted(map(str, unknown)))}; known are {known}.")
    return wanted


class GreenhouseSettings(AccountSettings):
    """Where and as whom a reader asks, and for which child lists.

    Attributes:
        user_id: the user whom a v3 token acts for; empty for the credential's own service user.
        rate_share: of each rate limit that Harvest announces, how much we may spend; the rest is
            left to the account's other integrations.
        children: which of v3's child lists are read; v1 embeds them all.
    """

    error: ClassVar[type[ConfigurationError]] = PullParameterError

    harvest_version: Annotated[HarvestVersion, BeforeValidator(_check_version)] = setting(
        "GREENHOUSE_HARVEST_VERSION", default="v3"
    )
    client_id: SecretStr = setting("GREENHOUSE_CLIENT_ID", default=_NO_SECRET)
    client_secret: SecretStr = setting("GREENHOUSE_CLIENT_SECRET", default=_NO_SECRET)
    user_id: Annotated[str, BeforeValidator(_check_user_id)] = setting(
        "GREENHOUSE_USER_ID", default=""
    )
    api_key: SecretStr = setting("GREENHOUSE_API_KEY", default=_NO_SECRET)
    base_url: BaseUrl = setting("GREENHOUSE_BASE_URL", default=DEFAULT_BASE_URL)
    token_url: BaseUrl = setting("GREENHOUSE_TOKEN_URL", default=DEFAULT_TOKEN_URL)
    rate_share: Annotated[float, BeforeValidator(_check_share)] = setting(
        "GREENHOUSE_HRFLOW_RATE_SHARE", default=0.8
    )
    children: Annotated[frozenset[Child], BeforeValidator(_check_children)] = Field(
        default=frozenset(CHILDREN)
    )

    @model_validator(mode="after")
    def _require_credentials(self) -> GreenhouseSettings:
        needed = ("client_id", "client_secret") if self.harvest_version == "v3" else ("api_key",)
        missing = [self.variable_of(name) or "" for name in needed if not getattr(self, name)]
        if missing:
            raise ValueError(self._how_to_get(missing))
        return self

    def _how_to_get(self, missing: list[str]) -> str:
        is_v3 = self.harvest_version == "v3"
        kind = "a credential of the type Harvest V3 (OAuth)" if is_v3 else "a Harvest API key"
        message = f"{' and '.join(missing)} not set: create {kind} {_WHERE}."
        if is_v3 and self.api_key:
            message += (
                " GREENHOUSE_API_KEY is set, but belongs to Harvest v1: "
                "GREENHOUSE_HARVEST_VERSION=v1 would use it."
            )
        return message
