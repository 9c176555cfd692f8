"""The token endpoint: what it answers, what it refuses, and when a token ends."""

from __future__ import annotations

import pytest
import requests

from greenhouse_hrflow.sandbox import GreenhouseModes, Sandbox
from greenhouse_hrflow.sandbox.modes import TokenField
from greenhouse_hrflow_tests.sandbox.clients import V3, mint
from greenhouse_hrflow_tests.sandbox.conftest import StandingClock

GRANT = {"grant_type": "client_credentials"}


def post(
    sandbox: Sandbox, form: dict[str, str], credentials: tuple[str, str] | None
) -> requests.Response:
    url = sandbox.environment()["GREENHOUSE_TOKEN_URL"]
    return requests.post(url, data=form, auth=credentials, timeout=10)


def test_no_credentials(sandbox: Sandbox) -> None:
    answer = post(sandbox, GRANT, None)
    assert answer.status_code == 401
    assert answer.json()["message"] == "Unauthorized"
    assert answer.json()["errorId"].startswith("err-")


def test_a_client_id_without_its_suffix_is_named(sandbox: Sandbox) -> None:
    answer = post(sandbox, GRANT, ("notaclient", "x"))
    message = "client_id=notaclient does not contain a valid client ID suffix"
    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_a_wrong_secret_is_an_invalid_client(sandbox: Sandbox) -> None:
    answer = post(sandbox, GRANT, (sandbox.environment()["GREENHOUSE_CLIENT_ID"], "guess"))
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"sub": "501"}, "Must include `grant_type` parameter"),
        ({"grant_type": "password"}, "client_credentials"),
        (GRANT | {"sub": "somebody"}, "`sub` must be"),
    ],
)
def test_a_form_that_is_not_understood(
    sandbox: Sandbox, form: dict[str, str], complaint: str
) -> None:
    answer = mint(sandbox, **form)
    assert answer.status_code == 400
    assert complaint in answer.json()["message"]


@pytest.mark.parametrize("grant", ["authorization_code", "refresh_token", "token-exchange"])
def test_a_grant_of_partners_is_not_a_customers(sandbox: Sandbox, grant: str) -> None:
    answer = mint(sandbox, grant_type=grant, refresh_token="x", code="x")
    assert (answer.status_code, answer.json()) == (400, {"error": "unauthorized_client"})
    wrong = (sandbox.environment()["GREENHOUSE_CLIENT_ID"], "guess")
    assert post(sandbox, {"grant_type": grant}, wrong).json() == {"error": "invalid_client"}


def test_a_json_body_is_no_form(sandbox: Sandbox) -> None:
    env = sandbox.environment()
    credentials = (env["GREENHOUSE_CLIENT_ID"], env["GREENHOUSE_CLIENT_SECRET"])
    answer = requests.post(env["GREENHOUSE_TOKEN_URL"], json=GRANT, auth=credentials, timeout=10)
    assert answer.status_code == 400


def test_a_token_ends_when_its_lifetime_does(sandbox: Sandbox, clock: StandingClock) -> None:
    assert mint(sandbox).json()["expires_at"] == "2024-12-15T13:30:00.000Z"
    with V3(sandbox) as v3:
        clock.move(minutes=59, seconds=59)
        assert v3.get("jobs").status_code == 200
        clock.move(seconds=1)
        assert v3.get("jobs").status_code == 401


@pytest.mark.parametrize(
    ("field", "value"),
    [("expires_in", 60), ("expires", "2024-12-15T12:31:00.000Z"), ("none", None)],
)
def test_how_a_token_names_its_end_is_a_setting(
    clock: StandingClock, field: TokenField, value: object
) -> None:
    with Sandbox(
        people=0, clock=clock, greenhouse=GreenhouseModes(token_field=field, token_lifetime=60)
    ) as sandbox:
        token = mint(sandbox).json()
        assert token.get(field) == value
        assert token.keys() - {field} == {"token_type", "access_token"}


@pytest.mark.parametrize(("single", "status"), [(True, 401), (False, 200)])
def test_whether_a_mint_revokes_the_token_before_is_a_setting(single: bool, status: int) -> None:
    with (
        Sandbox(people=0, greenhouse=GreenhouseModes(single_active_token=single)) as sandbox,
        V3(sandbox) as first,
    ):
        with V3(sandbox) as second:
            assert second.get("jobs").status_code == 200
        assert first.get("jobs").status_code == status


def test_all_tokens_can_be_revoked(sandbox: Sandbox, v3: V3) -> None:
    sandbox.tokens.revoke_all()
    assert v3.get("jobs").status_code == 401


def test_a_token_cannot_be_asked_for_with_get(sandbox: Sandbox) -> None:
    assert requests.get(f"{sandbox.url}/token", timeout=10).status_code == 404
