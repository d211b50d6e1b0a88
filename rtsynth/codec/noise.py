"""Measure a note's noise bands: between the partials, and in the attack."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.ndimage

from rtsynth.codec.pitch import HOP, SAMPLE_RATE
from rtsynth.codec.resynthesis import oscillate
from rtsynth.contract import NOISE_BANDS, NOISE_TOP_HZ, noise_edge_hz

GAP_BINS: Final = 1.75  # bins of the window that a gap keeps away from a partial
SMOOTH_FRAMES: Final = 9
MEDIAN_HZ: Final = 400.0  # over which the noise's level is a median
MEDIAN_BINS: Final = 25  # at most
MEDIAN_OF_MEAN: Final = 0.9  # of noise that is averaged as here (gamma distribution, shape 3)
ATTACK_EDGES_HZ: Final = (250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
ATTACK_SLOPE: Final = 0.15  # half width of the bands' edges, relative
ATTACK_WINDOW: Final = 400  # samples, at least, over which energy is taken
ATTACK_FFT: Final = 512
EXCESS: Final = 1.2  # times the partials' power before the rest counts as noise

Audio = npt.NDArray[np.float32]  # (samples, channels)
Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

EDGES_HZ: Final = np.array([noise_edge_hz(edge) for edge in range(NOISE_BANDS + 1)])


@dataclass(frozen=True)
class Bands:
    """Short-time energy of the attack in wide bands."""

    energy: Array  # (frames, bands) mean power around each of the first frames
    energy_at_first: Array  # (bands,) the same as the long window of frame `first` sees it
    share: Array  # (partials, bands) share of a partial's power that is in a band


def noise_at(noise: Array, hz: Floats) -> Array:
    """Density of the noise at frequencies, power a hertz, (frames, frequencies)."""
    band = np.clip(np.searchsorted(EDGES_HZ, hz, side="right") - 1, 0, NOISE_BANDS - 1)
    return np.asarray((noise / np.diff(EDGES_HZ))[:, band], np.float32)


def gap_noise(
    audio: Audio, values: npt.NDArray[np.complex64], hz: Floats, size: int, first: int
) -> Array:
    """Power of the noise bands, (frames, NOISE_BANDS), from the gaps between the partials.

    The partials are subtracted first, as `values` has them. Frames before `first` repeat it.
    """
    frames = values.shape[1]
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    stride = 4 if size < 2048 else 8 if size < 4096 else 16  # frames between rows of the answer
    stride = stride if frames - first > 8 * stride else 1
    every = min(stride, 1 if size < 2048 else 2 if size < 4096 else 4)  # frames between spectra
    fft_size = scipy.fft.next_fast_len(2 * size, real=True)
    at = np.arange(first, frames)
    groups = np.arange(0, len(at), stride)
    power = np.zeros((len(groups), fft_size // 2 + 1), np.float32)
    for channel, signal in enumerate(audio.T):
        rest = signal - oscillate(values[channel], hz)[: len(signal)]
        padded = np.pad(rest, (size // 2, size))
        views = np.lib.stride_tricks.sliding_window_view(padded, size)[HOP * at[::every]]
        spectra = scipy.fft.rfft(views * window, fft_size, axis=1)
        power += _time_mean(spectra.real**2 + spectra.imag**2, groups // every, every)
    power /= audio.shape[1] * float(np.sum(window.astype(np.float64) ** 2))
    free, top = _free_bins(hz, size, fft_size)
    bands = _local_median(power[:, free], free, top, fft_size) @ _band_weights(free, fft_size)
    n = np.arange(frames)
    full = np.stack([np.interp(n, at[groups], band) for band in bands.T], axis=1)
    return full.astype(np.float32)


def _time_mean(power: Array, at: npt.NDArray[np.int64], every: int) -> Array:
    """Mean of rows (`every` frames apart) around `at`: few at the start, then SMOOTH_FRAMES."""
    total = np.cumsum(np.pad(power, ((1, 0), (0, 0))), axis=0, dtype=np.float64)
    reach = np.minimum(SMOOTH_FRAMES // 2, 1 + every * at // 4) // every
    low, high = np.maximum(at - reach, 0), np.minimum(at + reach + 1, len(power))
    return np.asarray((total[high] - total[low]) / (high - low)[:, None], np.float32)


def _free_bins(hz: Floats, size: int, fft_size: int) -> tuple[npt.NDArray[np.int64], int]:
    """Bins that are far enough from every partial, and how many lie below the last partial."""
    bins_hz = np.arange(fft_size // 2 + 1) * SAMPLE_RATE / fft_size
    heard = hz[hz < NOISE_TOP_HZ + 200.0]
    near = np.min(np.abs(bins_hz[:, None] - heard[None]), axis=1)
    free = np.nonzero(near >= GAP_BINS * SAMPLE_RATE / size)[0]
    return free, int(np.searchsorted(bins_hz[free], heard[-1]))


def _local_median(power: Array, free: npt.NDArray[np.int64], top: int, fft_size: int) -> Array:
    """Level of the noise among the free bins, without lines that stand out of it.

    Above the last partial that a frame has (`top`) lines are kept: they are the note's own.
    """
    width = round(MEDIAN_HZ * fft_size / SAMPLE_RATE * len(free) / (free[-1] + 1))
    width = min(max(width, 5), MEDIAN_BINS)
    middle = scipy.ndimage.median_filter(power, (1, width | 1), mode="nearest") / MEDIAN_OF_MEAN
    if top < len(free) - width:
        middle[:, top:] = power[:, top:]
    return np.asarray(middle, np.float32)


def _band_weights(free: npt.NDArray[np.int64], fft_size: int) -> Array:
    """Weights that sum |spectrum|^2 of the free bins to band powers, (free bins, NOISE_BANDS).

    Other bins are bridged from their neighbours. For white noise of variance 1 the sum over all
    bands, divided by the window's energy, is the share of the bands in 0..Nyquist.
    """
    bins_hz = np.arange(fft_size // 2 + 1) * SAMPLE_RATE / fft_size
    right = np.clip(np.searchsorted(free, np.arange(len(bins_hz))), 1, len(free) - 1)
    low, high = free[right - 1], free[right]
    mix = np.clip((np.arange(len(bins_hz)) - low) / (high - low), 0.0, 1.0)
    step = SAMPLE_RATE / fft_size
    over = np.minimum(bins_hz[:, None] + step / 2, EDGES_HZ[None, 1:])
    over = over - np.maximum(bins_hz[:, None] - step / 2, EDGES_HZ[None, :-1])
    cover = np.maximum(over, 0.0) / step * (2.0 / fft_size)  # (bins, bands)
    weights = np.zeros_like(cover)
    np.add.at(weights, low, (1.0 - mix)[:, None] * cover)
    np.add.at(weights, high, mix[:, None] * cover)
    return np.asarray(weights[free], np.float32)


def noise_share() -> Floats:
    """Share of each noise band's power that is in a wide band, (NOISE_BANDS, bands)."""
    return np.asarray(_band_gains(np.sqrt(EDGES_HZ[:-1] * EDGES_HZ[1:] + 1.0)) ** 2)


