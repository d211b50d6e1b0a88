"""One thread that keeps up with what all instances play."""

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from rtsynth import _core
from rtsynth.errors import one_line

WAIT_MS: Final = 20.0  # all are looked at as often: what a page moved goes to the host then
BUSY_S: Final = 0.002  # before the next look, where one is being changed
PAUSE_S: Final = 0.05
Say = Callable[[str], None]


class Followed(Protocol):
    """An instance that is kept up with."""

    @property
    def link(self) -> _core.Link:
        """What is played on."""

    def follow(self) -> bool:
        """Keep up; it does not wait. False: not at this moment."""


class Followers:
    """Threads: as said."""

    def __init__(self, say: Say) -> None:
        """Nobody is followed yet. `say` hears one-line news."""
        self._say = say
        self._lock = threading.Lock()
        self._instances: list[Followed] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)

    def start(self) -> None:
        """[control] Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """[control] End the thread."""
        self._stop.set()
        self._thread.join()

    def add(self, instance: Followed) -> None:
        """Follow one more. Thread: any."""
        with self._lock:
            self._instances = [*self._instances, instance]

    def remove(self, instance: Followed) -> None:
        """Follow one no more; a look may be under way. Thread: any."""
        with self._lock:
            self._instances = [each for each in self._instances if each is not instance]

    def _run(self) -> None:
        looked_s = time.monotonic()
        while not self._stop.is_set():
            instances = self._instances
            try:
                links = [each.link for each in instances]
                told = [instances[at] for at in _core.wait_any(links, WAIT_MS, requests=False)]
                if not told or time.monotonic() > looked_s + 1e-3 * WAIT_MS:
                    told, looked_s = instances, time.monotonic()
                busy = [each for each in told if not each.follow()]
                if busy:
                    self._stop.wait(BUSY_S)
            except Exception as error:
                self._say(f"what was played cannot be followed ({one_line(error)})")
                self._stop.wait(PAUSE_S)
