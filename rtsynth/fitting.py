"""Find the latent with which an instrument plays a recorded note, and what no latent gives.

The error is a mean absolute difference in dB, weighted by what can be heard, over the note's onset
and several later stretches. A latent has few dimensions and the generator is smooth, so
Gauss-Newton steps (Levenberg 1944, Marquardt 1963) on differences of the generator's own output
settle in about ten steps; weights of 1 / |error| make them minimise absolute errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rtsynth import contract
from rtsynth.encoder import lengthened
from rtsynth.instrument import Floats, Instrument

Doubles = NDArray[np.float64]

STRETCH_STEPS: Final = 4
STRETCH_FRAMES: Final = STRETCH_STEPS * contract.FRAMES_PER_STEP
STRETCHES: Final = (0, 8, 20, 48, 96)  # first steps; 0, 0.3, 0.9, 2.0 and 4.1 s
ONSET_BLOCKS: Final = (0, 1, 2, 4, 8, 16, 32)  # frames between which levels are averaged
LATER_BLOCKS: Final = (0, 16, 32)
AUDIBLE_DB: Final = 70.0  # below the loudest partial nothing counts
FULL_DB: Final = 20.0  # above this everything counts alike
NOISE_WEIGHT: Final = 0.4  # of a band's level beside a partial's
NOTE_SHARES: Final = {"tail": 0.03, "release": 0.02, "detune": 0.1}  # beside the levels' 1
SLOPE_DB: Final = 10.0  # a slope that is wrong e times counts as so many dB
SOFT_SLOPE: Final = {"tail": 0.5, "release": 5.0}  # dB/s that make no difference
CENTS_A_DB: Final = 5.0
MORPHED: Final = 4  # presets nearest to the sound, whose morphs are tried
MORPH_STEPS: Final = (0.25, 0.5, 0.75)
STARTS: Final = 3  # of so many the best is chosen ...
FIRST_STEPS: Final = 4  # ... after so many steps downhill
MORE_STEPS: Final = 8
PRIOR: Final = 0.005  # dB for a latent that is 1 from its start; grows with the square
DIFFERENCE: Final = 0.05  # of a latent's value
DAMPING: Final = (0.03, 0.3, 3.0, 30.0)  # times the last damping, tried together
WORST_DAMPING: Final = 1e4
LEAST_GAIN_DB: Final = 1e-3
DOUBT: Final = 0.3  # of the heaviest value's weight: a correction of what hardly sounds is small
MOST_CORRECTION_DB: Final = 40.0


@dataclass(frozen=True)
class Note:
    """A recorded note, as an analysis has it."""

    key: int
    velocity: float
    frames: Floats  # (frames, FRAME_VALUES)
    values: dict[str, float]  # by contract.NOTE_FIELDS; what is not known is missing
    detunes: Floats  # (DETUNED_PARTIALS,) cents
    top_hz: float = contract.NOISE_TOP_HZ  # nothing is known of what lies above


@dataclass(frozen=True)
class Fit:
    """How an instrument plays a note best."""

    latent: Floats  # (LATENT_SIZE,)
    correction: Floats  # (FRAME_LEVELS,) dB
    preset: int  # the timbre that was nearest
    preset_db: float  # its error
    latent_db: float  # the latent's error
    corrected_db: float  # with the correction


class Problem:
    """The error of latents for one note. One thread at a time."""

    def __init__(self, instrument: Instrument, note: Note) -> None:
        self._instrument = instrument
        self._note = note
        tail = note.values.get("tail_db_per_s", 0.0)
        whole = lengthened(note.frames, STRETCH_FRAMES, tail)
        frames = np.asarray(whole[:, : contract.FRAME_LEVELS], np.float64)
        reach = max(len(frames) // contract.FRAMES_PER_STEP - STRETCH_STEPS, 0)
        self._steps = [step for step in STRETCHES if step <= reach]
        pieces = [
            frames[step * contract.FRAMES_PER_STEP :][:STRETCH_FRAMES] for step in self._steps
        ]
        self._levels = self._pooled(np.stack(pieces)[None])[0]
        self._peak_db = float(frames[:, : contract.PARTIALS].max(initial=-60.0))
        self._length = self._block_lengths()
        self._known = _known(note)
        self._values, self._shares = self._note_values(self._told()[None])

    def made(self, latents: Doubles) -> Doubles:
        """What latents (n, LATENT_SIZE) make: (n, blocks * FRAME_LEVELS + note values), dB."""
        count, rows = len(latents), len(self._steps)
        shape = (count * rows, STRETCH_STEPS + 2 * contract.CONTEXT_STEPS, contract.STEP_NOISE_SIZE)
        frames, notes = self._instrument.generate(
            np.full(count * rows, self._note.key, np.float32),
            np.full(count * rows, self._note.velocity, np.float32),
            np.repeat(latents, rows, axis=0).astype(np.float32),
            np.tile(np.asarray(self._steps, np.float32), count),
            np.zeros(shape, np.float32),  # no chance: the middle of what it may play
        )
        levels = frames[..., : contract.FRAME_LEVELS].reshape(
            count, rows, STRETCH_FRAMES, contract.FRAME_LEVELS
        )
        values, _ = self._note_values(notes[::rows].astype(np.float64))
        blocks = self._pooled(levels.astype(np.float64)).reshape(count, -1)
        return np.concatenate([blocks, values], axis=1)

    def misses(self, made: Doubles) -> Doubles:
        """Recorded minus made, in dB; the shape stays."""
        return np.concatenate([self._levels.ravel(), self._values[0]]) - made

    def weights(self, made: Doubles) -> Doubles:
        """How much each value counts, all levels together 1; the shape stays."""
        levels = made[:, : self._levels.size].reshape(len(made), *self._levels.shape)
        heard = self.heard(levels).reshape(len(made), -1)
        heard /= heard.sum(axis=1, keepdims=True) + 1e-9
        return np.concatenate([heard, np.tile(self._shares, (len(made), 1))], axis=1)

    def heard(self, levels: Doubles) -> Doubles:
        """How well levels (n, blocks, FRAME_LEVELS) can be heard, or are to be, times duration."""
        below = np.maximum(self._levels, levels) - self._peak_db
        heard = np.clip((below + AUDIBLE_DB) / (AUDIBLE_DB - FULL_DB), 0.0, 1.0) ** 2
        heard[..., contract.PARTIALS :] *= NOISE_WEIGHT
        return np.asarray(heard * self._length[:, None] * self._known)

    def errors(self, latents: Doubles) -> Doubles:
        """Weighted mean absolute errors of latents, (n,) dB."""
        made = self.made(latents)
        return np.asarray((self.weights(made) * np.abs(self.misses(made))).sum(axis=1))

    def correction(self, latent: Doubles) -> tuple[Doubles, float]:
        """What to add to every frame's levels (FRAME_LEVELS,) dB, and the error then."""
        made = self.made(latent[None])
        levels = made[:, : self._levels.size].reshape(1, *self._levels.shape)
        weight = self.heard(levels)[0]
        total = weight.sum(axis=0)  # (FRAME_LEVELS,)
        lacks = (weight * (self._levels - levels[0])).sum(axis=0) / (total + DOUBT * total.max())
        lacks = np.clip(lacks, -MOST_CORRECTION_DB, MOST_CORRECTION_DB)
        better = made.copy()
        better[0, : self._levels.size] = np.maximum(levels[0] + lacks, contract.FLOOR_DB).ravel()
        return lacks, float((self.weights(better) * np.abs(self.misses(better))).sum())

    def _pooled(self, stretches: Doubles) -> Doubles:
        """(n, rows, STRETCH_FRAMES, values) to means over blocks (n, blocks, values)."""
        means = []
        for row, step in enumerate(self._steps):
            edges = LATER_BLOCKS if step else ONSET_BLOCKS
            means += [stretches[:, row, first:end].mean(axis=1) for first, end in pairwise(edges)]
        return np.stack(means, axis=1)

    def _block_lengths(self) -> Doubles:
        """Each block's share of its stretch, (blocks,): the onset counts like a later stretch."""
        shares: list[float] = []
        for step in self._steps:
            blocks = len(LATER_BLOCKS if step else ONSET_BLOCKS) - 1
            shares += [1.0 / blocks] * blocks
        return np.asarray(shares)

    def _told(self) -> Doubles:
        """The recording's note values, (NOTE_VALUES,); what is not known is 0."""
        fields = [self._note.values.get(field, 0.0) for field in contract.NOTE_FIELDS]
        return np.concatenate([fields, self._note.detunes]).astype(np.float64)

    def _note_values(self, notes: Doubles) -> tuple[Doubles, Doubles]:
        """Of notes (n, NOTE_VALUES), what is compared (n, m) in about dB, and its weights (m,)."""
        columns, shares = [], []
        for name in ("tail", "release"):
            field = f"{name}_db_per_s"
            if field in self._note.values:
                slope = notes[:, contract.NOTE_FIELDS.index(field)]
                columns.append(SLOPE_DB * np.log(SOFT_SLOPE[name] - np.minimum(slope, 0.0)))
                shares.append(NOTE_SHARES[name])
        detunes = notes[:, contract.NOTE_DETUNE :] / CENTS_A_DB
        late = self._levels[-1, : contract.DETUNED_PARTIALS] - self._peak_db
        audible = np.clip((late + AUDIBLE_DB) / (AUDIBLE_DB - FULL_DB), 0.0, 1.0) ** 2
        weight = NOTE_SHARES["detune"] * audible / (audible.sum() + 1e-9)
        return np.column_stack([*columns, detunes]), np.concatenate([shares, weight])


