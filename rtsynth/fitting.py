"""Find the latent with which an instrument plays a recorded note most alike.

A latent has few dimensions and the generator is smooth, so Gauss-Newton steps (Levenberg 1944,
Marquardt 1963) on differences of the generator's own output settle in about ten steps; weights of
1 / |error| make them minimise absolute errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rtsynth import contract
from rtsynth.instrument import Floats, Instrument
from rtsynth.likeness import Doubles, Likeness, Note

MORPHED: Final = 4  # presets nearest to the sound, whose morphs are tried
MORPH_STEPS: Final = (0.25, 0.5, 0.75)
STARTS: Final = 3  # of so many the best is chosen ...
FIRST_STEPS: Final = 4  # ... after so many steps downhill
MORE_STEPS: Final = 8
PRIOR: Final = 0.03  # dB for a latent that is 1 from its start; grows with the square
DIFFERENCE: Final = 0.05  # of a latent's value
DAMPING: Final = (0.03, 0.3, 3.0, 30.0)  # times the last damping, tried together
WORST_DAMPING: Final = 1e4
LEAST_GAIN_DB: Final = 1e-3


@dataclass(frozen=True)
class Fit:
    """How an instrument plays a note best."""

    latent: Floats  # (LATENT_SIZE,)
    correction: Floats  # (len(CORRECTION_FRAMES), FRAME_LEVELS) dB
    preset: int  # the timbre that was nearest
    preset_db: float  # its error
    latent_db: float  # the latent's error
    corrected_db: float  # with the correction


def fit(instrument: Instrument, note: Note, guesses: Sequence[Floats] = ()) -> Fit:
    """Find the latent that plays a note best.

    It starts from `guesses`, the presets and morphs of the nearest of them. A latent far from its
    start costs a little, so that the keys that were not recorded sound alike.
    """
    likeness = Likeness(instrument, note)
    presets = np.stack([timbre.latent for timbre in instrument.metadata.timbres]).astype(float)
    preset_db = likeness.errors(presets)
    order = np.argsort(preset_db)
    starts = np.stack([*np.asarray(guesses, float), *_with_morphs(presets[order[:MORPHED]])])
    best = starts[np.argsort(likeness.errors(starts))[:STARTS]]
    ends = [descend(likeness, start, start, FIRST_STEPS) for start in best]
    first = min(range(len(ends)), key=lambda end: ends[end][1])
    latent, _ = descend(likeness, ends[first][0], best[first], MORE_STEPS)
    correction, corrected_db = likeness.correction(latent)
    return Fit(
        latent=latent.astype(np.float32),
        correction=correction.astype(np.float32),
        preset=int(order[0]),
        preset_db=float(preset_db[order[0]]),
        latent_db=float(likeness.errors(latent[None])[0]),
        corrected_db=corrected_db,
    )


def _with_morphs(latents: Doubles) -> list[Doubles]:
    found = list(latents)
    for i, one in enumerate(latents):
        for other in latents[i + 1 :]:
            found += [one + part * (other - one) for part in MORPH_STEPS]
    return found


def descend(
    likeness: Likeness, latent: Doubles, origin: Doubles, steps: int
) -> tuple[Doubles, float]:
    """Go downhill from a latent, held back by `origin`; where that ends, and the error then, dB."""
    damping = 1.0
    error = float(likeness.errors(latent[None])[0]) + PRIOR * float(((latent - origin) ** 2).sum())
    for _ in range(steps):
        slope, curvature = _quadratic(likeness, latent, origin)
        diagonal = np.diag(np.diag(curvature) + 1e-4)
        dampings = damping * np.asarray(DAMPING)
        tried = np.stack(
            [latent + np.linalg.solve(curvature + each * diagonal, slope) for each in dampings]
        )
        errors = likeness.errors(tried) + PRIOR * ((tried - origin) ** 2).sum(axis=1)
        best = int(errors.argmin())
        if errors[best] < error - LEAST_GAIN_DB:
            latent, error, damping = tried[best], float(errors[best]), float(dampings[best])
            continue
        damping *= DAMPING[-1]
        if damping > WORST_DAMPING:
            break
    return latent, error


def _quadratic(likeness: Likeness, latent: Doubles, origin: Doubles) -> tuple[Doubles, Doubles]:
    """Slope (against the error's gradient) and curvature of the error around a latent."""
    size = contract.LATENT_SIZE
    made = likeness.made(latent + np.vstack([np.zeros(size), DIFFERENCE * np.eye(size)]))
    jacobian = ((made[1:] - made[0]) / DIFFERENCE).T  # (values, LATENT_SIZE)
    misses = likeness.misses(made[:1])[0]
    weights = likeness.weights(made[:1])[0] / np.maximum(np.abs(misses), 1.0)
    slope = jacobian.T @ (weights * misses) - 2.0 * PRIOR * (latent - origin)
    curvature = jacobian.T @ (weights[:, None] * jacobian) + 2.0 * PRIOR * np.eye(size)
    return slope, curvature
