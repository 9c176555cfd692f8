"""What the resources of both accounts have in common: their secrets are not shown, and may be
masked. What an account needs is in `greenhouse.resource` and `hrflow.resource`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from pydantic import JsonValue

from greenhouse_hrflow.settings import given, is_address

SECRET: dict[str, JsonValue] = {"dagster__is_secret": True}
"""Of a field: neither Dagster's UI nor the resource's text shows it."""

_MASK = "********"


class AccountResource(dg.ConfigurableResource[Any]):
    """The credentials and addresses of one account.

    What is not given comes from the environment when a run needs it: a missing credential is an
    error of the run, never of loading the definitions.
    """

    def _with_updated_values(self, values: Mapping[str, Any] | None) -> Any:
        """Keep the secrets that this resource was defined with where a run's config masks them.

        Dagster fills the launchpad's form with asterisks for every secret, and sends them with
        the run. There is no public place between the config of a run and the resource.
        """
        told = {
            name: self._defined(name) if self._is_secret(name) and given(value) is None else value
            for name, value in (values or {}).items()
        }
        return super()._with_updated_values(told)

    def _defined(self, name: str) -> Any:
        value = getattr(self, name)
        return value.get_value() if isinstance(value, dg.EnvVar) else value

    @classmethod
    def _is_secret(cls, name: str) -> bool:
        field = cls.model_fields.get(name)
        return field is not None and field.json_schema_extra == SECRET

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Say which secrets are set, and none of them; nor an address that may hold one."""
        for name, value in super().__repr_args__():
            hidden = self._is_secret(name or "") and value is not None
            if isinstance(value, str) and (name or "").endswith("_url"):
                hidden = isinstance(value, dg.EnvVar) or not is_address(value.strip())
            yield name, _MASK if hidden else value
