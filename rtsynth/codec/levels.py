"""The levels of a note's partials and noise bands, read from its sound.

The partials come from complex amplitudes under a Hann window of four periods. Such a window is
blind to what is faster, so the frames whose window would reach before the onset take the first
whole window's level, shaped by the short-time energy of the band around the partial; energy
beyond what the partials can hold there (hammer, pick, breath) goes to the noise bands. The noise
of the rest of the note is read in the gaps between the partials.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from rtsynth.codec.noise import (
    Bands,
    attack_bands,
    attack_noise,
    gap_noise,
    noise_at,
    noise_share,
)
from rtsynth.codec.pitch import HOP, SAMPLE_RATE
from rtsynth.contract import NOISE_TOP_HZ

PERIODS: Final = 4.0
MIN_WINDOW: Final = 1024
CAP_FRAMES: Final = 8  # over which an attack's decay is carried back
CAP_MARGIN_DB: Final = 1.0
SMOOTH_FRAMES: Final = 9
RESTORE_FRAMES: Final = 24  # of an attack, after its first whole window
RESTORE_LIMIT: Final = 4.0  # of power

Audio = npt.NDArray[np.float32]  # (samples, channels)
Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Values = npt.NDArray[np.complex64]  # (channels, frames, partials) amplitudes, phase at the frame


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


def power(values: Values) -> Array:
    """Mean power over channels of complex amplitudes, peak amplitude squared."""
    return np.asarray(np.mean(values.real**2 + values.imag**2, axis=0), np.float32)


def levels(audio: Audio, values: Values, hz: Floats, size: int) -> tuple[Array, Array]:
    """Squared amplitudes of the partials (frames, 128) and powers of the bands (frames, 32)."""
    partials = power(values)
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
