"""The recorder thread: what was played goes from the core's tap into a WAV file."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from rtsynth._core import Engine
from rtsynth.errors import RtsynthError
from rtsynth.wav import WavWriter

POLL_S: Final = 0.02
FLUSH_EVERY: Final = 25  # polls between two updates of the header: half a second
CHUNK_FRAMES: Final = 8192


class Recorder:
    """Records an engine until it is stopped or the disk is full; playing goes on in any case."""

    def __init__(self, engine: Engine, path: Path, say: Callable[[str], None]) -> None:
        """Create the file, under another name where the one given is taken.

        Raises:
            RtsynthError: it is no .wav file, or cannot be written.
        """
        self.frames = 0  # recorded, in all files
        self.failed = False
        self._engine = engine
        self._say = say
        self._wanted = path
        self._rate_hz = round(engine.rate_hz)  # of the part
        self._path = free_path(path)  # of the part that is recorded now
        self._buffer = np.zeros((CHUNK_FRAMES, 2), np.float32)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        if path.suffix.lower() != ".wav":
            raise RtsynthError(f"recordings are WAV files: name it {path.with_suffix('.wav')}")
        try:
            self._file: WavWriter | None = WavWriter(self._path, self._rate_hz)
        except OSError as error:
            raise RtsynthError(f"cannot record to {path}: {error.strerror}") from error
        if self._path != path:
            say(f"{path.name} is there already: recording to {self._path.name}")

    def start(self) -> None:
        """[control] Record from now on."""
        self._engine.tap(True)
        self._thread.start()

    def stop(self) -> None:
        """[control] Write the rest and close the file; none is left where nothing began."""
        self._stop.set()
        began = self._thread.ident is not None
        if began:
            self._thread.join()
        self._drain()
        self._engine.tap(False)
        self._guard(self._close)
        if not began and self._path.is_file():
            self._path.unlink()

    def _run(self) -> None:
        polls = 0
        while not self._stop.wait(POLL_S):
            self._drain()
            polls += 1
            if polls % FLUSH_EVERY == 0:
                self._guard(self._flush)

    def _drain(self) -> None:
        """Fetch what there is; it is fetched and dropped once recording has failed."""
        while count := self._engine.read_tap(self._buffer):
            self._guard(partial(self._write, count))

    def _write(self, count: int) -> None:
        if self._file is None:
            return
        if round(self._engine.rate_hz) != self._rate_hz or not self._file.has_room(count):
            self._next_part()
        self._file.write(self._buffer[:count])
        self.frames += count

    def _next_part(self) -> None:
        """Go on in another file: a WAV file ends at 4 GiB, and has one rate."""
        self._close()
        path = free_path(self._wanted)
        self._rate_hz = round(self._engine.rate_hz)
        self._file = WavWriter(path, self._rate_hz)
        self._path = path
        self._say(f"recording goes on in {path.name}")

    def _flush(self) -> None:
        if self._file is not None:
            self._file.flush()

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _guard(self, action: Callable[[], None]) -> None:
        """Do something to the file; if the disk refuses, stop recording and keep what there is."""
        try:
            action()
        except OSError as error:
            self.failed = True
            seconds = self.frames / self._engine.rate_hz
            self._say(
                f"recording stopped ({error.strerror}): {seconds:.1f} s are kept in {self._path}; "
                "free some space and record again"
            )
            file, self._file = self._file, None
            if file is not None:
                _close_quietly(file)


def free_path(path: Path) -> Path:
    """The path, or where a file has that name the next that is free: take-2.wav, take-3.wav, ..."""
    found, number = path, 1
    while found.is_file():
        number += 1
        found = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return found


def _close_quietly(file: WavWriter) -> None:
    try:
        file.close()
    except OSError:
        return  # the header was brought up to date half a second ago
