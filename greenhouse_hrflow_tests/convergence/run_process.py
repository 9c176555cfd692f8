"""What happens inside a run's process; `warm` is what all of them share before they part."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from greenhouse_hrflow.hrflow import stored_profiles
from greenhouse_hrflow_tests.convergence import location
from greenhouse_hrflow_tests.convergence.clock import FastClock

LAUNCH_TAG = "convergence/launch"

SWEEP_FROM = "CONVERGENCE_SWEEP_FROM"
"""From how many candidates on a push may read profiles in pages."""


@dataclass(frozen=True)
class Order:
    """A run to be carried out.

    Attributes:
        tags: the run's own, with those of its partitions.
        assets: which of them; none is both.
        failed_run: the run to execute again from its failure.
        config: the run's config.
    """

    tags: dict[str, str] = field(default_factory=dict[str, str])
    assets: tuple[dg.AssetKey, ...] = ()
    failed_run: str | None = None
    config: dict[str, Any] = field(default_factory=dict[str, Any])


def warm() -> None:
    """Load what a run needs, which takes seconds once and nothing in the processes forked later."""
    location.job()
    with tempfile.TemporaryDirectory() as home, dg.DagsterInstance.local_temp(home) as instance:
        instance.get_runs_count()


def execute(order: Order, environment: dict[str, str], clock: FastClock, log: Path) -> None:
    """Carry the order out in this process, which may be killed at any moment."""
    os.environ.update(environment)
    stored_profiles.FEWEST = int(environment[SWEEP_FROM])
    clock.rule()
    with log.open("ab", buffering=0) as said:
        os.dup2(said.fileno(), sys.stdout.fileno())
        os.dup2(said.fileno(), sys.stderr.fileno())
    again = order.failed_run
    with dg.DagsterInstance.from_config(environment["DAGSTER_HOME"]) as instance:
        dg.execute_job(
            dg.reconstructable(location.job),
            instance=instance,
            tags=order.tags,
            run_config=order.config,
            asset_selection=order.assets or None,
            reexecution_options=(
                dg.ReexecutionOptions.from_failure(again, instance) if again else None
            ),
        )
