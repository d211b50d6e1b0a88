"""The one reader of the core's tap: what is played goes to all who listen, each at its own pace."""

import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rtsynth._core import Engine
from rtsynth.errors import one_line

POLL_S: Final = 0.02
CHUNK_FRAMES: Final = 8192
MOST_S: Final = 8.0  # so long a listener may be held up before blocks pass it by
Block = NDArray[np.float32]  # (frames, 2), linear, -1..1
Heard = Callable[[Block, int], None]
Say = Callable[[str], None]


class TapReader:
    """Reads what an engine plays while anybody listens. Thread: any."""

    def __init__(self, engine: Engine, say: Say | None = None) -> None:
        """Nothing is read yet. `say` hears of a listener that fails."""
        self.lost = 0  # frames that passed a listener by, of all listeners
        self._engine = engine
        self._say = say or (lambda line: None)
        self._lock = threading.Lock()  # who has it reads the tap
        self._listeners: list[_Listener] = []
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()  # ends that thread
        self._buffer = np.zeros((CHUNK_FRAMES, 2), np.float32)

    def listen(self, heard: Heard, most_s: float = MOST_S) -> Callable[[], None]:
        """Call `heard(block, sample)` with all that is played from now on.

        Args:
            heard: gets blocks (frames, 2) of any length, not to be written to, and the sample of
                the engine's clock at which the first frame was played: where it is not the one
                behind the last block, frames were lost. Thread: the listener's own, so it may wait,
                and holds up nobody but itself.
            most_s: how much may wait for it; what comes then passes it by, and is counted in
                `lost`.

        Returns:
            What ends it; it returns once the listener has heard all that was played until then.
        """
        listener = _Listener(heard, most_s, self._say)
        with self._lock:
            if self._listeners:
                self._pass_on()  # what was played before is the others'
            else:
                self._engine.tap(True)
            self._listeners.append(listener)
            if self._thread is None:
                self._stop = threading.Event()
                self._thread = threading.Thread(
                    target=self._run, args=(self._stop,), name="tap", daemon=True
                )
                self._thread.start()
        return partial(self._end, listener)

    def _end(self, listener: "_Listener") -> None:
        ended = None
        with self._lock:
            if listener not in self._listeners:
                return
            self._pass_on()
            self._listeners.remove(listener)
            if not self._listeners:
                self._engine.tap(False)
                self._stop.set()
                ended, self._thread = self._thread, None
        if ended is not None:
            ended.join()
        listener.end()

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(POLL_S):
            with self._lock:
                self._pass_on()

    def _pass_on(self) -> None:
        """Give everyone what there is. The lock is held."""
        while True:
            count, sample = self._engine.read_tap(self._buffer)
            if not count:
                return
            block = self._buffer[:count].copy()
            block.flags.writeable = False
            for listener in self._listeners:
                if not listener.give(block, sample):
                    self.lost += count


class _Listener:
    """One who listens, on a thread of its own."""

    def __init__(self, heard: Heard, most_s: float, say: Say) -> None:
        self._heard = heard
        self._say = say
        self._blocks: queue.Queue[tuple[Block, int] | None] = queue.Queue(int(most_s / POLL_S))
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    def give(self, block: Block, sample: int) -> bool:
        """False: it has not heard those before yet."""
        try:
            self._blocks.put_nowait((block, sample))
        except queue.Full:
            return False
        return True

    def end(self) -> None:
        """Wait until it has heard what was given."""
        self._blocks.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        failed = False
        while (given := self._blocks.get()) is not None:
            try:
                if not failed:
                    self._heard(*given)
            except Exception as error:  # it hears no more; the others do
                failed = True
                self._say(f"what listens to the sound failed ({one_line(error)})")
