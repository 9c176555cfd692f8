"""Pushes every candidate in one thread, and tells the CPU milliseconds of each step.

In a process of its own, like every contender: a sandbox in the same one would count twice, by the
threads that take turns.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Generator
from contextlib import contextmanager

from greenhouse_hrflow import PullParameters, Workflow
from greenhouse_hrflow.errors import ProfileMissing
from greenhouse_hrflow.greenhouse.reader import open_reader
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.hrflow.client import HrFlowClient
from greenhouse_hrflow.hrflow.settings import HrFlowSettings
from greenhouse_hrflow.profiles.edit_plan import Edit, plan_edit
from greenhouse_hrflow.profiles.transform import FormattedCandidate, Transformation, transform
from greenhouse_hrflow.windows import UpdateWindow


class _Meter:
    """The CPU of each step, and how often it was done."""

    def __init__(self) -> None:
        self.seconds = defaultdict[str, float](float)
        self.count = Counter[str]()

    @contextmanager
    def step(self, name: str, count: int = 1) -> Generator[None]:
        """Note what the block takes, as so many of a step; of one that fails, nothing."""
        began = time.thread_time()
        yield
        self.seconds[name] += time.thread_time() - began
        self.count[name] += count


def main() -> None:
    """Read all, transform all, then read, merge and edit one after the other."""
    meter, workflow = _Meter(), Workflow("bench")
    with open_reader(GreenhouseSettings.resolve(harvest_version="v1")) as reader:
        candidates = [*reader.read(UpdateWindow(), PullParameters())]
    source_key = os.environ["HRFLOW_SOURCE_KEY"]
    with HrFlowClient(HrFlowSettings.resolve(), source_key) as client:
        how = Transformation(
            workflow.last_applied_id,
            workflow.logics,
            workflow.format,
            workflow.push_parameters.fields,
            (source_key, client.base_url),
        )
        with meter.step("transform", len(candidates)):
            transformed = transform(candidates, how, "a-run")
        for candidate in transformed.to_push:
            _push(client, candidate, how, meter)
    told = {name: seconds / meter.count[name] * 1000 for name, seconds in meter.seconds.items()}
    print(json.dumps(told), flush=True)


def _push(
    client: HrFlowClient, candidate: FormattedCandidate, how: Transformation, meter: _Meter
) -> None:
    try:
        with meter.step("read by itself"):
            stored = client.get_profile(candidate.reference)
    except ProfileMissing:
        return
    with meter.step("merge and compare"):
        plan = plan_edit(stored, candidate, workflow_id=how.workflow_id, fields=how.fields)
    if isinstance(plan, Edit):
        with meter.step("edit"):
            client.edit_profile(plan.after)


if __name__ == "__main__":
    main()
