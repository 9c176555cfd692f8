"""The files in deploy/: what they name exists, what they set is what Dagster takes from them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click
import dagster as dg
import pytest
import yaml
from click.testing import CliRunner
from dagster._cli import create_dagster_cli
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.run_coordinator import QueuedRunCoordinator
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster._daemon.cli import create_dagster_daemon_cli
from dagster_webserver.cli import create_dagster_webserver_cli

from greenhouse_hrflow_tests.support.postgres import postgres

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "deploy" / "production"
COMPOSE: dict[str, Any] = yaml.safe_load((FILES / "compose.yaml").read_text())
VALUES: dict[str, Any] = yaml.safe_load((FILES / "helm-values.yaml").read_text())
EXAMPLE = (FILES / ".env.example").read_text()
DOCKERFILE = (FILES / "Dockerfile").read_text()

OURS = r"\b(?:GREENHOUSE|HRFLOW)_[A-Z_]*[A-Z]\b"
_ASSIGNED = re.compile(r"^(?:# )?([A-Z_0-9]+)=(.*)$", re.MULTILINE)

ProgramOf = dict[str, click.Command]


def names_of_code() -> set[str]:
    sources = (ROOT / "greenhouse_hrflow").rglob("*.py")
    return {name for path in sources for name in re.findall(f'"({OURS})"', path.read_text())}


def names_of_table() -> set[str]:
    lines = (ROOT / "README.md").read_text().split("\n")
    table = [line.split("|")[1] for line in lines if line.startswith("| `")]
    return {name for cell in table for name in re.findall(OURS, cell)}


def test_the_example_has_every_variable_and_no_value() -> None:
    assigned = dict(_ASSIGNED.findall(EXAMPLE))
    ours = {name for name in assigned if re.fullmatch(OURS, name)}

    assert ours == names_of_code()
    assert ours == names_of_table()
    assert [name for name, value in assigned.items() if value.strip("'")] == []


def test_what_compose_needs_is_in_the_example() -> None:
    interpolated = set(re.findall(r"\$\{([A-Z_]+)", (FILES / "compose.yaml").read_text()))

    assert interpolated - {"IMAGE_TAG"} <= {name for name, _ in _ASSIGNED.findall(EXAMPLE)}
    given = set(COMPOSE["services"]["proxy"]["environment"])
    assert set(re.findall(r"\{\$([A-Z_]+)\}", (FILES / "Caddyfile").read_text())) == given


def test_only_the_code_location_is_given_the_accounts() -> None:
    services: dict[str, Any] = COMPOSE["services"]

    assert [name for name, each in services.items() if "env_file" in each] == ["code"]
    # And nobody gets in but by the proxy, which asks who it is.
    assert [name for name, each in services.items() if "ports" in each] == ["proxy"]
    assert (FILES / "Caddyfile").read_text().count("basic_auth") == 2 + 1  # one in its comment


def test_the_ignored_files_do_not_take_the_example_along() -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no work tree of git")
    asked = [git, "-C", str(ROOT), "check-ignore", "--quiet"]

    assert subprocess.run([*asked, str(FILES / ".env.example")], check=False).returncode == 1
    assert subprocess.run([*asked, str(FILES / ".env")], check=False).returncode == 0


def programs() -> ProgramOf:
    return {
        "dagster": create_dagster_cli(),
        "dagster-daemon": create_dagster_daemon_cli(),
        "dagster-webserver": create_dagster_webserver_cli(),
    }


def commands() -> Iterator[list[str]]:
    """Every command line of Dagster's that stands in the files."""
    for service in COMPOSE["services"].values():
        for line in (service.get("command"), (service.get("healthcheck") or {}).get("test")):
            words = [word for word in line or [] if word != "CMD"]
            if words and words[0].startswith("dagster"):
                yield words
    for found in re.findall(r"CMD (\[.*?\])", DOCKERFILE.replace("\\\n", ""), re.DOTALL):
        yield yaml.safe_load(found)
    for deployment in VALUES["dagster-user-deployments"]["deployments"]:
        yield ["dagster", "api", "grpc", *deployment["dagsterApiGrpcArgs"]]


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_and_option_is_one_of_dagsters(words: list[str]) -> None:
    command: click.Command = programs()[words[0]]
    path: list[str] = []
    for word in words[1:]:
        if not isinstance(command, click.Group) or word.startswith("-"):
            break
        path.append(word)
        command = command.commands[word]

    told = CliRunner().invoke(programs()[words[0]], [*path, "--help"]).output
    assert not isinstance(command, click.Group)
    options = [word for word in words if word.startswith("--")]
    assert [option for option in options if not re.search(rf"{option}\b", told)] == []


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """The one that the file describes, on a Postgres that is really there."""
    home = tmp_path_factory.mktemp("home")
    shutil.copy(FILES / "dagster.yaml", home)
    with postgres() as url, pytest.MonkeyPatch.context() as patch:
        parts = urlsplit(url)
        for name, value in {
            "HOST": parts.hostname,
            "PORT": str(parts.port),
            "USER": parts.username,
            "PASSWORD": unquote(parts.password or ""),
            "DB": parts.path.strip("/"),
        }.items():
            patch.setenv(f"DAGSTER_POSTGRES_{name}", value or "")
        with dg.DagsterInstance.from_config(str(home)) as instance:
            yield instance


