"""An S3 server of its own, which nobody here wrote: moto on loopback, with one empty bucket.

A write can be stopped in its middle, so that whoever makes it can be killed there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any

import boto3
import requests
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

BUCKET = "ours"

_Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class S3:
    """The server, while it runs in threads of this process.

    Attributes:
        environment: what a process needs in its environment to reach it.
    """

    def __init__(self, server: BaseWSGIServer, gate: _Gate) -> None:
        self.address = f"http://{server.host}:{server.port}"
        self.environment = {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_ACCESS_KEY_ID": "somebody",
            "AWS_SECRET_ACCESS_KEY": "hush",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        self._gate = gate

    @property
    def url(self) -> str:
        """A storage in its bucket."""
        return f"s3://{BUCKET}/tables"

    def stop_writes_of(self, part: str) -> threading.Event:
        """Take half of the next object whose name holds `part`, and wait; set when it came."""
        self._gate.part = part
        self._gate.reached.clear()
        self._gate.opened.clear()
        return self._gate.reached

    def let_writes_go_on(self) -> None:
        """As if nothing had been stopped; who wrote may be gone."""
        self._gate.part = None
        self._gate.opened.set()


class _Gate:
    """Before moto: where a write can be stopped."""

    def __init__(self, inner: _Application) -> None:
        self._inner = inner
        self.part: str | None = None
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        part = self.part
        if part and environ["REQUEST_METHOD"] == "PUT" and part in environ["PATH_INFO"]:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 2) // 2)
            self.reached.set()
            self.opened.wait()
            start_response("400 Bad Request", [("Content-Length", "0")])
            return [b""]
        return self._inner(environ, start_response)


class _Silent(WSGIRequestHandler):
    """Logs no line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None: ...


@contextmanager
def s3(host: str = "127.0.0.1") -> Generator[S3]:
    """Start it, and end it."""
    gate = _Gate(DomainDispatcherApplication(create_backend_app))
    server = make_server(host, 0, gate, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        started = S3(server, gate)
        # moto keeps what it holds for the whole process.
        requests.post(f"{started.address}/moto-api/reset", timeout=10)
        client = boto3.client("s3", endpoint_url=started.address, **_CREDENTIALS)
        client.create_bucket(Bucket=BUCKET)
        yield started
    finally:
        gate.opened.set()
        server.shutdown()
        thread.join()
        server.server_close()


_CREDENTIALS = {
    "aws_access_key_id": "somebody",
    "aws_secret_access_key": "hush",
    "region_name": "us-east-1",
}
