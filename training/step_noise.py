"""Step noise for training and scoring: fast values, slow ones, and values that hold for a take."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rtsynth import contract as c

Floats = npt.NDArray[np.float32]


def columns(period: int) -> list[int]:
    """The places of the noise values with this period, in a step's row."""
    return [place for place, each in enumerate(c.STEP_NOISE_PERIODS) if each == period]


def blend(
    steps: npt.NDArray[np.int64], period: int
) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """`contract.noise_blend` for many steps at once; the arrays have the shape of `steps`."""
    draw = steps // period
    angle = 0.5 * np.pi * (steps / period - draw)
    return draw, np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)


def draw(random: np.random.Generator, first_steps: npt.ArrayLike, steps: int) -> Floats:
    """Noise of `steps` steps for each row of a batch, (batch, steps, STEP_NOISE_SIZE).

    Args:
        random: where the draws come from; each row is a take of its own.
        first_steps: (batch,) the absolute step of each row's first noise: for a generator that
            is to begin at step s, that is ``s - CONTEXT_STEPS``.
        steps: how many, context included.
    """
    at = np.asarray(first_steps, np.int64)[:, None] + np.arange(steps)  # (batch, steps)
    noise = np.empty((*at.shape, c.STEP_NOISE_SIZE), np.float32)
    rows = np.arange(len(at))[:, None]
    for period in sorted(set(c.STEP_NOISE_PERIODS)):
        places = columns(period)
        if period == 0:
            noise[:, :, places] = _normal(random, len(at), 1, len(places))
        elif period == 1:
            noise[:, :, places] = _normal(random, len(at), steps, len(places))
        else:
            number, before, after = blend(at, period)
            number = number - number[:, :1]
            drawn = _normal(random, len(at), steps // period + 3, len(places))
            now, then = drawn[rows, number], drawn[rows, number + 1]  # (batch, steps, places)
            noise[:, :, places] = before[..., None] * now + after[..., None] * then
    return noise


def _normal(random: np.random.Generator, rows: int, draws: int, values: int) -> Floats:
    return random.standard_normal((rows, draws, values), np.float32)
