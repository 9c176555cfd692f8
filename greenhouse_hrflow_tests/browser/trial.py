"""`make dev` of a person without accounts, and the sandbox's own address beside it.

What is done at the UI is in `person`.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

_STARTS_WITHIN = 180.0
_ENDS_WITHIN = 90.0
_LOOK_EVERY = 0.2
_DAYS = 7


class Trial:
    """Dagster's web server and daemon over the sandbox, in a DAGSTER_HOME that nobody used yet."""

    def __init__(self, folder: Path) -> None:
        self._today = datetime.now(timezone.utc).date()
        self._log = folder / "dev.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "greenhouse_hrflow.sandbox.trial.dev",
                    "--port",
                    _free_port(),
                ],
                env=_environment(folder / "home", self.day(-_DAYS)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Trial:
        try:
            self.ui = self._told(r"The UI: (\S+)")
            self._sandbox = self._told(r"the sandbox's, made up, at (\S+)\. ")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def day(self, offset: int) -> str:
        """The partition of a day, counted from the one on which the trial began."""
        return (self._today + timedelta(days=offset)).isoformat()

    def edits(self) -> int:
        """How often a profile was written to HrFlow."""
        return self._ask("GET", "/sandbox")["puts"]

    def exhaust_quota(self) -> None:
        """Let HrFlow answer 402 to everything."""
        self._ask("POST", "/sandbox/faults", {"kind": "402", "path": "^/hrflow/", "times": None})

    def heal(self) -> None:
        """End that."""
        self._ask("DELETE", "/sandbox/faults")

    def log(self) -> str:
        """What it said so far."""
        return self._log.read_text()

    def _told(self, pattern: str) -> str:
        deadline = time.monotonic() + _STARTS_WITHIN
        while (found := re.search(pattern, self.log())) is None:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"make dev did not come up. It said:\n{self.log()}")
            time.sleep(_LOOK_EVERY)
        return found[1]

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = requests.request(method, self._sandbox + path, json=body, timeout=30.0)
        answer.raise_for_status()
        return answer.json()

    def _end(self) -> None:
        # It ends what it started in good order when it is asked, and cannot when it is killed.
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_ENDS_WITHIN)
        finally:
            self._process.kill()
            self._process.wait()


def _environment(home: Path, first_day: str) -> dict[str, str]:
    """That of somebody who has set nothing, but for when the partitions begin."""
    ours = ("GREENHOUSE_", "HRFLOW_", "DAGSTER_")
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    return {
        **inherited,
        "DAGSTER_HOME": str(home),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "GREENHOUSE_HRFLOW_START_DATE": first_day,
    }


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
