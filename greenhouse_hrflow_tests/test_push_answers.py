"""Odd answers of HrFlow, such as no real API is known to give: each costs one candidate at most."""

from __future__ import annotations

import pytest
from urllib3.util import Retry

from greenhouse_hrflow.errors import CredentialsRefused, QuotaExhausted
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow_tests.pushing import READ_AT, SECOND, formatted, only_row, push
from greenhouse_hrflow_tests.stand_in import Asked, Reply, StandIn

CROWD = range(1, 61)


def enveloped(code: int, data: object, message: str = "") -> Reply:
    return Reply({"code": code, "message": message, "data": data})


MISSING = "Invalid parameters. Unable to find object: profile"


@pytest.mark.parametrize(
    ("reply", "outcome", "reason"),
    [
        (enveloped(400, None, MISSING), Outcome.MISSING, "no_profile_with_this_reference"),
        (enveloped(404, None), Outcome.MISSING, "no_profile_with_this_reference"),
        (Reply("gone", status=404), Outcome.MISSING, "no_profile_with_this_reference"),
        (enveloped(200, None), Outcome.MISSING, "no_profile_with_this_reference"),
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
        (
            enveloped(200, {"reference": "1", "info": {}, "metadatas": 5}),
            Outcome.FAILED,
            "push_raised:TypeError",
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
        assert {row.outcome for row in result.rows} == {Outcome.UPDATED}
