"""Turn a recorded note into frames: where its pitch is, and how its partials and noise run."""

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from rtsynth.codec.drift import DRIFT_MIN_CENTS, drift_cents, flatten
from rtsynth.codec.levels import Array, Values, levels, partial_values, power, window_size
from rtsynth.codec.noise import (
    band_powers,
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
    PARTIALS,
    PITCH_RANGE_CENTS,
    key_hz,
)

ONSET_DB: Final = -45.0  # re the peak of the first part of the note
ONSET_LOOK_S: Final = 0.5
DECAYED_DB: Final = -70.0  # a decaying note ends here
MIN_FRAMES: Final = 64
TAIL_MIN_DB_PER_S: Final = -400.0
TAIL_MAX_DB_PER_S: Final = -3.0
RELEASE_MIN_DB_PER_S: Final = -600.0
RELEASE_MAX_DB_PER_S: Final = -3.0
RELEASE_RANGE_DB: Final = 50.0
STRING_CENTS: Final = 35.0  # a string's partials are off their fitted places by so much at most

Audio = npt.NDArray[np.float32]  # (samples, channels)
Floats = npt.NDArray[np.float64]
Kind = Literal["harmonic", "bar", "noise"]


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
    partials, noise = levels(flat, values, pitch.partials_hz(), size)
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
    if power(flat_values).sum() <= power(values).sum():
        return audio, values, None  # many players, or noise: there is no one pitch
    return flat, flat_values, cents


def _centred(cents: Floats, values: Values, pitch: Pitch) -> tuple[Floats, Pitch]:
    """Cents around the note's mean pitch, as loud frames have it, and the pitch with that mean."""
    loudness = power(values).sum(axis=1)
    mean = float(np.sum(cents * loudness) / np.sum(loudness))
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
