"""Find a note's pitch and inharmonicity, and take vibrato and drift out of it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from rtsynth.contract import PARTIALS, key_hz

SAMPLE_RATE: Final = 48_000
HOP: Final = 256  # samples a frame, contract.HOP_S at SAMPLE_RATE
FIT_S: Final = 1.0  # seconds of the note that are looked at
FIT_SKIP_S: Final = 0.03  # attack left out of the fit
FIT_PARTIALS: Final = 48
FIRST_SEARCH_CENTS: Final = 60.0
MIN_LOG10_B: Final = -8.0
MAX_LOG10_B: Final = -2.0
PRIOR_WIDTH: Final = 0.35  # how far B may well be from the usual, relative to it
MIN_STIFFNESS: Final = 0.05  # of the usual
START_MISS: Final = 5e-3  # of (f_k / k)^2, relative: 4 cents
MIN_MISS: Final = 6e-4
DRIFT_TOP_HZ: Final = 2_500.0  # partials above turn too far in one hop to be followed
DRIFT_SMOOTH_FRAMES: Final = 9
DRIFT_LIMIT_CENTS: Final = 80.0
DRIFT_MIN_CENTS: Final = 1.0  # a pitch that is steadier than this is left alone

Audio = npt.NDArray[np.float32]  # (samples, channels)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pitch:
    """Where a note's partials lie."""

    f0_hz: float
    cents: float  # deviation of f0_hz from the key
    inharmonicity: float  # B of contract.partial_hz

    def partials_hz(self) -> Floats:
        """Frequencies of all partials, (PARTIALS,)."""
        k = np.arange(1, PARTIALS + 1, dtype=np.float64)
        b = self.inharmonicity
        return np.asarray(k * self.f0_hz * np.sqrt((1.0 + b * k * k) / (1.0 + b)))


def fit_pitch(audio: Audio, key: int, stiffness: float, partials: int = FIT_PARTIALS) -> Pitch:
    """Fit f0, and for a stiff string B, to the peaks of the spectrum after the onset.

    `stiffness` is the B that such a string usually has, 0 for none: it decides where the peaks
    say little. Only the first `partials` are looked at.

    `audio` begins at the onset. Partials are taken in from the lowest upwards, each searched for
    where those below it say that it must be.
    """
    nominal = key_hz(key)
    piece = audio[int(FIT_SKIP_S * SAMPLE_RATE) :][: int(FIT_S * SAMPLE_RATE)].astype(np.float64)
    if len(piece) < 4096:
        return Pitch(nominal, 0.0, 10.0**MIN_LOG10_B)
    size = 1 << (4 * len(piece) - 1).bit_length()
    spectra = np.fft.rfft(piece * np.hanning(len(piece))[:, None], size, axis=0)
    level = 10.0 * np.log10(np.sum(np.abs(spectra) ** 2, axis=1) + 1e-30)
    step_hz = SAMPLE_RATE / size
    lobe_hz = 2.0 * SAMPLE_RATE / len(piece)
    a, b = nominal**2, stiffness * nominal**2  # (f_k / k)^2 = a + b k^2
    found_k: list[int] = []
    found_hz: list[float] = []
    found_db: list[float] = []
    for k in range(1, partials + 1):
        width = FIRST_SEARCH_CENTS if len(found_k) < 2 else min(40.0, 10.0 + 1200.0 / k)
        expected = k * np.sqrt(max(a + b * k * k, 1.0))
        if expected > 0.45 * SAMPLE_RATE:
            break
        reach = max(expected * (2.0 ** (width / 1200.0) - 1.0), lobe_hz)
        reach = min(reach, 0.4 * nominal)
        peak = _peak(level, (expected - reach) / step_hz, (expected + reach) / step_hz)
        if peak is None:
            continue
        found_k.append(k)
        found_hz.append(peak[0] * step_hz)
        found_db.append(peak[1])
        a, b = _fit_line(found_k, found_hz, found_db, nominal, stiffness)
    inharmonicity = float(np.clip(b / a, 10.0**MIN_LOG10_B, 10.0**MAX_LOG10_B))
    f0_hz = float(np.sqrt(a * (1.0 + inharmonicity)))
    cents = float(1200.0 * np.log2(f0_hz / nominal))
    if abs(cents) > 1.5 * FIRST_SEARCH_CENTS:
        return Pitch(nominal, 0.0, 10.0**MIN_LOG10_B)
    return Pitch(f0_hz, cents, inharmonicity)


def _peak(level: Floats, low: float, high: float) -> tuple[float, float] | None:
    """Find the highest peak between two bins (position in bins, dB), if it stands out."""
    first, last = max(1, int(low)), min(len(level) - 2, int(np.ceil(high)))
    if last - first < 2:
        return None
    top = first + int(np.argmax(level[first : last + 1]))
    if level[top] < level[top - 1] or level[top] < level[top + 1]:
        return None  # the slope of something outside
    if level[top] < np.median(level[first : last + 1]) + 6.0:
        return None
    left, mid, right = level[top - 1], level[top], level[top + 1]
    curve = left - 2.0 * mid + right
    shift = 0.5 * (left - right) / curve if curve < 0.0 else 0.0
    return float(top + shift), float(mid)


def _fit_line(
    ks: list[int], hz: list[float], db: list[float], nominal: float, stiffness: float
) -> tuple[float, float]:
    """Fit (f_k / k)^2 = a + b k^2, b >= 0, giving less weight to weak peaks and to outliers."""
    k, f, level = np.asarray(ks, float), np.asarray(hz), np.asarray(db)
    y = (f / k) ** 2 / nominal**2
    base = k * k * 10.0 ** (np.maximum(level - level.max(), -60.0) / 20.0)
    weight = base
    a, b, scale = 1.0, 0.0, START_MISS
    for _ in range(6):
        total = weight.sum()
        mx, my = (weight * k * k).sum() / total, (weight * y).sum() / total
        dx = k * k - mx
        spread = float((weight * dx * dx).sum())
        b = stiffness
        if stiffness > 0.0 and len(ks) >= 2:
            fitted = float((weight * dx * (y - my)).sum()) / spread
            doubt = (scale / spread) ** 2 * float((weight**2 * dx * dx).sum())
            usual = (PRIOR_WIDTH * stiffness) ** 2
            b = (fitted * usual + stiffness * doubt) / (usual + doubt)
            b = max(b, MIN_STIFFNESS * stiffness)
        a = float(my - b * mx)
        miss = np.abs(y - a - b * k * k)
        scale = max(1.5 * float(np.median(miss)), MIN_MISS)
        weight = base / (1.0 + (miss / scale) ** 2)
    return a * nominal**2, b * nominal**2


def drift_cents(values: npt.NDArray[np.complex64], hz: Floats) -> Floats:
    """Follow the deviation of the pitch from `hz` in every frame, in cents, (frames,).

    `values` are the complex amplitudes of the partials, (channels, frames, partials).
    """
    used = hz < DRIFT_TOP_HZ
    used[0] = True
    turn = values[:, 1:, used] * np.conj(values[:, :-1, used])  # (channels, frames - 1, used)
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
