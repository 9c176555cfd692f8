"""The resources: both accounts, and where the tables lie. Each is filled from the environment where
a field is left open, when a run needs it: a missing credential is an error of the run, and never of
loading the definitions.

What an account needs is told in `greenhouse.settings` and `hrflow.settings`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from pydantic import Field, JsonValue

from greenhouse_hrflow.environment import given
from greenhouse_hrflow.greenhouse.reader import CandidateReader, open_reader
from greenhouse_hrflow.greenhouse.settings import CHILDREN, GreenhouseSettings
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.settings import DEFAULT_BASE_URL, DEFAULT_WORKERS, HrFlowSettings
from greenhouse_hrflow.orchestration.reach import require_reachable
from greenhouse_hrflow.settings import is_address
from greenhouse_hrflow.storage.location import default_storage, is_said_to_be_shared
from greenhouse_hrflow.storage.tables import TableStore

_SECRET: dict[str, JsonValue] = {"dagster__is_secret": True}
"""Of a field: neither Dagster's UI nor the resource's text shows it."""

_MASK = "********"

STORAGE_URL = (
    "A folder or an fsspec URL such as s3://bucket/path; else the variable "
    "GREENHOUSE_HRFLOW_STORAGE, else a folder under DAGSTER_HOME."
)


STORAGE_SHARED = (
    "Whether every machine mounts the folder that url names; else GREENHOUSE_HRFLOW_STORAGE_SHARED."
)


class AccountResource(dg.ConfigurableResource[Any]):
    """The credentials and addresses of one account.

    Give secrets as `EnvVar`, never literally.
    """

    def _with_updated_values(self, values: Mapping[str, Any] | None) -> Any:
        """Keep the secrets that this resource was defined with where a run's config masks them.

        Dagster fills the launchpad's form with asterisks for every secret, and sends them with
        the run. There is no public place between the config of a run and the resource.
        """
        unmasked = {
            name: self._defined(name) if self._is_secret(name) and given(value) is None else value
            for name, value in (values or {}).items()
        }
        return super()._with_updated_values(unmasked)

    def _defined(self, name: str) -> Any:
        value = getattr(self, name)
        return value.get_value() if isinstance(value, dg.EnvVar) else value

    @classmethod
    def _is_secret(cls, name: str) -> bool:
        field = cls.model_fields.get(name)
        return field is not None and field.json_schema_extra == _SECRET

    def _given(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).model_fields}

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Say which secrets are set, and none of them; nor an address that may hold one."""
        for name, value in super().__repr_args__():
            hidden = self._is_secret(name or "") and value is not None
            if isinstance(value, str) and (name or "").endswith("_url"):
                hidden = isinstance(value, dg.EnvVar) or not is_address(value.strip())
            yield name, _MASK if hidden else value


class GreenhouseResource(AccountResource):
    """A Greenhouse account."""

    harvest_version: str | None = Field(
        default=None,
        description="v3, or v1 with an API key. Else GREENHOUSE_HARVEST_VERSION, else v3.",
    )
    client_id: str | None = Field(
        default=None,
        description="Of a Harvest v3 (OAuth) credential. Else GREENHOUSE_CLIENT_ID.",
        json_schema_extra=_SECRET,
    )
    client_secret: str | None = Field(
        default=None,
        description="Of the same credential. Else GREENHOUSE_CLIENT_SECRET.",
        json_schema_extra=_SECRET,
    )
    user_id: str | None = Field(
        default=None,
        description="The Site Admin that v3 tokens act for. Else GREENHOUSE_USER_ID, else the "
        "credential's own service user.",
    )
    api_key: str | None = Field(
        default=None,
        description="Of Harvest v1. Else GREENHOUSE_API_KEY.",
        json_schema_extra=_SECRET,
    )
    base_url: str | None = Field(
        default=None,
        description="Else GREENHOUSE_BASE_URL, else https://harvest.greenhouse.io.",
    )
    token_url: str | None = Field(
        default=None,
        description="Else GREENHOUSE_TOKEN_URL, else https://auth.greenhouse.io/token.",
    )
    rate_share: float | None = Field(
        default=None,
        description="Of each rate limit that Harvest announces, the fraction that we may spend. "
        "Else GREENHOUSE_HRFLOW_RATE_SHARE, else 0.8.",
    )
    children: list[str] = Field(
        default=list(CHILDREN),
        description="Which v3 child lists are read with a candidate and decide when it changed; "
        "what belongs to the others is null. Harvest v1 embeds them all.",
    )

    def settings(self) -> GreenhouseSettings:
        """Every setting resolved.

        Raises:
            PullParameterError: one that the Harvest version needs is missing, or is malformed.
        """
        return GreenhouseSettings.resolve(**self._given())

    def open(self, log: logging.Logger, **patience: Any) -> CandidateReader:
        """A reader to be closed by the caller; nothing is asked of Greenhouse yet.

        Args:
            patience: `retries`, `timeout` and `max_wait` of `open_reader`, where the caller has
                less than a run's: a tick of the sensor.

        Raises:
            PullParameterError: as `settings`.
        """
        return open_reader(self.settings(), log=log, **patience)


class HrFlowResource(AccountResource):
    """An HrFlow account."""

    api_secret: str | None = Field(
        default=None,
        json_schema_extra=_SECRET,
        description="An API key that reads and writes (ask_…); else HRFLOW_API_SECRET.",
    )
    api_user: str | None = Field(
        default=None,
        json_schema_extra=_SECRET,
        description="The e-mail address that the key belongs to; else HRFLOW_API_USER.",
    )
    base_url: str | None = Field(
        default=None, description=f"Else HRFLOW_BASE_URL, else {DEFAULT_BASE_URL}."
    )
    push_workers: int | None = Field(
        default=None,
        description="Connections at once; else GREENHOUSE_HRFLOW_PUSH_WORKERS, "
        f"else {DEFAULT_WORKERS}.",
    )
    max_requests_per_minute: int | None = Field(
        default=None,
        gt=0,
        description="A ceiling on requests, all connections together; by default none.",
    )

    def settings(self) -> HrFlowSettings:
        """Every setting resolved.

        Raises:
            PushParameterError: a credential is missing, or a setting is malformed; it names the
                variable.
        """
        return HrFlowSettings.resolve(**self._given())

    def open(self, source_key: str, log: logging.Logger | None = None) -> HrFlowClient:
        """Open a client of one source; the caller closes it."""
        return HrFlowClient(self.settings(), source_key, log=log)


class Storage(dg.ConfigurableResource["Storage"]):
    """Where the tables lie: a folder or any fsspec URL that every run can reach."""

    url: str | None = Field(default=None, description=STORAGE_URL)
    shared: bool | None = Field(default=None, description=STORAGE_SHARED)

    def open(self, instance: dg.DagsterInstance, executor: str | None = None) -> TableStore:
        """The tables that lie there; an instance without a home lends its own folder.

        Args:
            executor: the name of the run's executor, where a run asks.

        Raises:
            ConfigurationError: the storage cannot be used as it is configured.
        """
        return open_storage(self.url, self.shared, instance, executor)


def open_storage(
    url: str | None, shared: bool | None, instance: dg.DagsterInstance, executor: str | None = None
) -> TableStore:
    """The tables at this place, else where the environment says, else in the instance's folder.

    Raises:
        ConfigurationError: the storage cannot be used as it is configured, or not from every
            machine that this instance starts runs or steps on.
    """
    tables = TableStore(given(url) or default_storage() or instance.storage_directory())
    if not (is_said_to_be_shared() if shared is None else shared):
        require_reachable(tables, instance, executor)
    tables.require_usable()
    return tables
