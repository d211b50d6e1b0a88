"""The sounds of a listening test: the same notes by every system, equally loud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.signal

SAMPLE_RATE: Final = 48_000
REFERENCE: Final = "reference"
ANCHOR: Final = "anchor"
SECONDS: Final = 3.0  # of a sound, with its fade
FADE_S: Final = 0.2
LOUDNESS_LUFS: Final = -23.0  # of every sound (EBU R 128)
PEAK_DBFS: Final = -1.0  # no sound peaks higher: its whole trial is made softer
SILENT_LUFS: Final = -70.0  # below the absolute gate of ITU-R BS.1770 nothing counts
ANCHOR_PASS_HZ: Final = 3500.0  # ITU-R BS.1534-3, annex 1: flat to here within 0.1 dB,
ANCHOR_STOP_HZ: Final = 4000.0  # 25 dB down from here, 50 dB from 4.5 kHz
ANCHOR_STOP_DB: Final = 60.0

Audio = npt.NDArray[np.float32]  # (samples, 2) at SAMPLE_RATE


@dataclass(frozen=True)
class Item:
    """One note as each system plays it, from its onset on; the real one under `REFERENCE`."""

    timbre: str
    key: int
    velocity: int
    sounds: dict[str, Audio]


class SilentSoundError(ValueError):
    """A system plays nothing where the reference sounds; the message is one line."""


def prepared(item: Item) -> Item:
    """The item with its anchor, all sounds of one length, equally loud, none too loud.

    Raises:
        SilentSoundError: one of its sounds cannot be heard.
    """
    cut = {name: _cut(audio) for name, audio in item.sounds.items()}
    cut[ANCHOR] = anchor(cut[REFERENCE])
    level = {name: audio * _gain(item, name, audio) for name, audio in cut.items()}
    peak = max(float(np.abs(audio).max()) for audio in level.values())
    headroom = min(1.0, 10.0 ** (PEAK_DBFS / 20.0) / peak)
    safe = {name: (audio * headroom).astype(np.float32) for name, audio in level.items()}
    return Item(item.timbre, item.key, item.velocity, safe)


def anchor(audio: Audio) -> Audio:
    """Low-pass a sound at 3.5 kHz, without delay."""
    nyquist = SAMPLE_RATE / 2.0
    width = (ANCHOR_STOP_HZ - ANCHOR_PASS_HZ) / nyquist
    taps, beta = scipy.signal.kaiserord(ANCHOR_STOP_DB, width)
    middle = 0.5 * (ANCHOR_PASS_HZ + ANCHOR_STOP_HZ)
    kernel = scipy.signal.firwin(taps | 1, middle, window=("kaiser", beta), fs=SAMPLE_RATE)
    low = scipy.signal.fftconvolve(audio, kernel[:, None], mode="same", axes=0)
    return np.asarray(low, np.float32)


def loudness_lufs(audio: Audio) -> float:
    """Integrated loudness by ITU-R BS.1770, -inf of silence; 0.4 s at least."""
    import pyloudnorm

    return float(pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(audio.astype(np.float64)))


def _gain(item: Item, name: str, audio: Audio) -> float:
    heard = loudness_lufs(audio) if np.any(audio) else -np.inf
    if heard < SILENT_LUFS:
        note = f"{item.timbre}, key {item.key}, velocity {item.velocity}"
        raise SilentSoundError(f"{note}: the {name} cannot be heard")
    return float(10.0 ** ((LOUDNESS_LUFS - heard) / 20.0))


def _cut(audio: Audio) -> Audio:
    """Bring a sound to `SECONDS`: the same fade for all, silence after one that is shorter."""
    count, fade = round(SECONDS * SAMPLE_RATE), round(FADE_S * SAMPLE_RATE)
    out = np.zeros((count, 2), np.float32)
    have = min(len(audio), count)
    out[:have] = audio[:have]
    out[-fade:] *= np.cos(np.linspace(0.0, 0.5 * np.pi, fade, dtype=np.float32))[:, None] ** 2
    return out
