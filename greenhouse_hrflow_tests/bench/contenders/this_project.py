"""This project's plain function, with Harvest v1; a pull of its own tells what the pull takes."""

from __future__ import annotations

import os
import time

from greenhouse_hrflow import Event, PullParameters, update_profiles_in_hrflow
from greenhouse_hrflow.greenhouse.reader import open_reader
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.windows import UpdateWindow
from greenhouse_hrflow_tests.bench.contenders.candidates import tell


def _pull_seconds() -> float:
    began = time.perf_counter()
    with open_reader(GreenhouseSettings.resolve(harvest_version="v1")) as reader:
        for _ in reader.read(UpdateWindow(), PullParameters()):
            pass
    return time.perf_counter() - began


def main() -> None:
    """Pull once to know its time, unless BENCH_WHOLE is set; then pull and push."""
    pull = 0.0 if "BENCH_WHOLE" in os.environ else _pull_seconds()
    began, cpu_began = time.perf_counter(), time.process_time()
    key = os.environ["GREENHOUSE_API_KEY"]
    workflow_id = os.environ.get("BENCH_WORKFLOW", "bench")
    result = update_profiles_in_hrflow(workflow_id, connector_auth={"auth": key})
    push = time.perf_counter() - began - pull
    tell(pull, push, result.events[Event.write_failure], cpu_began)


if __name__ == "__main__":
    main()
