"""A chain of effects that a rendered sound goes through, block by block."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from rtsynth.errors import RtsynthError
from rtsynth.fx.chain import read_chain
from rtsynth.fx.worker import Worker
from rtsynth.instrument import Floats

BLOCK: Final = 4096  # samples: effects hear the same blocks however the sound comes in
SILENCE: Final = 1.6e-5  # linear, -96 dB
QUIET_S: Final = 2.0  # without a sound: a tail has ended; echoes have pauses
TAIL_S: Final = 20.0  # the longest tail
HELD_BACK_S: Final = 30.0  # more than any effect delays what it hears


class Board:
    """Effects in order, set up for one sample rate. One thread at a time, never a live one.

    Attributes:
        peak: The loudest sample that came out so far, linear.
    """

    def __init__(self, chain: str, rate_hz: int) -> None:
        """Load the effects, in a process of their own, which hear a moment of silence.

        Raises:
            RtsynthError: the chain cannot be read, an effect is missing or crashed.
        """
        read_chain(chain)  # what is written wrongly needs no process
        self._rate_hz = rate_hz
        self.peak = 0.0
        self._worker = Worker(chain, rate_hz, BLOCK)

    def close(self) -> None:
        """Let go of the effects."""
        self._worker.close()

    def through(self, sound: Iterable[Floats]) -> Iterator[Floats]:
        """What comes out of the chain, (frames, 2) a block, until its tail has died away.

        The sound keeps its place: what effects delay is made up for. It becomes no shorter.

        Raises:
            RtsynthError: an effect fails, makes samples that are not finite, or keeps all back.
        """
        length = made = 0
        for block, frames in _blocks(sound):
            length += frames
            made += len(out := self._process(block))
            yield out
        yield from self._tail(length - made)

    def _tail(self, missing: int) -> Iterator[Floats]:
        """What comes after the last sample that went in, where so many have not come out yet.

        Silence at the end of it is left out.
        """
        quiet: list[Floats] = []  # what is left out, unless a sound follows it
        quiet_for = made = given = 0
        most, enough = missing + TAIL_S * self._rate_hz, QUIET_S * self._rate_hz
        while made < missing or (quiet_for < enough and made + quiet_for < most):
            out = self._process(np.zeros((BLOCK, 2), np.float32))
            given = given + BLOCK if len(out) == 0 else 0
            if given > HELD_BACK_S * self._rate_hz:
                raise RtsynthError("--fx: an effect gives no sound back")
            quiet.append(out)
            quiet_for += len(out)
            if made < missing or (len(out) and float(np.abs(out).max()) >= SILENCE):
                yield from quiet
                made += quiet_for
                quiet, quiet_for = [], 0

    def _process(self, block: Floats) -> Floats:
        out = np.ascontiguousarray(self._worker.run(np.ascontiguousarray(block.T)).T)
        if len(out):
            if not np.isfinite(out).all():
                raise RtsynthError("--fx: an effect makes samples that are not finite")
            self.peak = max(self.peak, float(np.abs(out).max()))
        return out


def _blocks(sound: Iterable[Floats]) -> Iterator[tuple[Floats, int]]:
    """The same sound in blocks of BLOCK frames, each with how many of them are its own.

    What is missing of the last block is silence.
    """
    block, filled = np.zeros((BLOCK, 2), np.float32), 0
    for samples in sound:
        while len(samples):
            part = samples[: BLOCK - filled]
            block[filled : filled + len(part)] = part
            filled += len(part)
            samples = samples[len(part) :]
            if filled == BLOCK:
                yield block, BLOCK
                block, filled = np.zeros((BLOCK, 2), np.float32), 0
    if filled:
        yield block, filled
