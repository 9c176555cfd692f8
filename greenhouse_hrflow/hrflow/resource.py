"""HrFlow as a Dagster resource: it holds the credentials, and opens a client for a run."""

from __future__ import annotations

import logging

import dagster as dg
from pydantic import Field

from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.settings import DEFAULT_BASE_URL, DEFAULT_WORKERS, HrFlowSettings


class HrFlowResource(dg.ConfigurableResource["HrFlowResource"]):
    """The credentials of one HrFlow account.

    A field that is not set is read from its variable when a run begins, so that definitions load
    without credentials and no secret stands in them. Give secrets as `EnvVar`, never literally.
    """

    api_secret: str | None = Field(
        default=None,
        json_schema_extra={"dagster__is_secret": True},
        description="An API key that reads and writes (ask_…); else HRFLOW_API_SECRET.",
    )
    api_user: str | None = Field(
        default=None,
        json_schema_extra={"dagster__is_secret": True},
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

    def open(self, source_key: str, log: logging.Logger | None = None) -> HrFlowClient:
        """Open a client of one source; the caller closes it.

        Raises:
            PushParameterError: a credential is missing; it names the variable.
        """
        settings = HrFlowSettings.resolve(
            api_secret=self.api_secret,
            api_user=self.api_user,
            base_url=self.base_url,
            push_workers=self.push_workers,
            max_requests_per_minute=self.max_requests_per_minute,
        )
        return HrFlowClient(settings, source_key, log=log)

    def __repr__(self) -> str:
        return f"HrFlowResource(base_url={self.base_url!r})"
