"""A backfill as the UI launches it: over GraphQL, and carried out by the daemon's own code."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.test_utils import create_test_daemon_workspace_context
from dagster._core.workspace.load_target import ModuleTarget
from dagster._daemon.backfill import execute_backfill_iteration
from dagster_graphql.test.utils import execute_dagster_graphql

from greenhouse_hrflow.orchestration.keys import ROWS
from greenhouse_hrflow_tests.conftest import MakeStage
from greenhouse_hrflow_tests.support.stage import CANDIDATES, INSTANCE, PROFILES, days_ago, key

IN_THIS_PROCESS = """\
run_launcher:
  module: dagster._core.launcher.sync_in_memory_run_launcher
  class: SyncInMemoryRunLauncher
run_coordinator:
  module: dagster._core.run_coordinator
  class: DefaultRunCoordinator
"""
LAUNCH = """
mutation Launch($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""
DAYS = 90


# Dagster's GraphQL calls what Dagster itself has deprecated.
@pytest.mark.filterwarnings("ignore:Function `AssetSelection.sources`:DeprecationWarning")
# Its daemon's loop is running while the launcher of this test carries the run out within it.
@pytest.mark.filterwarnings("ignore:coroutine 'BaseEventLoop.shutdown_asyncgens':RuntimeWarning")
def test_ninety_days_are_three_runs_with_every_partition_green_and_told_of(
    home: Path, make_stage: MakeStage
) -> None:
    (home / "dagster.yaml").write_text(INSTANCE + IN_THIS_PROCESS)
    stage = make_stage()
    people = {days: stage.person(days_ago(days)) for days in (90, 60, 31, 1)}
    keys = [key(days) for days in range(DAYS, 0, -1)]
    params: dict[str, Any] = {
        "assetSelection": [{"path": asset.path} for asset in (CANDIDATES, PROFILES)],
        "partitionNames": keys,
    }
    target = ModuleTarget("greenhouse_hrflow.definitions", None, None, "ours")
    with (
        dg.DagsterInstance.from_config(str(home)) as instance,
        create_test_daemon_workspace_context(target, instance) as workspace,
    ):
        context = workspace.create_request_context()
        answer = execute_dagster_graphql(context, LAUNCH, {"params": params})
        launched = answer.data["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched
        while (backfill := instance.get_backfill(launched["backfillId"])) is not None:
            if backfill.status.value.startswith("COMPLETED"):
                break
            list(execute_backfill_iteration(workspace, logging.getLogger("daemon")))
        assert backfill is not None
        assert backfill.status.value == "COMPLETED_SUCCESS"
        runs = instance.get_runs()
        assert [run.status for run in runs] == [dg.DagsterRunStatus.SUCCESS] * 3
        for asset in (CANDIDATES, PROFILES):
            assert instance.get_materialized_partitions(asset) >= set(keys)
            materializations = instance.fetch_materializations(asset, limit=1000).records
            counted = {
                record.partition_key: record.asset_materialization.metadata[ROWS]
                for record in materializations
                if record.asset_materialization is not None
            }
            assert {k: int(v.value) for k, v in counted.items()} == {  # type: ignore[arg-type]
                name: int(name in {key(days) for days in people}) for name in keys
            }
    assert {stage.first_name(person) for person in people.values()} == {"Ada"}
