"""The made-up people: the same for the same seed, and among them all that a reader must survive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.sandbox.greenhouse.lists import LISTS
from greenhouse_hrflow_tests.sandbox.clients import V3, HrFlow
from greenhouse_hrflow_tests.sandbox.conftest import NOW, StandingClock


@pytest.fixture(scope="module")
def crowd() -> Iterator[Sandbox]:
    with Sandbox(people=300, clock=lambda: NOW) as sandbox:
        yield sandbox


def everything(seed: int) -> bytes:
    """Every byte that both APIs answer of a sandbox."""
    with (
        Sandbox(people=40, seed=seed, clock=StandingClock()) as sandbox,
        V3(sandbox) as v3,
        HrFlow(sandbox) as hrflow,
    ):
        lists = [v3.get(resource, per_page=500).content for resource in LISTS]
        profiles = [hrflow.profile(reference).content for reference in sandbox.hrflow.references()]
    return b"".join(lists + profiles)


def test_the_same_seed_and_start_give_the_same_bytes() -> None:
    assert everything(seed=1) == everything(seed=1)
    assert everything(seed=1) != everything(seed=2)


def test_the_people_change_before_the_start_and_not_after(crowd: Sandbox) -> None:
    newest = max(map(crowd.greenhouse.changed_at, crowd.greenhouse.candidate_ids()))
    assert newest <= "2024-12-15T12:30:00.000Z"


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_each_of_the_last_seven_days_has_some(hour: int) -> None:
    start = datetime(2024, 3, 3, hour, 0, tzinfo=timezone.utc)
    with Sandbox(people=100, started_on=start) as sandbox:
        store = sandbox.greenhouse
        days = Counter(store.changed_at(each)[:10] for each in store.candidate_ids())
    last = {(start - timedelta(days=days)).date().isoformat() for days in range(7)}
    assert last <= set(days)
    assert "2024-02-29" in days


Row = dict[str, Any]
CASES: list[Callable[[Row], bool]] = [
    lambda row: row["id"] > 2**53 and float(row["id"]) != row["id"],
    lambda row: row["first_name"] is None,
    lambda row: row["first_name"] == "",
    lambda row: row["last_name"] is None,
    lambda row: row["company"] is None,
    lambda row: row["company"] == "Rocket 🚀 Labs",
    lambda row: row["title"] == "",
    lambda row: row["last_activity_at"] is None,
    lambda row: not row["addresses"],
    lambda row: not row["email_addresses"],
    lambda row: not row["phone_numbers"],
    lambda row: len(row["phone_numbers"]) > 2,
    lambda row: row["private"],
    lambda row: row["custom_fields"].get("badge", {}).get("value", "").startswith("00"),
    lambda row: row["updated_at"].endswith("T00:00:00.000Z"),
    lambda row: row["updated_at"].endswith("T23:59:59.999Z"),
    lambda row: row["created_at"].startswith("2024-02-29"),
    lambda row: row["updated_at"] < "2024-11-30",
    lambda row: any("\u4e00" <= letter <= "\u9fff" for letter in row["last_name"] or ""),
    lambda row: any("\u0600" <= letter <= "\u06ff" for letter in row["last_name"] or ""),
    lambda row: any("\u0370" <= letter <= "\u03ff" for letter in row["last_name"] or ""),
    lambda row: row["first_name"] == "Anonymized" and row["last_name"] == str(row["id"]),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_somebody_is_like_this(crowd: Sandbox, case: int) -> None:
    rows = [crowd.greenhouse.candidate(each) for each in crowd.greenhouse.candidate_ids()]
    assert any(CASES[case](row) for row in rows)


def test_many_have_a_child_that_is_newer_than_themselves(crowd: Sandbox) -> None:
    store = crowd.greenhouse
    newer = [
        each
        for each in store.candidate_ids()
        if store.changed_at(each) > store.candidate(each)["updated_at"]
    ]
    assert 60 < len(newer) < 240


def test_children_have_holes_too(crowd: Sandbox) -> None:
    documents = [crowd.greenhouse.v1_candidate(each) for each in crowd.greenhouse.candidate_ids()]
    educations = [each for document in documents for each in document["educations"]]
    employments = [each for document in documents for each in document["employments"]]
    applications = [each for document in documents for each in document["applications"]]
    assert any(each["degree"] is None for each in educations)
    assert any(each["school_name"] is None for each in educations)
    assert any(each["start_date"] is None for each in educations)
    assert any(each["start_date"] is None for each in employments)
    assert any(each["start_date"] and each["end_date"] is None for each in employments)
    assert any(each["company_name"] is None for each in employments)
    assert any(each["prospect"] for each in applications)
    assert any(not document["applications"] for document in documents)


def test_profiles_are_richer_some_are_missing_archived_or_of_nobody(crowd: Sandbox) -> None:
    ids = {str(each) for each in crowd.greenhouse.candidate_ids()}
    references = set(crowd.hrflow.references())
    assert len(ids & references) > 280
    assert ids - references
    assert references - ids
    profiles = crowd.hrflow.profiles()
    assert any(profile["archived_at"] for profile in profiles)
    for name in ("text", "skills", "languages", "labels", "attachments", "metadatas"):
        assert all(profile[name] for profile in profiles)
    assert all(profile["info"]["location"]["lat"] for profile in profiles)


@pytest.mark.parametrize("people", [0, 1, 2, 3])
def test_a_small_crowd_is_possible(people: int) -> None:
    with Sandbox(people=people) as sandbox:
        assert len(sandbox.greenhouse.candidate_ids()) == people