def test_dagster_takes_from_the_file_what_it_says(instance: dg.DagsterInstance) -> None:
    assert instance.get_runs() == []
    assert type(instance.event_log_storage).__name__ == "PostgresEventLogStorage"

    assert isinstance(instance.run_coordinator, QueuedRunCoordinator)
    concurrency = instance.get_concurrency_config()
    assert concurrency.pool_config.default_pool_limit == 1
    assert concurrency.run_queue_config is not None
    assert concurrency.run_queue_config.max_concurrent_runs == 4
    assert concurrency.run_queue_config.max_user_code_failure_retries == 3

    assert instance.run_monitoring_enabled
    assert instance.run_monitoring_settings["free_slots_after_run_end_seconds"] == 60
    assert instance.run_monitoring_start_timeout_seconds == 300
    assert instance.run_monitoring_cancel_timeout_seconds == 300
    assert instance.run_monitoring_max_runtime_seconds == 24 * 60 * 60
    assert instance.run_monitoring_max_resume_run_attempts == 0
    assert not instance.telemetry_enabled
    assert isinstance(instance.compute_log_manager, NoOpComputeLogManager)


@pytest.mark.parametrize("kind", list(InstigatorType))
def test_ticks_of_every_kind_are_deleted_one_day(
    instance: dg.DagsterInstance, kind: InstigatorType
) -> None:
    kept = instance.get_tick_retention_settings(kind)

    assert {status.value for status in kept} == {"STARTED", "SKIPPED", "SUCCESS", "FAILURE"}
    assert all(0 < days <= 90 for days in kept.values())


def test_the_chart_is_given_the_same(instance: dg.DagsterInstance) -> None:
    of_compose: dict[str, Any] = yaml.safe_load((FILES / "dagster.yaml").read_text())
    daemon, monitoring = VALUES["dagsterDaemon"], of_compose["run_monitoring"]

    assert VALUES["additionalInstanceConfig"]["concurrency"] == of_compose["concurrency"]
    assert {_snake(name): value for name, value in daemon["runMonitoring"].items()} == {
        name: value for name, value in monitoring.items() if name != "max_runtime_seconds"
    }
    retention = {_snake(kind): each for kind, each in VALUES["retention"].items()}
    assert retention.pop("enabled")
    days = {kind: each["purgeAfterDays"] for kind, each in retention.items()}
    assert days == {
        kind: each["purge_after_days"] for kind, each in of_compose["retention"].items()
    }
    [deployment] = VALUES["dagster-user-deployments"]["deployments"]
    storage = {each["name"]: each["value"] for each in deployment["env"]}
    assert set(storage) <= names_of_code()
    # Its runs are pods of their own.
    assert storage["GREENHOUSE_HRFLOW_STORAGE"].startswith("s3://")


def test_the_workspace_finds_the_code_location_of_compose() -> None:
    [found] = yaml.safe_load((FILES / "workspace.yaml").read_text())["load_from"]
    server = found["grpc_server"]

    assert server["host"] in COMPOSE["services"]
    assert f'"--port", "{server["port"]}"' in DOCKERFILE
    assert f'"--location-name", "{server["location_name"]}"' in DOCKERFILE


def test_the_image_is_made_of_files_that_are_there_and_let_in() -> None:
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    ignored = (FILES / "Dockerfile.dockerignore").read_text().split("\n")

    assert copied
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert [source for source in copied if f"!{source}" not in ignored] == []
    assert re.search(r"^USER dagster$", DOCKERFILE, re.MULTILINE)
    assert re.findall(r"ARG|SECRET|PASSWORD|API_KEY", DOCKERFILE) == []
    build = COMPOSE["services"]["code"]["build"]
    assert (FILES / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).exists()


def test_python_and_the_locks_agree() -> None:
    versions = set(re.findall(r"^FROM python:(\d\.\d+)-slim", DOCKERFILE, re.MULTILINE))
    project = (ROOT / "pyproject.toml").read_text()
    pinned = {
        name: _pins(ROOT / name) for name in ("requirements-deploy.lock", "requirements-dev.lock")
    }

    assert len(versions) == 1
    assert f"Python :: {versions.pop()}" in project
    deployed, developed = pinned.values()
    assert {name: developed.get(name) for name in deployed} == deployed
    assert {"dagster-postgres", "dagster-webserver", "s3fs", "psycopg2-binary"} <= set(deployed)
    chart = re.search(r"--version (\S+)", (FILES / "helm-values.yaml").read_text())
    assert chart is not None
    assert chart[1] == deployed["dagster"]


def test_docker_compose_takes_the_file(tmp_path: Path) -> None:
    if not _runs("docker", "compose", "version"):
        pytest.skip("docker compose is not installed")
    (tmp_path / ".env").write_text(re.sub(r"=('')?$", "=x", EXAMPLE, flags=re.MULTILINE))
    shutil.copy(FILES / "compose.yaml", tmp_path)

    asked = ["docker", "compose", "--file", str(tmp_path / "compose.yaml"), "config", "--quiet"]
    ended = subprocess.run(asked, check=False, capture_output=True, text=True)

    assert (ended.returncode, ended.stderr) == (0, "")


def test_helm_takes_the_values() -> None:
    if not _runs("helm", "show", "chart", "dagster/dagster"):
        pytest.skip("helm is not installed, or does not know the chart dagster/dagster")

    asked = ["helm", "template", "dagster", "dagster/dagster", "--values"]
    ended = subprocess.run(
        [*asked, str(FILES / "helm-values.yaml")], check=False, capture_output=True, text=True
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "default_limit: 1" in ended.stdout


def _runs(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


def _pins(lock: Path) -> dict[str, str]:
    found = re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==([^ ;\\]+)", lock.read_text(), re.MULTILINE)
    return dict(found)
