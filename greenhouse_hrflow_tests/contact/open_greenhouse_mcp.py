"""open-greenhouse-mcp 0.5.0 reads from the sandbox what the sandbox's Greenhouse holds.

It is the whole program, as an assistant starts it: a server of tools, over stdin and stdout. Its
filters, its bounds in brackets and its way of paging are its own. Run by ``make contact``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow.sandbox.people.offices import SERVICE_ACCOUNT_ID
from greenhouse_hrflow.sandbox.wire import JsonObject
from greenhouse_hrflow_tests.contact.mcp_server import McpServer
from greenhouse_hrflow_tests.sandbox.conftest import StandingClock

PYTHON = Path(__file__).parents[2] / ".venv-contact" / "bin" / "python"
PROGRAM = Path(__file__).with_name("serve_open_greenhouse_mcp.py")
PEOPLE = 120
SOME = 25
BOUNDS = ("2024-03-01T12:00:00Z", "2024-12-13T00:00:00Z")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=PEOPLE, clock=StandingClock()) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def mcp(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[McpServer]:
    assert PYTHON.exists(), "the client's environment is missing: run `make contact`"
    settings = {"GREENHOUSE_TOOL_PROFILE": "read-only", "PYTHON_DOTENV_DISABLED": "1"}
    home = tmp_path_factory.mktemp("home")
    command = [str(PYTHON), "-I", str(PROGRAM)]
    with McpServer(command, sandbox.environment() | settings, home) as mcp:
        yield mcp


def held(sandbox: Sandbox, resource: str) -> list[JsonObject]:
    """All rows of a list, in the order in which v3 shows them."""
    rows = sandbox.greenhouse.tables.rows[resource]
    return [rows[each] for each in sorted(rows, reverse=True)]


def ids(rows: list[JsonObject]) -> list[int]:
    return [row["id"] for row in rows]


def within(rows: list[JsonObject], name: str) -> list[JsonObject]:
    """The rows whose moment lies in ``BOUNDS``, half-open."""
    since, until = (each.replace("Z", ".000Z") for each in BOUNDS)
    return [row for row in rows if row[name] is not None and since <= row[name] < until]


def test_it_follows_every_page(sandbox: Sandbox, mcp: McpServer) -> None:
    sandbox.forget_requests()
    found = mcp.call("list_candidates", per_page=SOME, paginate="all")
    assert found["items"] == held(sandbox, "candidates")
    assert sandbox.requests["GET /v3/candidates"] == -(-PEOPLE // SOME)


def test_it_pages_by_the_cursor(sandbox: Sandbox, mcp: McpServer) -> None:
    page = mcp.call("list_candidates", per_page=SOME)
    rows = page["items"]
    while page["has_next"]:
        page = mcp.call("list_candidates", per_page=SOME, cursor=page["next_cursor"])
        rows += page["items"]
    assert ids(rows) == ids(held(sandbox, "candidates"))


@pytest.mark.parametrize(
    ("name", "bounds"),
    [
        ("created_at", ("created_after", "created_before")),
        ("updated_at", ("updated_after", "updated_before")),
    ],
)
def test_it_bounds_candidates_by_date(
    sandbox: Sandbox, mcp: McpServer, name: str, bounds: tuple[str, str]
) -> None:
    expected = within(held(sandbox, "candidates"), name)
    assert 0 < len(expected) < PEOPLE
    asked = dict(zip(bounds, BOUNDS, strict=True))
    found = mcp.call("list_candidates", per_page=3, paginate="all", **asked)
    assert found["items"] == expected


def test_it_bounds_candidates_on_one_side(sandbox: Sandbox, mcp: McpServer) -> None:
    everybody = held(sandbox, "candidates")
    found = mcp.call("list_candidates", updated_after="2024-12-13")
    assert found["items"] == [r for r in everybody if r["updated_at"] >= "2024-12-13"] != []


def test_it_finds_candidates_by_id_email_and_tag(sandbox: Sandbox, mcp: McpServer) -> None:
    everybody = held(sandbox, "candidates")
    some = ids(everybody)[:50]
    assert ids(mcp.call("list_candidates", candidate_ids=some[::-1])["items"]) == some
    tagged = [row for row in everybody if "Ruby" in row["tags"]]
    assert mcp.call("list_candidates", tag="Ruby")["items"] == tagged != []
    one = next(row for row in everybody if row["email_addresses"])
    email = one["email_addresses"][-1]["value"]
    assert mcp.call("search_candidates_by_email", email=email.upper())["items"] == [one]


def test_it_finds_candidates_by_name_among_all_pages(sandbox: Sandbox, mcp: McpServer) -> None:
    one = next(row for row in held(sandbox, "candidates")[::-1] if row["last_name"])
    found = mcp.call("search_candidates_by_name", name=one["last_name"], per_page=SOME)
    assert one in found["matches"]
    assert found["pages_scanned"] == -(-PEOPLE // SOME)


def test_it_puts_a_candidate_together(sandbox: Sandbox, mcp: McpServer) -> None:
    store = sandbox.greenhouse
    everybody = held(sandbox, "candidates")
    candidate_id = next(
        row["id"]
        for row in everybody
        if all(store.children(k, row["id"]) for k in ("application", "education", "employment"))
    )
    found = mcp.call("get_candidate", candidate_id=candidate_id)
    for kind, name in (
        ("application", "applications"),
        ("education", "educations"),
        ("employment", "employments"),
    ):
        assert sorted(ids(found[name])) == ids(store.children(kind, candidate_id))
    document = store.v1_candidate(candidate_id)
    schools = {education["id"]: education["school_name"] for education in document["educations"]}
    assert {each["id"]: each["school_name"] for each in found["educations"]} == schools
    jobs = {job["name"] for each in document["applications"] for job in each["jobs"]}
    assert {each["job_name"] for each in found["applications"]} == jobs


def test_it_finds_a_candidates_files(sandbox: Sandbox, mcp: McpServer) -> None:
    files = [row for row in held(sandbox, "attachments") if row["candidate_id"] is not None]
    candidate_id = files[0]["candidate_id"]
    expected = [row for row in files if row["candidate_id"] == candidate_id]
    found = mcp.call("get_candidate", candidate_id=candidate_id)["attachments"]
    assert sorted(ids(found)) == sorted(ids(expected))
    application_id = files[0]["application_id"]
    application = mcp.call("get_application", application_id=application_id)
    assert {row["application_id"] for row in application["attachments"]} == {application_id}


def test_it_reads_a_candidates_tags(sandbox: Sandbox, mcp: McpServer) -> None:
    one = next(row for row in held(sandbox, "candidates") if len(row["tags"]) > 1)
    found = mcp.call("list_tags_on_candidate", candidate_id=one["id"])["items"]
    assert {each["name"] for each in found} == set(one["tags"])


def test_it_lists_applications_by_each_filter(sandbox: Sandbox, mcp: McpServer) -> None:
    rows = held(sandbox, "applications")

    def found(**filters: Any) -> list[int]:
        return ids(mcp.call("list_applications", per_page=SOME, paginate="all", **filters)["items"])

    one = next(row for row in rows if row["job_id"])
    assert found() == ids(rows)
    for name in ("job_id", "candidate_id"):
        same = [row for row in rows if row[name] == one[name]]
        assert found(**{name: one[name]}) == ids(same)
    for asked, shown in (("active", "in_process"), ("rejected", "rejected")):
        assert found(status=asked) == ids([r for r in rows if r["status"] == shown]) != []
    bounds = dict(zip(("created_after", "created_before"), BOUNDS, strict=True))
    assert found(**bounds) == ids(within(rows, "created_at")) != []
    late = [row for row in rows if row["last_activity_at"] > BOUNDS[1].replace("Z", ".000Z")]
    assert found(last_activity_after=BOUNDS[1]) == ids(late) != []


def test_it_reads_what_applications_point_to(sandbox: Sandbox, mcp: McpServer) -> None:
    rows = [row for row in held(sandbox, "applications") if row["status"] == "in_process"]
    found = mcp.call("fetch_new_applications", since="2000-01-01")
    assert found["total_new_applications"] == len(rows)
    sources = mcp.call("source_effectiveness")
    assert sources["total_applications"] == len(held(sandbox, "applications"))


def test_it_lists_jobs_by_each_filter(sandbox: Sandbox, mcp: McpServer) -> None:
    rows = held(sandbox, "jobs")
    assert ids(mcp.call("list_jobs")["items"]) == ids(rows)
    assert ids(mcp.call("list_jobs", status="open")["items"]) == ids(rows)
    assert mcp.call("list_jobs", status="draft")["items"] == []
    assert mcp.call("list_jobs", department_id=1, office_id=1)["items"] == []
    found = mcp.call("list_jobs", requisition_id=rows[0]["requisition_id"])["items"]
    assert ids(found) == ids(rows[:1])


def test_it_lists_users_but_no_service_account(sandbox: Sandbox, mcp: McpServer) -> None:
    people = [row for row in held(sandbox, "users") if row["id"] != SERVICE_ACCOUNT_ID]
    assert mcp.call("list_users")["items"] == people
    assert mcp.call("list_users", deactivated=False, per_page=1, paginate="all")["items"] == people
    assert mcp.call("list_users", deactivated=True)["items"] == []
    email = people[0]["primary_email"]
    assert mcp.call("list_users", email=email)["items"] == people[:1]
    assert mcp.call("get_user", user_id=people[0]["id"])["name"] == people[0]["name"]


def test_it_lists_the_dictionaries(sandbox: Sandbox, mcp: McpServer) -> None:
    for tool, resource in (
        ("list_sources", "sources"),
        ("list_tags", "candidate_tags"),
        ("list_custom_fields", "custom_fields"),
    ):
        assert ids(mcp.call(tool)["items"]) == ids(held(sandbox, resource))
    options = held(sandbox, "custom_field_options")
    for tool, key in (
        ("list_schools", "school_name"),
        ("list_degrees", "degree"),
        ("list_disciplines", "discipline"),
    ):
        field_id = sandbox.greenhouse.tables.custom_field_id(key)
        offered = [row for row in options if row["custom_field_id"] == field_id and row["active"]]
        assert mcp.call(tool, per_page=2, paginate="all")["items"] == offered
    of_candidates = mcp.call("list_custom_fields", field_type="candidate", active=True)["items"]
    assert [row["name_key"] for row in of_candidates] == ["graduation_year"]
    schools = [row for row in options if row["custom_field_id"] == 9001]
    found = mcp.call("list_custom_field_options", custom_field_id=9001)["items"]
    assert sorted(ids(found)) == sorted(ids(schools))
    gone = mcp.call("list_custom_field_options", custom_field_id=9001, active=False)["items"]
    assert ids(gone) == [row["id"] for row in schools if not row["active"]] != []


def test_it_finds_no_notes_where_there_are_none(sandbox: Sandbox, mcp: McpServer) -> None:
    candidate_id = sandbox.greenhouse.candidate_ids()[0]
    found = mcp.call("get_activity_feed", candidate_id=candidate_id, created_after="2020-01-01")
    assert found["total"] == 0


def test_it_survives_a_revoked_token_and_a_limit(sandbox: Sandbox, mcp: McpServer) -> None:
    sandbox.tokens.revoke_all()
    sandbox.fail(Fault("429", path="/v3/candidates", retry_after=0))
    sandbox.forget_requests()
    assert len(mcp.call("list_candidates")["items"]) == PEOPLE
    assert sandbox.requests["POST /token"] == 1