def _known(note: Note) -> Doubles:
    """1 for each level that lies below the note's `top_hz`, else 0: (FRAME_LEVELS,)."""
    f0_hz = contract.key_hz(note.key)
    stiffness = 10.0 ** note.values.get("inharmonicity_log10", -8.0)
    hz = [contract.partial_hz(f0_hz, k, stiffness) for k in range(1, contract.PARTIALS + 1)]
    hz += [contract.noise_edge_hz(edge) for edge in range(1, contract.NOISE_BANDS + 1)]
    return (np.asarray(hz) <= note.top_hz + 1.0).astype(np.float64)


def fit(instrument: Instrument, note: Note, guesses: Sequence[Floats] = ()) -> Fit:
    """Find the latent that plays a note best.

    It starts from `guesses`, the presets and morphs of the nearest of them. A latent far from its
    start costs a little, so that the keys that were not recorded sound alike.
    """
    problem = Problem(instrument, note)
    presets = np.stack([timbre.latent for timbre in instrument.metadata.timbres]).astype(float)
    preset_db = problem.errors(presets)
    order = np.argsort(preset_db)
    starts = np.stack([*np.asarray(guesses, float), *_with_morphs(presets[order[:MORPHED]])])
    best = starts[np.argsort(problem.errors(starts))[:STARTS]]
    ends = [descend(problem, start, start, FIRST_STEPS) for start in best]
    first = min(range(len(ends)), key=lambda end: ends[end][1])
    latent, _ = descend(problem, ends[first][0], best[first], MORE_STEPS)
    correction, corrected_db = problem.correction(latent)
    return Fit(
        latent=latent.astype(np.float32),
        correction=correction.astype(np.float32),
        preset=int(order[0]),
        preset_db=float(preset_db[order[0]]),
        latent_db=float(problem.errors(latent[None])[0]),
        corrected_db=corrected_db,
    )


