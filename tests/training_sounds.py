"""Sound files that tests of the sources make."""

from pathlib import Path

import numpy as np
import soundfile as sf

from rtsynth.contract import key_hz

RATE = 48_000
RNG = np.random.default_rng(4)


def tone(key: float, seconds: float = 0.8, rate: int = RATE, decay: float = 0.0) -> np.ndarray:
    """A note that is let go after `seconds` and falls by 150 dB a second then."""
    t = np.arange(round((seconds + 0.3) * rate)) / rate
    partials = [k for k in range(1, 9) if k * key_hz(key) < 0.45 * rate]
    audio = sum(np.sin(2 * np.pi * k * key_hz(key) * t + k * k) / k for k in partials)
    fall_db = decay * t + 150 * np.maximum(t - seconds, 0)
    return 0.3 * audio * 10 ** (-fall_db / 20) * np.minimum(1, t / 0.004)


def hit(seconds: float = 0.5) -> np.ndarray:
    """A burst of noise."""
    t = np.arange(round(seconds * RATE)) / RATE
    return 0.3 * RNG.standard_normal(len(t)) * 10 ** (-60 * t / 20)


def save(path: Path, audio: np.ndarray, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, audio, rate)
    return path
