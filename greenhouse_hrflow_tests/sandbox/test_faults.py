"""Faults on request: what each looks like to a client, and which requests it meets."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow_tests.sandbox.clients import V1, V3, HrFlow
from greenhouse_hrflow_tests.sandbox.conftest import StandingClock


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("400", 400),
        ("401", 401),
        ("402", 402),
        ("403", 403),
        ("405", 405),
        ("422", 422),
        ("500", 500),
        ("503", 503),
    ],
)
def test_a_refusal_speaks_the_language_of_its_api(
    sandbox: Sandbox, hrflow: HrFlow, v3: V3, kind: str, status: int
) -> None:
    fault = Fault(kind, times=2)  # pyright: ignore[reportArgumentType]
    sandbox.fail(fault)
    answer = hrflow.get("auth")
    assert (answer.status_code, answer.json()["code"]) == (status, status)
    answer = v3.get("jobs")
    assert answer.status_code == status
    assert "code" not in answer.json()


def test_a_429_names_the_time_to_wait_unless_it_does_not(sandbox: Sandbox, v1: V1) -> None:
    sandbox.fail(Fault("429", retry_after=7))
    sandbox.fail(Fault("429-no-retry-after"))
    first, second = v1.get("candidates"), v1.get("candidates")
    assert (first.status_code, first.headers["retry-after"]) == (429, "7")
    assert second.status_code == 429
    assert "retry-after" not in second.headers


def test_html_comes_with_either_status(sandbox: Sandbox, v3: V3) -> None:
    sandbox.fail(Fault("502-html"))
    sandbox.fail(Fault("html-200"))
    answers = [v3.get("jobs"), v3.get("jobs")]
    assert [answer.status_code for answer in answers] == [502, 200]
    assert {answer.headers["content-type"] for answer in answers} == {"text/html"}


@pytest.mark.parametrize(("kind", "status"), [("404-html", 404), ("407", 407)])
def test_what_stands_before_an_api_speaks_html(
    sandbox: Sandbox, hrflow: HrFlow, v3: V3, kind: str, status: int
) -> None:
    sandbox.fail(Fault(kind, times=2))  # pyright: ignore[reportArgumentType]
    answers = [hrflow.get("auth"), v3.get("jobs")]
    assert [answer.status_code for answer in answers] == [status, status]
    assert {answer.headers["content-type"] for answer in answers} == {"text/html"}
    assert hrflow.get("auth").status_code == 200


def test_a_proxy_names_the_credentials_that_it_wants(sandbox: Sandbox, v3: V3) -> None:
    sandbox.fail(Fault("407"))
    assert v3.get("jobs").headers["proxy-authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("seconds", [86_400, -3_600])
def test_one_true_answer_may_be_dated_wrongly(
    sandbox: Sandbox, v3: V3, clock: StandingClock, seconds: int
) -> None:
    sandbox.fail(Fault("date", path="/v3/candidates", seconds=seconds))
    wrong, right = v3.get("candidates"), v3.get("candidates")
    assert wrong.json() == right.json() != []
    assert parsedate_to_datetime(wrong.headers["date"]) == clock.now + timedelta(seconds=seconds)
    assert parsedate_to_datetime(right.headers["date"]) == clock.now


def test_broken_json_claims_to_be_json(sandbox: Sandbox, v3: V3) -> None:
    sandbox.fail(Fault("broken-json"))
    answer = v3.get("jobs")
    assert answer.headers["content-type"] == "application/json"
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_code_that_disagrees_with_the_status(sandbox: Sandbox, hrflow: HrFlow) -> None:
    sandbox.fail(Fault("code-500"))
    answer = hrflow.get("auth")
    assert (answer.status_code, answer.json()["code"]) == (200, 500)


def test_a_link_to_another_host(sandbox: Sandbox, v3: V3) -> None:
    sandbox.fail(Fault("foreign-link"))
    answer = v3.get("candidates")
    assert len(answer.json()) == 60
    assert answer.links["next"]["url"].startswith("https://elsewhere.invalid/")


@pytest.mark.parametrize(("kind", "carried_out"), [("drop", 0), ("drop-after", 1)])
def test_a_dropped_connection_may_or_may_not_have_written(
    sandbox: Sandbox, hrflow: HrFlow, kind: str, carried_out: int
) -> None:
    sandbox.fail(Fault(kind, method="PUT"))  # pyright: ignore[reportArgumentType]
    profile = hrflow.profile(sandbox.hrflow.references()[0]).json()["data"]
    with pytest.raises(requests.ConnectionError):
        hrflow.put(**profile)
    assert len(sandbox.hrflow.puts) == carried_out
    assert hrflow.put(**profile).status_code == 200


def test_a_request_hangs_until_the_client_gives_up(sandbox: Sandbox, hrflow: HrFlow) -> None:
    sandbox.fail(Fault("hang"))
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{sandbox.hrflow_url}/auth", timeout=0.2)
    assert hrflow.get("auth").status_code == 200


def test_a_fault_meets_the_requests_it_is_meant_for(sandbox: Sandbox, hrflow: HrFlow) -> None:
    first, second = sandbox.hrflow.references()[:2]
    sandbox.fail(Fault("500", path=f"reference={second}$", method="GET", times=None))
    statuses = [hrflow.profile(each).status_code for each in (first, second, second)]
    assert statuses == [200, 500, 500]
    assert hrflow.put(reference=second).status_code == 200


def test_a_fault_can_look_into_the_body(sandbox: Sandbox, hrflow: HrFlow) -> None:
    first, second = sandbox.hrflow.references()[:2]
    sandbox.fail(Fault("400", body_contains=f'"{second}"'))
    assert hrflow.put(reference=first).status_code == 200
    assert hrflow.put(reference=second).status_code == 400


def test_a_refusal_can_say_what_it_is_told_to(v3: V3, sandbox: Sandbox, hrflow: HrFlow) -> None:
    message = "Invalid profile. Ada is no date"
    for path in ("/v3/", "/hrflow/"):
        sandbox.fail(Fault("422", path=path, message=message))
    assert v3.get("candidates").json()["message"] == message
    assert hrflow.profile(sandbox.hrflow.references()[0]).json()["message"] == message


def test_a_fault_ends_after_its_times_or_when_all_are_healed(sandbox: Sandbox, v3: V3) -> None:
    sandbox.fail(Fault("500", times=2))
    assert [v3.get("jobs").status_code for _ in range(3)] == [500, 500, 200]
    sandbox.fail(Fault("500", times=None))
    assert v3.get("jobs").status_code == 500
    sandbox.heal()
    assert v3.get("jobs").status_code == 200


def test_a_fault_may_strike_by_chance(sandbox: Sandbox, v3: V3) -> None:
    sandbox.fail(Fault("500", times=None, probability=0.3))
    struck = [v3.get("jobs").status_code for _ in range(200)].count(500)
    assert 30 < struck < 90


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="'418' is none of the faults"):
        Fault("418")  # pyright: ignore[reportArgumentType]
