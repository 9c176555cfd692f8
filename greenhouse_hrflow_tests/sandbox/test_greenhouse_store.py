"""Changing the sandbox's people: what moves, what shows, and what leaves no trace."""

from __future__ import annotations

from datetime import timedelta

import pytest

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.sandbox.greenhouse.store import GreenhouseStore
from greenhouse_hrflow_tests.sandbox.clients import V3
from greenhouse_hrflow_tests.sandbox.conftest import StandingClock

LATER = "2024-12-15T13:30:00.000Z"


@pytest.fixture
def store(sandbox: Sandbox, clock: StandingClock) -> GreenhouseStore:
    """The people, an hour after all that they did."""
    clock.move(hours=1)
    return sandbox.greenhouse


@pytest.fixture
def somebody(store: GreenhouseStore) -> int:
    """A candidate with one of each record."""
    candidate_id = store.add_candidate(
        first_name="Ada", updated_at="2024-12-01T00:00:00.000Z", phone_numbers=[]
    )
    store.add_application(candidate_id, updated_at="2024-12-01T00:00:00.000Z")
    return candidate_id


def test_a_new_candidate_is_newest_and_empty_elsewhere(store: GreenhouseStore) -> None:
    candidate_id = store.add_candidate(first_name="Ada")
    row = store.candidate(candidate_id)
    assert candidate_id == max(store.candidate_ids())
    assert (row["first_name"], row["last_name"], row["tags"]) == ("Ada", None, [])
    assert (row["created_at"], row["updated_at"]) == (LATER, LATER)


def test_an_update_stamps_and_an_explicit_stamp_stands(store: GreenhouseStore) -> None:
    candidate_id = store.candidate_ids()[0]
    store.update_candidate(candidate_id, phone_numbers=[{"value": "01234", "type": "home"}])
    assert store.candidate(candidate_id)["updated_at"] == LATER
    store.update_candidate(candidate_id, updated_at="2024-12-15T00:00:00.000Z")
    assert store.candidate(candidate_id)["updated_at"] == "2024-12-15T00:00:00.000Z"


def test_a_field_that_does_not_exist_is_refused(store: GreenhouseStore) -> None:
    candidate_id = store.candidate_ids()[0]
    with pytest.raises(TypeError, match="candidates has no field is_private"):
        store.update_candidate(candidate_id, is_private=True)
    with pytest.raises(TypeError, match="add_tag"):
        store.update_candidate(candidate_id, tags=["VIP"])


@pytest.mark.parametrize("touch", [True, False])
def test_a_tag_stands_in_both_places_and_its_removal_leaves_no_row(
    store: GreenhouseStore, somebody: int, touch: bool
) -> None:
    before = store.candidate(somebody)["updated_at"]
    store.add_tag(somebody, "quite new", touch=touch)
    assert store.candidate(somebody)["tags"] == ["quite new"]
    assert len(store.children("tag", somebody)) == 1
    assert store.changed_at(somebody) == LATER
    store.remove_tag(somebody, "quite new", touch=touch)
    assert store.candidate(somebody)["tags"] == []
    assert store.children("tag", somebody) == []
    assert store.changed_at(somebody) == (LATER if touch else before)


def test_a_child_moves_its_own_stamp_and_the_candidates_only_when_told(
    store: GreenhouseStore, somebody: int
) -> None:
    education = store.add_education(somebody, school_name="MIT", degree=None)
    assert store.candidate(somebody)["updated_at"] < LATER
    assert store.changed_at(somebody) == LATER
    store.update_child("education", education, school_name="ETH", touch=True)
    assert store.candidate(somebody)["updated_at"] == LATER
    assert store.v1_candidate(somebody)["educations"][0]["school_name"] == "ETH"


def test_changed_at_goes_back_when_the_newest_child_goes(
    store: GreenhouseStore, somebody: int
) -> None:
    employment = store.add_employment(somebody, company_name="Acme", start_date="2020-02-29")
    assert store.changed_at(somebody) == LATER
    store.delete_child("employment", employment, touch=False)
    assert store.changed_at(somebody) == "2024-12-01T00:00:00.000Z"


def test_changed_and_touched_tell_the_newest_change_from_any(
    store: GreenhouseStore, somebody: int, clock: StandingClock
) -> None:
    window = (clock.now, clock.now + timedelta(hours=1))
    store.add_employment(somebody)
    clock.move(hours=1)
    store.update_candidate(somebody)
    assert store.touched(*window) == [somebody]
    assert store.changed(*window) == []
    assert store.changed(clock.now, clock.now + timedelta(milliseconds=1)) == [somebody]


def test_a_file_hangs_on_an_application(store: GreenhouseStore, somebody: int) -> None:
    store.add_attachment(somebody, filename="cv.pdf", type="resume")
    (document,) = store.v1_candidate(somebody)["attachments"]
    assert document["filename"] == "cv.pdf"
    (application,) = store.children("application", somebody)
    store.delete_child("application", application["id"])
    assert store.children("attachment", somebody) == []
    with pytest.raises(ValueError, match="has no application"):
        store.add_attachment(somebody, filename="cv.pdf")


def test_who_is_anonymised_keeps_an_id_for_a_name(store: GreenhouseStore, somebody: int) -> None:
    store.add_tag(somebody, "VIP")
    store.add_education(somebody, school_name="MIT")
    store.anonymise(somebody)
    document = store.v1_candidate(somebody)
    assert (document["first_name"], document["last_name"]) == ("Anonymized", str(somebody))
    assert (document["tags"], document["educations"], document["email_addresses"]) == ([], [], [])
    assert len(document["applications"]) == 1
    assert document["updated_at"] == LATER


def test_who_is_deleted_is_gone_from_every_list(
    store: GreenhouseStore, somebody: int, v3: V3
) -> None:
    store.add_employment(somebody, company_name="Acme")
    store.delete_candidate(somebody)
    assert somebody not in store.candidate_ids()
    assert v3.rows("candidates", ids=somebody) == []
    assert v3.rows("candidate_employments", candidate_ids=somebody) == []
    assert v3.rows("applications", candidate_ids=somebody) == []
