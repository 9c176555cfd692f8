"""A command with all the processes that it starts, which end together.

What is started is not its concern. POSIX only: a group is what a new session makes one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

_GRACE = 20.0
"""Seconds in which the command may end its own processes in good order."""

_LAST_GRACE = 3.0
"""Seconds for those that it did not end."""

_LOOK_EVERY = 0.1


class ProcessGroup:
    """Runs while the ``with`` block lasts; at its end no process of the group is left.

    The group is a session of its own, so that a terminal's Ctrl-C reaches whoever started it, and
    the command is told once and in order, not all of its processes at the same moment.
    """

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], folder: Path
    ) -> None:
        self._leader = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self) -> ProcessGroup:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill() if kind is not None else self.end()

    @property
    def exit_code(self) -> int | None:
        """Of the command itself; None while it runs."""
        return self._leader.poll()

    def end(self) -> None:
        """Ask the command to end, then what it left behind, then do not ask."""
        try:
            if self.exit_code is None:
                self._leader.send_signal(signal.SIGINT)
                self._wait_while(lambda: self.exit_code is None, _GRACE)
            if self._signal(signal.SIGTERM):
                self._wait_while(self._is_alive, _LAST_GRACE)
        finally:
            self.kill()

    def kill(self) -> None:
        """End every process of the group at once."""
        self._signal(signal.SIGKILL)
        self._leader.wait()
        self._wait_while(self._is_alive, _LAST_GRACE)

    def _is_alive(self) -> bool:
        return self._signal(0)

    def _wait_while(self, holds: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while holds() and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY)

    def _signal(self, number: int) -> bool:
        """Send it to the whole group; whether there was anybody to get it."""
        try:
            os.killpg(self._leader.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True
