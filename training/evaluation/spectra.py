"""Short-time spectra and envelopes of a sound, worked out once and compared many times.

Powers are means over the channels: how a note is spread between left and right does not count.
"""

from functools import cached_property, lru_cache
from typing import Final

import librosa
import numpy as np
import numpy.typing as npt
import scipy.fft

SAMPLE_RATE: Final = 48_000
WINDOWS: Final = (512, 2048)  # samples; a quarter of each lies between two spectra
FLOOR_DB: Final = -80.0  # re the strongest bin of the sound that is compared with
SILENT_DB: Final = -60.0  # frames whose power is so far below the loudest one's do not count
ENVELOPE_STEP: Final = 48  # samples, 1 ms
MEL_BANDS: Final = 40
MEL_TOP_HZ: Final = 16_000.0

Audio = npt.NDArray[np.float32]  # (samples, channels)
Floats = npt.NDArray[np.float64]


def stft_power(audio: Audio, window: int, hop: int | None = None) -> Floats:
    """Power of whole windows (Hann), a mean over channels, (frames, window // 2 + 1)."""
    hop = hop or window // 4
    padded = np.pad(audio, ((window // 2, window // 2), (0, 0)))
    views = np.lib.stride_tricks.sliding_window_view(padded, window, axis=0)[::hop]
    shape = np.hanning(window + 1)[:-1].astype(np.float32)
    spectra = scipy.fft.rfft(views * shape, axis=2)  # (frames, channels, bins)
    power: Floats = np.mean(spectra.real**2 + spectra.imag**2, axis=1).astype(np.float64)
    return power / float(np.sum(shape) ** 2)


@lru_cache(maxsize=4)
def mel_filters(window: int, bands: int, low_hz: float = 20.0) -> Floats:
    """Triangular filters on the mel scale, (bands, bins)."""
    found: Floats = librosa.filters.mel(
        sr=SAMPLE_RATE, n_fft=window, n_mels=bands, fmin=low_hz, fmax=MEL_TOP_HZ, htk=True
    ).astype(np.float64)
    return found


@lru_cache(maxsize=2)
def a_weights(window: int) -> Floats:
    """A-weighting (IEC 61672) as gains of power, (bins,)."""
    hz = scipy.fft.rfftfreq(window, 1.0 / SAMPLE_RATE)
    weights: Floats = 10.0 ** (librosa.A_weighting(np.maximum(hz, 1.0), min_db=None) / 10.0)
    return weights


def decibels(power: Floats, floor: float = 1e-20) -> Floats:
    """Power in dB, no less than the floor (a power)."""
    found: Floats = 10.0 * np.log10(np.maximum(power, floor))
    return found


class Sound:
    """One sound and what is measured of it alone. Begins at its onset."""

    def __init__(self, audio: Audio, key: float) -> None:
        self.audio = audio
        self.key = key

    @cached_property
    def powers(self) -> dict[int, Floats]:
        """Short-time power by window, (frames, bins) each."""
        return {window: stft_power(self.audio, window) for window in WINDOWS}

    @cached_property
    def loudness_db(self) -> float:
        """A-weighted level of the whole sound, dB re full scale."""
        window = WINDOWS[-1]
        return float(decibels(np.mean(self.powers[window] @ a_weights(window), keepdims=True))[0])

    @cached_property
    def centroid_hz(self) -> float:
        """Centroid of the amplitudes of the mean spectrum."""
        amplitude = np.sqrt(np.mean(self.powers[WINDOWS[-1]], axis=0))
        hz = scipy.fft.rfftfreq(WINDOWS[-1], 1.0 / SAMPLE_RATE)
        return float(amplitude @ hz / (amplitude.sum() + 1e-20))

    @cached_property
    def envelope(self) -> Floats:
        """Mean power around every millisecond, over 5 ms or a period and a half."""
        period = SAMPLE_RATE / (440.0 * 2.0 ** ((self.key - 69.0) / 12.0))
        half = max(120, round(0.75 * period))
        power = np.mean(self.audio.astype(np.float64) ** 2, axis=1)
        total = np.concatenate([np.zeros(half + 1), np.cumsum(power)])
        total = np.append(total, np.full(half, total[-1]))
        at = np.arange(0, len(power), ENVELOPE_STEP)
        found: Floats = (total[at + 2 * half] - total[at]) / (2 * half)
        return found
