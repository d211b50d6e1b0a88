"""How alike what latents play is to a recorded note, and what no latent gives.

The error is a mean absolute difference in dB, weighted by what can be heard, over the note's onset
and several later stretches.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rtsynth import contract
from rtsynth.encoder import lengthened
from rtsynth.instrument import Floats, Instrument
from rtsynth.metadata import CORRECTION_FRAMES

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
DOUBT: Final = 0.3  # of the heaviest value's weight: a correction of what hardly sounds is small
TIMELY_DOUBT: Final = 0.1
TIMELY: Final = 0.5  # of what changes with time: other keys have it in part
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


class Likeness:
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
        """What to add to the frames' levels (CORRECTION_FRAMES, FRAME_LEVELS) dB, and the error.

        A part of it is the same at all times; what is left then counts by `TIMELY`.
        """
        made = self.made(latent[None])
        levels = made[0, : self._levels.size].reshape(self._levels.shape)
        weight, lacks = self.heard(levels), self._levels - levels  # (blocks, FRAME_LEVELS)
        always = (weight * lacks).sum(axis=0) / _doubtful(weight.sum(axis=0), DOUBT)
        moment = weight / self._length[:, None]
        places = self._places()  # (blocks, told)
        rest = places.T @ (moment * (lacks - always))
        timely = rest / _doubtful(places.T @ moment, TIMELY_DOUBT)
        told = np.clip(always + TIMELY * timely, -MOST_CORRECTION_DB, MOST_CORRECTION_DB)
        better = made.copy()
        moved = np.maximum(levels + places @ told, contract.FLOOR_DB)
        better[0, : self._levels.size] = moved.ravel()
        error = float((self.weights(better) * np.abs(self.misses(better))).sum())
        unknown = len(CORRECTION_FRAMES) - len(told)  # the recording is too short: as it ends
        return np.concatenate([told, np.repeat(told[-1:], unknown, axis=0)]), error

    def _places(self) -> Doubles:
        """Which of CORRECTION_FRAMES each block belongs to, 0 or 1: (blocks, told)."""
        onset, later = len(ONSET_BLOCKS) - 1, len(LATER_BLOCKS) - 1
        rows = np.concatenate([np.eye(onset), np.zeros((onset, len(self._steps) - 1))], axis=1)
        more = np.repeat(np.eye(onset + len(self._steps) - 1)[onset:], later, axis=0)
        return np.concatenate([rows, more])

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


def _doubtful(weight: Doubles, doubt: float) -> Doubles:
    """Weights to divide by, so that what hardly weighs comes out small; the shape stays."""
    return np.asarray(weight + doubt * weight.max(axis=-1, keepdims=True) + 1e-12)


def _known(note: Note) -> Doubles:
    """1 for each level that lies below the note's `top_hz`, else 0: (FRAME_LEVELS,)."""
    f0_hz = contract.key_hz(note.key)
    stiffness = 10.0 ** note.values.get("inharmonicity_log10", -8.0)
    hz = [contract.partial_hz(f0_hz, k, stiffness) for k in range(1, contract.PARTIALS + 1)]
    hz += [contract.noise_edge_hz(edge) for edge in range(1, contract.NOISE_BANDS + 1)]
    return (np.asarray(hz) <= note.top_hz + 1.0).astype(np.float64)
