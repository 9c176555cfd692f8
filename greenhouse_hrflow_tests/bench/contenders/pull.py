"""This project's pull alone: every candidate, by the Harvest version of the environment."""

from __future__ import annotations

import time
from datetime import datetime, timezone

from greenhouse_hrflow import PullParameters
from greenhouse_hrflow.greenhouse.reader import open_reader
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.windows import UpdateWindow
from greenhouse_hrflow_tests.bench.contenders.candidates import tell

_FIRST = datetime(2000, 1, 1, tzinfo=timezone.utc)


def main() -> None:
    """Read all, and tell how long it took."""
    began, cpu_began = time.perf_counter(), time.process_time()
    window = UpdateWindow(_FIRST, datetime.now(timezone.utc))
    with open_reader(GreenhouseSettings.resolve()) as reader:
        for _ in reader.read(window, PullParameters()):
            pass
    tell(time.perf_counter() - began, 0.0, 0, cpu_began)


if __name__ == "__main__":
    main()
