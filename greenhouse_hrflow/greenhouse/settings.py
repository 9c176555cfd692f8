"""Where Greenhouse is and how to be let in: from what is given, the environment, the defaults.

Nothing is asked of Greenhouse here. A fault names the variable and says where to get its value;
no value is repeated, since most of them are secrets.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from greenhouse_hrflow.errors import PullParameterError
from greenhouse_hrflow.settings import address, given, variable

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

_VARIABLES = {
    "harvest_version": "GREENHOUSE_HARVEST_VERSION",
    "client_id": "GREENHOUSE_CLIENT_ID",
    "client_secret": "GREENHOUSE_CLIENT_SECRET",
    "user_id": "GREENHOUSE_USER_ID",
    "api_key": "GREENHOUSE_API_KEY",
    "base_url": "GREENHOUSE_BASE_URL",
    "token_url": "GREENHOUSE_TOKEN_URL",
}
_DEFAULTS = {
    "harvest_version": "v3",
    "base_url": "https://harvest.greenhouse.io",
    "token_url": "https://auth.greenhouse.io/token",
}
_WHERE = "in Greenhouse under Configure > Dev Center > API Credentials"


@dataclass(frozen=True)
class GreenhouseSettings:
    """What a reader needs to know; made by `resolve`, which checks it.

    Attributes:
        user_id: the user that a v3 token acts for; empty for the credential's own service user.
        children: which v3 child lists are read; v1 embeds them all.
    """

    harvest_version: HarvestVersion
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    user_id: str
    api_key: str = field(repr=False)
    base_url: str
    token_url: str
    children: frozenset[Child]

    @classmethod
    def resolve(
        cls,
        *,
        harvest_version: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        user_id: int | str | None = None,
        api_key: str | None = None,
        base_url: str | None = None,
        token_url: str | None = None,
        children: Iterable[str] | None = None,
    ) -> GreenhouseSettings:
        """Take what is given, else the environment variable, else the default.

        Raises:
            PullParameterError: a setting that this version of Harvest needs is missing, or one
                is malformed.
        """
        found = {
            "harvest_version": _find("harvest_version", harvest_version),
            "client_id": _find("client_id", client_id),
            "client_secret": _find("client_secret", client_secret),
            "user_id": _find("user_id", user_id),
            "api_key": _find("api_key", api_key),
            "base_url": _address("base_url", base_url),
            "token_url": _address("token_url", token_url),
        }
        version = _version(found.pop("harvest_version"))
        _require_credentials(version, found)
        if found["user_id"] and not (found["user_id"].isascii() and found["user_id"].isdigit()):
            raise PullParameterError(
                "GREENHOUSE_USER_ID must be the numeric id of a Greenhouse user, or not be set."
            )
        return cls(harvest_version=version, children=_children(children), **found)


def _find(name: str, value: object) -> str:
    return given(value) or variable(_VARIABLES[name]) or _DEFAULTS.get(name, "")


def _version(value: str) -> HarvestVersion:
    if value == "v3" or value == "v1":
        return value
    raise PullParameterError("GREENHOUSE_HARVEST_VERSION must be v3 or v1.")


def _require_credentials(version: HarvestVersion, found: dict[str, str]) -> None:
    needed = ("client_id", "client_secret") if version == "v3" else ("api_key",)
    missing = [_VARIABLES[name] for name in needed if not found[name]]
    if not missing:
        return
    kind = "a credential of the type Harvest V3 (OAuth)" if version == "v3" else "a Harvest API key"
    message = f"{' and '.join(missing)} not set: create {kind} {_WHERE}."
    if version == "v3" and found["api_key"]:
        message += (
            " GREENHOUSE_API_KEY is set, but belongs to Harvest v1: "
            "GREENHOUSE_HARVEST_VERSION=v1 would use it."
        )
    raise PullParameterError(message)


def _address(name: str, value: str | None) -> str:
    found = _find(name, value)
    return address(found, _VARIABLES[name], _DEFAULTS[name], PullParameterError)


def _children(names: Iterable[str] | None) -> frozenset[Child]:
    wanted = set(CHILDREN if names is None else names)
    if unknown := wanted.difference(CHILDREN):
        raise PullParameterError(
            f"children: unknown {', '.join(sorted(unknown))}; known are {', '.join(CHILDREN)}."
        )
    return frozenset(child for child in CHILDREN if child in wanted)
