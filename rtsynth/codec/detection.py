"""Hear which note a recording plays, how surely, and whether a second one sounds with it.

The spectrum's peaks are compared with the partials of every note on the keyboard. A note is the
better, the more of the peaks it explains, and the fewer of the partials that it must have are
missing: the first alone would take too low a note, the second too high a one (Maher and
Beauchamp 1994 weigh the same two errors).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.signal

from rtsynth.contract import KEY_HIGH, KEY_LOW, key_hz

SAMPLE_RATE: Final = 48_000
SKIP_S: Final = 0.03  # attack that is not looked at
LOOK_S: Final = 1.0
WINDOW_S: Final = 0.25
LOW_HZ: Final = 24.0
TOP_HZ: Final = 10_000.0
PEAK_RANGE_DB: Final = 60.0  # below the highest peak
WEIGHT_RANGE_DB: Final = 40.0  # a peak this far below the highest weighs nothing
CANDIDATES: Final = np.arange(KEY_LOW - 0.5, KEY_HIGH + 0.501, 0.1)  # keys
CANDIDATES_HZ: Final = 440.0 * 2.0 ** ((CANDIDATES - 69.0) / 12.0)
TOLERANCE: Final = 2.0 ** (30.0 / 1200.0) - 1.0  # 30 cents
WIDEST: Final = 0.25  # of the distance between two partials
EXPECTED_PARTIALS: Final = 12
MAX_INHARMONICITY: Final = 2e-3
FOLLOWED_PARTIALS: Final = 80
SHOWN_BY: Final = 6  # partials at least, a string's inharmonicity
SECOND_WITHIN_KEYS: Final = (0.8, 24.5)  # how far a second note lies from the first
SECOND_SHARE: Final = 0.10  # of all peaks' weight, that only a second note explains
SECOND_PARTIALS: Final = 0.3  # share of its expected partials times the above
# Two notes whose pitches are as a : b look like one note whose partials are multiples of a or b.
RATIOS: Final = (
    (2, 3), (3, 4), (4, 5), (5, 6), (3, 5), (2, 5), (5, 8), (4, 7), (5, 7), (6, 7), (7, 8), (8, 9)
)  # fmt: skip
RATIO_BOTH: Final = 0.95
RATIO_EACH: Final = 0.05
SURE_SHARE: Final = 0.85  # of the peaks' weight explained: as sure as can be
SURE_MARGIN: Final = 0.25  # between the best candidate and the next other note

Audio = npt.NDArray[np.float32]  # (samples, channels)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Heard:
    """What note was heard."""

    key: int
    cents: float  # from the key, -50..50
    certainty: float  # 0 (a guess, or no pitch at all) to 1
    second_key: int | None  # another note that sounds with it
    inharmonicity: float  # B of contract.partial_hz, 0 where the partials show none
    tonal_db: float  # power in the partials of what was heard re the power beside them


@dataclass(frozen=True)
class Peaks:
    """Peaks of a spectrum, low ones first."""

    hz: Floats
    level_db: Floats
    weight: Floats  # 0..1


def listen(audio: Audio) -> Heard:
    """Hear the note of a 48 kHz recording that begins at its onset."""
    power, step_hz = spectrum(audio)
    peaks = find_peaks(power, step_hz)
    if len(peaks.hz) == 0 or peaks.weight.sum() == 0.0:
        return Heard(69, 0.0, 0.0, None, 0.0, -np.inf)
    shares, complete = _score(peaks.hz, peaks.weight, peaks.weight.sum())
    score = shares + complete
    best = int(np.argmax(score))
    others = np.abs(CANDIDATES - CANDIDATES[best]) > 0.6
    margin = float(score[best] - score[others].max())
    f0_hz, stiffness, explained = _follow(peaks, float(CANDIDATES_HZ[best]))
    key = 69.0 + 12.0 * float(np.log2(f0_hz / 440.0))
    nearest = int(np.clip(round(key), KEY_LOW, KEY_HIGH))
    sure = np.clip(float(shares[best]) / SURE_SHARE, 0.0, 1.0)
    sure *= np.clip(margin / SURE_MARGIN, 0.0, 1.0) * np.clip(complete[best] / 0.3, 0.0, 1.0)
    second = _second_note(peaks, explained, float(CANDIDATES[best]))
    if second is not None:
        explained |= _follow(peaks, key_hz(second))[2]
    return Heard(
        nearest,
        100.0 * (key - nearest),
        float(sure),
        second,
        stiffness,
        _tonal_db(power, step_hz, peaks.hz[explained], audio),
    )


def spectrum(audio: Audio) -> tuple[Floats, float]:
    """Mean power spectrum of the first second behind the attack, and the Hz between its bins."""
    first = min(int(SKIP_S * SAMPLE_RATE), len(audio) // 4)
    piece = audio[first : first + int(LOOK_S * SAMPLE_RATE)].astype(np.float64)
    count = min(int(WINDOW_S * SAMPLE_RATE), len(piece))
    size = 1 << (2 * max(count, 64) - 1).bit_length()
    window = np.hanning(count)[:, None]
    total = np.zeros(size // 2 + 1)
    for start in range(0, len(piece) - count + 1, max(count // 2, 1)):
        spectra = np.fft.rfft(piece[start : start + count] * window, size, axis=0)
        total += np.sum(np.abs(spectra) ** 2, axis=1)
    return total, SAMPLE_RATE / size


def find_peaks(power: Floats, step_hz: float) -> Peaks:
    """Peaks between LOW_HZ and TOP_HZ within PEAK_RANGE_DB of the highest."""
    level = 10.0 * np.log10(power[: int(TOP_HZ / step_hz)] + 1e-30)
    at, _ = scipy.signal.find_peaks(level)
    at = at[at * step_hz >= LOW_HZ]
    if len(at) == 0:
        return Peaks(np.zeros(0), np.zeros(0), np.zeros(0))
    left, middle, right = level[at - 1], level[at], level[at + 1]
    shift = 0.5 * (left - right) / (left - 2.0 * middle + right - 1e-12)
    top = float(middle.max())
    keep = (middle > top - PEAK_RANGE_DB) & (middle > -200.0)
    weight = np.clip((middle - top) / WEIGHT_RANGE_DB + 1.0, 0.0, 1.0) ** 2
    return Peaks(((at + shift) * step_hz)[keep], middle[keep], weight[keep])


def _score(hz: Floats, weight: Floats, total: float) -> tuple[Floats, Floats]:
    """For every candidate: share of the weight that it explains, and of its partials found."""
    ratio = hz[None] / CANDIDATES_HZ[:, None]  # (candidates, peaks)
    k = np.maximum(np.rint(ratio), 1.0)
    match = 1.0 - ((ratio - k) / np.minimum(k * TOLERANCE, WIDEST)) ** 2
    found = np.clip(match, 0.0, 1.0) * weight
    partials = range(1, EXPECTED_PARTIALS + 1)
    there = np.stack([np.where(k == n, found, 0.0).max(axis=1) for n in partials], axis=1)
    expected = np.cumsum((there > 0.0)[:, ::-1], axis=1)[:, ::-1] > 0  # up to the highest found
    matters = 1.0 / np.sqrt(np.arange(1, EXPECTED_PARTIALS + 1))
    complete = (there * matters).sum(axis=1) / np.maximum((expected * matters).sum(axis=1), 1e-9)
    return found.sum(axis=1) / total, complete


def _follow(peaks: Peaks, f0_hz: float) -> tuple[float, float, npt.NDArray[np.bool_]]:
    """Follow the partials upwards as stiffness stretches them: f0, B, and which peaks are theirs.

    f_k = k sqrt(a + b k^2), and (f_k / k)^2 is a straight line over k^2.
    """
    a, b = f0_hz**2, 0.0
    explained = np.zeros(len(peaks.hz), bool)
    level = peaks.level_db - peaks.level_db.max()
    rows: list[tuple[float, float, float]] = []  # k^2, (f_k / k)^2, weight
    for k in range(1, FOLLOWED_PARTIALS + 1):
        expected = k * float(np.sqrt(a + b * k * k))
        away = np.abs(peaks.hz - expected)
        explained |= away < min(0.025 * expected, WIDEST * f0_hz)
        near = np.flatnonzero((away < min(0.03 * expected, 0.3 * f0_hz)) & (level > -50.0))
        if len(near) == 0:
            continue
        top = near[np.argmax(level[near])]
        sharp = k * k * 10.0 ** (max(float(level[top]), -40.0) / 20.0)
        rows.append((k * k, float(peaks.hz[top] / k) ** 2, sharp))
        x, y, w = np.array(rows).T
        mean_x, mean_y = np.average(x, weights=w), np.average(y, weights=w)
        if len(rows) >= 4:
            b = float((w * (x - mean_x) * (y - mean_y)).sum() / (w * (x - mean_x) ** 2).sum())
            b = float(np.clip(b, 0.0, MAX_INHARMONICITY * f0_hz**2))
        a = float(mean_y - b * mean_x)
    fitted = float(np.sqrt(a + b))
    if abs(fitted / f0_hz - 1.0) > 0.05:
        return f0_hz, 0.0, explained
    return fitted, b / a if len(rows) >= SHOWN_BY else 0.0, explained


def _second_note(peaks: Peaks, explained: npt.NDArray[np.bool_], key: float) -> int | None:
    """Another note in what the first leaves unexplained, or None."""
    rest = ~explained
    if rest.any():
        shares, complete = _score(peaks.hz[rest], peaks.weight[rest], peaks.weight.sum())
        near, far = SECOND_WITHIN_KEYS
        away = np.abs(CANDIDATES - key)
        score = np.where((away > near) & (away < far), shares + complete, 0.0)
        best = int(np.argmax(score))
        share = float(shares[best])
        if share > SECOND_SHARE and share * complete[best] > SECOND_SHARE * SECOND_PARTIALS:
            return round(float(CANDIDATES[best]))
    return _common_partials(peaks, key)


def _common_partials(peaks: Peaks, key: float) -> int | None:
    """The higher of two notes in a simple ratio that were taken for one below both."""
    ratio = peaks.hz / key_hz(key)
    k = np.rint(ratio)
    own = (k >= 1) & (k <= 24) & (np.abs(ratio - k) < np.minimum(0.02 * k, 0.2))
    weight = peaks.weight * own
    total = max(float(weight.sum()), 1e-9)
    for low, high in RATIOS:
        of_low, of_high = k % low == 0, k % high == 0
        both = float(weight[of_low | of_high].sum()) / total
        each = both - max(float(weight[of_low].sum()), float(weight[of_high].sum())) / total
        if both > RATIO_BOTH and each > RATIO_EACH:
            return round(key + 12.0 * float(np.log2(high)))
    return None


def _tonal_db(power: Floats, step_hz: float, partials_hz: Floats, audio: Audio) -> float:
    """Power around the partials over the rest, dB."""
    hz = np.arange(len(power)) * step_hz
    lobe_hz = 2.5 / min(WINDOW_S, max(0.75 * len(audio) / SAMPLE_RATE, 1e-3))
    inside = np.zeros(len(power), bool)
    for partial in partials_hz:
        inside |= np.abs(hz - partial) < max(lobe_hz, 0.01 * partial)
    rest = ~inside & (hz > LOW_HZ)
    return float(10.0 * np.log10((power[inside].sum() + 1e-30) / (power[rest].sum() + 1e-30)))
