"""What a long simulation stands on: SQLite and a folder, or Postgres and an S3 server of its own.

Either way with the instance that the project ships: the same pools, the same run monitoring.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import requests
import yaml

from greenhouse_hrflow.sandbox.trial.process_group import ProcessGroup
from greenhouse_hrflow_tests.convergence.runs import INSTANCE_YAML
from greenhouse_hrflow_tests.support.postgres import postgres

_HOST = "127.0.0.1"
_BUCKET = "ours"
_STARTS_WITHIN = 60.0


@dataclass(frozen=True)
class Ground:
    """Where Dagster and the tables keep what they know.

    Attributes:
        storage: the storage of the tables, a folder or a URL.
        environment: what a process needs in its environment to reach it.
        postgres: the URL of Dagster's database; None where it is SQLite.
    """

    storage: str
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    postgres: str | None = None


@contextmanager
def files(home: Path) -> Generator[Ground]:
    """Everything below a DAGSTER_HOME."""
    shutil.copy(INSTANCE_YAML, home / "dagster.yaml")
    yield Ground(str(home / "tables"))


@contextmanager
def postgres_and_s3(home: Path) -> Generator[Ground]:
    """Dagster's records in a Postgres, the tables in a bucket; this process can read them too."""
    with postgres() as url, _s3(home) as environment:
        write_instance(home, url)
        inherited = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        try:
            yield Ground(f"s3://{_BUCKET}/tables", environment, url)
        finally:
            for name, value in inherited.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value


GROUNDS = {"files": files, "postgres-s3": postgres_and_s3}


def write_instance(home: Path, url: str) -> None:
    """The instance that the project ships, with Postgres for its storage."""
    instance = yaml.safe_load(INSTANCE_YAML.read_text())
    instance["storage"] = {"postgres": {"postgres_url": url}}
    (home / "dagster.yaml").write_text(yaml.safe_dump(instance))


@contextmanager
def _s3(home: Path) -> Generator[dict[str, str]]:
    """moto, as a process of its own: what it holds is no memory of ours."""
    port = free_port()
    shell = ["sh", "-c", 'exec "$@" > "$0" 2>&1', str(home / "s3.log")]
    command = [*shell, sys.executable, "-m", "moto.server", "-H", _HOST, "-p", str(port)]
    address = f"http://{_HOST}:{port}"
    environment = {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "hush",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with ProcessGroup(command, environment=os.environ, folder=home) as server:
        _wait_for(server, address)
        client = boto3.client(
            "s3",
            endpoint_url=address,
            aws_access_key_id="somebody",
            aws_secret_access_key="hush",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=_BUCKET)
        yield environment


def _wait_for(server: ProcessGroup, address: str) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN
    while server.exit_code is None and time.monotonic() < deadline:
        try:
            requests.get(f"{address}/moto-api/", timeout=5.0)
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the S3 server did not start; it says why in s3.log")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return probe.getsockname()[1]
