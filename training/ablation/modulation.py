"""How levels move in time: modulation spectra of real notes and of made ones.

The modulation of a level is its amplitude relative to its mean over the note, less 1, without its
straight line; its power is summed over bands about an octave wide. Plain regression smooths it
away, since the mean of all ways in which a note may fluctuate does not fluctuate.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.signal

from rtsynth import contract as c
from rtsynth.codec.pitch import HOP
from training.evaluation.spectra import mel_filters, stft_power

Floats = npt.NDArray[np.float64]
Frames = npt.NDArray[np.floating]

EDGES_HZ: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 90.0)
BANDS: Final = tuple(itertools.pairwise(EDGES_HZ))
SKIP_FRAMES: Final = 96  # half a second: the attack is no modulation
FRAMES: Final = 736  # 3.9 s
TOP_DB: Final = 30.0  # partials and bands this far below the note's loudest count
AUDIO: Final = "audio"  # levels of mel bands of the sound; the other groups are of the frames
GROUPS: Final = ("partials", "noise bands", "pitch", AUDIO)
AUDIO_WINDOW: Final = 1024  # samples: follows modulation to the highest band
AUDIO_BANDS: Final = 32
AUDIO_LOW_HZ: Final = 60.0
MOST_DB: Final = 60.0  # a ratio of powers beyond this says no more
CURVE_POINTS: Final = 60
CURVE_RATIO: Final = 1.1  # a plotted point is a mean over frequencies within this ratio


def frequencies_hz() -> Floats:
    """Where the density of a modulation spectrum is known."""
    return np.asarray(np.fft.rfftfreq(FRAMES, c.HOP_S))


def of_frames(frames: Frames, real: Frames) -> dict[str, Floats]:
    """Densities of a note's frames (`FRAMES`, FRAME_VALUES), `SKIP_FRAMES` behind the onset.

    `real` is the recording's frames, which say what is audible. The pitch's are in cents^2/Hz.
    """
    parts = {"partials": slice(0, c.PARTIALS), "noise bands": slice(c.PARTIALS, c.FRAME_LEVELS)}
    found = {}
    for name, part in parts.items():
        level = np.asarray(real[:, part], np.float64).mean(0)
        heard = (level >= level.max() - TOP_DB) & (level > c.FLOOR_DB + TOP_DB)
        found[name] = _relative(10.0 ** (np.asarray(frames[:, part][:, heard], np.float64) / 20.0))
    found["pitch"] = _density(np.asarray(frames[:, c.FRAME_PITCH :], np.float64))
    return found


def of_audio(audio: Frames, real: Frames) -> Floats:
    """Density of a sound that begins at its onset, (samples, channels) at 48 kHz."""
    filters = mel_filters(AUDIO_WINDOW, AUDIO_BANDS, AUDIO_LOW_HZ).T
    made, wanted = (
        np.sqrt(stft_power(np.asarray(x, np.float32), AUDIO_WINDOW, HOP) @ filters)[
            SKIP_FRAMES : SKIP_FRAMES + FRAMES
        ]
        for x in (audio, real)
    )
    level = wanted.mean(0)
    return _relative(made[:, level >= level.max() * 10.0 ** (-TOP_DB / 20.0)])


def _relative(amplitude: Floats) -> Floats:
    return _density(amplitude / np.maximum(amplitude.mean(0), 1e-12) - 1.0)


def _density(moving: Floats) -> Floats:
    """Power a hertz of columns (FRAMES, columns), a mean over them, (frequencies,)."""
    if moving.shape[1] == 0:
        return np.zeros(FRAMES // 2 + 1)
    _, density = scipy.signal.periodogram(
        moving, c.FRAME_RATE_HZ, window="hann", detrend="linear", axis=0
    )
    return np.asarray(density.mean(1), np.float64)


@dataclass(frozen=True)
class Comparison:
    """Modulation of made notes against that of the real ones."""

    ratio_db: list[float]  # of power in each band of `BANDS`, made over real
    lost: float  # share of the real notes' power that the made ones lack, 0..1
    surplus: float  # power that they have too much of, over the real power


def compare(made: Floats, real: Floats, timbres: npt.NDArray[np.int64]) -> Comparison:
    """Compare densities of the same notes, (notes, frequencies).

    Powers are means over the notes of a timbre: what one timbre lacks another cannot make up for.
    """
    a, b = (_by_timbre(_in_bands(each), timbres) for each in (made, real))
    total = float(b.sum()) + 1e-20
    ratio = 10.0 * np.log10(np.maximum(a.sum(0), 1e-20) / np.maximum(b.sum(0), 1e-20))
    ratio = np.clip(ratio, -MOST_DB, MOST_DB)
    return Comparison(
        [round(float(value), 2) for value in ratio],
        round(float(np.maximum(b - a, 0.0).sum()) / total, 4),
        round(float(np.maximum(a - b, 0.0).sum()) / total, 4),
    )


def _in_bands(density: Floats) -> Floats:
    """Power in each band: (notes, frequencies) -> (notes, bands)."""
    hz = frequencies_hz()
    inside = [(hz >= low) & (hz < high) for low, high in BANDS]
    return np.stack([density[:, band].sum(1) * hz[1] for band in inside], 1)


def _by_timbre(power: Floats, timbres: npt.NDArray[np.int64]) -> Floats:
    return np.array([power[timbres == timbre].mean(0) for timbre in np.unique(timbres)])


def curve(density: Floats) -> dict[str, Any]:
    """The mean density over notes (notes, frequencies), smoothed for a plot: Hz, and dB."""
    hz, mean = frequencies_hz(), density.mean(0)
    at = np.geomspace(EDGES_HZ[0], EDGES_HZ[-1], CURVE_POINTS)
    near = [(hz >= f / CURVE_RATIO) & (hz <= max(f * CURVE_RATIO, f + hz[1])) for f in at]
    level = [10.0 * np.log10(mean[each].mean() + 1e-12) for each in near]
    return {"hz": [round(float(f), 3) for f in at], "db": [round(float(v), 2) for v in level]}
