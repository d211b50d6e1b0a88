"""Find where a note's partials lie: its pitch, its inharmonicity, and what each partial is off."""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from rtsynth.contract import DETUNED_PARTIALS, PARTIALS, key_hz

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
DETUNE_RANGE_DB: Final = 55.0  # a weaker partial's own place is not looked for
MIN_DETUNE_CENTS: Final = 0.5

Audio = npt.NDArray[np.float32]  # (samples, channels)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pitch:
    """Where a note's partials lie."""

    f0_hz: float
    cents: float  # deviation of f0_hz from the key
    inharmonicity: float  # B of contract.partial_hz
    detune_cents: Floats = field(default_factory=lambda: np.zeros(DETUNED_PARTIALS))

    def partials_hz(self) -> Floats:
        """Frequencies of all partials, (PARTIALS,)."""
        return partials_hz(self.f0_hz, self.inharmonicity, self.detune_cents)


def partials_hz(f0_hz: float, inharmonicity: float, detune_cents: Floats) -> Floats:
    """Frequencies of all partials, (PARTIALS,): contract.partial_hz and the detunes."""
    k = np.arange(1, PARTIALS + 1, dtype=np.float64)
    hz = k * f0_hz * np.sqrt((1.0 + inharmonicity * k * k) / (1.0 + inharmonicity))
    hz[:DETUNED_PARTIALS] *= 2.0 ** (np.asarray(detune_cents) / 1200.0)
    return np.asarray(hz)


def fit_pitch(audio: Audio, key: int, stiffness: float, partials: int = FIT_PARTIALS) -> Pitch:
    """Fit f0, and for a stiff string B, to the peaks of the spectrum after the onset.

    `stiffness` is the B that such a string usually has, 0 for none: it decides where the peaks
    say little. Only the first `partials` are looked at.

    `audio` begins at the onset. Partials are taken in from the lowest upwards, each searched for
    where those below it say that it must be.
    """
    nominal = key_hz(key)
    spectrum = _spectrum(audio)
    if spectrum is None:
        return Pitch(nominal, 0.0, 10.0**MIN_LOG10_B)
    level, step_hz, lobe_hz = spectrum
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


def with_detunes(audio: Audio, pitch: Pitch, limit_cents: float) -> Pitch:
    """Add how far each of the lowest partials lies from where the fit has it.

    A partial is looked for half way to its neighbours at most, and within `limit_cents`; one that
    does not stand out is left in its place. `audio` begins at the onset.
    """
    spectrum = _spectrum(audio)
    if spectrum is None:
        return pitch
    level, step_hz, lobe_hz = spectrum
    hz = pitch.partials_hz()[:DETUNED_PARTIALS]
    strongest = float(level.max())
    detune = np.zeros(DETUNED_PARTIALS)
    for k in range(2, DETUNED_PARTIALS + 1):
        expected = float(hz[k - 1])
        if expected > 0.45 * SAMPLE_RATE:
            break
        reach = min(expected * (2.0 ** (limit_cents / 1200.0) - 1.0), 0.5 * pitch.f0_hz)
        reach = max(reach, lobe_hz)
        peak = _peak(level, (expected - reach) / step_hz, (expected + reach) / step_hz)
        if peak is None or peak[1] < strongest - DETUNE_RANGE_DB:
            continue
        cents = 1200.0 * float(np.log2(peak[0] * step_hz / expected))
        detune[k - 1] = cents if MIN_DETUNE_CENTS < abs(cents) <= limit_cents else 0.0
    return replace(pitch, detune_cents=detune)


def _spectrum(audio: Audio) -> tuple[Floats, float, float] | None:
    """Levels of a note's first second in dB, hertz a bin, and half a peak's width in hertz."""
    piece = audio[int(FIT_SKIP_S * SAMPLE_RATE) :][: int(FIT_S * SAMPLE_RATE)].astype(np.float64)
    if len(piece) < 4096:
        return None
    size = 1 << (4 * len(piece) - 1).bit_length()
    spectra = np.fft.rfft(piece * np.hanning(len(piece))[:, None], size, axis=0)
    level = 10.0 * np.log10(np.sum(np.abs(spectra) ** 2, axis=1) + 1e-30)
    return level, SAMPLE_RATE / size, 2.0 * SAMPLE_RATE / len(piece)


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
