"""Plugins with a server of their own, which ends with them and is nobody else's."""

import os
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests import clap_events as event
from tests.clap_host import Plugin

WAIT_S = 60.0
LINGER_S = 0.5


class Hosting:
    """Where plugins of this process find their server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    def of_environment() -> "Hosting":
        """Where this process was told that its server is."""
        return Hosting(Path(os.environ["RTSYNTH_RUNTIME_DIR"]))

    def server_pids(self) -> list[int]:
        """Processes that serve this folder: one, where the server is there."""
        mark = f"RTSYNTH_RUNTIME_DIR={self.folder}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                is_ours = mark in (path / "environ").read_bytes().split(b"\0")
                words = (path / "cmdline").read_bytes().split(b"\0")
            except OSError:  # gone, or another user's
                continue
            if is_ours and b"serve" in words:
                found.append(int(path.name))
        return found

    def leftovers(self) -> list[str]:
        """What lies in the folder."""
        return sorted(path.name for path in self.folder.glob("*"))

    def log(self) -> list[str]:
        """What the server said, line by line."""
        path = self.folder.parent / "cache" / "rtsynth" / "server.log"
        return path.read_text(errors="replace").splitlines() if path.exists() else []

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """The server does not run meanwhile, as where a machine is overloaded."""
        pids = self.server_pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)


@contextmanager
def hosting(*options: str) -> Iterator[Hosting]:
    """A folder for a server, and how it is started; afterwards the environment is as before.

    Raises:
        TimeoutError: the server did not end behind its last plugin.
    """
    command = [sys.executable, "-m", "rtsynth", "serve", "--linger", str(LINGER_S), *options]
    with tempfile.TemporaryDirectory(prefix="rtsynth-") as name:
        folder = Path(name) / "run"
        changes = {
            "RTSYNTH_RUNTIME_DIR": str(folder),
            "RTSYNTH_SERVER": shlex.join(command),
            "XDG_CACHE_HOME": str(Path(name) / "cache"),  # no warm start, and its own log
        }
        before = {key: os.environ.get(key) for key in changes}
        os.environ.update(changes)
        found = Hosting(folder)
        try:
            yield found
            wait_for(lambda: not found.server_pids(), "the server did not end behind its plugins")
        finally:
            for pid in found.server_pids():
                os.kill(pid, signal.SIGKILL)
            for key, value in before.items():
                if value is None:
                    del os.environ[key]
                else:
                    os.environ[key] = value


def wait_for(done: Callable[[], bool], what: str) -> None:
    """Look every few milliseconds.

    Raises:
        TimeoutError: it was not so within a minute; the message says what was waited for.
    """
    until = time.monotonic() + WAIT_S
    while not done():
        if time.monotonic() > until:
            raise TimeoutError(what)
        time.sleep(0.01)


def quieten(plugin: Plugin, samples: int = 4096) -> None:
    """All sound off, and what is left of it played."""
    plugin.process(64, [event.midi(0xB0 | channel, 120, 0) for channel in range(16)])
    wait_for(lambda: not plugin.process(samples).sound.any(), "it does not fall silent")


def wait_for_sound(plugin: Plugin, key: int = 60) -> None:
    """Play until a note is heard: until the server is there and has made a first take."""

    def heard() -> bool:
        return bool(np.abs(plugin.process(512).sound).max() > 1e-4)

    plugin.process(64, [event.note_on(key)])
    wait_for(heard, "no sound: the server made no take")
    quieten(plugin)
