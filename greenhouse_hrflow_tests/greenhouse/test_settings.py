"""Where settings come from, what the error of each says, and that the resource hides secrets."""

from __future__ import annotations

import logging

import pytest

from greenhouse_hrflow.errors import PullParameterError
from greenhouse_hrflow.greenhouse.settings import CHILDREN, GreenhouseSettings
from greenhouse_hrflow.orchestration.resources import GreenhouseResource


def test_given_wins_over_the_environment_and_that_over_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GREENHOUSE_CLIENT_ID", "of-the-environment-1")
    monkeypatch.setenv("GREENHOUSE_CLIENT_SECRET", " hush\n")
    monkeypatch.setenv("GREENHOUSE_USER_ID", "")
    settings = GreenhouseSettings.resolve(client_id="given-1", children=["attachments"])
    assert settings.client_id.get_secret_value() == "given-1"
    assert settings.client_secret.get_secret_value() == "hush"
    assert (settings.harvest_version, settings.user_id) == ("v3", "")
    assert settings.base_url == "https://harvest.greenhouse.io"
    assert settings.token_url == "https://auth.greenhouse.io/token"
    assert settings.children == {"attachments"}
    assert settings.rate_share == 0.8
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {},
            r"^GREENHOUSE_CLIENT_ID and GREENHOUSE_CLIENT_SECRET not set: .* Harvest V3 \(OAuth\)",
        ),
        ({"client_id": "a-1"}, "^GREENHOUSE_CLIENT_SECRET not set: create"),
        ({"api_key": "hush"}, "GREENHOUSE_HARVEST_VERSION=v1 would use it"),
        ({"harvest_version": "v1"}, "^GREENHOUSE_API_KEY not set: create a Harvest API key in"),
        ({"harvest_version": "v2"}, "^GREENHOUSE_HARVEST_VERSION must be v3 or v1"),
        ({"client_id": "a-1", "client_secret": "hush", "user_id": "me"}, "^GREENHOUSE_USER_ID"),
        (
            {"rate_share": "0"},
            "^GREENHOUSE_HRFLOW_RATE_SHARE must be a fraction above 0 and at most",
        ),
        ({"rate_share": "80"}, "^GREENHOUSE_HRFLOW_RATE_SHARE must be a fraction"),
        ({"rate_share": "nan"}, "^GREENHOUSE_HRFLOW_RATE_SHARE must be a fraction"),
        ({"base_url": "harvest"}, "^GREENHOUSE_BASE_URL is not a URL: it must look like https://"),
        ({"base_url": "https://[::1"}, "^GREENHOUSE_BASE_URL is not a URL"),
        ({"base_url": "https://me:hush@host"}, "^GREENHOUSE_BASE_URL must not hold a user name"),
        (
            {"client_id": "a-1", "client_secret": "hush", "children": ["notes"]},
            "^children: unknown notes; known are applications, attachments, candidate_educations",
        ),
    ],
)
def test_what_is_wrong_names_the_variable(given: dict[str, str], message: str) -> None:
    with pytest.raises(PullParameterError, match=message) as caught:
        GreenhouseSettings.resolve(**given)  # type: ignore[arg-type]
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("http://localhost:1/", "http://localhost:1"),
        ("http://gateway.internal", "http://gateway.internal"),
        ("http://[::1]:8/", "http://[::1]:8"),
        # Every spelling of one address is one.
        ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ("HTTPS://Gateway.Internal:443/v1/", "https://gateway.internal/v1"),
    ],
)
def test_a_gateway_of_ones_own_may_speak_http(given: str, address: str) -> None:
    settings = GreenhouseSettings.resolve(harvest_version="v1", api_key="hush", base_url=given)
    assert settings.base_url == address


def test_a_resource_without_credentials_is_made_and_fails_when_opened() -> None:
    resource = GreenhouseResource()
    assert resource.children == list(CHILDREN)
    with pytest.raises(PullParameterError, match="GREENHOUSE_CLIENT_ID"):
        resource.open(logging.getLogger())


def test_a_resource_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENHOUSE_CLIENT_SECRET", "hush")
    resource = GreenhouseResource(client_id="whisper-1", api_key="whisper")
    for shown in (repr(resource), str(resource)):
        assert "whisper" not in shown
        assert "client_id='********'" in shown
    assert resource.settings().client_secret.get_secret_value() == "hush"
