"""The pitch of a recorded note, from its partials, to a few hundredths of a cent."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]

HIGHEST_PARTIAL = 6
SEARCH_CENTS = 80.0  # around where a partial is expected
WEAKEST_DB = -40.0  # of the strongest partial, to be counted
QUIETEST_DB = -90.0  # re full scale: below it there is no note
_PAD = 4


@dataclass(frozen=True)
class Pitch:
    """A fundamental and what it was read from."""

    hz: float
    inharmonicity: float  # B of f_k = k f0 sqrt((1 + B k^2) / (1 + B))
    count: int  # partials used


def peak(sound: Sound, rate_hz: float, near_hz: float) -> tuple[float, float] | None:
    """Frequency in Hz and level in dB re full scale of the strongest sinusoid near a frequency.

    An FFT peak gives the place, the phase's advance between two halves the exact frequency.
    """
    size = len(sound)
    window = np.hanning(size)
    low, high = near_hz * 2.0 ** (np.array([-SEARCH_CENTS, SEARCH_CENTS]) / 1200.0)
    hz = np.fft.rfftfreq(_PAD * size, 1.0 / rate_hz)
    inside = np.flatnonzero((hz >= low) & (hz <= high))
    if inside.size < 3:
        return None
    level = np.abs(np.fft.rfft(sound * window, _PAD * size)) * 2.0 / window.sum()
    top = int(inside[np.argmax(level[inside])])
    if top in (inside[0], inside[-1]):
        return None  # a slope, not a peak
    around = np.log(level[top - 1 : top + 2] + 1e-12)
    bend = around[0] - 2.0 * around[1] + around[2]
    shift = 0.5 * (around[0] - around[2]) / bend if bend < 0 else 0.0
    coarse = float((top + shift) * rate_hz / (_PAD * size))
    return _refined(sound, rate_hz, coarse), float(20.0 * np.log10(level[top] + 1e-12))


def _refined(sound: Sound, rate_hz: float, hz: float) -> float:
    """The frequency by the advance of phase between two overlapping stretches."""
    half = len(sound) // 2
    step = half // 2  # a quarter of the length apart: no ambiguity within 2 / length Hz
    window = np.hanning(half)
    turn = np.exp(-2j * np.pi * hz * np.arange(len(sound)) / rate_hz)
    turned = sound * turn
    sums = [np.sum(turned[i * step : i * step + half] * window) for i in range(3)]
    advance = np.angle(sums[1] * np.conj(sums[0]) + sums[2] * np.conj(sums[1]))
    return float(hz + advance * rate_hz / (2.0 * np.pi * step))


def pitch(sound: Sound, rate_hz: float, nominal_hz: float) -> Pitch | None:
    """The fundamental near a nominal one, or None where there is no note.

    Fits f0 and B to the partials that are strong enough, each weighted by its amplitude: a low
    note's own fundamental may be too weak to be measured alone.
    """
    numbers, ratios, levels = [], [], []
    for k in range(1, HIGHEST_PARTIAL + 1):
        if k * nominal_hz > 0.45 * rate_hz:
            break
        found = peak(sound, rate_hz, k * nominal_hz)
        if found is not None:
            numbers.append(float(k))
            ratios.append(found[0] / k)
            levels.append(found[1])
    if not levels or max(levels) < QUIETEST_DB:
        return None
    strong = np.array(levels) > max(levels) + WEAKEST_DB
    number, ratio = np.array(numbers)[strong], np.array(ratios)[strong]
    weight = 10.0 ** (np.array(levels)[strong] / 40.0)
    if number.size < 3:
        best = int(np.argmax(weight))
        return Pitch(float(ratio[best]), 0.0, 1)
    return _fit(number, ratio, weight)


def _fit(k: Sound, ratio: Sound, weight: Sound) -> Pitch:
    """Fit (f_k / k)^2 = a + b k^2 by least squares; f0^2 = a + b, B = b / a."""
    unknowns = np.stack([np.ones_like(k), k * k], axis=1) * weight[:, None]
    (a, b), *_ = np.linalg.lstsq(unknowns, ratio * ratio * weight, rcond=None)
    if b < 0.0:  # a string is never the other way: the partials are harmonic
        f0 = float(np.sum(weight**2 * ratio) / np.sum(weight**2))
        return Pitch(f0, 0.0, int(k.size))
    return Pitch(float(np.sqrt(a + b)), float(b / a), int(k.size))
