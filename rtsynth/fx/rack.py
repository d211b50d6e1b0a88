"""The effects of a chain in order, as they run in the effects' own process.

A plugin of one channel has an instance for the left and one for the right, as hosts do it.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from rtsynth.errors import RtsynthError, one_line
from rtsynth.fx.chain import Effect, read_chain
from rtsynth.fx.plugins import is_plugin, make, pedalboard
from rtsynth.instrument import Floats

PROBE: Final = 512  # samples of silence that a plugin is asked to take


class Rack:
    """Thread: any one, never a live one."""

    def __init__(self, chain: str, rate_hz: int, block: int, begins: Callable[[str], None]) -> None:
        """Load the effects and let them hear a moment of silence.

        Args:
            chain: as fx/chain.py reads it.
            rate_hz: of the sound.
            block: frames at a time.
            begins: hears the name of each effect before it is loaded.

        Raises:
            RtsynthError: the chain cannot be read, or an effect is missing or takes no such sound.
        """
        self._rate_hz, self._block = rate_hz, block
        self._parts: list[list[Any]] = []  # a board for both channels, or one for each
        alone = False
        for effect in read_chain(chain):
            begins(effect.name)
            made = self._made(effect)
            if len(made) == 1 and self._parts and not alone:
                self._parts[-1][0].append(made[0])
            else:
                self._parts.append([pedalboard().Pedalboard([each]) for each in made])
            alone = len(made) > 1
        self.run(np.zeros((2, block), np.float32))
        for board in (board for part in self._parts for board in part):
            board.reset()

    def run(self, sound: Floats) -> Floats:
        """What comes out for (2, samples), which may be fewer of them.

        Raises:
            RtsynthError: an effect fails.
        """
        for boards in self._parts:
            if len(boards) == 1:
                sound = self._through(boards[0], sound)
            else:
                left, right = (self._through(board, sound[i : i + 1])
                               for i, board in enumerate(boards))  # fmt: skip
                sound = np.concatenate((left, right))
        return sound

    def _through(self, board: Any, sound: Floats) -> Floats:
        if sound.shape[1] == 0:
            return sound
        try:
            out = board.process(
                np.ascontiguousarray(sound), self._rate_hz, buffer_size=self._block, reset=False
            )
        except (ValueError, RuntimeError) as error:
            raise RtsynthError(f"--fx: {one_line(error)}") from error
        samples: Floats = np.reshape(out, (len(sound), -1)).astype(np.float32, copy=False)
        return samples

    def _made(self, effect: Effect) -> list[Any]:
        """One that takes two channels, or two that take one each."""
        first = make(effect)
        refusal = self._refusal(first, 2) if is_plugin(effect) else None
        if refusal is None:
            return [first]
        mono = make(effect)
        if self._refusal(mono, 1) is not None:
            raise RtsynthError(f"--fx: {one_line(refusal)}")
        return [mono, make(effect)]

    def _refusal(self, plugin: Any, channels: int) -> Exception | None:
        """Why a plugin does not take a sound of so many channels; None: it does."""
        try:
            plugin.process(np.zeros((channels, PROBE), np.float32), self._rate_hz)
        except (ValueError, RuntimeError) as error:
            return error
        return None
