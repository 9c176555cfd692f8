"""Machines of a network of their own, for a test: Linux namespaces, and this machine as gateway.

Each has its own addresses, process numbers and host name. Of this machine it reaches the gateway's
address alone, so what listens on loopback here has to be let through.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Generator, Iterable
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

LOOPBACK = "127.0.0.1"
_APART = ("unshare", "--net", "--pid", "--uts", "--mount-proc", "--fork", "--kill-child")
_PIECE = 2**16


class NotAllowed(Exception):
    """This machine, or the user, cannot make namespaces."""


@dataclass(frozen=True)
class Machine:
    """One of the network, until it fails.

    Attributes:
        process: its first process, as this machine counts.
    """

    name: str
    address: str
    process: int

    @property
    def inside(self) -> list[str]:
        """What a command begins with that runs there, in the folder that it is started in."""
        namespaces = ["--net", "--pid", "--uts", "--mount"]
        return ["nsenter", f"--target={self.process}", *namespaces, "--wd=.", "--"]

    def kill(self, process: int) -> None:
        """SIGKILL to a process, by its number there."""
        subprocess.run([*self.inside, "sh", "-c", f"kill -KILL {process}"], check=True)

    def fail(self) -> None:
        """Every process there ends at once, and nobody says so."""
        os.kill(self.process, signal.SIGKILL)


class Network:
    """A gateway, and the machines behind it."""

    def __init__(self, number: int) -> None:
        self.gateway = f"10.77.{number}.1"
        self._number = number
        self._bridge = f"gateway{number}"
        self._holders: list[subprocess.Popen[bytes]] = []

    def machine(self, name: str) -> Machine:
        """A new one."""
        place = len(self._holders) + 2
        address = f"10.77.{self._number}.{place}"
        first = ["sh", "-c", f"hostname {name}; echo; exec sleep infinity"]
        holder = subprocess.Popen([*_APART, *first], stdout=subprocess.PIPE)
        self._holders.append(holder)
        assert holder.stdout is not None
        holder.stdout.readline()
        children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text()
        machine = Machine(name, address, int(children))
        here, there = f"{self._bridge}-{place}", "eth0"
        _ip("link", "add", here, "type", "veth", "peer", there, "netns", str(machine.process))
        _ip("link", "set", here, "master", self._bridge, "up")
        for words in (
            ("address", "add", f"{address}/24", "dev", there),
            ("link", "set", there, "up"),
            ("link", "set", "lo", "up"),
        ):
            subprocess.run([*machine.inside, "ip", *words], check=True)
        return machine

    @contextmanager
    def lets_through(self, *ports: int) -> Generator[None]:
        """What listens on these ports of our loopback, the machines reach by the gateway."""
        doors = _Doors(self.gateway, ports)
        thread = threading.Thread(target=doors.keep)
        thread.start()
        try:
            doors.are_open.result(10.0)
            yield
        finally:
            doors.close()
            thread.join()

    def open(self) -> None:
        """Make the gateway."""
        # One may be left of a test process that was killed.
        self._delete()
        try:
            subprocess.run([*_APART, "true"], check=True, capture_output=True)
            _ip("link", "add", self._bridge, "type", "bridge")
        except (OSError, subprocess.CalledProcessError) as error:
            raise NotAllowed("It takes Linux, root and iproute2 to make a network") from error
        _ip("address", "add", f"{self.gateway}/24", "dev", self._bridge)
        _ip("link", "set", self._bridge, "up")

    def close(self) -> None:
        """End every machine, and the gateway."""
        for holder in self._holders:
            holder.kill()
            holder.wait()
            assert holder.stdout is not None
            holder.stdout.close()
        self._delete()

    def _delete(self) -> None:
        with suppress(OSError, subprocess.CalledProcessError):
            _ip("link", "delete", self._bridge)


@contextmanager
def network() -> Generator[Network]:
    """One that no other test process has.

    Raises:
        NotAllowed: here there cannot be one.
    """
    made = Network(os.getpid() % 256)
    made.open()
    try:
        yield made
    finally:
        made.close()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class _Doors:
    """Ports of the gateway, each of which leads to the same one of the loopback."""

    def __init__(self, gateway: str, ports: Iterable[int]) -> None:
        self.are_open: Future[asyncio.AbstractEventLoop] = Future()
        self._gateway = gateway
        self._ports = ports
        self._closed = asyncio.Event()

    def keep(self) -> None:
        """Open them until they are closed; whoever is under way then is cut off."""
        asyncio.run(self._keep())

    def close(self) -> None:
        """From another thread."""
        self.are_open.result().call_soon_threadsafe(self._closed.set)

    async def _keep(self) -> None:
        servers = [
            await asyncio.start_server(partial(_pass_on, port), self._gateway, port)
            for port in self._ports
        ]
        self.are_open.set_result(asyncio.get_running_loop())
        await self._closed.wait()
        for server in servers:
            server.close()


async def _pass_on(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, port)
    await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        # Who was written to has gone, as machines do here.
        pass
    finally:
        writer.close()
