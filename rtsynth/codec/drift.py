"""Follow a note's pitch over time: vibrato, drift, a glide at the attack; and take it out."""

from typing import Final

import numpy as np
import numpy.typing as npt

from rtsynth.codec.pitch import HOP, SAMPLE_RATE

DRIFT_TOP_HZ: Final = 2_500.0  # partials above turn too far in one hop to be followed
DRIFT_SMOOTH_FRAMES: Final = 9
DRIFT_LIMIT_CENTS: Final = 80.0
DRIFT_MIN_CENTS: Final = 1.0  # a pitch that is steadier than this is left alone

Audio = npt.NDArray[np.float32]  # (samples, channels)
Floats = npt.NDArray[np.float64]


def drift_cents(values: npt.NDArray[np.complex64], hz: Floats) -> Floats:
    """Follow the deviation of the pitch from `hz` in every frame, in cents, (frames,).

    `values` are the complex amplitudes of the partials, (channels, frames, partials).
    """
    used = hz < DRIFT_TOP_HZ
    used[0] = True
    expected = np.exp(-2j * np.pi * HOP / SAMPLE_RATE * hz[used])  # turned back, a hop
    turn = values[:, 1:, used] * np.conj(values[:, :-1, used]) * expected
    hz_off = np.angle(np.sum(turn, axis=0)) * SAMPLE_RATE / (2.0 * np.pi * HOP)
    weight = np.sum(np.abs(turn), axis=0) * hz[used] ** 2
    relative = np.sum(weight * hz_off / hz[used], axis=1)
    total = np.sum(weight, axis=1)
    kernel = np.hanning(DRIFT_SMOOTH_FRAMES + 2)[1:-1]
    relative = np.convolve(relative, kernel, "same")
    total = np.convolve(total, kernel, "same") + 1e-30 + 1e-4 * float(np.median(total))
    cents = 1200.0 / np.log(2.0) * relative / total
    cents = np.clip(cents, -DRIFT_LIMIT_CENTS, DRIFT_LIMIT_CENTS)
    return np.append(cents, cents[-1:])


def flatten(audio: Audio, cents: Floats) -> Audio:
    """Resample a note so that a pitch that moves by `cents` (a value a hop) stands still.

    Time moves by less than a few ms in doing so.
    """
    centres = HOP * (np.arange(len(cents)) + 0.5)
    n = np.arange(len(audio), dtype=np.float64)
    speed = 2.0 ** (np.interp(n, centres, cents) / 1200.0)  # source's phase a sample
    phase = np.concatenate([[0.0], np.cumsum(speed)[:-1]])
    where = np.interp(n, phase, n)  # the source sample at which the flat note's sample lies
    return _read(audio, where)


def _read(audio: Audio, where: Floats) -> Audio:
    """Read `audio` at fractional samples, with a windowed sinc of 16 points."""
    half = 8
    base = np.floor(where).astype(np.int64)
    table_steps = 512
    offsets = np.arange(-half + 1, half + 1, dtype=np.float64)
    fractions = np.arange(table_steps + 1)[:, None] / table_steps
    x = offsets[None, :] - fractions
    table = (np.sinc(x) * (0.5 + 0.5 * np.cos(np.pi * x / half))).astype(np.float32)
    row = np.rint((where - base) * table_steps).astype(np.int64)
    padded = np.pad(audio, ((half, half + 1), (0, 0)))
    out = np.zeros_like(audio)
    base = np.clip(base, 0, len(audio) - 1) + half
    for index, offset in enumerate(offsets.astype(np.int64)):
        out += table[row, index][:, None] * padded[base + offset]
    return out
