"""Two machines with a code location each: one goes on where the other one's run has died.

Each has a network, process numbers and a name of its own. They share Postgres, S3 and the accounts.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit

import dagster as dg
import psycopg2
import pytest
import yaml

from greenhouse_hrflow.orchestration.keys import PROCESS_TAG
from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow.sandbox.trial.process_group import ProcessGroup
from greenhouse_hrflow_tests.deployment.estate import (
    JOB,
    MODULE,
    PEOPLE,
    Host,
    first_names,
    host,
    rename_everybody,
    until,
)
from greenhouse_hrflow_tests.deployment.network import (
    LOOPBACK,
    Machine,
    Network,
    NotAllowed,
    network,
)
from greenhouse_hrflow_tests.support.s3 import S3

SUCCESS, FAILURE = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE
_PORT = 4000
_EDIT = "PUT /hrflow/v1/profile/indexing"


@pytest.fixture
def net() -> Iterator[Network]:
    with ExitStack() as stack:
        try:
            made = stack.enter_context(network())
        except NotAllowed as error:
            pytest.skip(str(error))
        yield made


class Deployment:
    """A daemon on this machine, which starts runs on the machines of a network."""

    def __init__(
        self, daemon: Host, machines: list[Machine], instance: dg.DagsterInstance, sandbox: Sandbox
    ) -> None:
        self.instance = instance
        self.daemon = daemon
        self._sandbox = sandbox
        servers = [
            {"grpc_server": {"host": one.address, "port": _PORT, "location_name": one.name}}
            for one in machines
        ]
        workspace = yaml.safe_dump({"load_from": servers})
        (daemon.folder / "workspace.yaml").write_text(workspace, encoding="utf-8")

    def launch(self, machine: Machine) -> str:
        """Start a run over today on a machine; its id."""
        before = self._run_ids()
        tags = json.dumps({"dagster/partition": f"{datetime.now(timezone.utc):%Y-%m-%d}"})
        place = ("-w", "workspace.yaml", "-l", machine.name, "-j", JOB)
        self.daemon.do("dagster", "job", "launch", *place, "--tags", tags)
        [launched] = self._run_ids() - before
        return launched

    def launch_and_stop_in_the_push(self, machine: Machine) -> str:
        """The same, and wait until HrFlow leaves it waiting for the answer to its first edit."""
        self._sandbox.fail(Fault("hang", "indexing", "PUT", times=None))
        asked = self._sandbox.requests[_EDIT]
        run_id = self.launch(machine)
        until(lambda: self._sandbox.requests[_EDIT] > asked, "an edit")
        return run_id

    def until_it_is(self, run_id: str, status: dg.DagsterRunStatus) -> None:
        """Wait until a run has a status."""
        until(lambda: self.run(run_id).status == status, f"{status.value} of {run_id}")

    def until_it_waits_to_push(self, run_id: str) -> None:
        """Wait until a run waits for the pool of the push."""

        def waits() -> bool:
            pool = self.instance.event_log_storage.get_concurrency_info("hrflow")
            return run_id in {step.run_id for step in pool.pending_steps}

        until(waits, f"{run_id} at the pool")

    def run(self, run_id: str) -> dg.DagsterRun:
        """As Dagster has it now."""
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run

    def _run_ids(self) -> set[str]:
        return {run.run_id for run in self.instance.get_runs()}


def test_a_run_goes_on_where_a_run_or_a_machine_has_died(
    tmp_path: Path,
    database: str,
    bucket: S3,
    sandbox: Sandbox,
    net: Network,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", database)
    one, two = net.machine("one"), net.machine("two")
    daemon = host(tmp_path / "daemon", database, bucket, sandbox)
    with ExitStack() as stack:
        ports = [urlsplit(url).port or 0 for url in (database, bucket.address, sandbox.url)]
        stack.enter_context(net.lets_through(*ports))
        for machine in (one, two):
            here = host(tmp_path / machine.name, database, bucket, sandbox)
            stack.enter_context(serve(moved(here, machine, net)))
        for machine in (one, two):
            until(lambda address=machine.address: listens(address), f"{machine.name} to serve")
        home = daemon.environment["DAGSTER_HOME"]
        instance = stack.enter_context(dg.DagsterInstance.from_config(home))
        deployment = Deployment(daemon, [one, two], instance, sandbox)
        stack.enter_context(daemon.command("dagster._daemon", "run", "-w", "workspace.yaml"))

        dies = deployment.launch_and_stop_in_the_push(one)
        waits = deployment.launch(two)
        deployment.until_it_waits_to_push(waits)
        one.kill(process_of(deployment.run(dies)))
        sandbox.heal()
        deployment.until_it_is(waits, SUCCESS)
        deployment.until_it_is(dies, FAILURE)
        assert first_names(sandbox) == ["Before"] * PEOPLE

        rename_everybody(sandbox, "After")
        dies = deployment.launch_and_stop_in_the_push(one)
        one.fail()
        sandbox.heal()
        let_half_an_hour_pass(database, dies)
        deployment.until_it_is(deployment.launch(two), SUCCESS)
        assert first_names(sandbox) == ["After"] * PEOPLE
        # Nobody can say of a machine that has gone what became of its run.
        assert not deployment.run(dies).is_finished


def moved(here: Host, machine: Machine, net: Network) -> Host:
    """The host on a machine, which reaches all that it knows through the gateway."""
    environment = {
        name: value.replace(LOOPBACK, net.gateway) for name, value in here.environment.items()
    }
    return replace(here, environment=environment, inside=machine.inside)


def serve(one: Host) -> ProcessGroup:
    """Its code location, for daemons elsewhere."""
    arguments = ("-m", MODULE, "--host", "0.0.0.0", "--port", str(_PORT))
    return one.command("dagster", "api", "grpc", *arguments)


def listens(address: str) -> bool:
    """Whether a code location is served there."""
    try:
        socket.create_connection((address, _PORT), timeout=10.0).close()
    except OSError:
        return False
    return True


def process_of(run: dg.DagsterRun) -> int:
    """The process of a run, as its machine counts."""
    return int(run.tags[PROCESS_TAG].rpartition(":")[2])


def let_half_an_hour_pass(database: str, run_id: str) -> None:
    """Since the last that was heard of a run."""
    update = "UPDATE event_logs SET event = regexp_replace(event, %s, %s) WHERE run_id = %s"
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute(update, (r'"timestamp": \d+', '"timestamp": 1', run_id))
        connection.commit()
