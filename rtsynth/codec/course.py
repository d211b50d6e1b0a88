"""Find a recorded note's course: where it begins, is let go and ends, and whether it decays."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from rtsynth.codec.analysis import find_onset

SAMPLE_RATE: Final = 48_000
BLOCK: Final = 480  # samples, 10 ms
ONSET_DB: Final = -45.0  # re the loudest block
ABOVE_NOISE_DB: Final = 9.0  # what counts as the note, above the noise of the recording
END_DB: Final = -70.0  # re the loudest block: the note is over
CLEAR_DB: Final = -60.0  # below this a release may end in a converter's steps
LEAD_BLOCKS: Final = 2  # before the first loud block, in which the onset is looked for
NOISE_BLOCKS: Final = 5  # at a recording's beginning, from which its noise is read
TAIL_BLOCKS: Final = 30  # at its end
NOISE_SPREAD_DB: Final = 8.0
NOISE_DRIFT_DB: Final = 2.0
NOISE_MAX_DB: Final = -4.0
TAIL_DRIFT_DB: Final = 0.6  # what falls faster is a decaying note
TAIL_MAX_DB: Final = -30.0
NOISE_PEAK: Final = 5.0  # times its RMS, which it hardly ever exceeds
SMOOTH_BLOCKS: Final = 5
RELEASE_MIN_BLOCKS: Final = 4
HELD_MIN_BLOCKS: Final = 10
PERCUSSIVE_BLOCKS: Final = 30  # what begins to fall sooner was never held
RELEASE_FALL_DB: Final = 15.0  # at least, from where the key is let go to the end
RELEASE_MIN_DB_PER_S: Final = 25.0
RELEASE_STEEPER: Final = 3.0  # than the held note falls
DECAY_DB: Final = 5.0  # a decaying note falls by so much at least
DECAY_DB_PER_S: Final = 3.5  # and so fast
LONG_DECAY_DB: Final = 15.0  # or, over a longer time, by so much
LONG_DECAY_DB_PER_S: Final = 1.5

Audio = npt.NDArray[np.float32]  # (samples, channels)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """Places in samples of a recording, and how the held note falls."""

    onset: int
    off: int  # the key is let go; the end, if the recording holds no release
    end: int
    released: bool  # whether the recording holds the release
    noise_db: float  # level before the note, re the loudest block; -inf: none or unknown
    fall_db: float  # of the held note, from its loudest part to where it is let go
    fall_db_per_s: float

    @property
    def sustained(self) -> bool:
        """Whether the note sounds on for as long as the key is held."""
        fast = self.fall_db > DECAY_DB and self.fall_db_per_s > DECAY_DB_PER_S
        far = self.fall_db > LONG_DECAY_DB and self.fall_db_per_s > LONG_DECAY_DB_PER_S
        return not (fast or far)


def find_course(audio: Audio) -> Course:
    """Find the course of a 48 kHz recording of one note that is not silent."""
    level = _levels(audio)
    loudest_db = float(level.max())
    level -= loudest_db
    before = _noise(level[:NOISE_BLOCKS], NOISE_DRIFT_DB, NOISE_MAX_DB)
    behind = _noise(level[-TAIL_BLOCKS:], TAIL_DRIFT_DB, TAIL_MAX_DB)
    first = _first_loud(level, before)
    loud = np.flatnonzero(level > _threshold(END_DB, max(before, behind)))
    end = int(loud[-1]) + 1
    lead = max(first - LEAD_BLOCKS, 0) * BLOCK
    noise_peak = NOISE_PEAK * 10.0 ** ((before + loudest_db) / 20.0)
    opening = audio[lead : end * BLOCK]
    onset = lead + find_onset(np.where(np.abs(opening) > noise_peak, opening, 0.0))
    begin = onset // BLOCK
    clear = int(np.flatnonzero(level[:end] > CLEAR_DB)[-1]) + 1
    off = _let_go(level[begin:clear])
    off = off if begin + off < clear else end - begin
    fall_db, rate = _fall(level[begin : begin + off])
    samples = min(end * BLOCK, len(audio))
    return Course(
        onset=onset,
        off=min((begin + off) * BLOCK, samples),
        end=samples,
        released=begin + off < end,
        noise_db=before,
        fall_db=fall_db,
        fall_db_per_s=rate,
    )


def _levels(audio: Audio) -> Floats:
    """RMS in dB of every block, the last one padded."""
    blocks = -(-len(audio) // BLOCK)
    power = np.square(audio, dtype=np.float64).mean(axis=1)
    padded = np.pad(power, (0, blocks * BLOCK - len(power))).reshape(blocks, BLOCK)
    return np.asarray(10.0 * np.log10(padded.mean(axis=1) + 1e-16))


def _noise(level: Floats, drift_db: float, max_db: float) -> float:
    """Level of a stretch of blocks if it is the recording's noise: steady and low; else -inf."""
    spread = float(level.max() - level.min())
    slope = float(np.polyfit(np.arange(len(level)), level, 1)[0]) if len(level) > 1 else 0.0
    low = float(level.mean())
    steady = spread < NOISE_SPREAD_DB and abs(slope) * len(level) < drift_db
    return low if steady and low < max_db else float("-inf")