def attack_bands(audio: Audio, hz: Floats, size: int, first: int, frames: int) -> Bands:
    """Energy of the attack in wide bands, over a whole number of periods around each frame.

    Only what lies after the onset is looked at, so that an attack stays sharp.
    """
    period = SAMPLE_RATE / hz[0]
    reach = round(period * np.ceil(ATTACK_WINDOW / period))
    length = min(len(audio), (frames + 1) * HOP + size + reach)
    piece = audio[:length].astype(np.float64)
    fft_size = scipy.fft.next_fast_len(length + 8192, real=True)
    spectrum = scipy.fft.rfft(piece, fft_size, axis=0)
    gains = _band_gains(np.arange(fft_size // 2 + 1) * SAMPLE_RATE / fft_size)  # (bins, bands)
    energy, at_first = [], []
    window = np.hanning(size + 1)[:-1]
    for gain in gains.T:
        band = scipy.fft.irfft(spectrum * gain[:, None], fft_size, axis=0)[: length + reach]
        total = np.concatenate([[0.0], np.cumsum(np.mean(band**2, axis=1))])
        n = np.arange(length)
        low, high = np.maximum(n - reach // 2, 0), n + reach // 2
        around = np.maximum((total[high] - total[low]) / (high - low), 0.0)  # (samples,)
        energy.append(around[: (frames - 1) * HOP + 1 : HOP])
        start = max(0, first * HOP - size // 2)
        seen = np.sqrt(around[start : start + size])
        at_first.append((np.sum(window[: len(seen)] * seen) / window[: len(seen)].sum()) ** 2)
    share = _band_gains(hz) ** 2
    return Bands(
        np.stack(energy, axis=1).astype(np.float32),
        np.asarray(at_first, np.float32),
        share.astype(np.float32),
    )


def _band_gains(hz: Floats) -> Floats:
    """Gains of the wide bands at frequencies, (frequencies, bands); their squares sum to 1."""
    log_hz = np.log(np.maximum(hz, 1.0))
    edges = np.log(np.asarray(ATTACK_EDGES_HZ))
    above = np.clip((log_hz[:, None] - edges) / (2.0 * ATTACK_SLOPE) + 0.5, 0.0, 1.0)
    rise = np.hstack([np.ones((len(hz), 1)), np.sin(0.5 * np.pi * above)])
    fall = np.hstack([np.cos(0.5 * np.pi * above), np.ones((len(hz), 1))])
    return np.asarray(rise * fall)


def attack_noise(audio: Audio, bands: Bands, partials: Array, steady: Array) -> Array:
    """Power of the noise bands in the attack's frames, (frames, NOISE_BANDS).

    It is the energy that the partials (squared amplitudes, (frames, partials)) leave over, spread
    as the short-time spectrum has it, and never less than the `steady` noise that follows, as
    far as the attack has risen.
    """
    frames = len(partials)
    energy = bands.energy[:frames]
    held = 0.5 * partials @ bands.share  # (frames, bands)
    excess = np.maximum(energy - EXCESS * held, 0.0)
    padded = np.pad(audio[: frames * HOP + ATTACK_FFT], ((0, ATTACK_FFT), (0, 0)))
    spread = _short_powers(padded, frames)  # (frames, NOISE_BANDS)
    member = noise_share()
    weighted = spread[:, :, None] * member[None]  # (frames, NOISE_BANDS, bands)
    weighted = weighted / (weighted.sum(axis=1, keepdims=True) + 1e-20)
    found = np.einsum("fnb,fb->fn", weighted, excess)
    risen = np.minimum(energy / (bands.energy_at_first + 1e-20), 1.0) @ member.T
    return np.asarray(np.maximum(found, steady[None] * risen), np.float32)


def band_powers(audio: Audio) -> Array:
    """Power of the noise bands of a sound that is nothing but noise, (frames, NOISE_BANDS)."""
    frames = 1 + (len(audio) - 1) // HOP
    padded = np.pad(audio, ((ATTACK_FFT // 2, ATTACK_FFT), (0, 0)))
    return _short_powers(padded, frames)


def _short_powers(padded: Audio, frames: int) -> Array:
    """Power in the noise bands of short windows, the first at sample 0, (frames, NOISE_BANDS)."""
    window = np.hanning(ATTACK_FFT).astype(np.float32)
    size = 8 * ATTACK_FFT
    bins_hz = np.arange(size // 2 + 1) * SAMPLE_RATE / size
    which = np.searchsorted(EDGES_HZ, bins_hz, side="right") - 1
    one_hot = (which[:, None] == np.arange(NOISE_BANDS)).astype(np.float32)
    scale = 2.0 / (size * float(np.sum(window**2)))
    views = np.lib.stride_tricks.sliding_window_view(padded, ATTACK_FFT, axis=0)[::HOP][:frames]
    powers = []
    for first in range(0, frames, 256):
        spectra = scipy.fft.rfft(views[first : first + 256] * window, size, axis=2)
        powers.append(np.mean(spectra.real**2 + spectra.imag**2, axis=1) @ one_hot * scale)
    return np.concatenate(powers).astype(np.float32)
