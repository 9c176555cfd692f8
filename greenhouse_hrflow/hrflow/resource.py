"""HrFlow as a Dagster resource: it holds the credentials, and opens a client for a run."""

from __future__ import annotations

import logging

from pydantic import Field

from greenhouse_hrflow.account_resource import SECRET, AccountResource
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.settings import DEFAULT_BASE_URL, DEFAULT_WORKERS, HrFlowSettings


class HrFlowResource(AccountResource):
    """The credentials of one HrFlow account.

    A field that is not set is read from its variable when a run begins, so that definitions load
    without credentials and no secret stands in them. Give secrets as `EnvVar`, never literally.
    """

    api_secret: str | None = Field(
        default=None,
        json_schema_extra=SECRET,
        description="An API key that reads and writes (ask_…); else HRFLOW_API_SECRET.",
    )
    api_user: str | None = Field(
        default=None,
        json_schema_extra=SECRET,
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
        return HrFlowSettings.resolve(
            api_secret=self.api_secret,
            api_user=self.api_user,
            base_url=self.base_url,
            push_workers=self.push_workers,
            max_requests_per_minute=self.max_requests_per_minute,
        )

    def open(self, source_key: str, log: logging.Logger | None = None) -> HrFlowClient:
        """Open a client of one source; the caller closes it."""
        return HrFlowClient(self.settings(), source_key, log=log)
