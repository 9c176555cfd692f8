"""Odd answers of HrFlow, such as no real API is known to give: each costs one candidate at most."""

from __future__ import annotations

import pytest
from urllib3.util import Retry

from greenhouse_hrflow.errors import (
    ConfigurationError,
    CredentialsRefused,
    QuotaExhausted,
    RequestRefused,
)
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow_tests.support.pushing import (
    CROWD,
    READ_AT,
    SECOND,
    formatted,
    only_row,
    push,
)
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn


def enveloped(code: int, data: object, message: str = "") -> Reply:
    return Reply({"code": code, "message": message, "data": data})


def refusal(code: int, message: str) -> Reply:
    """A refusal as the SDK's documentation shows it: a body without data."""
    return Reply({"code": code, "message": message}, status=code)


MISSING = "Invalid parameters. Unable to find object: profile"


@pytest.mark.parametrize(
    ("reply", "outcome", "reason"),
    [
        (enveloped(400, None, MISSING), Outcome.MISSING, "no_profile_with_this_reference"),
        (enveloped(404, None, MISSING), Outcome.MISSING, "no_profile_with_this_reference"),
        (refusal(400, MISSING), Outcome.MISSING, "no_profile_with_this_reference"),
        (enveloped(200, None), Outcome.MISSING, "no_profile_with_this_reference"),
        (enveloped(200, {}), Outcome.MISSING, "no_profile_with_this_reference"),
        (Reply({"data": None}), Outcome.FAILED, "hrflow_kept_failing"),
        (Reply({"code": 200, "data": []}), Outcome.FAILED, "hrflow_kept_failing"),
        (enveloped(410, None), Outcome.REJECTED, "hrflow_refused_410"),
        (refusal(422, "Invalid profile."), Outcome.REJECTED, "hrflow_refused_422"),
        # A proxy refuses the size of one candidate's profile, and names nobody.
        (Reply("<html>", status=413), Outcome.REJECTED, "hrflow_refused_413"),
        (Reply("<html>", status=414), Outcome.REJECTED, "hrflow_refused_414"),
        (enveloped(422, None), Outcome.REJECTED, "hrflow_refused_422"),
        (enveloped(400, None, "Bad"), Outcome.REJECTED, "hrflow_refused_400"),
        (enveloped(503, None), Outcome.FAILED, "hrflow_kept_failing"),
        (Reply({}), Outcome.FAILED, "hrflow_kept_failing"),
        (Reply([]), Outcome.FAILED, "hrflow_kept_failing"),
        (Reply("null"), Outcome.FAILED, "hrflow_kept_failing"),
        (enveloped(200, ["odd"]), Outcome.REJECTED, "hrflow_answered_another_profile"),
        (
            enveloped(200, {"reference": "2", "info": {}}),
            Outcome.REJECTED,
            "hrflow_answered_another_profile",
        ),
    ],
)
def test_odd_answers_to_one_candidate(reply: Reply, outcome: Outcome, reason: str) -> None:
    def answer(asked: Asked) -> Reply:
        return enveloped(200, {}) if asked.path == "/auth" else reply

    with StandIn(answer) as server:
        result = push(server.url, formatted(), retries=Retry(total=0))
        assert not [asked for asked in server.asked if asked.method == "PUT"]
    row = only_row(result)
    assert (row.outcome, row.reason, result.fault) == (outcome, reason, None)


@pytest.mark.parametrize(
    "reply",
    [
        enveloped(404, None),
        enveloped(404, None, "Not found"),
        refusal(404, "Not found"),
        enveloped(405, None, "Method Not Allowed"),
        Reply("gone", status=404),
        Reply("", status=404),
        Reply("<html>404 Not Found</html>", status=404),
        Reply({"message": MISSING}, status=404),
        Reply({"error": {"code": 404, "message": MISSING}}, status=404),
        Reply({"code": "404", "message": MISSING}, status=404),
        Reply({"code": 5, "message": MISSING}, status=404),
        Reply({"code": 40401, "message": MISSING}, status=404),
        Reply({"code": True, "message": MISSING}, status=400),
        Reply({"code": 400, "message": None}, status=400),
        Reply([{"code": 400, "message": MISSING}], status=400),
        Reply(MISSING, status=400),
        Reply("<html>", status=400),
        Reply("<html>", status=405),
        Reply({"detail": "Not found."}, status=422),
        Reply("", status=409),
        Reply("", status=431),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_refusal_that_is_not_hrflows_word_on_a_profile_names_the_address(
    reply: Reply, method: str
) -> None:
    profile = {"reference": "1", "key": "k", "info": {}, "text": "t"}

    def answer(asked: Asked) -> Reply:
        return reply if asked.method == method else enveloped(200, profile)

    with StandIn(answer) as server:
        candidates = [formatted(1, read_at=READ_AT + n * SECOND) for n in CROWD]
        result = push(f"{server.url}/hush", *candidates, workers=1)
        assert len([asked for asked in server.asked if asked.method == method]) == 1
    assert isinstance(result.fault, RequestRefused)
    assert {row.outcome for row in result.report.rows} == {Outcome.FAILED}
    message = str(result.fault)
    assert f"127.0.0.1:{server.server_port}" in message
    assert "HRFLOW_BASE_URL" in message
    assert "/v1" in message
    assert "hush" not in message


def test_a_proxy_that_asks_for_credentials_is_named() -> None:
    with StandIn(lambda _: Reply("<html>", status=407)) as server:
        result = push(server.url, *[formatted(n) for n in CROWD], workers=1)
        assert len(server.asked) == 1
    assert isinstance(result.fault, ConfigurationError)
    assert "HTTP_PROXY" in str(result.fault)


@pytest.mark.parametrize("code", [401, 402, 403])
def test_a_code_in_the_envelope_counts_as_a_status(code: int) -> None:
    with StandIn(lambda _: enveloped(code, None)) as server:
        result = push(server.url, *[formatted(n) for n in CROWD], workers=1)
        assert len(server.asked) == 1
    assert isinstance(result.fault, CredentialsRefused | QuotaExhausted)


def test_an_edit_that_is_refused_in_the_envelope_is_no_success() -> None:
    profile = {"reference": "1", "key": "k", "info": {}, "text": "t"}

    def answer(asked: Asked) -> Reply:
        return enveloped(200 if asked.method == "GET" else 422, profile)

    with StandIn(answer) as server:
        row = only_row(push(server.url, formatted()))
    assert (row.outcome, row.reason) == (Outcome.REJECTED, "hrflow_refused_422")


def test_an_edit_that_shows_only_later_is_no_damage() -> None:
    profile = {"reference": "1", "key": "k", "info": {"summary": "s"}, "text": "t", "tags": []}
    with StandIn(lambda _: enveloped(200, profile)) as server:
        result = push(server.url, formatted(), formatted(1, read_at=READ_AT + SECOND))
        assert result.fault is None
        assert {row.outcome for row in result.report.rows} == {Outcome.UPDATED}
