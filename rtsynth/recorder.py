"""Record what is played into a WAV file, from when it is wanted until it is not."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from rtsynth._core import Engine
from rtsynth.errors import RtsynthError
from rtsynth.tap import Block, TapReader
from rtsynth.wav import WavWriter

FLUSH_S: Final = 0.5  # between two updates of the header
MOST_S: Final = 30.0  # that a disk may be held up


class Recorder:
    """Records an engine until it is stopped or the disk is full; playing goes on in any case."""

    def __init__(
        self, engine: Engine, tap: TapReader, path: Path, say: Callable[[str], None]
    ) -> None:
        """Create the file, under another name where the one given is taken.

        Raises:
            RtsynthError: it is no .wav file, or cannot be written.
        """
        self.frames = 0  # recorded, in all files
        self.failed = False
        self._engine = engine
        self._tap = tap
        self._say = say
        self._wanted = path
        self._rate_hz = round(engine.rate_hz)  # of the part
        self._path = free_path(path)  # of the part that is recorded now
        self._unflushed = 0  # frames
        self._end: Callable[[], None] | None = None
        if path.suffix.lower() != ".wav":
            raise RtsynthError(f"recordings are WAV files: name it {path.with_suffix('.wav')}")
        try:
            self._file: WavWriter | None = WavWriter(self._path, self._rate_hz)
        except OSError as error:
            raise RtsynthError(f"cannot record to {path}: {error.strerror}") from error
        if self._path != path:
            say(f"{path.name} is there already: recording to {self._path.name}")

    @property
    def path(self) -> Path:
        """The file that is written now, or was last."""
        return self._path

    def start(self) -> None:
        """[control] Record from now on."""
        self._end = self._tap.listen(self._hear, MOST_S)

    def stop(self) -> None:
        """[control] Write the rest and close the file; none is left where nothing began."""
        if self._end is not None:
            self._end()
        self._guard(self._close)
        if self._end is None and self._path.is_file():
            self._path.unlink()

    def _hear(self, block: Block, _: int) -> None:
        self._guard(partial(self._write, block))

    def _write(self, block: Block) -> None:
        if self._file is None:
            return
        if round(self._engine.rate_hz) != self._rate_hz or not self._file.has_room(len(block)):
            self._next_part()
        self._file.write(block)
        self.frames += len(block)
        self._unflushed += len(block)
        if self._unflushed >= FLUSH_S * self._rate_hz:
            self._unflushed = 0
            self._file.flush()

    def _next_part(self) -> None:
        """Go on in another file: a WAV file ends at 4 GiB, and has one rate."""
        self._close()
        path = free_path(self._wanted)
        self._rate_hz = round(self._engine.rate_hz)
        self._file = WavWriter(path, self._rate_hz)
        self._path = path
        self._say(f"recording goes on in {path.name}")

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
