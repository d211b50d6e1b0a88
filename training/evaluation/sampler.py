"""A rival of the same size: real recordings, one an octave, cut and looped to fit the bytes.

As a sound chip's wave table: 16 bit, mono, 48 kHz; a loop with crossfaded ends after the attack, a
decay of one slope, retuned by resampling, velocity by level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import librosa
import numpy as np
import numpy.typing as npt

from rtsynth.contract import velocity_gain_db
from training.evaluation.spectra import SAMPLE_RATE, Audio
from training.notes import is_held_out_key

ROOT_VELOCITY: Final = 96
OCTAVE: Final = 12
LOOP_SHARE: Final = 0.5  # the end of a sample that is looped, less a fraction of a period
FADE_SHARE: Final = 0.25  # of the loop, over which its ends are crossfaded
FITTED_FROM_S: Final = 0.05  # the decay is fitted to the recording from here
STEEPEST_DB_PER_S: Final = 400.0


def roots(low: int, high: int) -> list[int]:
    """Keys of a range that are recorded, one an octave, each in the middle of its octave."""
    count = max(1, round((high - low + 1) / OCTAVE))
    middles = [low + round((i + 0.5) * (high - low + 1) / count) for i in range(count)]
    return [key - 1 if is_held_out_key(key) else key for key in middles]


def sample_length(size_bytes: int, samples: int) -> int:
    """Samples that each recording may have, so that all of them fit."""
    return max(256, size_bytes // (2 * max(samples, 1)))


@dataclass(frozen=True)
class Sample:
    """One recording of the wave table."""

    key: int
    f0_hz: float
    sixteen: npt.NDArray[np.int16]  # its decay is taken out
    peak: float
    loop_start: int
    decay_db_per_s: float  # 0 or more


def make(recording: Audio, key: int, f0_hz: float, length: int, decaying: bool) -> Sample:
    """Cut a recording that begins at the onset; its decay is fitted to all of it."""
    mono = recording.mean(axis=1, dtype=np.float64)
    decay = _decay_db_per_s(mono) if decaying else 0.0
    flat = mono[:length] * _gain(decay * np.arange(len(mono[:length])) / SAMPLE_RATE)
    loop_start = _loop(flat, SAMPLE_RATE / f0_hz)
    peak = float(np.abs(flat).max()) + 1e-12
    sixteen = np.rint(flat / peak * 32767).astype(np.int16)
    return Sample(key, f0_hz, sixteen, peak, loop_start, decay)


def _gain(db: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    gain: npt.NDArray[np.float64] = 10.0 ** (db / 20.0)
    return gain


def _decay_db_per_s(mono: npt.NDArray[np.float64]) -> float:
    block = SAMPLE_RATE // 100
    count = len(mono) // block
    power = np.mean(mono[: count * block].reshape(count, block) ** 2, axis=1)
    level = 10.0 * np.log10(power[round(100 * FITTED_FROM_S) :] + 1e-20)
    level = level[level > level.max() - 60.0]
    if len(level) < 4:
        return 0.0
    slope = np.polyfit(np.arange(len(level)) / 100.0, level, 1)[0]
    return float(np.clip(-slope, 0.0, STEEPEST_DB_PER_S))


def _loop(flat: npt.NDArray[np.float64], period: float) -> int:
    """Crossfade the sample's end into what comes before its loop; returns the loop's start."""
    periods = max(1, int(LOOP_SHARE * len(flat) / period))
    loop = min(round(periods * period), len(flat) // 2)
    start = len(flat) - loop
    fade = min(round(FADE_SHARE * loop), start)
    rise = np.linspace(0.0, 1.0, fade, endpoint=False)
    flat[len(flat) - fade :] *= 1.0 - rise  # whole periods: both ends are in phase
    flat[len(flat) - fade :] += rise * flat[start - fade : start]
    return start


def play(
    samples: Sequence[Sample], key: float, f0_hz: float, velocity: float, seconds: float
) -> Audio:
    """Play a note from the nearest recording, (samples, 1)."""
    sample = min(samples, key=lambda each: abs(each.key - key))
    ratio = f0_hz / sample.f0_hz
    count = round(seconds * SAMPLE_RATE)
    needed = round(count * ratio) + 64
    stored = sample.sixteen.astype(np.float64) / 32767.0 * sample.peak
    loop = stored[sample.loop_start :]
    turns = max(0, -(-(needed - len(stored)) // len(loop)))
    long = np.concatenate([stored, np.tile(loop, turns)])[:needed]
    long *= _gain(-sample.decay_db_per_s * np.arange(len(long)) / SAMPLE_RATE)
    retuned = librosa.resample(long, orig_sr=SAMPLE_RATE * ratio, target_sr=SAMPLE_RATE)
    level_db = velocity_gain_db(velocity) - velocity_gain_db(ROOT_VELOCITY)
    out = np.zeros((count, 1), np.float32)
    out[:, 0] = (retuned[:count] * 10.0 ** (level_db / 20.0)).astype(np.float32)[:count]
    return out
