"""`make demo`: the main job on made-up people, with no account and no network but loopback.

It starts the sandbox, materialises the last seven daily partitions of both assets through Dagster,
shows what came of it, and does the same windows once more. How it looks is in `demo_view`.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg
from rich.console import Console
from rich.table import Table

from greenhouse_hrflow.orchestration.build import build_definitions
from greenhouse_hrflow.orchestration.keys import Keys
from greenhouse_hrflow.profiles.default_format import format_candidate
from greenhouse_hrflow.sandbox import Put, Sandbox
from greenhouse_hrflow.sandbox.trial.demo_profile import FieldRow, compare
from greenhouse_hrflow.sandbox.trial.demo_view import (
    MEANINGS,
    Pass,
    Requests,
    outcome_table,
    profile_table,
    progress_over,
)
from greenhouse_hrflow.sandbox.trial.environment import sandbox_environment
from greenhouse_hrflow.storage.table_names import DEFAULT_WORKFLOW_ID
from greenhouse_hrflow.workflow import Workflow

DAYS = 7

_INSTANCE = """\
telemetry:
  enabled: false
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""
"""The terminal belongs to the demo: Dagster keeps no copy of what is printed."""

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_NO_RETRIES = dg.RetryPolicy(max_retries=0)
_INTERRUPTS = {"KeyboardInterrupt", "DagsterExecutionInterruptedError"}


class RunFailed(Exception):
    """A run of the demo ended in failure; its text says which, and why."""


def main() -> int:
    """Run the demo; 0 when the second pass found nothing to update."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # It would report the connection in whose closing a Ctrl-C falls.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL + 1)
    console = Console(highlight=False)
    try:
        with _sandbox_and_instance() as (sandbox, instance):
            return _show(console, sandbox, instance)
    except RunFailed as failure:
        console.print(str(failure), style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped; nothing is left running.")
        return 130


@contextmanager
def _sandbox_and_instance() -> Generator[tuple[Sandbox, dg.DagsterInstance]]:
    """The sandbox, and a Dagster instance on disk that ends with it."""
    with TemporaryDirectory(prefix="greenhouse_hrflow_demo_") as home, Sandbox() as sandbox:
        Path(home, "dagster.yaml").write_text(_INSTANCE)
        environment = sandbox_environment(os.environ, sandbox)
        os.environ.clear()
        os.environ.update(environment, DAGSTER_HOME=home)
        with dg.DagsterInstance.get() as instance:
            yield sandbox, instance


def _show(console: Console, sandbox: Sandbox, instance: dg.DagsterInstance) -> int:
    candidates, profiles = sandbox.greenhouse.candidate_ids(), sandbox.hrflow.references()
    console.print(
        f"\nThe sandbox at {sandbox.url} plays Greenhouse and HrFlow,\n"
        f"with {len(candidates)} made-up candidates and {len(profiles)} profiles.\n"
    )
    definitions = build_definitions(Workflow(), retry_policy=_NO_RETRIES)
    job = definitions.resolve_job_def(DEFAULT_WORKFLOW_ID)
    partitions = _last_partitions(job)
    console.print(f"[bold]The last {DAYS} days, from Greenhouse to HrFlow[/bold]\n")
    first = _pass(console, job, partitions, sandbox, instance)
    _print_apart(console, outcome_table([first]))
    put, rows = _most_telling(sandbox)
    console.print(
        f"[bold]One of them, field by field[/bold] (reference {put.reference})\n\n"
        "  same: Greenhouse gives what HrFlow held    kept: only HrFlow knows it"
    )
    _print_apart(console, profile_table(rows))
    console.print("[bold]The same days once more[/bold]\n")
    second = _pass(console, job, partitions, sandbox, instance)
    _print_apart(console, outcome_table([first, second]))
    return show_verdict(console, second)


def _print_apart(console: Console, table: Table) -> None:
    console.print()
    console.print(table)
    console.print()


def show_verdict(console: Console, second: Pass) -> int:
    edits = second.requests.hrflow_edits
    if edits or second.outcomes["updated"]:
        console.print(
            f"The second pass edited {edits} profiles where nothing was left to update. That is "
            "a bug: please report it with this output.",
            style="red",
        )
        return 1
    unchanged = second.outcomes["unchanged"]
    console.print(
        f"Nothing is left to update: {unchanged} profiles are unchanged, 0 edited.", style="green"
    )
    return 0


def _last_partitions(job: dg.JobDefinition) -> list[str]:
    if job.partitions_def is None:
        raise TypeError(f"{job.name} has no partitions")
    return list(job.partitions_def.get_partition_keys())[-DAYS:]


def _pass(
    console: Console,
    job: dg.JobDefinition,
    partitions: Sequence[str],
    sandbox: Sandbox,
    instance: dg.DagsterInstance,
) -> Pass:
    """Materialise the partitions one by one.

    Raises:
        RunFailed: a run did not succeed.
    """
    sandbox.forget_requests()
    began, outcomes = time.monotonic(), Counter[str]()
    with progress_over(console, partitions, lambda: sandbox.requests) as done:
        for partition in partitions:
            started = time.monotonic()
            of_partition = _materialise(job, partition, instance)
            done(partition, of_partition, time.monotonic() - started)
            outcomes += of_partition
    return Pass(outcomes, Requests.counted(sandbox.requests), time.monotonic() - began)


def _materialise(
    job: dg.JobDefinition, partition: str, instance: dg.DagsterInstance
) -> Counter[str]:
    """Run the job over one partition; the outcomes, as the materialisation tells them."""
    result = job.execute_in_process(
        instance=instance, partition_key=partition, run_config=_QUIET, raise_on_error=False
    )
    if not result.success:
        raise _failure(result, partition)
    outcomes, profiles = Counter[str](), Keys.of(Workflow()).profiles
    for event in result.get_asset_materialization_events():
        materialization = event.step_materialization_data.materialization
        if materialization.asset_key == profiles:
            metadata = materialization.metadata
            outcomes += Counter({name: int(str(metadata[name].value)) for name in MEANINGS})
    return outcomes


def _failure(result: dg.ExecuteInProcessResult, partition: str) -> BaseException:
    """Why a run failed. While one is under way Dagster takes Ctrl-C, and fails the run for it."""
    for event in result.get_step_failure_events():
        error = event.step_failure_data.error
        while error is not None and error.cause is not None:
            error = error.cause
        if error is not None and error.cls_name not in _INTERRUPTS:
            return RunFailed(f"The run over {partition} failed: {error.message.strip()}")
    return KeyboardInterrupt()


def _most_telling(sandbox: Sandbox) -> tuple[Put, list[FieldRow]]:
    """The edit that changed the most fields, among those in letters that every terminal shows."""
    shown = [(put, _rows(sandbox, put)) for put in sandbox.hrflow.puts]
    return max(shown, key=lambda one: _tells(one[1]))


def _rows(sandbox: Sandbox, put: Put) -> list[FieldRow]:
    candidate = sandbox.greenhouse.v1_candidate(int(put.after["reference"]))
    return compare(put.before, put.after, format_candidate(candidate))


def _tells(rows: Sequence[FieldRow]) -> tuple[bool, int, int]:
    plain = all(ord(letter) < 0x250 for row in rows for letter in row.before + row.after)
    edited = {(row.section, row.name) for row in rows if row.verdict not in ("same", "kept")}
    return plain, len(edited), -len(rows)


if __name__ == "__main__":
    sys.exit(main())
