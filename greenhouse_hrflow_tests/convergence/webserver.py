"""A person at Dagster's UI: what its buttons ask of the webserver, over GraphQL."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import requests

_START_SCHEDULE = """mutation($one: ScheduleSelector!) {
  startSchedule(scheduleSelector: $one) { __typename ... on PythonError { message } } }"""
_START_SENSOR = """mutation($one: SensorSelector!) {
  startSensor(sensorSelector: $one) { __typename ... on PythonError { message } } }"""
_EVALUATE_SCHEDULE = """mutation($one: ScheduleSelector!, $at: Float!) {
  scheduleDryRun(selectorData: $one, timestamp: $at) { __typename
    ... on DryRunInstigationTick { evaluationResult {
      runRequests { runConfigYaml tags { key value } } } }
    ... on PythonError { message } } }"""
_LAUNCH = """mutation($run: ExecutionParams!) {
  launchRun(executionParams: $run) { __typename
    ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
_BACKFILL = """mutation($what: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $what) { __typename
    ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
_BACKFILL_STATUS = """query($id: String!) {
  partitionBackfillOrError(backfillId: $id) { __typename ... on PartitionBackfill { status } } }"""
_AGAIN = """mutation($run: ReexecutionParams!) {
  launchRunReexecution(reexecutionParams: $run) { __typename
    ... on PythonError { message } } }"""
_ENDED = ("COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED")


class Webserver:
    """The webserver of a `dagster dev` on a port of this machine.

    Args:
        location: the module that it serves.
        job: the name of the main job, after which the sensor and the schedule are named.
    """

    def __init__(self, port: int, location: str, job: str) -> None:
        self._url = f"http://127.0.0.1:{port}/graphql"
        self._repository = {
            "repositoryName": "__repository__",
            "repositoryLocationName": location,
        }
        self._job = job

    def wait_until_up(self, seconds: float) -> None:
        """Until the code location is loaded.

        Raises:
            RuntimeError: it never is.
        """
        deadline = time.monotonic() + seconds
        query = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
        while time.monotonic() < deadline:
            try:
                if self._ask(query)["repositoriesOrError"].get("nodes"):
                    return
            except requests.RequestException:
                pass
            time.sleep(0.5)
        raise RuntimeError("dagster dev did not come up")

    def start_schedule(self) -> None:
        """Switch the schedule of closed partitions on."""
        one = {**self._repository, "scheduleName": f"{self._job}_schedule"}
        self._do(_START_SCHEDULE, {"one": one})

    def start_sensor(self) -> None:
        """Switch the sensor on."""
        one = {**self._repository, "sensorName": f"{self._job}_incremental"}
        self._do(_START_SENSOR, {"one": one})

    def do_what_the_schedule_would(self, moment: datetime) -> list[str]:
        """Evaluate the schedule as if it were that moment, and launch what it asks for; the ids."""
        one = {**self._repository, "scheduleName": f"{self._job}_schedule"}
        evaluated = self._do(_EVALUATE_SCHEDULE, {"one": one, "at": moment.timestamp()})
        return [
            self._do(
                _LAUNCH,
                {
                    "run": {
                        "selector": {**self._repository, "jobName": self._job},
                        "executionMetadata": {"tags": request["tags"]},
                        "runConfigData": request["runConfigYaml"],
                    }
                },
            )["run"]["runId"]
            for request in evaluated["evaluationResult"]["runRequests"]
        ]

    def backfill(self, keys: list[str]) -> str:
        """Launch a backfill of both assets over these partitions; its id."""
        assets = [{"path": ["greenhouse_candidates"]}, {"path": ["hrflow_profiles"]}]
        what = {"assetSelection": assets, "partitionNames": keys}
        return self._do(_BACKFILL, {"what": what})["backfillId"]

    def wait_for_backfill(self, backfill_id: str, seconds: float) -> str:
        """Until a backfill has ended; its status."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            status: str = self._do(_BACKFILL_STATUS, {"id": backfill_id})["status"]
            if status in _ENDED:
                return status
            time.sleep(1.0)
        raise RuntimeError(f"the backfill {backfill_id} did not end in {seconds:.0f} s")

    def execute_again(self, run_id: str) -> None:
        """Execute a failed run again, from its failure."""
        self._do(_AGAIN, {"run": {"parentRunId": run_id, "strategy": "FROM_FAILURE"}})

    def _do(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        (answer,) = self._ask(query, variables).values()
        if "Error" in answer["__typename"]:
            raise RuntimeError(f"{answer['__typename']}: {answer.get('message')}")
        return answer

    def _ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        body = {"query": query, "variables": variables or {}}
        return requests.post(self._url, json=body, timeout=60.0).json()["data"]
