"""Records of Greenhouse that cannot be read, through Dagster: each costs its owner and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.dagster_results import failures
from greenhouse_hrflow_tests.support.odd_answers import OddAnswers, Spoil, spoil_row
from greenhouse_hrflow_tests.support.stage import PROFILES, Stage, days_ago, key
from greenhouse_hrflow_tests.support.stand_in import StandIn

REASON = "greenhouse_gave_no_readable:"


def reasons(stage: Stage, partition: str) -> dict[int, str]:
    """Whom the stored report shows as rejected, and why."""
    frame = stage.table(PROFILES, partition)
    rejected = frame[frame["outcome"] == "rejected"]
    return dict(zip(rejected["candidate_id"], rejected["reason"], strict=True))


def people(stage: Stage, count: int = 4) -> list[int]:
    """People of yesterday, with a record of each kind."""
    ids = [stage.person(days_ago(1), first_name=f"Ada {number}") for number in range(count)]
    stage.clock.moment = days_ago(1)
    store = stage.sandbox.greenhouse
    for one in ids:
        application = store.add_application(one, job_id=149_995)
        store.add_attachment(one, application_id=application, filename="cv.pdf")
        store.add_education(one, school_name="A school")
        store.add_employment(one, company_name="A company")
        store.add_tag(one, "A tag")
    stage.clock.moment = None
    return ids


def at(record: int) -> Callable[[dict[str, Any]], bool]:
    """The row with this id."""
    return lambda row: row.get("id") == record


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> Callable[[StandIn], None]:
    """Let the workflow read Greenhouse through these odd answers."""
    return lambda odd: monkeypatch.setenv("GREENHOUSE_BASE_URL", odd.url)


Behind = Callable[[StandIn], None]


def assert_costs_its_owner_alone(
    stage: Stage, ids: list[int], spoil: Spoil, behind: Behind, reason: str | None
) -> None:
    """The first of them is rejected for this reason (None: updated too), time and again."""
    yesterday = key(1)
    with OddAnswers(stage.sandbox, spoil) as odd:
        behind(odd)
        assert stage.run(yesterday).success
        updated = {one for one, name in named(stage, ids).items() if name != "nobody yet"}
        assert updated == (set(ids[1:]) if reason else set(ids))
        assert reasons(stage, yesterday) == ({ids[0]: REASON + reason} if reason else {})
        assert stage.run(yesterday).success
        assert reasons(stage, yesterday) == ({ids[0]: REASON + reason} if reason else {})
        assert set(stage.outcomes(yesterday)) == set(ids)
        stage.change(ids[1], first_name="Grace")
        assert stage.obey(stage.tick()).success
        assert stage.first_name(ids[1]) == "Grace"


def named(stage: Stage, ids: list[int]) -> dict[int, str]:
    return {one: stage.first_name(one) for one in ids}


@pytest.mark.parametrize("version", ["v3", "v1"])
@pytest.mark.parametrize("time", [None, "hemlig", ..., "9999-12-31T23:59:59.999Z"], ids=repr)
def test_a_candidate_without_a_readable_time_is_rejected(
    version: str, time: Any, make_stage: MakeStage, behind: Behind
) -> None:
    stage = make_stage(version=version)
    ids = people(stage)
    spoil = spoil_row("candidates", at(ids[0]), updated_at=time)
    assert_costs_its_owner_alone(stage, ids, spoil, behind, "updated_at")


@pytest.mark.parametrize("version", ["v3", "v1"])
def test_a_candidate_whose_id_is_a_text_is_rejected(
    version: str, make_stage: MakeStage, behind: Behind
) -> None:
    stage = make_stage(version=version)
    ids = people(stage)
    spoil = spoil_row("candidates", at(ids[0]), id=str(ids[0]))
    assert_costs_its_owner_alone(stage, ids, spoil, behind, "id")


@pytest.mark.parametrize("version", ["v3", "v1"])
def test_an_odd_creation_counts_where_a_parameter_asks_for_it_alone(
    version: str, make_stage: MakeStage, behind: Behind
) -> None:
    stage = make_stage(version=version)
    ids = people(stage)
    spoil = spoil_row("candidates", at(ids[0]), created_at="hemlig")
    assert_costs_its_owner_alone(stage, ids, spoil, behind, None)


@pytest.mark.parametrize("version", ["v3", "v1"])
def test_an_odd_creation_is_rejected_where_a_parameter_asks_for_it(
    version: str, make_stage: MakeStage, behind: Behind
) -> None:
    workflow = Workflow(pull_parameters={"created_after": days_ago(3)})
    stage = make_stage(version=version, workflow=workflow)
    ids = people(stage)
    spoil = spoil_row("candidates", at(ids[0]), created_at=None)
    assert_costs_its_owner_alone(stage, ids, spoil, behind, "created_at")


CHILDREN = {
    "applications": "application",
    "attachments": "attachment",
    "candidate_educations": "education",
    "candidate_employments": "employment",
    "applied_candidate_tags": "tag",
}


@pytest.mark.parametrize("child", CHILDREN)
def test_a_child_without_a_readable_time_costs_nobody(
    child: str, stage: Stage, behind: Behind
) -> None:
    ids = people(stage)
    [record] = stage.sandbox.greenhouse.children(CHILDREN[child], ids[0])
    spoil = spoil_row(child, at(record["id"]), updated_at=None)
    assert_costs_its_owner_alone(stage, ids, spoil, behind, None)


@pytest.mark.parametrize("child", CHILDREN)
def test_a_child_without_a_readable_id_costs_its_owner(
    child: str, stage: Stage, behind: Behind
) -> None:
    ids = people(stage)
    [record] = stage.sandbox.greenhouse.children(CHILDREN[child], ids[0])
    spoil = spoil_row(child, at(record["id"]), id=None)
    assert_costs_its_owner_alone(stage, ids, spoil, behind, f"{child}.id")


@pytest.mark.parametrize("version", ["v3", "v1"])
@pytest.mark.parametrize("row", [None, "hemlig", 7, [], {}], ids=repr)
def test_a_row_that_names_nobody_is_left_out(
    version: str, row: Any, make_stage: MakeStage, behind: Behind
) -> None:
    stage = make_stage(version=version)
    ids = people(stage)
    assert_costs_its_owner_alone(stage, ids, lambda _, rows: [row, *rows], behind, None)


@pytest.mark.parametrize("version", ["v3", "v1"])
def test_where_nothing_of_a_list_can_be_read_the_run_fails(
    version: str, make_stage: MakeStage, behind: Behind
) -> None:
    stage = make_stage(version=version)
    people(stage, 10)
    with OddAnswers(stage.sandbox, lambda _, rows: [None for _ in rows]) as odd:
        behind(odd)
        run = stage.run(key(1))
    assert not run.success
    [message] = failures(run)
    assert "none of 10 records of candidates can be read" in message
    assert stage.puts() == 0
