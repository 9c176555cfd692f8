"""Harvest v3 of the sandbox: its pages, its filters, and everything that it refuses."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
import requests

from greenhouse_hrflow.sandbox import GreenhouseModes, Sandbox
from greenhouse_hrflow.sandbox.greenhouse.lists import LISTS
from greenhouse_hrflow_tests.sandbox.clients import V3
from greenhouse_hrflow_tests.sandbox.conftest import StandingClock

OF_NUMBERS = base64.urlsafe_b64encode(b'["candidates",[["ids",1]],5]').decode()
OF_LISTS = base64.urlsafe_b64encode(b'["candidates",[[[],"1"]],5]').decode()


def refused(answer: requests.Response) -> list[object]:
    assert answer.status_code == 422
    assert answer.json()["message"] == "Unprocessable Content"
    return answer.json()["errors"]


def test_pages_hold_every_candidate_once_by_id_descending(calm: Sandbox, calm_v3: V3) -> None:
    pages = calm_v3.walk("candidates", per_page=7)
    ids = [row["id"] for page in pages for row in page]
    assert ids == sorted(calm.greenhouse.candidate_ids(), reverse=True)
    assert [len(page) for page in pages] == [7] * 8 + [4]


def test_a_next_link_lies_on_the_same_host_and_carries_a_cursor_alone(
    calm: Sandbox, calm_v3: V3
) -> None:
    answer = calm_v3.get("candidates", per_page=7, email="nobody@example.com")
    assert "link" not in answer.headers
    link = calm_v3.get("candidates", per_page=7).headers["link"]
    assert link.startswith(f"<{calm.url}/v3/candidates?cursor=")
    assert link.endswith('>; rel="next"')
    assert "&" not in link


def test_a_full_last_page_has_no_next(calm_v3: V3) -> None:
    assert [len(page) for page in calm_v3.walk("candidates", per_page=30)] == [30, 30]


def test_a_cursor_beside_another_parameter_is_refused(calm_v3: V3) -> None:
    url = calm_v3.get("candidates", per_page=7).links["next"]["url"]
    errors = ["When passing a cursor, do not include other query params."]
    assert refused(calm_v3.get(f"{url}&per_page=7")) == errors


@pytest.mark.parametrize(
    "cursor", ["abc", "e30=", "%21%21", "W10=", "", "%C3%A9", OF_NUMBERS, OF_LISTS]
)
def test_a_broken_cursor_is_refused(calm_v3: V3, cursor: str) -> None:
    assert refused(calm_v3.get(f"candidates?cursor={cursor}")) == [{"cursor": "is invalid"}]


def test_a_cursor_of_another_list_is_refused(calm_v3: V3) -> None:
    url = calm_v3.get("candidates", per_page=7).links["next"]["url"]
    assert refused(calm_v3.get(url.replace("/candidates?", "/applications?")))


@pytest.mark.parametrize(
    ("size", "complaint"),
    [
        ("600", "`600` number is greater than: 500"),
        ("0", "`0` number is less than: 1"),
        ("many", "`many` is not an integer"),
    ],
)
def test_a_page_has_1_to_500_rows(calm_v3: V3, size: str, complaint: str) -> None:
    assert refused(calm_v3.get("candidates", per_page=size)) == [{"per_page": complaint}]


def test_a_list_of_ids_has_at_most_50(calm: Sandbox, calm_v3: V3) -> None:
    ids = calm.greenhouse.candidate_ids()
    fifty, more = ",".join(map(str, ids[:50])), ",".join(map(str, ids[:51]))
    assert [row["id"] for row in calm_v3.rows("candidates", ids=fifty)] == ids[:50][::-1]
    assert refused(calm_v3.get("candidates", ids=more))
    assert refused(calm_v3.get("applications", candidate_ids=more))


@pytest.mark.parametrize(
    "query",
    [
        "updated_after=2024-12-01T00:00:00Z",
        "page=2",
        "job_id=5",
        "updated_at=2024-12-01T00:00:00Z",
        "updated_at=gte|2024-12-01",
        "updated_at=gte|2024-12-01T00:00:00",
        "updated_at=after|2024-12-01T00:00:00Z",
        "updated_at=gte|2024-12-01T00:00:00Z|lt",
        "updated_at=gte|2024-13-01T00:00:00Z",
        "updated_at=gte|9999-12-31T23:59:59-23:00",
        "updated_at=gte|0001-01-01T00:00:00%2B05:00",
        "updated_at=",
        f"ids={'9' * 5_000}",
        f"per_page={'9' * 5_000}",
        "updated_at=gte|2024-12-01T00:00:00Z&updated_at=lt|2024-12-02T00:00:00Z",
        "updated_at=gte|2024-12-01T00:00:00Z&created_at=lt|2024-12-02T00:00:00Z",
        "ids=",
        "ids=1,x",
        "private=yes",
        "fields=id,secret",
    ],
)
def test_what_the_list_does_not_define_is_refused(calm_v3: V3, query: str) -> None:
    assert refused(calm_v3.get(f"candidates?{query}"))


def test_a_status_is_one_of_four_words(calm_v3: V3) -> None:
    active = calm_v3.rows("applications", status="active")
    assert {row["status"] for row in active} == {"in_process"}
    assert refused(calm_v3.get("applications", status="in_process"))


@pytest.mark.parametrize(
    ("bounds", "found"),
    [
        ("gte|{at}", True),
        ("gt|{at}", False),
        ("lte|{at}", True),
        ("lt|{at}", False),
        ("gte|{at}|lt|{after}", True),
        ("gte|{before}|lt|{at}", False),
        ("gte|{at_and_a_bit}", False),
        ("lt|{at_and_a_bit}", True),
    ],
)
def test_bounds_on_updated_at(
    sandbox: Sandbox, v3: V3, clock: StandingClock, bounds: str, found: bool
) -> None:
    clock.move(minutes=30)
    candidate_id = sandbox.greenhouse.candidate_ids()[5]
    sandbox.greenhouse.update_candidate(candidate_id, title="Captain")
    moments = {
        "at": clock.now,
        "after": clock.now + timedelta(milliseconds=1),
        "before": clock.now - timedelta(milliseconds=1),
        "at_and_a_bit": clock.now + timedelta(microseconds=1),
    }
    value = bounds.format(**{name: moment.isoformat() for name, moment in moments.items()})
    rows = v3.rows("candidates", updated_at=value, ids=candidate_id)
    assert [row["title"] for row in rows] == ["Captain"] * found


@pytest.mark.parametrize("until", ["9999-12-31T23:59:59.999999Z", "9999-12-31T00:00:00Z"])
@pytest.mark.parametrize("since", ["0001-01-01T00:00:00Z", "0999-01-01T00:00:00Z"])
def test_bounds_may_be_the_ends_of_time(calm: Sandbox, calm_v3: V3, since: str, until: str) -> None:
    rows = calm_v3.rows("candidates", updated_at=f"gte|{since}|lt|{until}")
    assert len(rows) == len(calm.greenhouse.candidate_ids())


def test_without_a_good_token_nothing_is_told(calm: Sandbox) -> None:
    for header in ({}, {"Authorization": "Bearer guess"}, {"Authorization": "Basic Og=="}):
        answer = requests.get(f"{calm.url}/v3/candidates", headers=header, timeout=10)
        assert answer.status_code == 401
        assert answer.json()["message"] == "Unauthorized"


@pytest.mark.parametrize("path", ["candidates/41000000003", "people", ""])
def test_an_unknown_path_is_404_even_without_a_token(calm: Sandbox, path: str) -> None:
    answer = requests.get(f"{calm.url}/v3/{path}", timeout=10)
    assert (answer.status_code, answer.json()) == (404, {"message": "Resource not found"})


@pytest.mark.parametrize("resource", sorted(LISTS))
def test_every_list_answers_rows_of_its_own_fields(calm_v3: V3, resource: str) -> None:
    rows = calm_v3.rows(resource, per_page=500)
    assert rows or resource in ("application_stages", "notes")
    assert {frozenset(row) for row in rows} <= {frozenset(LISTS[resource].fields)}


def test_fields_selects_what_is_answered(calm_v3: V3) -> None:
    rows = calm_v3.rows("candidates", per_page=25, fields="id,updated_at")
    assert len(rows) == 60
    assert {tuple(row) for row in rows} == {("id", "updated_at")}


def test_an_email_is_found_in_any_case(calm_v3: V3) -> None:
    (row,) = calm_v3.rows("candidates", email="PERSON.5@Example.COM")
    assert row["email_addresses"][0]["value"] or row["email_addresses"][1]["value"]


def test_a_tag_is_found_by_its_exact_name(calm_v3: V3) -> None:
    rows = calm_v3.rows("candidates", tag="Ruby")
    assert rows
    assert all("Ruby" in row["tags"] for row in rows)
    assert calm_v3.rows("candidates", tag="ruby") == []


def test_a_file_that_names_no_candidate_is_found_through_its_application(calm_v3: V3) -> None:
    nameless = [row for row in calm_v3.rows("attachments") if row["candidate_id"] is None]
    assert nameless
    application_id = nameless[0]["application_id"]
    candidate_id = calm_v3.rows("applications", ids=application_id)[0]["candidate_id"]
    assert calm_v3.rows("attachments", application_ids=application_id)
    found = calm_v3.rows("attachments", candidate_ids=candidate_id)
    assert nameless[0]["id"] in {row["id"] for row in found}


def test_options_are_found_by_the_key_of_their_field(calm_v3: V3) -> None:
    names = {row["name"] for row in calm_v3.rows("custom_field_options", custom_field_key="degree")}
    assert "Bachelor's Degree" in names
    assert "Law" not in names


def test_who_changes_during_a_walk_leaves_its_window_and_shifts_nobody(
    sandbox: Sandbox, v3: V3, clock: StandingClock
) -> None:
    window = f"lt|{clock.now.isoformat()}"
    expected = [row["id"] for row in v3.rows("candidates", updated_at=window, per_page=10)]
    moved = expected[5:8]  # already shown: a numbered page would now shift by three

    def change(method: str, target: str) -> None:
        if "cursor=" in target:
            clock.move(minutes=1)
            for candidate_id in moved:
                sandbox.greenhouse.update_candidate(candidate_id)

    sandbox.before_request(change)
    ids = [row["id"] for row in v3.rows("candidates", updated_at=window, per_page=10)]
    assert ids == expected


def test_a_list_outside_the_scopes_is_forbidden(clock: StandingClock) -> None:
    with (
        Sandbox(
            people=3, clock=clock, greenhouse=GreenhouseModes(scopes=("candidates",))
        ) as sandbox,
        V3(sandbox) as v3,
    ):
        assert v3.get("candidates").status_code == 200
        assert v3.get("jobs").status_code == 403


def test_a_rate_limit_holds_for_a_window_of_30_seconds(clock: StandingClock) -> None:
    with (
        Sandbox(people=3, clock=clock, greenhouse=GreenhouseModes(rate_limit=2)) as sandbox,
        V3(sandbox) as v3,
    ):
        left = [v3.get("candidates").headers["x-ratelimit-remaining"] for _ in range(2)]
        assert left == ["1", "0"]
        clock.move(seconds=10)
        answer = v3.get("nowhere")
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "20"
        assert answer.headers["x-ratelimit-limit"] == "2"
        assert int(answer.headers["x-ratelimit-reset"]) == clock.now.timestamp() + 20
        clock.move(seconds=20)
        assert v3.get("nowhere").status_code == 404


@pytest.mark.parametrize("limit", [50, None])
def test_every_answer_tells_the_limit_and_the_time_of_the_clock(
    clock: StandingClock, limit: int | None
) -> None:
    modes = GreenhouseModes(rate_limit=limit)
    with Sandbox(people=3, clock=clock, greenhouse=modes) as sandbox, V3(sandbox) as v3:
        for path in ("candidates", "nowhere"):
            headers = v3.get(path).headers
            assert headers["date"] == "Sun, 15 Dec 2024 12:30:00 GMT"
            told = sum("ratelimit" in name.lower() for name in headers)
            assert told == (0 if limit is None else 3)
