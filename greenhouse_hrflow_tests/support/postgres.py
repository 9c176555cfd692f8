"""A real Postgres of its own for a test: Debian's package, in a temporary folder, on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg2

USER = "dagster"
PASSWORD = "not a secret"  # it trusts whoever reaches it

_DEBIAN = Path("/usr/lib/postgresql")
_STARTS_WITHIN = 60.0


class NotInstalled(Exception):
    """There is no Postgres on this machine."""


@contextmanager
def postgres(host: str = "127.0.0.1") -> Generator[str]:
    """Start one, and end it; the URL of its only database.

    Raises:
        NotInstalled: there is none on this machine.
        RuntimeError: it does not start.
    """
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="postgres."))
    # It refuses to run as root, and to keep its files where others could read them.
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data, port = folder / "data", _free_port(host)
    initdb = [programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "-N"]
    subprocess.run(initdb, user=user, cwd=folder, check=True, capture_output=True)
    # What is in it need not outlive the machine.
    settings = {"fsync": "off", "max_connections": "200", "timezone": "UTC"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    place = ["-D", data, "-k", folder, "-h", host, "-p", str(port)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", *place, *options], user=user, cwd=folder, stderr=log, stdout=log
        )
    try:
        url = f"postgresql://{USER}:{PASSWORD.replace(' ', '%20')}@{host}:{port}/postgres"
        _wait_for(server, url)
        yield url
    finally:
        # The fast shutdown: open connections are ended, not waited for.
        server.send_signal(signal.SIGINT)
        server.wait()
        shutil.rmtree(folder)


def _wait_for(server: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN
    while server.poll() is None and time.monotonic() < deadline:
        try:
            psycopg2.connect(url).close()
        except psycopg2.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("Postgres did not start")


def _programs() -> Path:
    """The folder of the newest version that is installed."""
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    versions = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not versions:
        raise NotInstalled("Postgres is not installed. On Debian: apt-get install postgresql")
    return versions[-1].parent


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]
