"""An HTTP server in a thread of its own, on 127.0.0.1 and nowhere else.

It turns requests into calls and answers into responses, and drops or holds connections when told
to. What is answered is not its concern.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from enum import Enum

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from greenhouse_hrflow.sandbox.moments import Clock
from greenhouse_hrflow.sandbox.wire import Answer, Call

HOST = "127.0.0.1"
_STARTUP_SECONDS = 30.0
_KEEP_ALIVE_SECONDS = 75


class NoAnswer(Enum):
    """What a client gets in the place of an answer."""

    DROP = "the connection ends"
    HANG = "nothing, until the client gives up"


Handler = Callable[[Call], Awaitable[Answer | NoAnswer]]


class Loopback:
    """The server's life: bound on construction, then started and stopped once."""

    def __init__(self, handler: Handler, clock: Clock, port: int) -> None:
        self._handler = handler
        self._clock = clock
        self.connections = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((HOST, port))
        except OSError as error:
            self._socket.close()
            raise OSError(f"the sandbox cannot listen on {HOST}:{port}: {error.strerror}") from None
        self.port: int = self._socket.getsockname()[1]
        self._server = _Server(
            uvicorn.Config(
                self._application,
                interface="asgi3",
                http=_counting(self._connected),
                lifespan="off",
                ws="none",
                log_config=None,
                log_level="critical",
                access_log=False,
                proxy_headers=False,
                date_header=False,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=2,
            )
        )
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    def start(self) -> None:
        """Start, and return once requests are answered."""
        self._thread.start()
        if not self._server.up.wait(_STARTUP_SECONDS) or not self._server.started:
            raise RuntimeError("the sandbox's server did not start")

    def stop(self) -> None:
        """End every connection and wait for the thread."""
        self._server.end()
        self._thread.join()

    def _connected(self) -> None:
        self.connections += 1

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
            self._server.up.set()

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        call = Call(
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            headers=dict(request.headers.items()),
            body=await request.body(),
        )
        answer = await self._handler(call)
        if isinstance(answer, Answer):
            date = {"date": format_datetime(self._clock(), usegmt=True)}
            response = Response(answer.body, answer.status, {**date, **answer.headers})
            await response(scope, receive, send)
            return
        if answer is NoAnswer.HANG:
            await self._server.wait_for_client_or_end(receive)
        self._server.abort(scope["client"])


def _counting(opened: Callable[[], None]) -> type[HttpToolsProtocol]:
    """uvicorn's protocol, which tells of every new connection."""

    class Counting(HttpToolsProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            opened()
            super().connection_made(transport)

    return Counting


class _Server(uvicorn.Server):
    """uvicorn's server, with a sign that it is up, an end without delay, and abortable clients."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()
        self._ending = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.up.set()

    async def main_loop(self) -> None:
        """Wait for the end, which uvicorn's own loop would notice a tenth of a second later."""
        await self._ending.wait()

    def end(self) -> None:
        """Let the server end, and with it the requests that hang; from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending.set)

    def abort(self, client: object) -> None:
        """Reset the connection of this client, given as its address and port."""
        for connection in list(self.server_state.connections):
            if isinstance(connection, HttpToolsProtocol) and connection.client == client:
                connection.transport.abort()

    async def wait_for_client_or_end(self, receive: Receive) -> None:
        """Wait until the client has gone, or the server ends."""
        waits = {asyncio.ensure_future(receive()), asyncio.ensure_future(self._ending.wait())}
        _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
