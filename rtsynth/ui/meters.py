"""What is heard, as the page shows it: levels and a spectrum with a logarithmic frequency axis."""

import threading
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rtsynth.metadata import Floats

BANDS: Final = 112
LOW_HZ: Final = 40.0
HIGH_HZ: Final = 16_000.0
WINDOW: Final = 4096  # samples
FLOOR_DB: Final = -96.0  # 0 of a byte; 0 dB is 255

Bytes = NDArray[np.uint8]


class Heard(NamedTuple):
    """One look at what is playing."""

    peaks: tuple[float, float]  # linear, left and right, since the look before
    spectrum: Bytes  # (BANDS,) FLOOR_DB..0 dB as 0..255


class Meters:
    """Keeps the last moment of what was played. `hear`: the tap's thread; `look`: any one."""

    def __init__(self, rate_hz: float) -> None:
        """`rate_hz` of what will be heard; more than it changes with the device."""
        self._lock = threading.Lock()
        self._ring: Floats = np.zeros((WINDOW, 2), np.float32)
        self._peaks: Floats = np.zeros(2, np.float32)
        self._window = np.hanning(WINDOW).astype(np.float32)
        self._scale = 2.0 / float(self._window.sum())  # a full-scale sine is 0 dB
        self.set_rate(rate_hz)

    def set_rate(self, rate_hz: float) -> None:
        """Go on at another sample rate."""
        self.rate_hz = rate_hz
        edges = np.geomspace(LOW_HZ, min(HIGH_HZ, 0.45 * rate_hz), BANDS + 1)
        bins = edges * WINDOW / rate_hz
        self._centres = np.sqrt(bins[:-1] * bins[1:])
        self._edges = np.round(bins).astype(np.intp)

    def hear(self, sound: Floats) -> None:
        """Take note of samples (n, 2) that were played; they are copied."""
        if not len(sound):
            return
        last = sound[-WINDOW:]
        with self._lock:
            self._peaks = np.maximum(self._peaks, np.abs(sound).max(0))
            self._ring = np.concatenate([self._ring[len(last) :], last])

    def look(self) -> Heard:
        """The levels since the last look, and the spectrum of this moment."""
        with self._lock:
            ring, peaks = self._ring, self._peaks
            self._peaks = np.zeros(2, np.float32)
        return Heard((float(peaks[0]), float(peaks[1])), self._spectrum(ring))

    def _spectrum(self, ring: Floats) -> Bytes:
        """The louder channel's bands: the largest line in a wide one, between lines in a narrow."""
        if not ring.any():
            return np.zeros(BANDS, np.uint8)
        lines = np.abs(np.fft.rfft(ring * self._window[:, None], axis=0)).max(1) * self._scale
        level = 20.0 * np.log10(lines + 1e-9)
        between = np.interp(self._centres, np.arange(len(level)), level)
        largest = np.maximum.reduceat(level, self._edges)[:-1]
        bands = np.where(np.diff(self._edges) > 1, largest, between)
        return np.clip((bands - FLOOR_DB) * (255.0 / -FLOOR_DB), 0.0, 255.0).astype(np.uint8)
