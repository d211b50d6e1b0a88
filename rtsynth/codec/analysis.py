"""Turn a recorded note into frames: levels of its partials and of the noise between them.

The partials come from complex amplitudes under a Hann window of four periods. Such a window is
blind to what is faster, so the frames whose window would reach before the onset take the first
whole window's level, shaped by the short-time energy of the band around the partial; energy
beyond what the partials can hold there (hammer, pick, breath) goes to the noise bands. The noise
of the rest of the note is read in the gaps between the partials.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from rtsynth.codec.drift import DRIFT_MIN_CENTS, drift_cents, flatten
from rtsynth.codec.noise import (
    Bands,
    attack_bands,
    attack_noise,
    band_powers,
    gap_noise,
    noise_at,
    noise_share,
)
from rtsynth.codec.pitch import (
    FIT_PARTIALS,
    HOP,
    MIN_LOG10_B,
    SAMPLE_RATE,
    Pitch,
    fit_pitch,
    with_detunes,
)
from rtsynth.contract import (
    DETUNE_RANGE_CENTS,
    FLOOR_DB,
    FRAME_RATE_HZ,
    FRAME_VALUES,
    NOISE_TOP_HZ,
    PARTIALS,
    PITCH_RANGE_CENTS,
    key_hz,
)

ONSET_DB: Final = -45.0  # re the peak of the first part of the note
ONSET_LOOK_S: Final = 0.5
PERIODS: Final = 4.0
MIN_WINDOW: Final = 1024
DECAYED_DB: Final = -70.0  # a decaying note ends here
MIN_FRAMES: Final = 64
TAIL_MIN_DB_PER_S: Final = -400.0
TAIL_MAX_DB_PER_S: Final = -3.0
RELEASE_MIN_DB_PER_S: Final = -600.0
RELEASE_MAX_DB_PER_S: Final = -3.0
RELEASE_RANGE_DB: Final = 50.0
CAP_FRAMES: Final = 8  # over which an attack's decay is carried back
CAP_MARGIN_DB: Final = 1.0
SMOOTH_FRAMES: Final = 9
RESTORE_FRAMES: Final = 24  # of an attack, after its first whole window
RESTORE_LIMIT: Final = 4.0  # of power
STRING_CENTS: Final = 35.0  # a string's partials are off their fitted places by so much at most

Audio = npt.NDArray[np.float32]  # (samples, channels)
Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Kind = Literal["harmonic", "bar", "noise"]
Values = npt.NDArray[np.complex64]  # (channels, frames, partials) amplitudes, phase at the frame


class SilentNoteError(ValueError):
    """The note does not sound."""


@dataclass(frozen=True)
class Analysis:
    """What was found in one note."""

    frames: Array  # (frames, FRAME_VALUES) dB re the loudest frame's RMS, and cents
    pitch: Pitch
    reference_db: float  # RMS of the loudest frame, dB re 1
    tail_db_per_s: float
    width: float  # 0..1


def analyse(
    audio: Audio, key: int, sustained: bool, stiffness: float = 0.0, kind: Kind = "harmonic"
) -> Analysis:
    """Analyse a note that begins at its onset (sample 0) and ends where the key is let go.

    Args:
        audio: (samples, channels) at SAMPLE_RATE.
        key: MIDI key that the note was played with.
        sustained: it sounds for as long as the key is held.
        stiffness: the inharmonicity that a string of this key usually has, 0 if there is none.
        kind: "harmonic"; "bar" for bars and bells, whose partials lie anywhere; "noise" for a
            sound without pitch, all of which goes to the noise bands.

    Raises:
        SilentNoteError: there is no sound.
    """
    if kind == "noise":
        nothing = Pitch(key_hz(key), 0.0, 10.0**MIN_LOG10_B)
        noise = band_powers(audio)
        empty = np.zeros((len(noise), PARTIALS), np.float32)
        return _finish(empty, noise, np.zeros(len(noise)), nothing, audio, sustained)
    pitch = fit_pitch(audio, key, stiffness, FIT_PARTIALS if kind == "harmonic" else 1)
    if kind == "bar" or not sustained:
        pitch = with_detunes(audio, pitch, DETUNE_RANGE_CENTS if kind == "bar" else STRING_CENTS)
    size = window_size(pitch.f0_hz)
    flat, values, cents = audio, partial_values(audio, pitch.partials_hz(), size), None
    if kind == "harmonic":
        flat, values, cents = _flattened(audio, values, pitch.partials_hz(), size)
    if cents is None:
        cents = np.zeros(values.shape[1])
    else:
        cents, pitch = _centred(cents, values, pitch)
    partials, noise = _levels(flat, values, pitch.partials_hz(), size)
    return _finish(partials, noise, cents, pitch, audio, sustained)


def _flattened(
    audio: Audio, values: Values, hz: Floats, size: int
) -> tuple[Audio, Values, Floats | None]:
    """Take out how the pitch moves, where that helps: audio, its partials, and the cents."""
    cents = drift_cents(values, hz)
    if float(np.std(cents)) <= DRIFT_MIN_CENTS:
        return audio, values, None
    flat = flatten(audio, cents)
    flat_values = partial_values(flat, hz, size)
    if _power(flat_values).sum() <= _power(values).sum():
        return audio, values, None  # many players, or noise: there is no one pitch
    return flat, flat_values, cents


def _centred(cents: Floats, values: Values, pitch: Pitch) -> tuple[Floats, Pitch]:
    """Cents around the note's mean pitch, as loud frames have it, and the pitch with that mean."""
    power = _power(values).sum(axis=1)
    mean = float(np.sum(cents * power) / np.sum(power))
    f0_hz = pitch.f0_hz * 2.0 ** (mean / 1200.0)
    return cents - mean, replace(pitch, f0_hz=f0_hz, cents=pitch.cents + mean)


