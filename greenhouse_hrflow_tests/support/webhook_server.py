"""A webhook on loopback: it keeps what is posted to it, and answers as a test wants it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATH = "/services/T0PSECRET/hush-hush"


class WebhookServer:
    """What a webhook took.

    Attributes:
        taken: the messages that were answered with success, parsed.
        answers: the statuses of the next answers; after them, `status`.
        asked: how many requests came.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}{PATH}"
        self.status = 200
        self.answers: list[int] = []
        self.taken: list[dict[str, Any]] = []
        self.asked = 0

    def answer(self, path: str, body: bytes) -> int:
        """Take a message, or do not."""
        self.asked += 1
        status = self.answers.pop(0) if self.answers else self.status
        if 200 <= status < 300:
            assert path == PATH
            self.taken.append(json.loads(body))
        return status

    def told(self) -> list[tuple[str, str]]:
        """Cause and state of each message in the JSON form, in order."""
        return [(message["cause"], message["state"]) for message in self.taken]


@contextmanager
def webhook_server() -> Generator[WebhookServer]:
    """A webhook that answers 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = hook.answer(self.path, body)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook = WebhookServer(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()
