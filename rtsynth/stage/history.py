"""Keeps the last ten minutes of MIDI and sound on disk as they are played: a crash loses nothing.

Nothing is written while nothing sounds and no notes come: what controllers are set to meanwhile is
the state that the next piece begins with. `recovery.py` reads it again.
"""

import contextlib
import itertools
import os
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.errors import one_line
from rtsynth.messages import NOTE_ON, AnyMessage
from rtsynth.stage.midi_state import MidiState
from rtsynth.stage.pieces import Piece, Played, folder
from rtsynth.tap import Block, TapReader

PIECE_S: Final = 10.0
PAUSE_S: Final = 1.0  # of silence, then nothing is written
SILENCE: Final = 1e-5  # linear: -100 dBFS
MOST_MESSAGES: Final = 65_536  # that wait to be written
NOTHING: Final = np.zeros((0, 2), np.float32)
_numbers = itertools.count(1)
Say = Callable[[str], None]


class History:
    """Keeps what an engine plays. It writes on a thread of the tap's; a full disk ends it."""

    def __init__(self, engine: Engine, controls: Controls, tap: TapReader, say: Say) -> None:
        """Nothing is kept yet. `say` hears when the disk refuses."""
        self.failed = False  # the disk refused
        self.run = folder() / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{next(_numbers)}"
        self._engine = engine
        self._controls = controls
        self._tap = tap
        self._say = say
        self._messages: deque[Played] = deque(maxlen=MOST_MESSAGES)
        self._state = MidiState()
        self._piece: Piece | None = None
        self._quiet = 0  # frames of silence up to now
        self._ends: list[Callable[[], None]] = []

    def start(self) -> None:
        """[control] Keep what is played from now on."""
        self._ends = [self._controls.keep(self._note), self._tap.listen(self._hear)]

    def stop(self) -> None:
        """[control] Write the rest."""
        while self._ends:
            self._ends.pop()()
        self._guard(self._finish)

    def _note(self, message: AnyMessage, at_sample: int, time_ns: int | None) -> None:
        """A message was played. Thread: any, and must not wait."""
        self._messages.append(Played(self._sample_of(at_sample, time_ns), message))

    def _sample_of(self, at_sample: int, time_ns: int | None) -> int:
        """Where it sounds: what has no sample is played within the next block."""
        if at_sample >= 0:
            return at_sample
        stats = self._engine.stats()
        ago_s = (time.monotonic_ns() - time_ns) * 1e-9 if time_ns is not None else 0.0
        return stats.clock_samples + stats.block_samples // 2 - round(ago_s * self._engine.rate_hz)

    # --- the listener's thread --------------------------------------------------------------
    def _hear(self, block: Block, sample: int) -> None:
        self._guard(partial(self._keep, block, sample))

    def _guard(self, action: Callable[[], None]) -> None:
        if self.failed:
            return
        try:
            action()
        except OSError as error:
            self.failed = True
            with contextlib.suppress(OSError):
                self._close()
            reason = error.strerror or one_line(error)
            self._say(f"the last ten minutes are not kept any more ({reason}); playing goes on")

    def _keep(self, block: Block, sample: int) -> None:
        played = [self._messages.popleft() for _ in range(len(self._messages))]
        sounds = any(_begins(each.message) for each in played)
        sounds = sounds or float(np.abs(block).max()) > SILENCE
        self._quiet = 0 if sounds else self._quiet + len(block)
        if self._piece is not None and not self._goes_on(self._piece, sample):
            self._close()
        if self._piece is None and sounds:
            rate_hz = round(self._engine.rate_hz)
            self._piece = Piece(self.run, sample, rate_hz, self._state.messages())
        if self._piece is not None:
            self._piece.write(block, played)
        for _, message in played:
            self._state.follow(message)

    def _goes_on(self, piece: Piece, sample: int) -> bool:
        rate_hz = piece.rate_hz
        return (
            sample == piece.end
            and rate_hz == round(self._engine.rate_hz)
            and self._quiet <= PAUSE_S * rate_hz
            and piece.end - piece.begin < PIECE_S * rate_hz
        )

    def _finish(self) -> None:
        if self._piece is not None:
            self._piece.write(NOTHING, self._messages)
        self._close()

    def _close(self) -> None:
        piece, self._piece = self._piece, None
        if piece is not None:
            piece.close()


def _begins(message: AnyMessage) -> bool:
    """Whether a message is kept though nothing sounds: a note, or what `MidiState` has not."""
    return isinstance(message, bytes) or (message[0] & 0xF0 == NOTE_ON and message[2] > 0)