def _first_loud(level: Floats, noise_db: float) -> int:
    """First block of the note: clearly above what the recording begins with."""
    loud = level > _threshold(ONSET_DB, noise_db)
    lasting = loud[:-1] & loud[1:] if len(level) > 1 else loud  # a crackle does not last
    found = np.flatnonzero(lasting)
    return int(found[0]) if len(found) else int(np.argmax(level))


def _threshold(level_db: float, noise_db: float) -> float:
    """The higher of a level and what is clearly above the noise, below the loudest block."""
    return max(level_db, min(noise_db + ABOVE_NOISE_DB, 0.5 * noise_db))


def _let_go(level: Floats) -> int:
    """Block at which a note begins to fall faster than before, or its length.

    Two straight lines are fitted, for every place where the first may end.
    """
    count = len(level)
    if count < PERCUSSIVE_BLOCKS + RELEASE_MIN_BLOCKS:
        return count
    peak = int(np.argmax(level[: count // 2]))
    knees = np.arange(max(peak + 2, PERCUSSIVE_BLOCKS), count - RELEASE_MIN_BLOCKS + 1)
    if len(knees) == 0:
        return count
    held, held_miss = _lines(level[peak:], knees - peak)
    falling, falling_miss = _lines(level[::-1], count - knees)
    rate = SAMPLE_RATE / BLOCK
    falls = falling * rate  # the second line is read backwards
    held_falls = np.maximum(-held * rate, 0.0)
    steep = (falls > RELEASE_MIN_DB_PER_S) & (falls > RELEASE_STEEPER * held_falls)
    steep &= level[knees - 1] - level[-1] > RELEASE_FALL_DB
    if not steep.any():
        return count
    miss = np.where(steep, held_miss + falling_miss, np.inf)
    return int(knees[np.argmin(miss)])


def _lines(level: Floats, counts: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Straight lines through the first `counts` values: slopes a block, and squared misses."""
    x = np.arange(len(level), dtype=np.float64)
    sums = [np.concatenate([[0.0], np.cumsum(v)]) for v in (x, level, x * x, x * level, level**2)]
    sx, sy, sxx, sxy, syy = (each[counts] for each in sums)
    n = counts.astype(np.float64)
    spread = np.maximum(sxx - sx * sx / n, 1e-12)
    both = sxy - sx * sy / n
    return both / spread, np.maximum(syy - sy * sy / n - both * both / spread, 0.0)


def _fall(level: Floats) -> tuple[float, float]:
    """By how much a held note falls behind its loudest place, dB, and dB a second."""
    if len(level) < HELD_MIN_BLOCKS:
        return 0.0, 0.0
    kernel = np.ones(SMOOTH_BLOCKS) / SMOOTH_BLOCKS
    smooth = np.convolve(np.pad(level, SMOOTH_BLOCKS // 2, mode="edge"), kernel, "valid")
    top = int(np.argmax(smooth[: max(2 * len(smooth) // 3, 1)]))
    behind = smooth[top:]
    if len(behind) < HELD_MIN_BLOCKS:
        return 0.0, 0.0
    slope, _ = np.polyfit(np.arange(len(behind)), behind, 1)
    rate = -float(slope) * SAMPLE_RATE / BLOCK
    fall = float(behind[0] - behind[-max(len(behind) // 10, 1) :].mean())
    return fall, rate
