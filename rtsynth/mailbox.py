"""Work that comes from threads that must not wait, done in order on a thread of its own."""

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from rtsynth.errors import one_line

Item = TypeVar("Item")
SETTLE_S: Final = 0.5


class Mailbox(Generic[Item]):
    """Thread: any, but for start() and stop()."""

    def __init__(self, name: str, work: Callable[[Item], None], say: Callable[[str], None]) -> None:
        """`work` is done once for each item that is put in; `say` hears what it failed of."""
        self._name = name
        self._work = work
        self._say = say
        self._items: queue.SimpleQueue[Item | threading.Event | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def put(self, item: Item) -> None:
        """Have something done soon; never waits."""
        self._items.put(item)

    def start(self) -> None:
        """[control] Begin with what was put in so far."""
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """[control] Finish what was put in so far, and end the thread."""
        if self._thread is not None:
            self._items.put(None)
            self._thread.join()
            self._thread = None

    def empty(self) -> None:
        """Do all that was put in so far, on the caller's thread."""
        with contextlib.suppress(queue.Empty):
            while True:
                item = self._items.get_nowait()
                if isinstance(item, threading.Event):
                    item.set()
                elif item is not None:
                    self._work(item)

    def settle(self, limit_s: float = SETTLE_S) -> None:
        """Wait until all that was put in so far is done, or for limit_s at most.

        Returns at once where no thread works, or where that thread calls.
        """
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return
        done = threading.Event()
        self._items.put(done)
        done.wait(limit_s)

    def _run(self) -> None:
        while (item := self._items.get()) is not None:
            if isinstance(item, threading.Event):
                item.set()
                continue
            try:
                self._work(item)
            except Exception as error:  # the thread goes on: the next item is another matter
                self._say(one_line(error))
