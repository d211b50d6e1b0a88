"""Recordings that begin and end while it plays, one at a time."""

import threading
from collections.abc import Callable
from pathlib import Path

from rtsynth._core import Engine
from rtsynth.errors import RtsynthError
from rtsynth.recorder import Recorder
from rtsynth.tap import TapReader


class Recordings:
    """What is recorded of one engine. Thread: any."""

    def __init__(self, engine: Engine, tap: TapReader, say: Callable[[str], None]) -> None:
        """Nothing is recorded yet. `say` hears of a recording that fails."""
        self._engine = engine
        self._tap = tap
        self._say = say
        self._lock = threading.Lock()
        self._recorder: Recorder | None = None

    @property
    def path(self) -> Path | None:
        """The file that is being recorded, None: none is."""
        recorder = self._recorder
        return recorder.path if recorder is not None and not recorder.failed else None

    def open(self, path: Path) -> None:
        """Make a file ready before anything sounds; start() begins.

        Raises:
            RtsynthError: it cannot be written.
        """
        self._recorder = Recorder(self._engine, self._tap, path, self._say)

    def start(self) -> None:
        """Begin with what was made ready, if anything was."""
        if self._recorder is not None:
            self._recorder.start()

    def begin(self, path: Path) -> Path:
        """Record what is played from now on; returns the file, which has a free name.

        Raises:
            RtsynthError: something is recorded already, or the file cannot be written.
        """
        with self._lock:
            if self._recorder is not None and not self._recorder.failed:
                raise RtsynthError(f"{self._recorder.path.name} is being recorded: stop that first")
            if self._recorder is not None:
                self._recorder.stop()
            recorder = Recorder(self._engine, self._tap, path, self._say)
            recorder.start()
            self._recorder = recorder
        return recorder.path

    def end(self) -> Path | None:
        """End the recording; returns the file, None: nothing was recorded."""
        with self._lock:
            recorder, self._recorder = self._recorder, None
            if recorder is None:
                return None
            recorder.stop()
        return recorder.path
