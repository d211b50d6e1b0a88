"""Engines that are ready to be measured: with made-up sines, or with a real instrument's takes."""

from collections.abc import Iterable

import click
import numpy as np
from numpy.typing import NDArray

from rtsynth import contract
from rtsynth._core import Engine
from rtsynth.errors import RtsynthError
from rtsynth.generator import Generator
from rtsynth.instrument import Instrument, bundled, load

VELOCITY = 100
NOTE_ON, NOTE_OFF, CONTROL = 0x90, 0x80, 0xB0
ALL_SOUND_OFF = 120
KEYS = range(contract.KEY_LOW, contract.KEY_HIGH + 1)


def sine_take(pages: int = 1) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Frames (frames, FRAME_VALUES) dB of a steady sine, and its note values."""
    shape = (pages * contract.PAGE_FRAMES, contract.FRAME_VALUES)
    frames = np.full(shape, contract.FLOOR_DB, np.float32)
    frames[:, 0] = 3.01  # the loudest frame's RMS is 0 dB
    frames[:, contract.FRAME_PITCH] = 0.0
    note = np.zeros(contract.NOTE_VALUES, np.float32)
    note[:4] = (-8.0, -20.0, 0.0, -200.0)  # in the order of NOTE_FIELDS
    return frames, note


def sine_engine(keys: Iterable[int] = KEYS, rate_hz: float = 48000.0, pages: int = 2) -> Engine:
    """An engine that holds a sine for each of the keys, at the layer of VELOCITY only."""
    engine = Engine(rate_hz, seed=1)
    frames, note = sine_take(pages)
    layer = contract.velocity_layer(VELOCITY)
    for key in keys:
        if not engine.put(0, key, layer, 0, frames, note):
            raise RuntimeError(f"the engine refuses a take of {pages} pages")
    return engine


def find_instrument(path: str | None = None) -> Instrument | None:
    """An instrument on the CPU: a file, or the bundled one (None where there is none yet).

    Raises:
        click.ClickException: it cannot be played; the line says why.
    """
    try:
        return load(path, accelerate=False) if path or bundled() else None
    except RtsynthError as error:
        raise click.ClickException(str(error)) from error


def instrument_engine(
    instrument: Instrument,
    timbre: int,
    keys: Iterable[int] = KEYS,
    rate_hz: float = 48000.0,
    pages: int = 2,
) -> tuple[Engine, Generator]:
    """An engine that holds the first pages of the keys at VELOCITY, and its generator (stopped)."""
    engine = Engine(rate_hz, seed=1)
    generator = Generator(engine, instrument, seed=1)
    layer = contract.velocity_layer(VELOCITY)
    generator.ensure([(timbre, key, layer) for key in keys], pages=pages)
    engine.set_timbre(0, timbre)
    return engine, generator


def render_to(engine: Engine, sample: int, block: int) -> NDArray[np.float32]:
    """Render whole blocks until the clock has passed a sample: (samples, 2)."""
    missing = sample - engine.stats().clock_samples
    blocks = max(0, -(-missing // block))
    out = np.zeros((blocks * block, 2), np.float32)
    for i in range(blocks):
        engine.render(out[i * block : (i + 1) * block])
    return out
