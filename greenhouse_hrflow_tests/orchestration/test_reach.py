"""A folder of one machine, and runs or steps that start on others: refused before any work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import dagster as dg
import pytest

from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.orchestration.build import build_definitions
from greenhouse_hrflow.orchestration.resources import Storage
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.support.dagster_results import failures
from greenhouse_hrflow_tests.support.launchers import ElsewhereRunLauncher
from greenhouse_hrflow_tests.support.stage import (
    CANDIDATES,
    KEYS,
    NO_WAIT,
    QUIET,
    PromptGreenhouse,
    PromptHrFlow,
    key,
)

SHARED = "GREENHOUSE_HRFLOW_STORAGE_SHARED"
ELSEWHERE = (ElsewhereRunLauncher.__module__, ElsewhereRunLauncher.__name__)
LAUNCHER = "\nrun_launcher:\n  module: {}\n  class: {}\n"

_HERE = dg.in_process_executor

in_pods = dg.ExecutorDefinition(
    "k8s",
    config_schema=cast("Any", _HERE.config_schema),
    executor_creation_fn=_HERE.executor_creation_fn,
)
"""By its name that of Dagster on Kubernetes."""


@pytest.fixture
def sandbox(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """An account with nobody in it; `home` empties the environment first."""
    with Sandbox() as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        yield sandbox


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def instance_of(stack: ExitStack, home: Path, launcher: tuple[str, str]) -> dg.DagsterInstance:
    """The instance of this home, with another run launcher."""
    with (home / "dagster.yaml").open("a") as file:
        file.write(LAUNCHER.format(*launcher))
    return stack.enter_context(dg.DagsterInstance.from_config(str(home)))


def definitions(storage: Storage | None = None) -> dg.Definitions:
    return build_definitions(
        Workflow(),
        greenhouse=PromptGreenhouse(),
        hrflow=PromptHrFlow(),
        storage=storage,
        retry_policy=NO_WAIT,
    )


def run(
    instance: dg.DagsterInstance, job: str, storage: Storage | None = None
) -> dg.ExecuteInProcessResult:
    """Today's partition, by this job."""
    return (
        definitions(storage)
        .resolve_job_def(job)
        .execute_in_process(
            instance=instance, partition_key=key(), run_config=QUIET, raise_on_error=False
        )
    )


@pytest.mark.parametrize(
    ("job", "launcher"),
    [
        (KEYS.job, ELSEWHERE),
        (KEYS.preview_job, ELSEWHERE),
        # As in a code location without the launcher's package, which needs it not.
        (KEYS.job, ("a_package_that_is_not_here", "ElsewhereRunLauncher")),
    ],
    ids=["job", "preview", "launcher not installed"],
)
def test_a_run_fails_before_it_asks_anybody(
    sandbox: Sandbox, stack: ExitStack, home: Path, job: str, launcher: tuple[str, str]
) -> None:
    result = run(instance_of(stack, home, launcher), job)

    assert "ElsewhereRunLauncher may start runs on other machines" in failures(result)[0]
    assert str(home / "greenhouse_hrflow") in failures(result)[0]
    assert "GREENHOUSE_HRFLOW_STORAGE to an object store" in failures(result)[0]
    assert f"{SHARED} to 1" in failures(result)[0]
    assert [event for event in result.all_events if event.is_step_up_for_retry] == []
    assert not sandbox.requests
    assert not (home / "greenhouse_hrflow").exists()


def test_a_tick_fails_before_it_asks_anybody(
    sandbox: Sandbox, stack: ExitStack, home: Path
) -> None:
    instance = instance_of(stack, home, ELSEWHERE)
    repository = definitions().get_repository_def()

    with (
        dg.build_sensor_context(
            instance=instance,
            repository_def=repository,
            resources={KEYS.greenhouse: PromptGreenhouse(), KEYS.storage: Storage()},
        ) as context,
        pytest.raises(dg.Failure, match="may start runs on other machines"),
    ):
        repository.get_sensor_def(KEYS.sensor).evaluate_tick(context)

    assert not sandbox.requests


def test_a_folder_that_is_said_to_be_shared_is_used(
    sandbox: Sandbox, stack: ExitStack, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = instance_of(stack, home, ELSEWHERE)

    result = run(instance, KEYS.job, Storage(shared=True))

    assert result.success, failures(result)
    assert (home / "greenhouse_hrflow" / "hrflow_profiles").is_dir()
    monkeypatch.setenv(SHARED, "1")
    assert str(Storage().open(instance, "k8s")) == str(home / "greenhouse_hrflow")
    with pytest.raises(ConfigurationError, match="may start runs"):
        Storage(shared=False).open(instance)


def test_what_is_no_folder_of_this_machine_is_used(
    sandbox: Sandbox, stack: ExitStack, home: Path
) -> None:
    storage = Storage(url="memory://of/all")

    assert str(storage.open(instance_of(stack, home, ELSEWHERE), "k8s")).startswith("memory:")


def test_a_word_that_is_neither_yes_nor_no_is_named(
    sandbox: Sandbox, stack: ExitStack, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SHARED, "nfs")

    with pytest.raises(ConfigurationError, match=f"{SHARED} must be 1"):
        Storage().open(instance_of(stack, home, ELSEWHERE))


def test_steps_that_start_elsewhere_are_refused_too(
    sandbox: Sandbox, stack: ExitStack, home: Path
) -> None:
    result = dg.execute_job(
        dg.reconstructable(pull_in_pods),
        instance=stack.enter_context(dg.DagsterInstance.from_config(str(home))),
        tags={"dagster/partition": key()},
        run_config=QUIET,
    )

    [failed] = [event for event in result.all_events if event.is_step_failure]
    told = failed.step_failure_data.user_failure_data
    assert told is not None
    assert "The executor k8s may start steps on other machines" in str(told.description)
    assert not sandbox.requests


def pull_in_pods() -> dg.JobDefinition:
    """A job of a user's over our asset, in a location whose executor is not ours."""
    job = dg.define_asset_job("pull_in_pods", selection=[CANDIDATES])
    location = dg.Definitions.merge(definitions(), dg.Definitions(jobs=[job], executor=in_pods))
    return location.resolve_job_def("pull_in_pods")
