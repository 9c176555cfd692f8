"""`make bench`: how fast it reads and pushes on this machine. Nothing is asserted here.

The sandbox runs in a process of its own, so that it does not share our interpreter; it answers
after a fixed latency. The client is `update_profiles_in_hrflow`, over real HTTP.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from greenhouse_hrflow import Event, RunResult, update_profiles_in_hrflow
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow.greenhouse.reader import open_reader
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.windows import UpdateWindow


@contextmanager
def _sandbox(people: int, latency: float) -> Generator[None]:
    """Put the environment of a fresh sandbox in the place of ours."""
    command = [sys.executable, "-m", "greenhouse_hrflow.sandbox", "--people", str(people)]
    with subprocess.Popen(
        [*command, "--latency", str(latency)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if exported := re.fullmatch(r"export (\w+)=(\S+)\n", line):
                os.environ[exported[1]] = exported[2]
            else:
                break
        try:
            yield
        finally:
            process.terminate()


def _read(version: str) -> tuple[int, float]:
    settings = GreenhouseSettings.resolve(harvest_version=version)
    began = time.perf_counter()
    with open_reader(settings) as reader:
        count = sum(1 for _ in reader.read(UpdateWindow(), PullParameters()))
    return count, time.perf_counter() - began


def _push() -> tuple[RunResult, float]:
    began = time.perf_counter()
    result = update_profiles_in_hrflow("bench", connector_auth={"auth": os.environ["V1_KEY"]})
    return result, time.perf_counter() - began


def main() -> None:
    """Measure at each latency, in one run, and print a row each."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--latencies", type=float, nargs="+", default=[0.0, 0.05])
    options = parser.parse_args()
    table = Table(title=f"{options.people} people, {os.cpu_count()} cores, 16 connections")
    for name in ("latency", "v3 read /s", "v1 read /s", "first push /s", "again /s", "written"):
        table.add_column(name, justify="right")
    for latency in options.latencies:
        with _sandbox(options.people, latency):
            os.environ["V1_KEY"] = os.environ["GREENHOUSE_API_KEY"]
            reads = [_read("v3"), _read("v1")]
            pushes = [_push(), _push()]
        rates = [count / seconds for count, seconds in reads]
        rates += [
            result.events[Event.read_success] / (seconds - reads[1][1])
            for result, seconds in pushes
        ]
        failed = pushes[0][0].events[Event.write_failure]
        written = f"{pushes[0][0].status.value}, {failed} without a profile"
        table.add_row(f"{latency * 1000:.0f} ms", *(f"{rate:.0f}" for rate in rates), written)
    Console().print(table)


if __name__ == "__main__":
    main()
