"""What single answers of Harvest v1 become: odd records are kept, a refusal names its cause."""

from __future__ import annotations

import pytest

from greenhouse_hrflow.errors import CredentialsRefused, RequestRefused
from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow_tests.greenhouse.conftest import Read
from greenhouse_hrflow_tests.support.stand_in import Reply, StandIn


def test_null_and_odd_values_survive_and_unknown_keys_are_kept(read: Read) -> None:
    record = {
        "id": 1,
        "created_at": "2025-03-05T00:00:00+0000",
        "updated_at": "2025-03-05T00:00:00Z",
        "first_name": "\ud800",
        "last_name": "x" * 300_000,
        "applications": None,
        "educations": ["odd", None, {"id": 2, "new": True}],
        "recruiter": {"id": 3},
        "unheard_of": {"a": [1]},
    }
    with StandIn(lambda _: Reply([record, record])) as v1:
        candidate = read(v1.url, "v1")[1].candidate
    assert candidate["first_name"] == "\ud800"
    assert candidate["applications"] is None
    assert candidate["educations"][:2] == ["odd", None]
    assert candidate["educations"][2]["school_name"] is None
    assert candidate["educations"][2]["new"] is True
    assert candidate["recruiter"]["employee_id"] is None
    assert candidate["unheard_of"] == {"a": [1]}
    assert candidate["keyed_custom_fields"] is None


@pytest.mark.parametrize(
    ("status", "error", "other_cause"),
    [
        (401, CredentialsRefused, "GREENHOUSE_API_KEY"),
        (403, CredentialsRefused, "GREENHOUSE_API_KEY"),
        (404, RequestRefused, "GREENHOUSE_BASE_URL"),
        (410, RequestRefused, "GREENHOUSE_BASE_URL"),
    ],
)
def test_a_refusal_may_be_the_end_of_v1_and_names_v3(
    status: int, error: type[Exception], other_cause: str, read: Read
) -> None:
    with StandIn(lambda _: Reply({}, status)) as v1, pytest.raises(error) as caught:
        read(v1.url, "v1")
    message = str(caught.value)
    for part in (
        f"answered {status} to Harvest v1",
        "31 August 2026, which has passed",
        "GREENHOUSE_HARVEST_VERSION=v3",
        "GREENHOUSE_CLIENT_ID",
        "GREENHOUSE_CLIENT_SECRET",
        other_cause,
    ):
        assert part in message


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("401", CredentialsRefused, "answered 401 to Harvest v1.*GREENHOUSE_API_KEY"),
        ("403", CredentialsRefused, "answered 403 to Harvest v1.*GREENHOUSE_API_KEY"),
        ("422", RequestRefused, "answered 422 to Harvest v1's list of candidates"),
    ],
)
def test_a_refusal_names_its_cause(
    kind: str, error: type[Exception], message: str, sandbox: Sandbox, read: Read
) -> None:
    sandbox.fail(Fault(kind, path="^/v1"))  # type: ignore[arg-type]
    with pytest.raises(error, match=message):
        read(sandbox, "v1")
    assert sandbox.requests == {"GET /v1/candidates": 1}
