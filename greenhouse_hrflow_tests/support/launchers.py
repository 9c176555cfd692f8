"""A run launcher of somebody else's, which starts runs where nobody here knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster._config.config_schema import UserConfigSchema
from dagster._core.launcher import LaunchRunContext, RunLauncher
from dagster._serdes import ConfigurableClass, ConfigurableClassData
from typing_extensions import Self


class ElsewhereRunLauncher(RunLauncher[Any], ConfigurableClass):
    """As a dagster.yaml names it; it starts nothing."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._inst_data = inst_data
        super().__init__()

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """What Dagster made it from."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """It takes no config."""
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> Self:
        """Made from the dagster.yaml."""
        return cls(inst_data)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Nothing is started here."""

    def terminate(self, run_id: str) -> bool:
        """Nothing was started here."""
        return False
