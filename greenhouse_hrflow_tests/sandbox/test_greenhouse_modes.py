"""What the live Harvest may do either way, as a client of the sandbox meets it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from greenhouse_hrflow.sandbox import GreenhouseModes, HrFlowModes, Sandbox
from greenhouse_hrflow.sandbox.greenhouse.lists import LISTS
from greenhouse_hrflow_tests.sandbox.clients import V1, V3, mint
from greenhouse_hrflow_tests.sandbox.conftest import StandingClock

PAST, FUTURE, LATER = "2000-01-01T00:00:00Z", "2090-01-01T00:00:00Z", "2091-01-01T00:00:00Z"


@contextmanager
def greenhouse(**modes: Any) -> Generator[tuple[Sandbox, V3]]:
    """Some people in a Greenhouse that behaves so."""
    made = GreenhouseModes(**modes)
    with (
        Sandbox(people=30, clock=StandingClock(), greenhouse=made) as sandbox,
        V3(sandbox) as v3,
    ):
        yield sandbox, v3


@pytest.mark.parametrize(
    ("modes", "name", "value", "possible"),
    [
        (GreenhouseModes, "token_field", "ends_at", "'expires_at', 'expires_in', 'expires' or"),
        (GreenhouseModes, "token_lifetime", "1", "valid number"),
        (GreenhouseModes, "token_lifetime", 0, "greater than 0"),
        (GreenhouseModes, "single_active_token", 1, "valid boolean"),
        (GreenhouseModes, "scopes", ("people",), "people: a scope must be one of candidates, app"),
        (GreenhouseModes, "scopes", "candidates", "valid tuple"),
        (GreenhouseModes, "most_per_page", 0, "greater than 0"),
        (GreenhouseModes, "rate_limit", True, "valid integer"),
        (GreenhouseModes, "rate_others", -1, "greater than or equal to 0"),
        (GreenhouseModes, "v1", "closed", "'open', 'closed_401'"),
        (HrFlowModes, "missing_profile", "404", "400 or 404"),
        (HrFlowModes, "missing_profile", 401, "400 or 404"),
        (HrFlowModes, "dates", ([],), "'local', 'date', 'offset' or 'zulu'"),
        (HrFlowModes, "keeps_attachments", None, "valid boolean"),
        (HrFlowModes, "longest_metadata", 0.5, "valid integer"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_those_that_can(
    modes: Any, name: str, value: Any, possible: str
) -> None:
    with pytest.raises(ValueError, match=rf"(?s){name}.*{possible}"):
        modes(**{name: value})


@pytest.mark.parametrize(
    ("mode", "good", "unknown"),
    [
        ("absent", (404, {"message": "Resource not found"}), 404),
        ("site_admin", (200, {"active": True, "site_admin": True}), 200),
        ("not_site_admin", (200, {"active": True, "site_admin": False}), 200),
    ],
)
def test_introspection(mode: Any, good: tuple[int, Any], unknown: int) -> None:
    with greenhouse(introspection=mode) as (sandbox, _):
        environment = sandbox.environment()
        client = (environment["GREENHOUSE_CLIENT_ID"], environment["GREENHOUSE_CLIENT_SECRET"])

        def introspect(token: str, auth: Any = client) -> requests.Response:
            form = {"token": token}
            return requests.post(f"{sandbox.url}/introspect", data=form, auth=auth, timeout=10)

        token = mint(sandbox).json()["access_token"]
        answer = introspect(token)
        assert (answer.status_code, answer.json()) == good
        answer = introspect("another")
        assert answer.status_code == unknown
        if mode != "absent":
            assert answer.json() == {"active": False}
            assert introspect(token, auth=(client[0], "wrong")).status_code == 401
            assert introspect(token, auth=None).status_code == 401


@pytest.mark.parametrize(("mode", "answer"), [("refused", 403), ("empty", 200)])
def test_who_is_no_site_admin_is_refused_or_sees_nothing(mode: Any, answer: int) -> None:
    with greenhouse(lists=mode) as (sandbox, v3):
        for name in LISTS:
            seen = v3.get(name)
            assert seen.status_code == answer
            assert answer == 403 or seen.json() == []
        with V1(sandbox) as v1:
            assert len(v1.rows("candidates")) == 30


def test_private_candidates_can_be_hidden_with_their_children() -> None:
    with greenhouse(private_candidates="hidden") as (sandbox, v3):
        private = {
            i
            for i in sandbox.greenhouse.candidate_ids()
            if sandbox.greenhouse.candidate(i)["private"]
        }
        assert private
        seen = {row["id"] for row in v3.rows("candidates")}
        assert seen == set(sandbox.greenhouse.candidate_ids()) - private
        applications = {row["id"] for row in v3.rows("applications")}
        for name in ("applications", "candidate_educations", "applied_candidate_tags"):
            assert {row["candidate_id"] for row in v3.rows(name)} <= seen
        for name in ("attachments", "rejection_details"):
            assert {row["application_id"] for row in v3.rows(name)} <= applications
        assert v3.get("candidates", ids=str(min(private))).json() == []
        with V1(sandbox) as v1:
            assert private <= {row["id"] for row in v1.rows("candidates")}


PIPED = {"updated_at": f"gte|{FUTURE}|lt|{LATER}"}
BRACKETED = {"updated_at[gte]": FUTURE, "updated_at[lt]": LATER}
ONE = {"created_at": f"gte|{FUTURE}"}


@pytest.mark.parametrize(
    ("modes", "asked", "answer"),
    [
        ({}, PIPED, 0),
        ({}, BRACKETED, 0),
        ({"pipe_filter": "refused"}, PIPED, "is not taken"),
        ({"pipe_filter": "refused"}, ONE, 0),
        ({"pipe_filter": "refused"}, BRACKETED, 0),
        ({"pipe_filter": "ignored"}, PIPED, 30),
        ({"pipe_filter": "ignored"}, ONE, 30),
        ({"pipe_filter": "ignored"}, BRACKETED, 0),
        ({"bracket_filter": "refused"}, BRACKETED, "is not taken"),
        ({"bracket_filter": "refused"}, PIPED, 0),
        ({"bracket_filter": "ignored"}, BRACKETED, 30),
        ({"bracket_filter": "ignored"}, {"updated_at[gte]": FUTURE}, 30),
    ],
)
def test_each_form_of_a_window_works_or_is_refused_or_ignored(
    modes: dict[str, Any], asked: dict[str, str], answer: int | str
) -> None:
    with greenhouse(**modes) as (_, v3):
        seen = v3.get("candidates", **asked)
        if answer == "is not taken":
            assert (seen.status_code, seen.json()["message"]) == (422, "Unprocessable Content")
            assert seen.json()["errors"]
        else:
            assert len(seen.json()) == answer


def test_the_largest_page_is_a_setting() -> None:
    with greenhouse(most_per_page=9) as (sandbox, v3), V1(sandbox) as v1:
        for client in (v3, v1):
            assert client.get("candidates", per_page=10).status_code == 422
            pages = client.walk("candidates")
            assert [len(page) for page in pages] == [9, 9, 9, 3]


@pytest.mark.parametrize("mode", ["descending", "ascending"])
def test_lists_are_walked_to_their_end_in_either_order(mode: Any) -> None:
    with greenhouse(order=mode) as (sandbox, v3):
        ids = [row["id"] for row in v3.rows("candidates", per_page=7, updated_at=f"gte|{PAST}")]
        everybody = sandbox.greenhouse.candidate_ids()
        assert ids == (everybody if mode == "ascending" else everybody[::-1])
        some = everybody[3:9]
        asked = v3.rows("candidates", per_page=2, ids=",".join(map(str, some)))
        assert sorted(row["id"] for row in asked) == some


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_closed_v1_answers_one_status_to_everything(status: int) -> None:
    with greenhouse(v1=f"closed_{status}") as (sandbox, v3), V1(sandbox) as v1:
        assert v1.get("candidates").status_code == status
        assert v1.get("anything").status_code == status
        assert v3.get("candidates").status_code == 200


def test_other_integrations_spend_a_part_of_each_window() -> None:
    with greenhouse(rate_limit=5, rate_others=3) as (_, v3):
        assert [v3.get("jobs").status_code for _ in range(3)] == [200, 200, 429]
