"""What `make dev` starts, and how it ends it; that it runs is tested with the README."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from greenhouse_hrflow.sandbox import HrFlowModes, Sandbox
from greenhouse_hrflow.sandbox.contract import Contract, Greenhouse
from greenhouse_hrflow.sandbox.trial import dev
from greenhouse_hrflow.sandbox.trial.environment import sandbox_environment
from greenhouse_hrflow.sandbox.trial.process_group import ProcessGroup
from greenhouse_hrflow_tests.support.living import PROC, living

STUBBORN = (
    "import signal, time; [signal.signal(n, signal.SIG_IGN) for n in (2, 15)]; time.sleep(99)"
)
LEADER = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
print(child.pid, file=open(sys.argv[2], "w"))
time.sleep(99)
"""


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (["GREENHOUSE_CLIENT_ID", "HRFLOW_API_SECRET"], []),
        (["GREENHOUSE_API_KEY", "HRFLOW_API_SECRET"], []),
        (["GREENHOUSE_API_KEY"], ["HRFLOW_API_SECRET"]),
        (["HRFLOW_API_SECRET"], ["GREENHOUSE_CLIENT_ID (or GREENHOUSE_API_KEY)"]),
    ],
)
def test_real_accounts_need_both_apis(given: list[str], missing: list[str]) -> None:
    assert dev.missing_credentials(dict.fromkeys(given, "x")) == missing
    assert dev.missing_credentials(dict.fromkeys(given, "")) != []


def test_the_sandbox_takes_the_place_of_every_account() -> None:
    inherited = {
        "GREENHOUSE_CLIENT_SECRET": "of an account",
        "GREENHOUSE_BASE_URL": "https://harvest.greenhouse.io",
        "GREENHOUSE_USER_ID": "7",
        "GREENHOUSE_HRFLOW_STORAGE": "s3://tables-of-an-account",
        "GREENHOUSE_HARVEST_VERSION": "v1",
        "NO_PROXY": "internal.example",
        "PATH": "/bin",
    }

    with Sandbox(people=1) as sandbox:
        environment = sandbox_environment(inherited, sandbox)

    assert environment.items() >= sandbox.environment().items()
    assert {"GREENHOUSE_USER_ID", "GREENHOUSE_HRFLOW_STORAGE"}.isdisjoint(environment)
    assert (environment["GREENHOUSE_HARVEST_VERSION"], environment["PATH"]) == ("v1", "/bin")
    assert environment["no_proxy"] == environment["NO_PROXY"] == "internal.example,127.0.0.1"


def test_a_port_that_is_taken_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = dev.main(["--port", str(port)])

    assert code == 1
    assert f"port {port} is taken" in capsys.readouterr().err


def test_a_bad_contract_ends_it_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HRFLOW_API_SECRET", raising=False)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    contract = tmp_path / "contract.json"
    contract.write_text('{"contract": 1, "hrflow": {"put_mode": "upsert"}}')

    assert dev.main(["--contract", str(contract)]) == 1

    said = capsys.readouterr()
    assert "hrflow.put_mode: Input should be 'replace' or 'merge'" in said.err
    assert said.out == ""
    assert not (tmp_path / "home").exists()


def test_a_contract_is_not_for_real_accounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GREENHOUSE_CLIENT_ID", raising=False)
    monkeypatch.setenv("GREENHOUSE_API_KEY", "of an account")
    monkeypatch.setenv("HRFLOW_API_SECRET", "ask_of_an_account")

    assert dev.main(["--contract", str(tmp_path / "contract.json")]) == 1

    said = capsys.readouterr().err
    assert "unset GREENHOUSE_API_KEY and HRFLOW_API_SECRET" in said
    assert "of_an_account" not in said


@pytest.mark.parametrize(("given", "version"), [(None, "v1"), ("v3", "v3")])
def test_the_sandbox_of_a_contract_behaves_and_is_asked_as_the_account_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: str | None, version: str
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.delenv("GREENHOUSE_HARVEST_VERSION", raising=False)
    if given is not None:
        monkeypatch.setenv("GREENHOUSE_HARVEST_VERSION", given)
    hrflow = HrFlowModes(key="reads", references="other")
    contract = Contract(1, Greenhouse(version="v1"), hrflow)

    with ExitStack() as stack:
        environment, _, hints = dev.on_sandbox(stack, contract)

        assert environment["GREENHOUSE_HARVEST_VERSION"] == version
        assert environment["HRFLOW_API_SECRET"].startswith("askr_")
        assert "No profile has the id of its candidate as its reference" in hints


@pytest.mark.skipif(not PROC.exists(), reason="processes are looked for in /proc")
def test_a_group_ends_with_the_children_that_refuse_to(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    command = [sys.executable, "-c", LEADER, STUBBORN, str(pid_file)]

    with ProcessGroup(command, environment=os.environ, folder=tmp_path) as group:
        while not (pid_file.exists() and pid_file.read_text().strip()):
            assert group.exit_code is None
        child = int(pid_file.read_text())

    assert group.exit_code is not None
    assert child not in living()
