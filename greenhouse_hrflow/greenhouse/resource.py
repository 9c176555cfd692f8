"""Greenhouse as a Dagster resource: where settings come from; how to read is in `reader`."""

from __future__ import annotations

import logging
from typing import Any

from pydantic import Field

from greenhouse_hrflow.account_resource import SECRET, AccountResource
from greenhouse_hrflow.greenhouse.reader import CandidateReader, open_reader
from greenhouse_hrflow.greenhouse.settings import CHILDREN, GreenhouseSettings


class GreenhouseResource(AccountResource):
    """A Greenhouse account. What is not given comes from the environment when a run needs it."""

    harvest_version: str | None = Field(
        default=None,
        description="v3, or v1 with an API key. Else GREENHOUSE_HARVEST_VERSION, else v3.",
    )
    client_id: str | None = Field(
        default=None,
        description="Of a Harvest v3 (OAuth) credential. Else GREENHOUSE_CLIENT_ID.",
        json_schema_extra=SECRET,
    )
    client_secret: str | None = Field(
        default=None,
        description="Of the same credential. Else GREENHOUSE_CLIENT_SECRET.",
        json_schema_extra=SECRET,
    )
    user_id: str | None = Field(
        default=None,
        description="The Site Admin that v3 tokens act for. Else GREENHOUSE_USER_ID, else the "
        "credential's own service user.",
    )
    api_key: str | None = Field(
        default=None,
        description="Of Harvest v1. Else GREENHOUSE_API_KEY.",
        json_schema_extra=SECRET,
    )
    base_url: str | None = Field(
        default=None,
        description="Else GREENHOUSE_BASE_URL, else https://harvest.greenhouse.io.",
    )
    token_url: str | None = Field(
        default=None,
        description="Else GREENHOUSE_TOKEN_URL, else https://auth.greenhouse.io/token.",
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
        return GreenhouseSettings.resolve(
            harvest_version=self.harvest_version,
            client_id=self.client_id,
            client_secret=self.client_secret,
            user_id=self.user_id,
            api_key=self.api_key,
            base_url=self.base_url,
            token_url=self.token_url,
            children=self.children,
        )

    def open(self, log: logging.Logger, **patience: Any) -> CandidateReader:
        """A reader to be closed by the caller; nothing is asked of Greenhouse yet.

        Args:
            patience: `retries`, `timeout` and `max_wait` of `open_reader`, where the caller has
                less than a run's: a tick of the sensor.

        Raises:
            PullParameterError: as `settings`.
        """
        return open_reader(self.settings(), log=log, **patience)
