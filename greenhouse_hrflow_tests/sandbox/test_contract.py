"""A contract: what it may say, what is said of one that is none, and a sandbox that follows it."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from greenhouse_hrflow.sandbox import HrFlowModes, Sandbox
from greenhouse_hrflow.sandbox.contract import (
    NO_CONTRACT,
    BadContract,
    Contract,
    Greenhouse,
    Version,
    read_contract,
)
from greenhouse_hrflow.sandbox.shapes import Shape, Shapes
from greenhouse_hrflow_tests.sandbox.clients import V1, V3, HrFlow
from greenhouse_hrflow_tests.sandbox.conftest import StandingClock
from greenhouse_hrflow_tests.support.random_modes import random_modes


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "contract.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "its content: Invalid JSON"),
        ([], "its content: .* object"),
        ({}, "contract: Field required"),
        ({"contract": 2}, "contract: Input should be 1"),
        ({"contract": 1, "lever": {}}, "lever: Unexpected"),
        ({"contract": 1, "hrflow": []}, "hrflow: .* object"),
        ({"contract": 1, "greenhouse": {"v2": "open"}}, "greenhouse.v2: Unexpected"),
        ({"contract": 1, "greenhouse": {"v1": "shut"}}, "greenhouse.v1: Input should be 'open', "),
        ({"contract": 1, "greenhouse": {"version": "v2"}}, "version: Input should be 'v3' or 'v1'"),
        ({"contract": 1, "hrflow": {"list_limit": "9"}}, "list_limit: .* integer"),
        ({"contract": 1, "shapes": {"people": {}}}, "shapes.people.* must be one of candidates, "),
        ({"contract": 1, "shapes": {"jobs": {"id": []}}}, "shapes.jobs.id: .* at least 1 item"),
        ({"contract": 1, "shapes": {"jobs": {"id": ["int"]}}}, "jobs.id.0: Input should be 'null'"),
        ({"contract": 1, "shapes": {"jobs": {"id": [[]]}}}, "jobs.id.0: Input should be 'null', "),
    ],
)
def test_what_is_no_contract_is_said_in_a_sentence(tmp_path: Path, content: Any, said: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(BadContract, match=said) as error:
        read_contract(path)
    assert str(path) in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadContract, match=r"contract.json cannot be read: No such file"):
        read_contract(tmp_path / "contract.json")


def test_what_a_contract_does_not_say_is_as_it_was(tmp_path: Path) -> None:
    assert read_contract(written(tmp_path, {"contract": 1})) == NO_CONTRACT
    path = written(tmp_path, {"contract": 1, "greenhouse": {"version": "v1", "order": "ascending"}})
    assert read_contract(path) == Contract(1, Greenhouse(order="ascending", version="v1"))


def test_modes_go_into_a_contract_and_come_back(tmp_path: Path) -> None:
    rng = random.Random("contracts")
    versions: list[Version | None] = [None, "v3", "v1"]
    for version in versions * 10:
        greenhouse = random_modes(rng, Greenhouse, version=version)
        hrflow = random_modes(rng, HrFlowModes)
        contract = Contract(1, greenhouse, hrflow, {"jobs": {"id": ("integer",)}})
        assert read_contract(written(tmp_path, asdict(contract))) == contract


def test_records_have_the_fields_that_the_account_has() -> None:
    odd: Shape = {
        "id": ("integer",),
        "nickname": ("string", "null"),
        "rank": ("integer",),
        "teams": ("array",),
    }
    without_id: Shape = {
        "reference": ("string",),
        "info": ("object",),
        "mood": ("object", "string"),
    }
    shapes: Shapes = {"candidates": odd, "v1_candidate": odd, "profile": without_id}
    new = {"nickname": None, "rank": 0, "teams": []}
    with Sandbox(people=3, clock=StandingClock(), shapes=shapes) as sandbox:
        with V3(sandbox) as v3, V1(sandbox) as v1:
            ids = sandbox.greenhouse.candidate_ids()
            assert v3.rows("candidates") == [{"id": i, **new} for i in reversed(ids)]
            assert v1.rows("candidates") == [{"id": i, **new} for i in ids]
            assert v3.get("candidates", fields="id,first_name").json()[0] == {"id": ids[-1]}
            assert v3.rows("applications")[0].keys() > {"id", "job_id"}
        with HrFlow(sandbox) as hrflow:
            profile = hrflow.profile(str(ids[0])).json()["data"]
            assert profile.keys() == {"id", "reference", "info", "mood"}
            keys = {"source_keys": json.dumps([hrflow.source_key]), "return_profile": "true"}
            listed = hrflow.get("storing/profiles", **keys).json()["data"]
            assert profile in listed
