"""The workflow's id: what may be one, and how those that no longer may keep their marks."""

from __future__ import annotations

import pytest

from greenhouse_hrflow.definitions import definitions_from_environment
from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.profiles.last_applied import find_last_applied, metadata_name
from greenhouse_hrflow.run_result import Reason, Status
from greenhouse_hrflow.update_profiles import update_profiles_in_hrflow
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.stage import Stage, days_ago, key

OF_OTHERS = [
    "", " ", ".", "..", ".hidden", "-x", "/abs/x", "../../x", "a/b", "a\\b", "a b", "a:b", "a\n",
    "é", "漢字", "🚀", "٣", "a" * 101, "a" * 260, "a\x00b", "x%2Fy", "~",
]  # fmt: skip


@pytest.mark.parametrize("workflow_id", OF_OTHERS)
def test_what_names_a_path_or_nothing_is_a_sentence(workflow_id: str) -> None:
    with pytest.raises(ConfigurationError, match=r"letters .* digits, .*former_workflow_id"):
        Workflow(workflow_id)

    result = update_profiles_in_hrflow(workflow_id, incremental=True)
    assert (result.status, result.reason) == (Status.fatal, Reason.bad_origin_parameters)


@pytest.mark.parametrize("workflow_id", ["a", "_", "7", "Sales-Team_2.candidates", "a" * 100])
def test_letters_digits_and_three_signs_are_one(workflow_id: str) -> None:
    assert Workflow(workflow_id).workflow_id == workflow_id


def test_the_longest_id_runs_and_keeps_its_tables(make_stage: MakeStage) -> None:
    stage = make_stage(workflow=Workflow("a" * 100))
    person = stage.person(days_ago(1))

    assert stage.run(key(1)).success

    assert stage.first_name(person) == "Ada"


def test_marks_of_a_former_id_go_on(stage: Stage) -> None:
    """AppliedHashes under an id that is none any more; what is withdrawn is still known as ours."""
    person = stage.person(days_ago(1), phone_numbers=[{"value": "0123", "type": "mobile"}])
    stage.workflow = Workflow("sales_team", former_workflow_id="sales team/candidates")
    assert stage.run(key(1)).success
    profile = stage.sandbox.hrflow.profile(str(person))
    assert profile is not None
    names = [entry["name"] for entry in profile["metadatas"]]
    assert metadata_name("sales team/candidates") in names
    assert metadata_name("sales_team") not in names

    stage.change(person, days_ago(1, hour=20), phone_numbers=[])
    assert stage.run(key(1)).success

    profile = stage.sandbox.hrflow.profile(str(person))
    assert profile is not None
    assert profile["info"]["phone"] is None
    assert find_last_applied(profile, "sales team/candidates") is not None
    assert stage.puts() == 2


def test_the_former_id_comes_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENHOUSE_HRFLOW_WORKFLOW_ID", "sales team")
    with pytest.raises(ConfigurationError, match="FORMER_WORKFLOW_ID"):
        definitions_from_environment()

    monkeypatch.setenv("GREENHOUSE_HRFLOW_WORKFLOW_ID", "sales_team")
    monkeypatch.setenv("GREENHOUSE_HRFLOW_FORMER_WORKFLOW_ID", "sales team")
    assert definitions_from_environment().resolve_job_def("sales_team").name == "sales_team"


@pytest.mark.parametrize("former", ["", " ", 5])
def test_a_former_id_that_is_none_is_refused(former: str) -> None:
    with pytest.raises(ConfigurationError, match="former_workflow_id"):
        Workflow("a", former_workflow_id=former)
