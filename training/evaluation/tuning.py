"""How far a note is out of tune, in cents, read off the partials of its sound."""

from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks import partials
from rtsynth import contract as c
from training.evaluation.spectra import SAMPLE_RATE, Audio

SKIP_S: Final = 0.08  # the attack, where the pitch may glide
SECONDS: Final = 1.0  # that are looked at after it
HIGHEST: Final = 6  # partials that are looked at
WEAKEST_DB: Final = -26.0  # of the strongest of them, to be counted
TOP_HZ: Final = 16_000.0
FURTHEST: Final = 0.4  # of the distance to the next partial: what lies further is another one


def expected_hz(
    f0_hz: float, inharmonicity: float, detune_cents: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Where the lowest partials of a note lie, (`HIGHEST`,)."""
    found = [c.partial_hz(f0_hz, k, inharmonicity) for k in range(1, HIGHEST + 1)]
    hz: npt.NDArray[np.float64] = np.asarray(found) * 2.0 ** (
        np.asarray(detune_cents, np.float64)[:HIGHEST] / 1200.0
    )
    return hz


def pitch_error_cents(audio: Audio, expected: npt.NDArray[np.float64]) -> float:
    """How much higher than `expected` the partials lie; NaN where none stands out.

    A mean over the strong partials, weighted by amplitude and frequency: those tell a pitch best.
    """
    mono = (
        audio[round(SKIP_S * SAMPLE_RATE) :][: round(SECONDS * SAMPLE_RATE)]
        .astype(np.float64)
        .mean(axis=1)
    )
    found: list[tuple[float, float, float]] = []  # cents, level in dB, Hz
    for place, hz in enumerate(expected):
        if hz > TOP_HZ:
            break
        peak = partials.peak(mono, SAMPLE_RATE, float(hz))
        gap = np.min(np.abs(np.delete(expected, place) - hz))
        if peak is not None and abs(peak[0] - hz) < FURTHEST * gap:
            found.append((1200.0 * float(np.log2(peak[0] / hz)), peak[1], float(hz)))
    if not found:
        return float("nan")
    cents, level, hz_found = np.asarray(found).T
    strong = level > level.max() + WEAKEST_DB
    weight = (10.0 ** (level / 20.0) * hz_found)[strong]
    return float(np.sum(weight * cents[strong]) / weight.sum())
