"""A contract: what it may say, what is said of one that is none, and a sandbox that follows it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from greenhouse_hrflow.sandbox import GreenhouseModes, HrFlowModes, Sandbox
from greenhouse_hrflow.sandbox.contract import (
    BadContract,
    Contract,
    Version,
    modes_of,
    read_contract,
)
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
        ("{", "is not JSON"),
        ([], "its content must be an object"),
        ({}, "contract is None: 1 alone is understood"),
        ({"contract": 2}, "contract is 2: 1 alone is understood"),
        ({"contract": True}, "contract is True: 1 alone is understood"),
        ({"contract": 1, "lever": {}}, "'lever': it can have contract, greenhouse, hrflow, shapes"),
        ({"contract": 1, "hrflow": []}, "hrflow must be an object"),
        ({"contract": 1, "greenhouse": {"v2": "open"}}, "greenhouse has no 'v2': it can have"),
        ({"contract": 1, "greenhouse": {"v1": "shut"}}, "greenhouse.v1 is 'shut': it must be one"),
        ({"contract": 1, "greenhouse": {"version": "v2"}}, "greenhouse.version is 'v2': .* v3, v1"),
        ({"contract": 1, "hrflow": {"list_limit": "9"}}, "hrflow.list_limit is '9': it must be a"),
        ({"contract": 1, "shapes": {"people": {}}}, "shapes has no 'people': it can have candid"),
        ({"contract": 1, "shapes": {"jobs": {"id": []}}}, r"shapes.jobs.id is \[\]: it must be a"),
        ({"contract": 1, "shapes": {"jobs": {"id": ["int"]}}}, "it must be a list of some of null"),
        ({"contract": 1, "shapes": {"jobs": {"id": [[]]}}}, "it must be a list of some of null"),
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
    assert read_contract(written(tmp_path, {"contract": 1})) == Contract()
    path = written(tmp_path, {"contract": 1, "greenhouse": {"version": "v1", "order": "ascending"}})
    assert read_contract(path) == Contract(GreenhouseModes(order="ascending"), version="v1")


def test_modes_go_into_a_contract_and_come_back(tmp_path: Path) -> None:
    rng = random.Random("contracts")
    versions: list[Version | None] = [None, "v3", "v1"]
    for version in versions * 10:
        modes = random_modes(rng, GreenhouseModes), random_modes(rng, HrFlowModes)
        contract = Contract(*modes, {"jobs": {"id": ("integer",)}}, version)
        shapes = {"jobs": {"id": ["integer"]}}
        path = written(tmp_path, {"contract": 1, **modes_of(contract), "shapes": shapes})
        assert read_contract(path) == contract


def test_records_have_the_fields_that_the_account_has() -> None:
    odd = {
        "id": ("integer",),
        "nickname": ("string", "null"),
        "rank": ("integer",),
        "teams": ("array",),
    }
    without_id = {"reference": ("string",), "info": ("object",), "mood": ("object", "string")}
    shapes = {"candidates": odd, "v1_candidate": odd, "profile": without_id}
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
