"""What holds for Harvest v3 and v1: the same people, whole, in the window, by each parameter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from greenhouse_hrflow.errors import CredentialsRefused, RequestRefused
from greenhouse_hrflow.greenhouse.candidate import complete_candidate
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow.windows import MILLISECOND, UpdateWindow
from greenhouse_hrflow_tests.greenhouse.conftest import (
    LAST_WEEK,
    START,
    OpenReader,
    Read,
    SetClock,
)

EVER = UpdateWindow()
VERSIONS = ["v3", "v1"]
DIFFERENCES_PAGE = Path(__file__).parents[2] / "docs" / "harvest-versions.md"


def changed(sandbox: Sandbox, window: UpdateWindow) -> list[int]:
    """The ids of the candidates that a bounded window holds, by the sandbox's own count."""
    assert window.updated_after is not None
    assert window.updated_before is not None
    return sandbox.greenhouse.changed(window.updated_after, window.updated_before)


def differences(v3: Any, v1: Any, path: str = "") -> Iterator[str]:
    """The paths at which two JSON values differ; lists are compared entry by entry."""
    if isinstance(v3, dict) and isinstance(v1, dict):
        for key in v3.keys() | v1.keys():
            yield from differences(v3.get(key), v1.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(v3, list) and isinstance(v1, list) and len(v3) == len(v1):
        for v3_entry, v1_entry in zip(v3, v1, strict=True):
            yield from differences(v3_entry, v1_entry, f"{path}[]")
    elif v3 != v1:
        yield path


def test_the_same_candidates_but_for_the_listed_differences(crowd: Sandbox, read: Read) -> None:
    v3, v1 = read(crowd, "v3"), read(crowd, "v1")
    assert list(v3) == changed(crowd, LAST_WEEK)
    assert v1.keys() == v3.keys()
    different_paths: set[str] = set()
    for candidate_id, v3_read in v3.items():
        v1_read = v1[candidate_id]
        assert v3_read.changed_at == v1_read.changed_at
        different_paths.update(differences(v3_read.candidate, v1_read.candidate))
    page = DIFFERENCES_PAGE.read_text()
    assert different_paths
    assert [path for path in sorted(different_paths) if f"`{path}`" not in page] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_candidate_is_whole(version: str, sandbox: Sandbox, read: Read) -> None:
    for candidate_id, read_candidate in read(sandbox, version).items():
        candidate = read_candidate.candidate
        assert candidate == complete_candidate(candidate)
        original = sandbox.greenhouse.v1_candidate(candidate_id)
        assert candidate["educations"] == original["educations"]
        assert candidate["employments"] == original["employments"]
        assert candidate["custom_fields"] == original["custom_fields"]
        assert read_candidate.read_at == START
        json.dumps(candidate)


@pytest.mark.parametrize("version", VERSIONS)
def test_windows_are_half_open(version: str, sandbox: Sandbox, read: Read, clock: SetClock) -> None:
    after, before = START, START + timedelta(hours=1)
    moments = [after - MILLISECOND, after, before - MILLISECOND, before]
    ids: list[int] = []
    for clock.now in moments:
        ids.append(sandbox.greenhouse.add_candidate(first_name="Edge"))
    clock.now = before + timedelta(days=1)
    assert list(read(sandbox, version, UpdateWindow(after, before))) == ids[1:3]
    assert list(read(sandbox, version, UpdateWindow(after))) == ids[1:]
    assert list(read(sandbox, version, UpdateWindow(None, before)))[-3:] == ids[:3]


@pytest.mark.parametrize("version", VERSIONS)
def test_days_share_nobody_and_lose_nobody(version: str, sandbox: Sandbox, read: Read) -> None:
    midnight = START.replace(hour=0)
    days = [midnight - timedelta(days=ago) for ago in range(7)]
    windows = [UpdateWindow(day, min(day + timedelta(days=1), START)) for day in days]
    read_ids = [
        candidate_id for window in windows for candidate_id in read(sandbox, version, window)
    ]
    assert sorted(read_ids) == changed(sandbox, UpdateWindow(days[-1], START))


@pytest.mark.parametrize("version", VERSIONS)
def test_bounds_of_the_parameters_narrow_the_window(
    version: str, sandbox: Sandbox, read: Read
) -> None:
    narrow = UpdateWindow(START - timedelta(days=3), START - timedelta(days=2))
    parameters: dict[str, object] = {
        "updated_after": narrow.updated_after,
        "updated_before": narrow.updated_before,
    }
    assert list(read(sandbox, version, LAST_WEEK, parameters)) == changed(sandbox, narrow)
    sandbox.forget_requests()
    elsewhere = UpdateWindow(START - timedelta(days=1), START)
    assert read(sandbox, version, elsewhere, parameters) == {}
    assert not sandbox.requests


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("window", [LAST_WEEK, EVER])
def test_created_bounds_select_by_the_moment_of_creation(
    version: str, window: UpdateWindow, sandbox: Sandbox, read: Read
) -> None:
    everybody = read(sandbox, version, window)
    created = {
        candidate.id: candidate.created_at
        for candidate in everybody.values()
        if candidate.created_at
    }
    moments = sorted(created.values())
    after, before = moments[len(moments) // 4], moments[-len(moments) // 4]
    expected = {
        candidate_id for candidate_id, moment in created.items() if after <= moment < before
    }
    candidates = read(sandbox, version, window, {"created_after": after, "created_before": before})
    assert 0 < len(expected) < len(everybody)
    assert candidates.keys() == expected


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("window", [LAST_WEEK, EVER])
def test_a_job_selects_who_applied_and_no_prospect(
    version: str, window: UpdateWindow, sandbox: Sandbox, read: Read
) -> None:
    everybody = read(sandbox, version, window)
    job_id = next(iter(sandbox.greenhouse.tables.rows["jobs"]))

    def on_job(candidate: dict[str, Any], prospect: bool) -> bool:
        return any(
            application["prospect"] is prospect and job["id"] == job_id
            for application in candidate["applications"]
            for job in application["jobs"]
        )

    applicants = {
        candidate_id
        for candidate_id, read_candidate in everybody.items()
        if on_job(read_candidate.candidate, prospect=False)
    }
    assert applicants
    assert any(on_job(candidate.candidate, prospect=True) for candidate in everybody.values())
    assert read(sandbox, version, window, {"job_id": job_id}).keys() == applicants


@pytest.mark.parametrize("version", VERSIONS)
def test_email_wins_over_ids_and_ignores_case(version: str, sandbox: Sandbox, read: Read) -> None:
    wanted = sandbox.greenhouse.add_candidate(
        email_addresses=[{"value": "Ada+x@example.com", "type": "work"}]
    )
    other_ids = sandbox.greenhouse.candidate_ids()[:5]
    parameters = {"email": "ada+X@EXAMPLE.com", "candidate_ids": other_ids}
    assert list(read(sandbox, version, EVER, parameters)) == [wanted]
    assert read(sandbox, version, UpdateWindow(None, START), parameters) == {}


@pytest.mark.parametrize("version", VERSIONS)
def test_ids_are_narrowed_by_window_and_job(version: str, sandbox: Sandbox, read: Read) -> None:
    ids = sandbox.greenhouse.candidate_ids()[:50]
    assert list(read(sandbox, version, EVER, {"candidate_ids": [*ids[1:], 7]})) == ids[1:]
    within = sorted(set(ids) & set(changed(sandbox, LAST_WEEK)))
    assert list(read(sandbox, version, LAST_WEEK, {"candidate_ids": ids})) == within
    applicant = sandbox.greenhouse.add_candidate()
    sandbox.greenhouse.add_application(applicant, job_id=149_995)
    prospect = sandbox.greenhouse.add_candidate()
    sandbox.greenhouse.add_application(prospect, prospect=True, prospective_job_ids=[149_995])
    parameters = {"candidate_ids": [applicant, prospect], "job_id": 149_995}
    assert list(read(sandbox, version, EVER, parameters)) == [applicant]


def test_v3_accepts_skip_count_without_effect(sandbox: Sandbox, read: Read) -> None:
    assert read(sandbox, "v3", LAST_WEEK, {"skip_count": True}) == read(sandbox, "v3")


@pytest.mark.parametrize("version", VERSIONS)
def test_recent_records_cost_a_handful_of_requests(
    version: str, sandbox: Sandbox, reader_of: OpenReader, clock: SetClock
) -> None:
    changed_id = sandbox.greenhouse.candidate_ids()[0]
    clock.now = START + timedelta(minutes=1)
    sandbox.greenhouse.update_candidate(changed_id, title="Captain")
    sandbox.forget_requests()
    reader = reader_of(sandbox, version)
    records = reader.recent_records(UpdateWindow(clock.now))
    assert [(record.list_name, record.id, record.updated_at) for record in records] == [
        ("candidates", changed_id, clock.now)
    ]
    assert sum(sandbox.requests.values()) == {"v3": 7, "v1": 1}[version]
    assert reader.reading_began_at is None


@pytest.mark.parametrize("version", VERSIONS)
def test_reading_begins_with_the_first_answer(
    version: str, sandbox: Sandbox, reader_of: OpenReader, clock: SetClock
) -> None:
    reader = reader_of(sandbox, version)
    for began_at in (START, START + timedelta(hours=1)):
        clock.now = began_at
        candidates = reader.read(LAST_WEEK, PullParameters())
        assert reader.reading_began_at is None
        next(candidates)
        # Later answers carry a later Date, and must not count.
        clock.now += timedelta(minutes=1)
        list(candidates)
        assert reader.reading_began_at == began_at


@pytest.mark.parametrize("version", VERSIONS)
def test_passing_faults_lose_nobody(version: str, sandbox: Sandbox, read: Read) -> None:
    everybody = read(sandbox, version)
    for kind in ("429-no-retry-after", "500", "502-html", "html-200", "broken-json", "drop"):
        sandbox.fail(Fault(kind, path=f"^/{version}/", times=1))
    assert read(sandbox, version, retries=9).keys() == everybody.keys()


@pytest.mark.parametrize(
    ("version", "given", "names"),
    [
        ("v3", {"client_secret": "a-wrong-secret"}, "GREENHOUSE_CLIENT_SECRET"),
        ("v3", {"client_id": "no-suffix"}, "GREENHOUSE_CLIENT_ID"),
        ("v1", {"api_key": "a-wrong-secret"}, "GREENHOUSE_API_KEY"),
    ],
)
def test_wrong_credentials_end_the_read_at_once(
    version: str, given: dict[str, str], names: str, sandbox: Sandbox, read: Read
) -> None:
    with pytest.raises(CredentialsRefused, match=names) as caught:
        read(sandbox, version, **given)
    assert sum(sandbox.requests.values()) == 1
    assert "a-wrong-secret" not in str(caught.value)
    assert "no-suffix" not in str(caught.value)


@pytest.mark.parametrize("version", VERSIONS)
def test_bad_parameters_are_refused_before_any_request(
    version: str, sandbox: Sandbox, read: Read
) -> None:
    with pytest.raises(Exception, match="51 ids"):
        read(sandbox, version, LAST_WEEK, {"candidate_ids": list(range(1, 52))})
    assert not sandbox.requests


@pytest.mark.parametrize(
    ("version", "message"), [("v3", "GREENHOUSE_BASE_URL"), ("v1", "31 August 2026")]
)
def test_a_wrong_address_is_named(
    version: str, message: str, sandbox: Sandbox, reader_of: OpenReader
) -> None:
    reader = reader_of(sandbox, version, base_url=f"{sandbox.url}/gone")
    with pytest.raises(RequestRefused, match=message):
        list(reader.read(LAST_WEEK, PullParameters()))


def test_the_zone_in_which_a_parameter_is_written_makes_no_difference(
    sandbox: Sandbox, read: Read
) -> None:
    paris = timezone(timedelta(hours=1))
    written = datetime(2025, 3, 8, 1, tzinfo=paris).isoformat()
    parsed = PullParameters.parse({"updated_after": written})
    assert parsed.update_window.updated_after == datetime(2025, 3, 8, tzinfo=timezone.utc)
    window = UpdateWindow(parsed.update_window.updated_after, START)
    assert list(read(sandbox, "v3", LAST_WEEK, {"updated_after": written})) == changed(
        sandbox, window
    )
