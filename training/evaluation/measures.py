"""How far a made note is from the real one: distances of two sounds that begin at the onset."""

from typing import Final

import librosa
import numpy as np
import scipy.ndimage

from training.evaluation.spectra import (
    FLOOR_DB,
    MEL_BANDS,
    SAMPLE_RATE,
    SILENT_DB,
    WINDOWS,
    Floats,
    Sound,
    decibels,
    mel_filters,
)

MFCCS: Final = 13  # without the one that is the level
ATTACK_LOOK_S: Final = 0.5
ATTACK_RISE: Final = 0.25  # of the greatest power: -6 dB
DECAY_STEP: Final = 10  # of the envelope's milliseconds
DECAY_RANGE_DB: Final = 50.0
DECAY_MIN_DB_PER_S: Final = 3.0  # what falls more slowly is not a decay
FLUTTER_SKIP_S: Final = 0.15  # the attack is no fluctuation
FLUTTER_SLOW_S: Final = 0.5  # what moves more slowly is the note's course
AUDIBLE_DB: Final = -50.0  # bands so far below the loudest one count

PAIRED: Final = {  # name: unit, of what `compare` measures; all are distances, 0 is the same
    "lsd": "dB",
    "mfcc": "",
    "loudness": "dB",
    "centroid": "%",
    "attack": "ms",
    "decay": "%",
    "fluctuation": "dB",
}


def compare(made: Sound, real: Sound, decaying: bool) -> dict[str, float]:
    """Every distance of `PAIRED`; the decay time is NaN where the real note does not decay."""
    return {
        "lsd": log_spectral_distance(made, real),
        "mfcc": mfcc_distance(made, real),
        "loudness": abs(made.loudness_db - real.loudness_db),
        "centroid": 100.0 * abs(made.centroid_hz / real.centroid_hz - 1.0),
        "attack": 1e3 * abs(attack_s(made) - attack_s(real)),
        "decay": decay_error(made, real) if decaying else float("nan"),
        "fluctuation": fluctuation_error(made, real),
    }


def _together(made: Sound, real: Sound, window: int) -> tuple[Floats, Floats, float]:
    """Powers of both over the frames of `real` that are not silent, and the floor's power."""
    a, b = made.powers[window], real.powers[window]
    frames = min(len(a), len(b))
    level = b[:frames].sum(axis=1)
    live = level > level.max() * 10.0 ** (SILENT_DB / 10.0)
    floor = float(b.max()) * 10.0 ** (FLOOR_DB / 10.0)
    return a[:frames][live], b[:frames][live], floor


def log_spectral_distance(made: Sound, real: Sound) -> float:
    """RMS difference of a frame's levels in dB, a mean over frames and over both windows.

    Both are cut off at `FLOOR_DB` below the real sound's strongest bin.
    """
    return float(np.mean([spectral_distance(made, real, window) for window in WINDOWS]))


def spectral_distance(made: Sound, real: Sound, window: int) -> float:
    """`log_spectral_distance` with one window."""
    a, b, floor = _together(made, real, window)
    miss = decibels(a, floor) - decibels(b, floor)
    return float(np.mean(np.sqrt(np.mean(miss**2, axis=1))))


def mfcc_distance(made: Sound, real: Sound) -> float:
    """Euclidean distance of 13 mel cepstral coefficients (dB), a mean over frames."""
    window = WINDOWS[-1]
    a, b, _ = _together(made, real, window)
    filters = mel_filters(window, MEL_BANDS)
    mel_a, mel_b = a @ filters.T, b @ filters.T
    floor = float(mel_b.max()) * 10.0 ** (FLOOR_DB / 10.0)
    both = [
        librosa.feature.mfcc(S=decibels(mel, floor).T, n_mfcc=MFCCS + 1)[1:]
        for mel in (mel_a, mel_b)
    ]
    return float(np.mean(np.linalg.norm(both[0] - both[1], axis=0)))


def attack_s(sound: Sound) -> float:
    """Seconds from the onset until the level is 6 dB below the first half second's greatest."""
    step_s = 1e-3
    head = sound.envelope[: round(ATTACK_LOOK_S / step_s)]
    return float(np.argmax(head >= ATTACK_RISE * head.max())) * step_s


def decay_error(made: Sound, real: Sound) -> float:
    """Difference of the decay times (to -60 dB) in per cent of the real one's."""
    level = decibels(real.envelope[::DECAY_STEP])
    start = int(np.argmax(level[: len(level) // 2]))
    below = np.flatnonzero(level[start:] < level[start] - DECAY_RANGE_DB)
    stop = start + int(below[0]) if len(below) else len(level)
    slope = _slope(level[start:stop])
    if stop - start < 8 or -slope < DECAY_MIN_DB_PER_S:
        return float("nan")
    made_slope = min(_slope(decibels(made.envelope[::DECAY_STEP])[start:stop]), -0.1)
    return 100.0 * abs(slope / made_slope - 1.0)


def _slope(level: Floats) -> float:
    """Least squares slope in dB a second of levels that are `DECAY_STEP` milliseconds apart."""
    if len(level) < 2:
        return 0.0
    return float(np.polyfit(np.arange(len(level)) * DECAY_STEP * 1e-3, level, 1)[0])


def fluctuation_db(sound: Sound, bands_from: Sound) -> Floats:
    """How much the level of each audible band moves about its slow course: a deviation in dB."""
    window = WINDOWS[0]
    filters = mel_filters(window, MEL_BANDS // 2, 60.0)
    step_s = window / 4 / SAMPLE_RATE
    skip, slow = round(FLUTTER_SKIP_S / step_s), round(FLUTTER_SLOW_S / step_s)
    reference = bands_from.powers[window][skip:] @ filters.T
    mean = reference.mean(axis=0)
    audible = mean > mean.max() * 10.0 ** (AUDIBLE_DB / 10.0)
    level = decibels((sound.powers[window][skip:] @ filters.T)[:, audible], mean.max() * 1e-8)
    if len(level) < 2 * slow:
        return np.full(int(audible.sum()), np.nan)
    moved = level - scipy.ndimage.uniform_filter1d(level, slow, axis=0)
    deviation: Floats = np.std(moved[slow // 2 : -(slow // 2)], axis=0)
    return deviation


def fluctuation_error(made: Sound, real: Sound) -> float:
    """Mean difference over bands of how much the levels fluctuate, dB: the texture's depth."""
    return float(np.mean(np.abs(fluctuation_db(made, real) - fluctuation_db(real, real))))
