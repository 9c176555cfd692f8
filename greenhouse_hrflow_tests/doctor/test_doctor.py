"""What the doctor says of wrong credentials, what it costs, and what it leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from greenhouse_hrflow.doctor.asking import MOST_REQUESTS
from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow.sandbox.modes import HrFlowModes
from greenhouse_hrflow_tests.doctor.examined import examine

WRONG = {
    "GREENHOUSE_CLIENT_ID": ("somebody-else-1", "somebody-without-a-suffix", None),
    "GREENHOUSE_CLIENT_SECRET": ("hush", None),
    "GREENHOUSE_USER_ID": ("Ada",),
    "GREENHOUSE_BASE_URL": ("{url}/elsewhere", "no address"),
    "GREENHOUSE_TOKEN_URL": ("{url}/elsewhere", "http://127.0.0.1:1/token"),
    "HRFLOW_API_SECRET": ("ask_hush", "askr_hush", "askw_hush", None),
    "HRFLOW_API_USER": ("somebody@example.com", None),
    "HRFLOW_SOURCE_KEY": ("f" * 40, "short", None),
    "HRFLOW_BASE_URL": ("{url}/hrflow", "http://127.0.0.1:1"),
}
OF_V1 = {"GREENHOUSE_API_KEY": ("hush", None)}
CASES = [
    (version, variable, value)
    for version, wrong in (("v3", WRONG), ("v1", OF_V1))
    for variable, values in wrong.items()
    for value in values
]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=60) as sandbox:
        yield sandbox


@pytest.mark.parametrize(("version", "variable", "value"), CASES)
def test_a_wrong_credential_is_named_and_the_other_api_is_examined(
    sandbox: Sandbox, version: str, variable: str, value: str | None
) -> None:
    wrong = value and value.format(url=sandbox.url)
    told = examine(sandbox, **{"GREENHOUSE_HARVEST_VERSION": version, variable: wrong})

    assert told.exit_code == 1
    (meaning,) = told.of("would break")
    assert variable in meaning
    apis = {row["api"] for row in told.findings.values() if row["verdict"] == "as expected"}
    assert ("HrFlow" if variable.startswith("GREENHOUSE") else "Greenhouse") in apis
    for secret in ("hush", *_secrets(sandbox)):
        assert secret not in told.said


def _secrets(sandbox: Sandbox) -> list[str]:
    names = ("CLIENT_ID", "CLIENT_SECRET", "API_KEY", "API_SECRET", "API_USER", "SOURCE_KEY")
    return [value for name, value in sandbox.environment().items() if name.endswith(names)]


def test_a_person_in_a_terminal_sees_what_breaks_and_what_to_do(sandbox: Sandbox) -> None:
    environment = {**os.environ, **sandbox.environment(), "COLUMNS": "160"}
    command = [sys.executable, "-m", "greenhouse_hrflow", "doctor"]
    for source_key, code in ((environment["HRFLOW_SOURCE_KEY"], 0), ("f" * 40, 1)):
        ended = subprocess.run(
            command,
            env={**environment, "HRFLOW_SOURCE_KEY": source_key},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (ended.returncode, ended.stderr) == (code, "")
        assert ("Check HRFLOW_SOURCE_KEY." in ended.stdout) == bool(code)
        assert ("Nothing would break." in ended.stdout) == (not code)


def test_nobody_is_shown(sandbox: Sandbox) -> None:
    told = examine(sandbox, "--write-test").said
    for candidate_id in sandbox.greenhouse.candidate_ids():
        candidate = sandbox.greenhouse.candidate(candidate_id)
        assert str(candidate_id) not in told
        for entry in candidate["email_addresses"]:
            assert entry["value"] not in told
        assert not candidate["last_name"] or f'"{candidate["last_name"]}"' not in told


def test_reading_alone_writes_nothing(sandbox: Sandbox) -> None:
    examine(sandbox)
    written = [line for line in sandbox.requests if not line.startswith("GET ")]
    assert sorted(written) == ["POST /introspect", "POST /token"]


def test_a_write_test_leaves_one_archived_profile_and_all_others_as_they_were() -> None:
    with Sandbox(people=60) as sandbox:
        before = {profile["key"]: profile for profile in sandbox.hrflow.profiles()}
        told = examine(sandbox, "--write-test")
        after = {profile["key"]: profile for profile in sandbox.hrflow.profiles()}
    assert told.exit_code == 0
    (new,) = after.keys() - before.keys()
    assert after.pop(new)["archived_at"]
    assert after == before


@pytest.mark.parametrize("seed", range(4))
def test_it_asks_so_often_and_no_more_and_tells_of_a_profile_that_is_left(seed: int) -> None:
    with Sandbox(people=60, seed=seed) as sandbox:
        sandbox.fail(Fault("500", path="^/(v3|hrflow)", times=None, probability=0.4))
        told = examine(sandbox, "--write-test")
        profiles = sandbox.hrflow.profiles()
    assert told.requests <= MOST_REQUESTS
    left = [p["reference"] for p in profiles if str(p["reference"]).startswith("greenhouse_hrflow")
            and not p["archived_at"]]  # fmt: skip
    for reference in left:
        assert reference in told.said


def test_a_source_of_another_reference_is_said_to_have_nobody() -> None:
    with Sandbox(people=60, hrflow=HrFlowModes(references="e-mail")) as sandbox:
        told = examine(sandbox)
    (meaning,) = told.of("would break")
    assert "HRFLOW_SOURCE_KEY" in meaning
    assert "an e-mail address" in told.findings["References in the source"]["seen"]
    assert json.dumps(told.contract["shapes"]["profile"]["reference"]) == '["string"]'
