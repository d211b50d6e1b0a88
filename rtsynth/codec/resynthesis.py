"""Play frames back with numpy: for listening, for samples, and to check the analysis."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from rtsynth.codec.pitch import HOP, SAMPLE_RATE, partials_hz
from rtsynth.contract import (
    DETUNED_PARTIALS,
    FLOOR_DB,
    FRAME_LEVELS,
    FRAME_PITCH,
    NOISE_BANDS,
    NOISE_TOP_HZ,
    PARTIALS,
    noise_edge_hz,
    stereo_lean,
)

FADE_SAMPLES: Final = 48  # so that partials that begin with any phase make no click

Array = npt.NDArray[np.float32]


def oscillate(
    values: npt.NDArray[np.complex64],
    hz: npt.NDArray[np.float64],
    speed: npt.NDArray[np.float64] | None = None,
) -> Array:
    """Sum sinusoids whose complex amplitudes are given a frame, phase at the frame.

    Amplitudes go in straight lines between frames, each of which is turned to the place in
    between. `values` is (frames, partials), `hz` (partials,); the answer (frames * HOP,). `speed`
    (frames,) is what all frequencies are multiplied with at each frame: 1 where there is none.
    """
    frames = len(values)
    heard = np.nonzero((hz < NOISE_TOP_HZ) & np.any(values != 0.0, axis=0))[0]
    if len(heard) == 0:
        return np.zeros(frames * HOP, np.float32)
    if speed is not None and np.any(speed != 1.0):
        return _oscillate_moving(values[:, heard], hz[heard], speed)
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


def _oscillate_moving(
    values: npt.NDArray[np.complex64],
    hz: npt.NDArray[np.float64],
    speed: npt.NDArray[np.float64],
) -> Array:
    """As `oscillate`, for a pitch that moves: sample by sample, partial by partial."""
    frames = len(values)
    n, at = np.arange(frames * HOP) / HOP, np.arange(frames)
    step = np.interp(n, at, speed) * (2.0 * np.pi / SAMPLE_RATE)
    time = np.concatenate([[0.0], np.cumsum(step[:-1])])  # radians of 1 Hz
    out = np.zeros(frames * HOP, np.float64)
    for partial, f in enumerate(hz):
        sizes = np.abs(values[:, partial])
        loudest = int(np.argmax(sizes))  # where its phase is told best
        phase = float(np.angle(values[loudest, partial])) - f * time[loudest * HOP]
        out += np.interp(n, at, sizes) * np.cos(f * time + phase)
    return out.astype(np.float32)


@dataclass(frozen=True)
class Played:
    """What a note is played with, beside its frames."""

    f0_hz: float
    inharmonicity: float = 1e-8
    gain_db: float = 0.0  # RMS of the loudest frame
    width: float = 0.0
    detune_cents: npt.NDArray[np.floating] | None = None  # (DETUNED_PARTIALS,)


def resynthesise(frames: npt.NDArray[np.floating], note: Played, seed: int = 0) -> Array:
    """Play a note as the core does, (frames * HOP, 2) at 48 kHz; phases are drawn from `seed`.

    `frames` is (frames, FRAME_VALUES): levels in dB, and the pitch's deviation in cents.
    """
    levels = np.asarray(frames[:, :FRAME_LEVELS], np.float64)
    gains = np.where(levels <= FLOOR_DB + 0.5, 0.0, 10.0 ** ((levels + note.gain_db) / 20.0))
    detune = 0.0 if note.detune_cents is None else note.detune_cents
    hz = partials_hz(note.f0_hz, note.inharmonicity, detune + np.zeros(DETUNED_PARTIALS))
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0.0, 2.0 * np.pi, PARTIALS)
    speed = 2.0 ** (np.asarray(frames[:, FRAME_PITCH], np.float64) / 1200.0)  # of the pitch
    time_s = np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]))]) * HOP / SAMPLE_RATE
    turn = 2.0 * np.pi * np.outer(time_s, hz) + phase
    values = (gains[:, :PARTIALS] * np.exp(1j * turn)).astype(np.complex64)
    noise = gains[:, PARTIALS:]
    if note.width == 0.0:
        mono = _mixed(values, hz, noise, speed, np.random.default_rng(seed + 1))
        return np.stack([mono, mono], axis=1)
    return np.stack(
        [
            _mixed(
                values * _leans(PARTIALS, note.width, side).astype(np.float32),
                hz,
                noise * _leans(NOISE_BANDS, note.width, side),
                speed,
                np.random.default_rng(seed + 1),
            )
            for side in (-1.0, 1.0)
        ],
        axis=1,
    )


def _leans(count: int, width: float, side: float) -> npt.NDArray[np.float64]:
    """Gains of partials or bands on a side (-1 left, 1 right), (count,): contract.stereo_lean."""
    lean = width * np.array([stereo_lean(k) for k in range(1, count + 1)])
    return np.asarray((1.0 + side * lean) / np.sqrt(1.0 + lean**2))


def _mixed(
    values: npt.NDArray[np.complex64],
    hz: npt.NDArray[np.float64],
    noise: npt.NDArray[np.float64],
    speed: npt.NDArray[np.float64],
    rng: np.random.Generator,
) -> Array:
    out = oscillate(values, hz, speed) + band_noise(noise, rng)
    out[:FADE_SAMPLES] *= np.sin(np.linspace(0.0, 0.5 * np.pi, FADE_SAMPLES)) ** 2
    return out


def band_noise(gains: npt.NDArray[np.float64], rng: np.random.Generator) -> Array:
    """Noise whose bands have the RMS `gains` (frames, NOISE_BANDS), (frames * HOP,)."""
    count = len(gains) * HOP
    tables = _noise_tables()
    out = np.zeros(count, np.float32)
    n, at = np.arange(count) / HOP, np.arange(len(gains))
    for band in range(NOISE_BANDS):
        table = tables[band]
        start = int(rng.integers(len(table)))
        if not np.any(gains[:, band]):
            continue
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
