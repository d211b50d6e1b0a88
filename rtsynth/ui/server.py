"""The page's server: a thread with an event loop of its own, beside the player."""

import asyncio
import secrets
import socket
import threading
from collections.abc import Callable
from typing import Any, Final

import uvicorn

from rtsynth.errors import RtsynthError
from rtsynth.ui.app import Room, make_app
from rtsynth.ui.gate import Gate, is_loopback
from rtsynth.ui.page_config import LOOPBACK
from rtsynth.ui.session import MOST_CHARACTERS

DEFAULT_PORT: Final = 8420
PORTS_TRIED: Final = 10  # from the default one on, where no port was asked for
START_S: Final = 10.0
STOP_S: Final = 3.0
MOST_CONNECTIONS: Final = 64


class Server:
    """Serves the page until it is stopped. Thread: control."""

    def __init__(
        self, room: Room, host: str = LOOPBACK, port: int | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:  # fmt: skip
        """Take a port; nobody is answered yet. Not on loopback, a page needs a token.

        Args:
            room: what pages play on.
            host: address or name of an interface of this machine.
            port: None: the default one, or one of the next.
            say: hears one-line news.

        Raises:
            RtsynthError: the port is taken, or the host is none of this machine's.
        """
        self._say = say or (lambda line: None)
        self._socket = _bind(host, port)
        self.host, self.port = host, int(self._socket.getsockname()[1])
        self.token = None if is_loopback(host) else secrets.token_urlsafe(18)
        gate = Gate(make_app(room), host, self.port, self.token)
        self._server = uvicorn.Server(_config(gate))
        self._thread = threading.Thread(target=self._run, name="page server", daemon=True)

    @property
    def url(self) -> str:
        """What a browser on this machine is to open, with the token where one is asked for."""
        wide = self.host in ("0.0.0.0", "::")
        name = LOOPBACK if wide else self.host
        name = f"[{name}]" if ":" in name and not name.startswith("[") else name
        query = f"?token={self.token}" if self.token is not None else ""
        return f"http://{name}:{self.port}/{query}"

    def start(self) -> None:
        """Answer from now on.

        Raises:
            RtsynthError: the server did not start.
        """
        self._thread.start()
        waited = threading.Event()
        for _ in range(round(START_S / 0.02)):
            if self._server.started or not self._thread.is_alive():
                break
            waited.wait(0.02)
        if not self._server.started:
            self.stop()
            raise RtsynthError("the page's server did not start: play without --ui")

    def stop(self) -> None:
        """Say goodbye to pages and let go of the port."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(STOP_S)
        self._socket.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._server.serve([self._socket]))
        except Exception as error:  # the music goes on
            self._say(f"the page's server ended ({error}): start again with --ui")

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app, loop="asyncio", http="h11", ws="wsproto", lifespan="off", log_config=None,
        access_log=False, server_header=False, ws_per_message_deflate=False,
        ws_max_size=4 * MOST_CHARACTERS, limit_concurrency=MOST_CONNECTIONS, timeout_keep_alive=5,
        timeout_graceful_shutdown=1, proxy_headers=False,
    )  # fmt: skip


def _bind(host: str, port: int | None) -> socket.socket:
    """A socket that listens on the port wanted, or on the first that is free."""
    ports = range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED) if port is None else [port]
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise RtsynthError(f"--ui-host {host}: this machine has no such address") from error
    family, _, _, _, address = found[0]
    trouble: OSError | None = None
    for each in ports:
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows lets two share a port otherwise
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((address[0], each, *address[2:]))
            listening.listen(MOST_CONNECTIONS)
            return listening
        except OSError as error:
            listening.close()
            trouble = error
    reason = trouble.strerror if trouble is not None else "no port"
    where = f"port {ports[0]}" if len(ports) == 1 else f"ports {ports[0]} to {ports[-1]}"
    raise RtsynthError(f"the page cannot be served on {host}, {where} ({reason}): choose --ui-port")
