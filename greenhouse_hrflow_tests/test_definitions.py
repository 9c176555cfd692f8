"""The default code location: what the environment makes of it, and that loading asks nothing."""

from __future__ import annotations

import os

import dagster as dg
import pytest

from greenhouse_hrflow.definitions import definitions_from_environment
from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow_tests.support.stage import CANDIDATES, PROFILES

PREFIX = "GREENHOUSE_HRFLOW_"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GREENHOUSE_", "HRFLOW_"))]:
        monkeypatch.delenv(name)


def partitions_of(definitions: dg.Definitions) -> dg.TimeWindowPartitionsDefinition:
    """The one definition that both assets share."""
    graph = definitions.resolve_asset_graph()
    [shared] = {graph.get(key).partitions_def for key in (CANDIDATES, PROFILES)}
    assert isinstance(shared, dg.TimeWindowPartitionsDefinition)
    return shared


def test_it_loads_without_any_credential() -> None:
    repository = definitions_from_environment().get_repository_def()

    dg.Definitions.validate_loadable(definitions_from_environment())
    assert repository.has_job("update_profiles_in_hrflow")
    [sensor] = repository.sensor_defs
    assert sensor.default_status is dg.DefaultSensorStatus.STOPPED


def test_by_default_there_is_a_partition_for_each_day_since_2024() -> None:
    partitions = partitions_of(definitions_from_environment())

    assert partitions.get_first_partition_key() == "2024-01-01"
    assert partitions.cron_schedule == "0 0 * * *"
    assert partitions.timezone == "UTC"


def test_the_environment_shapes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "WORKFLOW_ID": "nightly",
        "PARTITIONS": "hourly",
        "START_DATE": "2025-03-01T06:00:00Z",
        "PARTITIONS_PER_RUN": "7",
        "SENSOR_INTERVAL": "60",
    }.items():
        monkeypatch.setenv(PREFIX + name, value)

    definitions = definitions_from_environment()

    repository = definitions.get_repository_def()
    assert repository.has_job("nightly")
    assert [sensor.minimum_interval_seconds for sensor in repository.sensor_defs] == [60]
    assert partitions_of(definitions).get_first_partition_key() == "2025-03-01-06:00"
    policies = {
        definitions.resolve_asset_graph().get(key).backfill_policy for key in (CANDIDATES, PROFILES)
    }
    assert [policy and policy.max_partitions_per_run for policy in policies] == [7]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARTITIONS_PER_RUN", "0"),
        ("PARTITIONS_PER_RUN", "many"),
        ("SENSOR_INTERVAL", "-5"),
        ("START_DATE", "soon"),
        ("PARTITIONS", "weekly-ish"),
        ("BRAKE_SHARE", "20"),
        ("BRAKE_SHARE", "20 %"),
        ("BRAKE_SHARE", "nan"),
        ("BRAKE_SHARE", "0"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(PREFIX + name, value)

    with pytest.raises(ConfigurationError, match=PREFIX + name):
        definitions_from_environment()


@pytest.mark.parametrize("value", ["-1", "1.5", "none"])
def test_a_wrong_floor_of_the_brake_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("GREENHOUSE_HRFLOW_BRAKE_SHARE", "0.2")
    monkeypatch.setenv("GREENHOUSE_HRFLOW_BRAKE_FLOOR", value)

    with pytest.raises(ConfigurationError, match="GREENHOUSE_HRFLOW_BRAKE_FLOOR"):
        definitions_from_environment()


def test_a_floor_without_a_share_would_be_no_brake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENHOUSE_HRFLOW_BRAKE_FLOOR", "50")

    with pytest.raises(ConfigurationError, match="GREENHOUSE_HRFLOW_BRAKE_SHARE"):
        definitions_from_environment()


def test_no_secret_stands_in_what_the_code_location_tells_of_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("GREENHOUSE_CLIENT_SECRET", "GREENHOUSE_API_KEY", "HRFLOW_API_SECRET"):
        monkeypatch.setenv(name, "hush-hush")

    repository = definitions_from_environment().get_repository_def()

    resources = repository.get_top_level_resources()
    assert set(resources) >= {
        "greenhouse",
        "hrflow",
        "greenhouse_hrflow_storage",
        "greenhouse_hrflow_tables",
    }
    shown = [str(resource.config_schema.default_value) for resource in resources.values()
            if resource.config_schema.default_provided]  # fmt: skip
    assert shown
    assert "hush-hush" not in "".join(shown)
