"""Python keeps up with what a JACK client played: timbres, held notes, ports that come and go."""

import contextlib
import math
import threading
import time
from collections.abc import Callable
from typing import Final

from rtsynth._core import JackProcess
from rtsynth.errors import one_line
from rtsynth.heard import HeardFollower
from rtsynth.jack_wiring import Wires

WAIT_MS: Final = 20.0  # for messages, without the GIL
LOOK_AGAIN_S: Final = 0.1  # after a port could not be connected
SETTLED_S: Final = 1.0  # after a change it is looked once more: JACK tells of some too early
PAUSE_S: Final = 0.5  # after an error; a server that died is noticed meanwhile
Say = Callable[[str], None]


class Follower:
    """A thread that reads what the process callback says. Nothing that sounds waits for it."""

    def __init__(
        self,
        process: JackProcess,
        heard: HeardFollower,
        wires: Wires,
        latency: Callable[[], int],
        say: Say,
    ) -> None:
        """`latency` tells that of the ports, in samples."""
        self.latency_samples = 0  # at the last look
        self._latency = latency
        self._process = process
        self._heard = heard
        self._wires = wires
        self._say = say
        self._ports = -1  # of the ports that were looked at
        self._next_look_s = 0.0
        self._last_look_s = math.inf
        self._shared: set[str] = set()  # sources that another rtsynth plays from
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jack", daemon=True)

    def start(self) -> None:
        """[control] Connect the ports and follow from now on."""
        self._heard.tell_slots()
        with contextlib.suppress(Exception):  # a port comes or goes: the thread looks again
            self._look()
        self._thread.start()

    def stop(self, limit_s: float) -> bool:
        """[control] Follow no more; False: the thread hangs in JACK, and lives on."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(limit_s)
        return not self._thread.is_alive()

    def release(self) -> None:
        """[control] Follow what was played to the end, and let go of what is held down.

        After stop(), once the client is closed: nothing more is played.
        """
        try:
            while not self._thread.is_alive() and self._heard.follow():
                pass
        finally:
            self._heard.let_go()

    def _run(self) -> None:
        while not self._stop.is_set() and self._process.alive:
            try:
                self._heard.follow(WAIT_MS)
                self._heard.tell_slots()
                self._look()
            except Exception as error:  # the thread goes on: it is what keeps timbres right
                self._stop.wait(PAUSE_S)
                if self._process.alive:  # a port may have gone, too
                    self._say(f"JACK: {one_line(error)}")

    def _look(self) -> None:
        self.latency_samples = self._latency()
        changes = self._process.port_changes
        now_s = time.monotonic()
        due = now_s > (self._next_look_s if self._wires.unmade else self._last_look_s)
        if changes == self._ports and not due:
            return
        self._last_look_s = now_s + SETTLED_S if changes != self._ports else math.inf
        came, went = self._wires.look(self._process.ports_gone, now_s)
        self._ports = changes  # not where that failed: it is looked again
        self._next_look_s = now_s + LOOK_AGAIN_S
        for name in sorted(came):
            self._say(f"MIDI input {name} connected")
        for name in sorted(self._wires.shared - self._shared):
            self._say(f"another rtsynth plays from {name}, too: both will sound")
        self._shared = self._wires.shared
        for name in sorted(went):
            self._heard.let_go()
            if name not in self._wires.let_go:
                self._say(f"MIDI input {name} went away: its notes are released, waiting for it")
