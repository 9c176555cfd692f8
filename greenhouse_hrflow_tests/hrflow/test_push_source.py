"""A wrong source or a wrong address: told apart from profiles that are missing one by one."""

from __future__ import annotations

import pytest
from urllib3.util import Retry

from greenhouse_hrflow.errors import RequestRefused
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow_tests.support.pushing import CROWD, formatted, push
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

ASK_FOR_SOURCE = "GET /hrflow/v1/source"


def test_a_source_without_any_of_the_profiles_is_asked_for_once(sandbox: Sandbox) -> None:
    result = push(sandbox, *[formatted(n) for n in range(1000, 1030)])
    assert (result.fault, result.none_found) == (None, True)
    assert result.report.outcomes == {Outcome.MISSING: 30}
    assert sandbox.requests[ASK_FOR_SOURCE] == 1


@pytest.mark.parametrize("candidate_ids", [range(1000, 1009), range(60, 1080)])
def test_a_few_missing_profiles_or_one_present_do_not_ask_for_the_source(
    sandbox: Sandbox, candidate_ids: range
) -> None:
    result = push(sandbox, *[formatted(n) for n in candidate_ids])
    assert (result.fault, result.none_found) == (None, False)
    assert sandbox.requests[ASK_FOR_SOURCE] == 0


@pytest.mark.parametrize(
    ("source_reply", "is_known"),
    [
        (Reply({"code": 400, "message": "Invalid source fields", "data": None}, 400), False),
        (Reply({"code": 400, "message": "Unable to find object: source"}, 400), False),
        (Reply({"code": 401, "message": "Unauthorized Access to source key: k"}, 401), False),
        (Reply({"code": 200, "message": "Source info", "data": {"key": "k"}}), True),
        # These say nothing about the source; every profile was answered as missing.
        (Reply({"code": 403, "message": "Forbidden", "data": None}, 403), True),
        (Reply("Not found", 404), True),
        (Reply("<html>", 503), True),
    ],
)
def test_only_a_source_that_hrflow_does_not_know_is_a_fault(
    source_reply: Reply, is_known: bool
) -> None:
    missing = {"code": 400, "message": "Invalid parameters. Unable to find object: profile"}

    def answer(asked: Asked) -> Reply:
        return source_reply if asked.path == "/source" else Reply(missing, 400)

    with StandIn(answer) as server:
        result = push(server.url, *[formatted(n) for n in CROWD], retries=Retry(total=0))
        assert {
            request.query.get("key") for request in server.asked if request.path == "/source"
        } == {"a-source"}
    assert result.report.outcomes == {Outcome.MISSING: 60}
    assert result.none_found
    if is_known:
        assert result.fault is None
    else:
        assert isinstance(result.fault, RequestRefused)
        assert "HRFLOW_SOURCE_KEY" in str(result.fault)


def test_an_unknown_source_ends_the_run(sandbox: Sandbox) -> None:
    result = push(sandbox, formatted(), source_key="nowhere")
    assert isinstance(result.fault, RequestRefused)
    assert str(result.fault) == (
        "HrFlow knows no source with the configured key. Check HRFLOW_SOURCE_KEY."
    )


@pytest.mark.parametrize("path", ["", "/v1/v1", "/v2"])
def test_an_address_that_is_not_the_apis_ends_the_run(sandbox: Sandbox, path: str) -> None:
    base_url = sandbox.environment()["HRFLOW_BASE_URL"]
    source_key = sandbox.environment()["HRFLOW_SOURCE_KEY"]
    url = base_url.removesuffix("/v1") + path
    result = push(url, *[formatted(n) for n in CROWD], workers=1, source_key=source_key)
    assert isinstance(result.fault, RequestRefused)
    assert "HRFLOW_BASE_URL" in str(result.fault)
    assert sum(sandbox.requests.values()) == 1
