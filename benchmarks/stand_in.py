"""A server of the plugins as a process, and a stand-in for a plugin: an engine without a host."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rtsynth._core import Engine
from rtsynth.serve.protocol import NUMBER, VALUE, VERSION, Frame, Kind, Reader, pack

WAIT_S = 60.0
RATE_HZ = 48_000
BLOCK = 256


def until(condition: Callable[[], Any], what: str = "") -> Any:
    """What a condition gives, once it is true."""
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()):
        assert time.monotonic() < end_s, what or "nothing happened"
        time.sleep(0.01)
    return found


def without_values(answer: bytes) -> bytes:
    """The state in a STATE_ANSWER."""
    (count,) = NUMBER.unpack_from(answer, NUMBER.size)
    return answer[2 * NUMBER.size + VALUE.size * count :]


class ServerProcess:
    """`rtsynth serve`, in a folder of its own."""

    def __init__(self, folder: Path, linger_s: float = 60.0, **env: str) -> None:
        self.folder = folder
        self._linger_s = linger_s
        self._env = {**os.environ, "RTSYNTH_RUNTIME_DIR": str(folder), **env}
        self._log = folder.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        before = self.lines()
        command = [sys.executable, "-m", "rtsynth", "serve", "--linger", str(self._linger_s)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self._env, stdout=log, stderr=log)
        until(lambda: self._listens() or self.process.poll() is not None)  # type: ignore[union-attr]
        assert self.process.poll() is None, self.lines()[len(before) :]

    def kill(self) -> None:
        """As no program expects it."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def lines(self) -> list[str]:
        """What it said."""
        return self._log.read_text().splitlines() if self._log.exists() else []

    def said(self, words: str) -> bool:
        """Whether it said that."""
        return any(words in line for line in self.lines())

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trying:
            return trying.connect_ex(str(self.folder / "server.sock")) == 0


class StandIn:
    """A plugin's end: an engine on memory that is shared, without a host."""

    def __init__(self, folder: Path, state: bytes | None = None, arena_mib: int = 32) -> None:
        self.engine = Engine(RATE_HZ, arena_mib=arena_mib, shared=True)
        self.frames: list[Frame] = []
        self.state = state
        self._folder = folder
        self._socket: socket.socket | None = None
        self._asked = 0

    def connect(self) -> "StandIn":
        """Come to the server that listens now, as a plugin does."""
        self.disconnect()
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.connect(str(self._folder / "server.sock"))
        self._socket = made
        hello = {"version": VERSION, "pid": os.getpid(), "format": "CLAP", "host": "a test"}
        greeting = pack(Kind.HELLO, json.dumps(hello).encode())
        socket.send_fds(made, [greeting], [self.engine.fileno()])
        if self.state is not None:
            self.send(Kind.STATE_IN, self.state)
        self.ask()
        threading.Thread(target=self._read, args=(made,), daemon=True).start()
        return self

    def disconnect(self) -> None:
        """Go, as a plugin that is closed."""
        if self._socket is not None:
            with contextlib.suppress(OSError):  # the server went before
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None

    def send(self, kind: int, payload: bytes = b"") -> None:
        """Say something."""
        assert self._socket is not None
        self._socket.sendall(pack(kind, payload))

    def ask(self) -> int:
        """Ask for the state; returns the number of the question."""
        self._asked += 1
        self.send(Kind.ASK_STATE, NUMBER.pack(self._asked))
        return self._asked

    def answer(self, number: int) -> dict[str, Any]:
        """The state that was told as the answer."""

        def found() -> bytes | None:
            return next((without_values(frame.payload) for frame in self.frames
                         if frame.kind == Kind.STATE_ANSWER
                         and NUMBER.unpack_from(frame.payload)[0] == number), None)  # fmt: skip

        data: dict[str, Any] = json.loads(until(found, "no answer"))
        return data

    def log(self) -> list[str]:
        """Lines for the host's log."""
        return [frame.payload.decode() for frame in self.frames if frame.kind == Kind.LOG]

    def render(self, blocks: int = 1) -> np.ndarray[Any, np.dtype[np.float32]]:
        """What is heard of so many blocks."""
        out = np.zeros((blocks * BLOCK, 2), np.float32)
        for i in range(blocks):
            self.engine.render(out[i * BLOCK : (i + 1) * BLOCK])
        return out

    def ready(self, key: int, slot: int = 0, layer: int = 5) -> bool:
        """Whether a take is there."""
        return self.engine.frames_ready(slot, key, layer) > 0

    def _read(self, connection: socket.socket) -> None:
        reader = Reader()
        try:
            while piece := connection.recv(1 << 16):
                self.frames += reader.feed(piece)
        except OSError:
            return
