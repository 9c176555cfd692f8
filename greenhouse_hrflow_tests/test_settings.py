"""What holds for the settings of both accounts: masks, blanks, and addresses that are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dagster as dg
import pytest
from dagster._core.snap import JobSnap
from dagster._core.snap.snap_to_yaml import default_values_yaml_from_type_snap

from greenhouse_hrflow.definitions import definitions_from_environment
from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.hrflow.settings import HrFlowSettings, resolve_source_key
from greenhouse_hrflow.orchestration.build import build_definitions
from greenhouse_hrflow.orchestration.resources import GreenhouseResource, HrFlowResource
from greenhouse_hrflow.workflow import Workflow
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.dagster_results import failures
from greenhouse_hrflow_tests.support.stage import (
    NO_WAIT,
    QUIET,
    PromptGreenhouse,
    PromptHrFlow,
    Stage,
    days_ago,
    key,
)

MASK = "********"
FORM: dict[str, Any] = {
    "greenhouse": {"config": dict.fromkeys(("api_key", "client_id", "client_secret"), MASK)},
    "hrflow": {"config": dict.fromkeys(("api_secret", "api_user"), MASK)},
}
"""The secrets as the launchpad fills them in."""


def launched(stage: Stage, job: dg.JobDefinition, form: dict[str, Any]) -> list[str]:
    """Launch yesterday with this form; what failed."""
    result = job.execute_in_process(
        instance=stage.instance,
        partition_key=key(1),
        run_config={**QUIET, "resources": form},
        raise_on_error=False,
    )
    return failures(result)


def test_the_form_is_what_the_launchpad_fills_in(stage: Stage) -> None:
    schema = JobSnap.from_job_def(stage.job)
    root = schema.config_schema_snapshot.get_config_snap(
        schema.mode_def_snaps[0].root_config_key or ""
    )
    text = default_values_yaml_from_type_snap(schema.config_schema_snapshot, root)

    assert text.count(f"'{MASK}'") == 5


@pytest.mark.parametrize("version", ["v3", "v1"])
@pytest.mark.parametrize("secret", [MASK, "*", "", "  "])
def test_a_launch_from_the_launchpad_sends_the_secrets_of_the_environment(
    make_stage: MakeStage, version: str, secret: str
) -> None:
    stage = make_stage(version=version)
    person = stage.person(days_ago(1))
    form = {
        name: {"config": dict.fromkeys(resource["config"], secret)}
        for name, resource in FORM.items()
    }

    assert launched(stage, stage.job, form) == []

    assert stage.first_name(person) == "Ada"


def test_a_mask_stands_for_the_value_that_the_resource_was_defined_with(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = stage.person(days_ago(1))
    environment = stage.sandbox.environment()
    for name in ("GREENHOUSE_CLIENT_ID", "HRFLOW_API_SECRET", "HRFLOW_API_USER"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("OUR_KEY", environment["HRFLOW_API_SECRET"])
    definitions = build_definitions(
        Workflow(),
        greenhouse=PromptGreenhouse(client_id=environment["GREENHOUSE_CLIENT_ID"]),
        hrflow=PromptHrFlow(
            api_secret=dg.EnvVar("OUR_KEY"), api_user=environment["HRFLOW_API_USER"]
        ),
        retry_policy=NO_WAIT,
    )

    assert launched(stage, definitions.resolve_job_def("update_profiles_in_hrflow"), FORM) == []

    assert stage.first_name(person) == "Ada"


def test_what_a_launch_gives_wins(stage: Stage) -> None:
    stage.person(days_ago(1))
    wrong = {**FORM, "hrflow": {"config": {"api_secret": "ask_wrong", "api_user": MASK}}}

    [message] = launched(stage, stage.job, wrong)

    assert "HRFLOW_API_SECRET" in message
    assert "ask_wrong" not in message


def greenhouse(**settings: Any) -> GreenhouseSettings:
    given: dict[str, Any] = {"client_id": "an-id", "client_secret": "hush", **settings}
    return GreenhouseSettings.resolve(**given)


def hrflow(**settings: Any) -> HrFlowSettings:
    given: dict[str, Any] = {"api_secret": "ask_", "api_user": "me@here", **settings}
    return HrFlowSettings.resolve(**given)


@pytest.mark.parametrize("blank", [None, "", " \r\n", "***", MASK])
def test_blank_and_masked_values_are_not_given(blank: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "GREENHOUSE_CLIENT_SECRET": "hush",
        "GREENHOUSE_USER_ID": "12",
        "HRFLOW_API_SECRET": "ask_",
        "HRFLOW_BASE_URL": "https://here",
        "HRFLOW_SOURCE_KEY": "a-source",
    }.items():
        monkeypatch.setenv(name, f"\t{value}\r\n")

    read = greenhouse(client_secret=blank, user_id=blank, base_url=blank, harvest_version=blank)
    written = hrflow(api_secret=blank, base_url=blank)

    assert (read.user_id, read.harvest_version) == ("12", "v3")
    assert read.client_secret.get_secret_value() == "hush"
    assert written.base_url == "https://here"
    assert written.api_secret.get_secret_value() == "ask_"
    assert resolve_source_key(blank) == "a-source"


@pytest.mark.parametrize("around", ["{}\r", " {} ", "{}\n"])
def test_what_stands_around_a_given_value_is_no_part_of_it(around: str) -> None:
    url = around.format("https://here/v1/")

    assert greenhouse(base_url=url, token_url=url).token_url == "https://here/v1"
    assert hrflow(base_url=url).base_url == "https://here/v1"
    assert resolve_source_key(around.format("a-source")) == "a-source"


ADDRESSES: dict[str, Callable[[str], object]] = {
    "GREENHOUSE_BASE_URL": lambda url: greenhouse(base_url=url),
    "GREENHOUSE_TOKEN_URL": lambda url: greenhouse(token_url=url),
    "HRFLOW_BASE_URL": lambda url: hrflow(base_url=url),
}


@pytest.mark.parametrize("variable", ADDRESSES)
@pytest.mark.parametrize(
    "url",
    [
        "https://me:hush@host/v1",
        "https://hush@host",
        "https://@host/hush",
        "https://host/v1?key=hush",
        "https://host/hush?",
        "https://host/v1#hush",
        "https://host/hush#",
        "https://host /hush",
        "https://host/hush\tv1",
        "https://host\\@hush",
        "https://host\u200b/hush",
        "https:///hush",
        "https://:443/hush",
        "https://host:0/hush",
        "https://host:hush",
        "https://host:123456/hush",
        "https://[::1/hush",
        "hush",
        "//host/hush",
        "ftp://host/hush",
        "file:///hush",
    ],
)
def test_an_address_that_is_none_or_holds_a_secret_is_refused_and_not_repeated(
    variable: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match=f"^{variable} .*it must look like") as caught:
        ADDRESSES[variable](url)
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None

    monkeypatch.setenv(variable, url)
    with pytest.raises(ConfigurationError, match=f"^{variable} "):
        ADDRESSES[variable](" ")


@pytest.mark.parametrize("resource", [GreenhouseResource, HrFlowResource])
@pytest.mark.parametrize("url", ["https://me:hush@host", "https://host?key=hush", "hush hush"])
def test_a_resource_shows_no_address_that_may_hold_a_secret(
    resource: type[GreenhouseResource] | type[HrFlowResource], url: str
) -> None:
    for shown in (repr(resource(base_url=url)), str(resource(base_url=url))):
        assert "hush" not in shown
    assert "https://host/v1" in repr(resource(base_url="https://host/v1"))


def test_an_hrflow_resource_shows_no_secret() -> None:
    resource = HrFlowResource(api_secret="ask_hush", api_user="hush@example.com")

    assert "hush" not in f"{resource!r} {resource} {resource.settings()!r}"


@pytest.mark.usefixtures("home")
def test_blanks_around_the_variables_of_the_code_location_are_no_part_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        "WORKFLOW_ID": "nightly",
        "PARTITIONS": "hourly",
        "START_DATE": "2025-03-01T06:00:00Z",
        "PARTITIONS_PER_RUN": "7",
        "SENSOR_INTERVAL": "60",
    }.items():
        monkeypatch.setenv(f"GREENHOUSE_HRFLOW_{name}", f" {value}\r\n")

    repository = definitions_from_environment().get_repository_def()

    assert repository.has_job("nightly")
    assert [sensor.minimum_interval_seconds for sensor in repository.sensor_defs] == [60]