def _with_morphs(latents: Doubles) -> list[Doubles]:
    found = list(latents)
    for i, one in enumerate(latents):
        for other in latents[i + 1 :]:
            found += [one + part * (other - one) for part in MORPH_STEPS]
    return found


def descend(
    problem: Problem, latent: Doubles, origin: Doubles, steps: int
) -> tuple[Doubles, float]:
    """Go downhill from a latent, held back by `origin`; where that ends, and the error then, dB."""
    damping = 1.0
    error = float(problem.errors(latent[None])[0]) + PRIOR * float(((latent - origin) ** 2).sum())
    for _ in range(steps):
        slope, curvature = _quadratic(problem, latent, origin)
        diagonal = np.diag(np.diag(curvature) + 1e-4)
        dampings = damping * np.asarray(DAMPING)
        tried = np.stack(
            [latent + np.linalg.solve(curvature + each * diagonal, slope) for each in dampings]
        )
        errors = problem.errors(tried) + PRIOR * ((tried - origin) ** 2).sum(axis=1)
        best = int(errors.argmin())
        if errors[best] < error - LEAST_GAIN_DB:
            latent, error, damping = tried[best], float(errors[best]), float(dampings[best])
            continue
        damping *= DAMPING[-1]
        if damping > WORST_DAMPING:
            break
    return latent, error


def _quadratic(problem: Problem, latent: Doubles, origin: Doubles) -> tuple[Doubles, Doubles]:
    """Slope (against the error's gradient) and curvature of the error around a latent."""
    size = contract.LATENT_SIZE
    made = problem.made(latent + np.vstack([np.zeros(size), DIFFERENCE * np.eye(size)]))
    jacobian = ((made[1:] - made[0]) / DIFFERENCE).T  # (values, LATENT_SIZE)
    misses = problem.misses(made[:1])[0]
    weights = problem.weights(made[:1])[0] / np.maximum(np.abs(misses), 1.0)
    slope = jacobian.T @ (weights * misses) - 2.0 * PRIOR * (latent - origin)
    curvature = jacobian.T @ (weights[:, None] * jacobian) + 2.0 * PRIOR * np.eye(size)
    return slope, curvature
