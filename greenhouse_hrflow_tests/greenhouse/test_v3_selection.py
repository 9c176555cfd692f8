"""Which candidates a window of Harvest v3 selects, by their own rows and by their child records."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.windows import UpdateWindow
from greenhouse_hrflow_tests.greenhouse.account import STAMP, Account, row
from greenhouse_hrflow_tests.greenhouse.conftest import START, Read, SetClock


@pytest.mark.parametrize("kind", ["education", "employment", "attachment", "application"])
def test_an_updated_child_record_alone_selects_its_candidate(
    kind: str, sandbox: Sandbox, read: Read, clock: SetClock
) -> None:
    store = sandbox.greenhouse
    applicant_id = next(
        candidate_id
        for candidate_id in store.candidate_ids()
        if store.children("application", candidate_id)
    )
    if kind != "application":
        getattr(store, f"add_{kind}")(applicant_id)
    record_id = store.children(kind, applicant_id)[0]["id"]
    clock.now = START + timedelta(minutes=1)
    store.update_child(kind, record_id, touch=False)
    candidates = read(sandbox, window=UpdateWindow(clock.now))
    assert list(candidates) == [applicant_id]
    assert candidates[applicant_id].changed_at == clock.now
    updated_at = candidates[applicant_id].updated_at
    assert updated_at is not None
    assert updated_at < clock.now


def test_an_added_tag_alone_selects_its_candidate(
    sandbox: Sandbox, read: Read, clock: SetClock
) -> None:
    tagged_id = sandbox.greenhouse.candidate_ids()[3]
    clock.now = START + timedelta(minutes=1)
    sandbox.greenhouse.add_tag(tagged_id, "Sailor", touch=False)
    candidates = read(sandbox, window=UpdateWindow(clock.now))
    assert list(candidates) == [tagged_id]
    assert "Sailor" in candidates[tagged_id].candidate["tags"]


def test_who_changes_during_the_walk_is_left_to_the_next_window(
    sandbox: Sandbox, read: Read, clock: SetClock
) -> None:
    clock.now = START + timedelta(minutes=1)
    everybody = read(sandbox)
    changed_id = list(everybody)[5]

    def add_education(_method: str, path: str) -> None:
        # Tags are the last list of the selection: the candidate is selected by then, but its child
        # records are still to be read.
        if path.startswith("/v3/applied_candidate_tags?") and "updated_at" in path:
            sandbox.greenhouse.add_education(changed_id, school_name="Late School", touch=False)

    sandbox.before_request(add_education)
    assert read(sandbox).keys() == everybody.keys() - {changed_id}
    sandbox.before_request(None)
    assert list(read(sandbox, window=UpdateWindow(START))) == [changed_id]


def test_a_list_switched_off_is_not_asked_and_reads_as_null(sandbox: Sandbox, read: Read) -> None:
    candidates = read(sandbox, children=["candidate_educations"])
    assert {request for request in sandbox.requests if "/v3/" in request} == {
        "GET /v3/candidates",
        "GET /v3/candidate_educations",
        "GET /v3/custom_field_options",
    }
    for read_candidate in candidates.values():
        assert read_candidate.candidate["applications"] is None
        assert read_candidate.candidate["application_ids"] is None
        assert read_candidate.candidate["employments"] is None
        assert isinstance(read_candidate.candidate["educations"], list)


def test_attachments_alone_still_select_their_candidates(sandbox: Sandbox, read: Read) -> None:
    candidates = read(sandbox, children=["attachments"])
    for candidate_id, read_candidate in candidates.items():
        files = sandbox.greenhouse.children("attachment", candidate_id)
        assert [file["filename"] for file in read_candidate.candidate["attachments"]] == [
            file["filename"] for file in files
        ]
        assert read_candidate.candidate["applications"] is None


def test_an_attachment_may_name_its_application_alone(read: Read) -> None:
    """Then `candidate_ids` does not find it; here it is all that changed in the window."""
    with Account(
        candidates=[row(1), row(2)],
        applications=[row(11, candidate_id=1), row(12, candidate_id=2)],
        attachments=[
            row(21, candidate_id=None, application_id=11, filename="a.pdf", updated_at=STAMP),
            row(22, candidate_id=1, application_id=11, filename="b.pdf"),
            row(23, candidate_id=1, application_id=99, filename="c.pdf"),
            row(24, candidate_id=None, application_id=None, updated_at=STAMP),
        ],
    ) as account:
        candidates = read(account.url)
    assert list(candidates) == [1]
    candidate = candidates[1].candidate
    assert [file["filename"] for file in candidate["attachments"]] == ["a.pdf", "b.pdf", "c.pdf"]
    assert len(candidate["applications"][0]["attachments"]) == 2


def test_a_selected_candidate_that_v3_does_not_give_is_left_out(read: Read) -> None:
    with Account(
        candidates=[row(1, updated_at=STAMP)],
        candidate_educations=[row(5, candidate_id=404, updated_at=STAMP)],
    ) as account:
        assert list(read(account.url)) == [1]


def test_the_log_has_counts_and_no_values(
    sandbox: Sandbox, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        candidates = read(sandbox)
    assert f"v3: {len(candidates)} of " in caplog.text
    names = {candidate.candidate["last_name"] for candidate in candidates.values()} - {None, ""}
    assert names
    assert not [name for name in names if name in caplog.text]
