"""A program that speaks the Model Context Protocol over stdin and stdout, and calls of its tools.

Only what the tests need of the protocol: the handshake, and one request after another.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from greenhouse_hrflow.sandbox.wire import JsonObject

_VERSION = "2025-06-18"


class McpServer:
    """The program, from the handshake to the end of the ``with`` block."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], home: Path) -> None:
        # Nothing of the caller's environment: it may name real accounts.
        env = {"PATH": os.environ["PATH"], "HOME": str(home), **environment}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=home,
            env=env,
            text=True,
        )
        self._asked = 0

    def __enter__(self) -> McpServer:
        client = {"name": "greenhouse-hrflow", "version": "0"}
        self._ask(
            "initialize",
            {"protocolVersion": _VERSION, "capabilities": {}, "clientInfo": client},
        )
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def tools(self) -> list[str]:
        """The names of its tools."""
        return [tool["name"] for tool in self._ask("tools/list", {})["tools"]]

    def call(self, tool: str, **arguments: Any) -> JsonObject:
        """What a tool answers; an AssertionError with its own words where that is an error."""
        result = self._ask("tools/call", {"name": tool, "arguments": arguments})
        text: str = result["content"][0]["text"]
        assert not result.get("isError"), f"{tool}: {text}"
        answer: JsonObject = json.loads(text)
        assert "error" not in answer, f"{tool}: {text}"
        assert "warnings" not in answer, f"{tool}: {text}"
        return answer

    def _ask(self, method: str, parameters: JsonObject) -> JsonObject:
        self._asked += 1
        request = {"jsonrpc": "2.0", "id": self._asked, "method": method, "params": parameters}
        self._send(request)
        while True:
            answer = json.loads(self._line())
            if answer.get("id") == self._asked:
                assert "error" not in answer, answer
                return answer["result"]

    def _send(self, message: JsonObject) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(message)}\n")
        self._process.stdin.flush()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"{self._process.args} has ended"
        return line
