"""What the classifier and the bins see of a note: its mel spectrum in two resolutions."""

from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from training.evaluation.spectra import SAMPLE_RATE, Audio, decibels, mel_filters

FRAMES: Final = 32
HOP: Final = 2400  # samples, 50 ms
BANDS: Final = 128
WINDOWS: Final = (8192, 2048)  # one tells pitches apart, the other times
LOW_HZ: Final = 20.0
FLOOR_DB: Final = -70.0  # re the strongest band
SECONDS: Final = FRAMES * HOP / SAMPLE_RATE

Half = npt.NDArray[np.float16]


def log_mel(audio: Audio) -> Half:
    """Levels re the loudest one, 0 (at the floor or below) to 1: (2, FRAMES, BANDS).

    Looks at the first `SECONDS`; a shorter sound is followed by silence.
    """
    count = FRAMES * HOP
    held = np.zeros((count, audio.shape[1]), np.float32)
    held[: len(audio)] = audio[:count]
    return np.stack([_channel(held, window) for window in WINDOWS]).astype(np.float16)


def _channel(audio: Audio, window: int) -> npt.NDArray[np.float64]:
    padded = np.pad(audio, ((window // 2, window // 2), (0, 0)))
    views = np.lib.stride_tricks.sliding_window_view(padded, window, axis=0)[::HOP][:FRAMES]
    spectra = scipy.fft.rfft(views * np.hanning(window).astype(np.float32), axis=2)
    power = np.mean(spectra.real**2 + spectra.imag**2, axis=1)  # (FRAMES, bins)
    mel = power @ mel_filters(window, BANDS, LOW_HZ).T
    level = decibels(mel / (mel.max() + 1e-20), 10.0 ** (FLOOR_DB / 10.0))
    found: npt.NDArray[np.float64] = 1.0 - level / FLOOR_DB
    return found


def texture(mels: Half) -> npt.NDArray[np.float64]:
    """What the bins are made of: the finer channel as one row a sound, (sounds, features)."""
    return mels[:, 1].reshape(len(mels), -1).astype(np.float64)
