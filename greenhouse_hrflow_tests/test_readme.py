"""The README is held to: its commands are run, and its lists are those of the code."""

from __future__ import annotations

import inspect
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from greenhouse_hrflow import PullParameters, PushParameters, Workflow
from greenhouse_hrflow.orchestration.build import build_definitions
from greenhouse_hrflow.report import Outcome
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow_tests.support.living import PROC, descendants, living

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
MODULES = {
    "make demo": "greenhouse_hrflow.sandbox.trial.demo",
    "make dev": "greenhouse_hrflow.sandbox.trial.dev",
}
ACCOUNT = ("GREENHOUSE_", "HRFLOW_", "DAGSTER_")
DAY = (
    datetime(2025, 1, 31, tzinfo=timezone.utc),
    datetime(2025, 2, 1, tzinfo=timezone.utc),
)


def environment(**more: str) -> dict[str, str]:
    """The environment of a user with no account, in which the project can be imported."""
    kept = {name: v for name, v in os.environ.items() if not name.startswith(ACCOUNT)}
    paths = os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH")]))
    return {**kept, "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1", **more}


def masked(line: str) -> str:
    """A line without its numbers and its width."""
    return " ".join(re.sub(r"\d+(\.\d+)?", "#", line).split())


def test_every_command_is_run_by_a_test() -> None:
    commands = [
        line for language, text in BLOCKS if language == "bash" for line in text.split("\n")
    ]
    # Dagster's are run below, the trace in `test_trace`, the doctor in `doctor.test_doctor`.
    ours = ".venv/bin/python -m greenhouse_hrflow"
    elsewhere = (".venv/bin/dagster ", f"{ours} trace ", f"{ours} doctor")
    others = [line for line in commands if line and not line.startswith(elsewhere)]
    makefile = (ROOT / "Makefile").read_text("utf-8")

    assert sorted(others) == ["make demo", "make dev", "make test"]
    for command, module in MODULES.items():
        target = command.removeprefix("make ")
        [line] = re.findall(rf"^{target}: \.venv\n\t(.*)$", makefile, re.MULTILINE)
        # What a variable of make adds is left away.
        assert line.split(" $(")[0] == f"@exec .venv/bin/python -m {module}"


def test_make_demo_shows_what_the_readme_shows(tmp_path: Path) -> None:
    accounts = {
        "GREENHOUSE_BASE_URL": "https://harvest.invalid",
        "GREENHOUSE_CLIENT_ID": "an-account-1",
        "HRFLOW_API_SECRET": "ask_of_an_account",
        "GREENHOUSE_HRFLOW_STORAGE": str(tmp_path / "tables"),
        "HTTP_PROXY": "http://127.0.0.1:9",
    }
    ended = subprocess.run(
        [sys.executable, "-m", MODULES["make demo"]],
        env=environment(**accounts, TMPDIR=str(tmp_path), COLUMNS="80"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    shown = {masked(line) for line in ended.stdout.split("\n")}
    [quick_look] = [text for language, text in BLOCKS if not language and "second pass" in text]
    promised = [
        masked(line) for line in quick_look.split("\n") if "✓" not in line and "…" not in line
    ]
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [line for line in promised if line not in shown] == []
    assert "0 edited" in ended.stdout
    assert re.search(r"phone .* (changed|new|kept|same)", ended.stdout)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`make dev` of a user without accounts."""
    process = subprocess.Popen(
        [sys.executable, "-m", MODULES["make dev"]],
        env=environment(DAGSTER_HOME=str(tmp_path / "home")),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        yield process
        process.kill()


@pytest.mark.skipif(not PROC.exists(), reason="processes are looked for in /proc")
def test_make_dev_serves_the_sandbox_and_leaves_no_process(
    dev: subprocess.Popen[str], tmp_path: Path
) -> None:
    output = read_until(dev, "/sandbox\n")
    interface = found(r"The UI: (\S+)", output)
    url, fields = re.findall(r"curl -X PATCH (\S+) -d '(.*)'", output)[0]
    patch = urllib.request.Request(url, fields.encode(), method="PATCH")

    assert answer(f"{interface}/server_info")["dagster_version"]
    assert answer(patch)["phone_numbers"] == json.loads(fields)["phone_numbers"]
    assert answer(found(r"curl (\S+/sandbox/profiles/\d+)", output))["info"]
    assert "default_limit: 1" in (tmp_path / "home" / "trial" / "dagster.yaml").read_text()

    started = descendants(dev.pid)
    assert len(started) > 2
    dev.send_signal(signal.SIGINT)
    dev.communicate(timeout=90)
    assert dev.returncode == 0
    assert started.isdisjoint(living())


def read_until(process: subprocess.Popen[str], end: str) -> str:
    assert process.stdout is not None
    output = ""
    for line in process.stdout:
        output += line
        if line.endswith(end):
            return output
    raise AssertionError(f"it ended by itself, and said: {output}")


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, f"{pattern} is not in: {text}"
    return match[1]


def answer(request: str | urllib.request.Request) -> Any:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as response:
        return json.load(response)


def test_the_commands_for_real_accounts_run_in_order(tmp_path: Path) -> None:
    with Sandbox(people=40, started_on=DAY[1]) as sandbox:
        of_the_day = {str(each) for each in sandbox.greenhouse.changed(*DAY)}
        variables = environment(
            **sandbox.environment(), DAGSTER_HOME=str(tmp_path), NO_PROXY="127.0.0.1"
        )
        said: list[str] = []
        edited: list[list[str | None]] = []
        for language, text in BLOCKS:
            if text.startswith("# my_definitions.py"):
                (tmp_path / "my_definitions.py").write_text(text)
            elif command := command_of(language, text):
                said.append(run(command, variables, tmp_path))
                edited.append([put.reference for put in sandbox.hrflow.puts])

    assert len(said) == 3
    assert edited[0]
    assert set(edited[0]) <= of_the_day
    assert len(edited[0]) < len(edited[1])
    assert re.fullmatch(r"success(_with_failures)? none \d+\n", said[-1])


def command_of(language: str, text: str) -> list[str] | None:
    if language == "python":
        return [sys.executable, "-c", text]
    if text.startswith(".venv/bin/dagster "):
        return ["bash", "-c", text.replace(".venv/bin", str(Path(sys.executable).parent))]
    return None


def run(command: list[str], variables: dict[str, str], folder: Path) -> str:
    ended = subprocess.run(
        command,
        env=variables,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_every_variable_is_named_and_no_other() -> None:
    pattern = r"\b(?:GREENHOUSE|HRFLOW)_[A-Z_]*[A-Z]\b"
    sources = (ROOT / "greenhouse_hrflow").rglob("*.py")
    read = {name for path in sources for name in re.findall(f'"({pattern})"', path.read_text())}

    assert set(re.findall(pattern, README)) == read


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(list(PullParameters.model_fields), id="pull"),
        pytest.param(list(PushParameters.model_fields), id="push"),
        pytest.param(list(inspect.signature(Workflow).parameters), id="workflow"),
        pytest.param(list(inspect.signature(build_definitions).parameters)[1:], id="definitions"),
        pytest.param([str(outcome) for outcome in Outcome], id="outcomes"),
    ],
)
def test_every_name_stands_in_a_table(names: list[str]) -> None:
    tables = "\n".join(line for line in README.split("\n") if line.startswith("|"))

    assert [name for name in names if f"`{name}`" not in tables] == []


def test_links_lead_somewhere() -> None:
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)

    assert linked
    assert [path for path in linked if not (ROOT / path).exists()] == []