def stereo_width(audio: Audio) -> float:
    """How wide a stereo note is, 0..1, as contract.stereo_lean spreads partials.

    It follows from the power of the sides against that of the middle, both channels made equally
    loud before; leans are even between -1 and 1, so that their mean square is a third.
    """
    if audio.shape[1] < 2:
        return 0.0
    power = np.mean(audio[:, :2].astype(np.float64) ** 2, axis=0)
    if power.min() <= 1e-3 * power.max():
        return 0.0
    left, right = (audio[:, c] / np.sqrt(power[c]) for c in range(2))
    side, middle = np.mean((right - left) ** 2), np.mean((right + left) ** 2)
    return float(np.sqrt(min(3.0 * side / (middle + 1e-20), 1.0)))


def window_size(f0_hz: float) -> int:
    """Return the samples of the window: four periods, even, and not too short to hold 128 bins."""
    return max(MIN_WINDOW, 2 * round(PERIODS * SAMPLE_RATE / f0_hz / 2))


def partial_values(audio: Audio, hz: Floats, size: int) -> Values:
    """Complex amplitudes of the partials, (channels, frames, partials), phase at the frame.

    Partials above NOISE_TOP_HZ are 0.
    """
    heard = int(np.searchsorted(hz, NOISE_TOP_HZ))
    n = np.arange(size) - size // 2
    window = np.hanning(size + 1)[:-1]
    angle = 2.0 * np.pi * n[:, None] * hz[None, :heard] / SAMPLE_RATE
    scaled = (2.0 / window.sum()) * window[:, None]
    basis = np.hstack([scaled * np.cos(angle), -scaled * np.sin(angle)]).astype(np.float32)
    frames = 1 + (len(audio) - 1) // HOP
    out = np.zeros((audio.shape[1], frames, len(hz)), np.complex64)
    for channel, signal in enumerate(audio.T):
        padded = np.pad(signal, (size // 2, size))
        views = np.lib.stride_tricks.sliding_window_view(padded, size)[::HOP][:frames]
        both = np.ascontiguousarray(views) @ basis  # (frames, 2 heard)
        out[channel, :, :heard] = both[:, :heard] + 1j * both[:, heard:]
    return out


def find_onset(audio: Audio) -> int:
    """Find the first sample that is within ONSET_DB of the peak of the note's beginning.

    Raises:
        SilentNoteError: there is no sound.
    """
    size = np.max(np.abs(audio), axis=1)
    begun = int(np.argmax(size > 1e-6))
    look = size[: begun + int(ONSET_LOOK_S * SAMPLE_RATE)]
    peak = float(look.max())
    if peak < 1e-6:
        raise SilentNoteError("the note does not sound")
    return int(np.argmax(look > peak * 10.0 ** (ONSET_DB / 20.0)))


def release_db_per_s(audio: Audio) -> float:
    """Fit the slope of the level after the key was let go at sample 0, down to -50 dB."""
    block = HOP
    count = len(audio) // block
    power = np.mean(audio[: count * block].reshape(count, -1).astype(np.float64) ** 2, axis=1)
    level = 10.0 * np.log10(power + 1e-20)
    start = 2  # the key's own delay
    low = np.nonzero(level[start:] < max(level[start] - RELEASE_RANGE_DB, -160.0))[0]
    end = start + int(low[0]) if len(low) else count
    if end - start < 3:
        return RELEASE_MIN_DB_PER_S
    slope = _slope(level[start:end]) * SAMPLE_RATE / block
    return float(np.clip(slope, RELEASE_MIN_DB_PER_S, RELEASE_MAX_DB_PER_S))


def _slope(level: npt.NDArray[np.floating]) -> float:
    """Least squares slope a step, its farthest tenth left out."""
    x = np.arange(len(level), dtype=np.float64)
    keep = np.ones(len(level), bool)
    slope = 0.0
    for _ in range(3):
        slope, base = np.polyfit(x[keep], level[keep], 1)
        miss = np.abs(level - slope * x - base)
        keep = miss <= np.quantile(miss, 0.9)
    return float(slope)


def _power(values: Values) -> Array:
    """Mean power over channels of complex amplitudes, peak amplitude squared."""
    return np.asarray(np.mean(values.real**2 + values.imag**2, axis=0), np.float32)


def _levels(audio: Audio, values: Values, hz: Floats, size: int) -> tuple[Array, Array]:
    """Squared amplitudes of the partials (frames, 128) and powers of the bands (frames, 32)."""
    partials = _power(values)
    first = min(-(-(size // 2) // HOP), len(partials) - 1)  # first window wholly after the onset
    noise = gap_noise(audio, values, hz, size, first)
    partials = _without_noise(partials, noise, hz, size)
    begin = min(first + RESTORE_FRAMES, len(partials))
    bands = attack_bands(audio, hz, size, first, begin)
    partials[:first] = partials[first] * _attack_shape(partials, bands, first)
    noise[:first] = attack_noise(audio, bands, partials[:first], noise[first])
    partials[first:begin] *= _restore(partials[first:begin], noise[first:begin], bands, first)
    return partials, noise


def _attack_shape(partials: Array, bands: Bands, first: int) -> Array:
    """Gains of power of the frames before `first`, (first, partials).

    They follow the band's energy, but never rise above the partial's own decay carried back.
    """
    rise = bands.energy[:first] / (bands.energy_at_first + 1e-20)  # (first, bands)
    shape = rise @ bands.share.T  # (first, partials)
    ahead = partials[min(first + CAP_FRAMES, len(partials) - 1)]
    fall_db = 10.0 * np.log10((partials[first] + 1e-20) / (ahead + 1e-20)) / CAP_FRAMES
    fall_db = np.clip(fall_db, 0.0, 1.6)  # 300 dB a second
    back = np.arange(first, 0, -1)[:, None]
    cap = 10.0 ** ((CAP_MARGIN_DB + back * fall_db) / 10.0)
    return np.asarray(np.minimum(shape, cap), np.float32)


def _restore(partials: Array, noise: Array, bands: Bands, first: int) -> Array:
    """Gains of power (frames, partials) that give back what a gliding pitch took from an attack.

    The gain fades out over the frames.
    """
    held = 0.5 * partials @ bands.share + noise @ noise_share()
    gain = np.clip(bands.energy[first : first + len(partials)] / (held + 1e-20), 1.0, RESTORE_LIMIT)
    fade = np.linspace(1.0, 0.0, len(partials))[:, None]
    return np.asarray(((gain - 1.0) * fade + 1.0) @ bands.share.T, np.float32)


def _without_noise(partials: Array, noise: Array, hz: Floats, size: int) -> Array:
    """Take from each partial the noise that its window lets through."""
    window = np.hanning(size + 1)[:-1]
    bandwidth_hz = SAMPLE_RATE * float(np.sum(window**2) / np.sum(window) ** 2)
    expected = 2.0 * bandwidth_hz * noise_at(noise, hz)  # (frames, partials)
    steady = smooth(partials, SMOOTH_FRAMES)
    gain = np.clip(1.0 - expected / (steady + 1e-20), 0.01, 1.0)
    return np.asarray(partials * gain, np.float32)


def smooth(values: Array, frames: int) -> Array:
    """Average over time (axis 0) of an odd number of frames, shorter at the ends."""
    total = np.cumsum(np.pad(values.astype(np.float64), ((1, 0), (0, 0))), axis=0)
    n = np.arange(len(values))
    low, high = np.maximum(n - frames // 2, 0), np.minimum(n + frames // 2 + 1, len(values))
    return np.asarray((total[high] - total[low]) / (high - low)[:, None], np.float32)


def _finish(
    partials: Array, noise: Array, cents: Floats, pitch: Pitch, audio: Audio, sustained: bool
) -> Analysis:
    power = 0.5 * partials.sum(axis=1) + noise.sum(axis=1)
    reference = float(power.max())
    if reference <= 0.0:
        raise SilentNoteError("the note does not sound")
    level = 10.0 * np.log10(power / reference + 1e-20)
    end = len(level)
    if not sustained:
        end = max(MIN_FRAMES, int(np.nonzero(level > DECAYED_DB)[0][-1]) + 1)
    tail = 0.0
    if not sustained:
        slope = _slope(level[:end][-max(end // 3, 16) :]) * FRAME_RATE_HZ
        tail = float(np.clip(slope, TAIL_MIN_DB_PER_S, TAIL_MAX_DB_PER_S))
    both = np.hstack([partials, noise])[:end] / reference
    levels = np.maximum(10.0 * np.log10(both + 1e-20), FLOOR_DB)
    moved = np.clip(cents[:end, None], -PITCH_RANGE_CENTS, PITCH_RANGE_CENTS)
    frames = np.hstack([levels, moved]).astype(np.float32)
    assert frames.shape[1] == FRAME_VALUES
    db = 10.0 * float(np.log10(reference))
    return Analysis(frames, pitch, db, tail, stereo_width(audio))
