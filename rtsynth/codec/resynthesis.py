"""Play frames back with numpy: for listening, for samples, and to check the analysis."""

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from rtsynth.contract import FLOOR_DB, NOISE_BANDS, NOISE_TOP_HZ, PARTIALS, noise_edge_hz

SAMPLE_RATE: Final = 48_000
HOP: Final = 256  # samples a frame
FADE_SAMPLES: Final = 48  # so that partials that begin with any phase make no click

Array = npt.NDArray[np.float32]


def oscillate(values: npt.NDArray[np.complex64], hz: npt.NDArray[np.float64]) -> Array:
    """Sum sinusoids whose complex amplitudes are given a frame, phase at the frame.

    Amplitudes go in straight lines between frames, each of which is turned to the place in
    between. `values` is (frames, partials), `hz` (partials,); the answer (frames * HOP,).
    """
    frames = len(values)
    heard = np.nonzero((hz < NOISE_TOP_HZ) & np.any(values != 0.0, axis=0))[0]
    if len(heard) == 0:
        return np.zeros(frames * HOP, np.float32)
    n = np.arange(-HOP, HOP)
    ramp = 1.0 - np.abs(n) / HOP  # triangle
    angle = 2.0 * np.pi * hz[heard][:, None] * n[None] / SAMPLE_RATE
    basis = np.vstack([ramp * np.cos(angle), -ramp * np.sin(angle)]).astype(np.float32)
    flat = np.hstack([values[:, heard].real, values[:, heard].imag]).astype(np.float32)
    blocks = flat @ basis  # (frames, 2 HOP)
    out = np.zeros((frames + 1, HOP), np.float32)
    out[:-1] += blocks[:, HOP:]
    out[:-2] += blocks[1:, :HOP]
    return out[:-1].reshape(-1)


def resynthesise(
    frames: npt.NDArray[np.floating],
    f0_hz: float,
    inharmonicity: float,
    gain_db: float = 0.0,
    seed: int = 0,
) -> Array:
    """Play a note, (frames * HOP,) at 48 kHz, with fixed phases drawn from `seed`.

    `frames` is (frames, FRAME_VALUES) in dB; `gain_db` is the RMS of its loudest frame.
    """
    levels = np.asarray(frames, np.float64)
    gains = np.where(levels <= FLOOR_DB + 0.5, 0.0, 10.0 ** ((levels + gain_db) / 20.0))
    k = np.arange(1, PARTIALS + 1, dtype=np.float64)
    hz = k * f0_hz * np.sqrt((1.0 + inharmonicity * k * k) / (1.0 + inharmonicity))
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0.0, 2.0 * np.pi, PARTIALS)
    turn = 2.0 * np.pi * np.outer(np.arange(len(levels)) * HOP / SAMPLE_RATE, hz) + phase
    values = (gains[:, :PARTIALS] * np.exp(1j * turn)).astype(np.complex64)
    out = oscillate(values, hz) + band_noise(gains[:, PARTIALS:], rng)
    out[:FADE_SAMPLES] *= np.sin(np.linspace(0.0, 0.5 * np.pi, FADE_SAMPLES)) ** 2
    return out


def band_noise(gains: npt.NDArray[np.float64], rng: np.random.Generator) -> Array:
    """Noise whose bands have the RMS `gains` (frames, NOISE_BANDS), (frames * HOP,)."""
    count = len(gains) * HOP
    tables = _noise_tables()
    out = np.zeros(count, np.float32)
    n, at = np.arange(count) / HOP, np.arange(len(gains))
    for band in range(NOISE_BANDS):
        if not np.any(gains[:, band]):
            continue
        table = tables[band]
        start = int(rng.integers(len(table)))
        noise = np.take(table, np.arange(start, start + count), mode="wrap")
        out += noise * np.interp(n, at, gains[:, band]).astype(np.float32)
    return out


@lru_cache(maxsize=1)
def _noise_tables() -> Array:
    """Periodic noise of RMS 1 in every band, (NOISE_BANDS, samples)."""
    count = 1 << 17
    rng = np.random.default_rng(1)
    hz = np.arange(count // 2 + 1) * SAMPLE_RATE / count
    tables = []
    for band in range(NOISE_BANDS):
        inside = (hz >= noise_edge_hz(band)) & (hz < noise_edge_hz(band + 1)) & (hz > 0.0)
        spectrum = inside * np.exp(2j * np.pi * rng.random(len(hz)))
        table = scipy.fft.irfft(spectrum, count)
        tables.append(table / np.sqrt(np.mean(table**2)))
    return np.asarray(tables, np.float32)
