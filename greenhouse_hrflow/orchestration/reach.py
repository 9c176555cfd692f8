"""Whether every machine that carries out steps reaches the same storage.

A folder of this machine holds the tables of those runs alone that run on it. Where Dagster starts
runs or steps on other machines, a profile pushed by one would be unknown to the next.
"""

from __future__ import annotations

import dagster as dg
from dagster._check import CheckError
from dagster._core.launcher.sync_in_memory_run_launcher import SyncInMemoryRunLauncher

from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.storage.location import SHARED, STORAGE
from greenhouse_hrflow.storage.tables import TableStore

_STARTS_RUNS_HERE = (dg.DefaultRunLauncher, SyncInMemoryRunLauncher)
"""The first starts a run where its code location is, the second in the calling process."""

_STARTS_STEPS_HERE = frozenset(
    {
        "in_process",
        "execute_in_process_executor",
        "multiprocess",
        "multi_or_in_process_executor",
    }
)
"""Dagster's names for the executors that start a run's steps on the run's own machine."""


def require_reachable(
    tables: TableStore, instance: dg.DagsterInstance, executor: str | None = None
) -> None:
    """Look whether what starts runs and steps starts them where the tables are.

    What nobody here knows is taken to start them elsewhere: to say that a folder is shared costs a
    word, while tables that lie apart cost profiles.

    Args:
        executor: the name of the run's executor, where a run asks.

    Raises:
        ConfigurationError: it does not; says what to set.
    """
    if not tables.is_local:
        return
    launcher = _launcher_elsewhere(instance)
    if launcher is not None:
        raise ConfigurationError(_sentence(tables, f"The run launcher {launcher}", "runs"))
    if executor is not None and executor not in _STARTS_STEPS_HERE:
        raise ConfigurationError(_sentence(tables, f"The executor {executor}", "steps"))


def _launcher_elsewhere(instance: dg.DagsterInstance) -> str | None:
    """The name of the instance's launcher, unless it is known to start runs here."""
    try:
        launcher = instance.run_launcher
    except CheckError:
        # Its package is not installed where the code location is, and need not be. Dagster's own
        # launcher always is.
        data = instance.get_ref().run_launcher_data
        return data.class_name if data is not None else "of this instance"
    return None if isinstance(launcher, _STARTS_RUNS_HERE) else type(launcher).__name__


def _sentence(tables: TableStore, what: str, started: str) -> str:
    return (
        f"{what} may start {started} on other machines, and the storage {tables} is a folder of "
        f"this one: they would not find each other's tables. Set {STORAGE} to an object store, "
        f"such as s3://bucket/path; or, where all machines mount this very folder, {SHARED} to 1 "
        "(in code: Storage(url=…, shared=True))."
    )
