"""One generator thread for all instances: what voices need in any comes before all other work."""

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from rtsynth import _core
from rtsynth.errors import one_line
from rtsynth.generator import IDLE_WAIT_MS, Generator

ERROR_PAUSE_S: Final = 0.05
MOST_RESTS: Final = 10  # then all are looked at, whether they rest or not
Say = Callable[[str], None]


class Customer(Protocol):
    """An instance whose takes are made here."""

    @property
    def link(self) -> _core.Link:
        """Whose requests are heard."""

    @property
    def generator(self) -> Generator:
        """Knows what is to be made."""

    @property
    def steps(self) -> tuple[Callable[[float], bool], ...]:
        """What is to be tried, the most urgent first; as many for all."""


class Makers:
    """Makes takes for instances that come and go. Threads: as said; the work is its own's."""

    def __init__(self, say: Say) -> None:
        """Nothing is made yet. `say` hears one-line news."""
        self._say = say
        self._lock = threading.Lock()  # of a run
        self._door = threading.Lock()  # who waits for that lock comes before the next run
        self._customers: list[Customer] = []
        self._paused: dict[int, float] = {}  # until when, of those whose last run failed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="generator", daemon=True)

    def start(self) -> None:
        """[control] Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """[control] End the thread."""
        self._stop.set()
        self._thread.join()

    def add(self, customer: Customer) -> None:
        """Make takes for one more. Thread: any."""
        with self._door, self._lock:
            self._customers = [*self._customers, customer]

    def remove(self, customer: Customer) -> None:
        """Leave one alone: nothing of it is touched once this returns. Thread: any."""
        with self._door, self._lock:
            self._customers = [each for each in self._customers if each is not customer]
            self._paused.pop(id(customer), None)

    def settle(self, customer: Customer, begins: bool) -> int:
        """As `Generator.settle_offline`, of one, now. Thread: any."""
        with self._door, self._lock:
            return customer.generator.settle_offline(begins)

    def step(self) -> bool:
        """The most urgent run there is; False: there is nothing to do."""
        with self._door:
            self._lock.acquire()
        try:
            now_s = time.monotonic()
            ready = [each for each in self._customers if self._paused.get(id(each), now_s) <= now_s]
            for equals in zip(*(each.steps for each in ready), strict=True):
                for customer, step in zip(ready, equals, strict=True):
                    if self._try(step, customer):
                        others = [each for each in self._customers if each is not customer]
                        self._customers = [*others, customer]  # they come first the next time
                        return True
            return False
        finally:
            self._lock.release()

    def _rest(self) -> None:
        """Until something is asked for, or for a moment."""
        customers = self._customers
        links = [each.link for each in customers]
        for _ in range(MOST_RESTS):
            if _core.wait_any(links, IDLE_WAIT_MS, heard=False) or self._stop.is_set():
                return
            if customers != self._customers or not all(c.generator.rests for c in customers):
                return

    def _try(self, step: Callable[[float], bool], customer: Customer) -> bool:
        try:
            return step(time.monotonic())
        except Exception as error:  # the others go on
            self._paused[id(customer)] = time.monotonic() + ERROR_PAUSE_S
            customer.generator.report(error)
            return False

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if not self.step():
                    self._rest()
            except Exception as error:
                self._say(f"the generator failed ({one_line(error)})")
                self._stop.wait(ERROR_PAUSE_S)
