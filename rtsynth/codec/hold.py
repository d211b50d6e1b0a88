"""Find where a recorded note's key was let go, and whether the note was sustained till then."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from rtsynth.codec.pitch import HOP, SAMPLE_RATE

Audio = npt.NDArray[np.float32]  # (samples, channels)
Floats = npt.NDArray[np.float64]

SMOOTH_FRAMES: Final = 9  # about a twentieth of a second
ATTACK_S: Final = 0.2  # no key is let go sooner
DROP_S: Final = 0.15  # over which a level drops when a key is let go
DROP_DB: Final = 9.0
STEEPER: Final = 3.0  # a drop is so many times steeper than the note's own decay
BACK_DB: Final = 5.0  # and the level never comes back so near to where it was
NEAR_DB: Final = 2.0  # the drop begins where the level was last so near to its start
BODY: Final = 0.75  # of the note; the rest may be a release too slow to be found
SUSTAINED_DB_PER_S: Final = 4.0  # a note that falls more slowly is sustained
FLOOR_DB: Final = 60.0  # below the loudest level nothing is looked at


@dataclass(frozen=True)
class Hold:
    """How a note was held, in samples from its onset."""

    end: int  # the key was let go here, or the recording ends
    let_go: bool
    sustained: bool


def find_hold(audio: Audio) -> Hold:
    """Look at a note that begins at its onset (sample 0)."""
    level = levels_db(audio)
    off = _drop(level)
    body = level[: off if off is not None else len(level)]
    end = len(audio) if off is None else min(off * HOP, len(audio))
    return Hold(end, off is not None, -_slope_db_per_s(body) < SUSTAINED_DB_PER_S)


def levels_db(audio: Audio) -> Floats:
    """Level of each frame, smoothed, not lower than FLOOR_DB below the loudest, (frames,)."""
    count = max(len(audio) // HOP, 1)
    padded = np.pad(audio, ((0, max(count * HOP - len(audio), 0)), (0, 0)))
    power = np.mean(padded[: count * HOP].reshape(count, -1).astype(np.float64) ** 2, axis=1)
    around = np.pad(power, SMOOTH_FRAMES // 2, mode="edge")
    power = np.convolve(around, np.full(SMOOTH_FRAMES, 1.0 / SMOOTH_FRAMES), "valid")
    level = 10.0 * np.log10(power + 1e-20)
    return np.asarray(np.maximum(level, level.max() - FLOOR_DB))


def _drop(level: Floats) -> int | None:
    """First frame from which the level drops steeply, and for good."""
    reach, first = _frames(DROP_S), _frames(ATTACK_S)
    if len(level) <= first + 2:
        return None
    padded = np.append(level, np.full(reach, level[-1]))
    falls = padded[:-reach] - padded[reach:]  # dB over DROP_S, of each frame
    later = np.maximum.accumulate(padded[::-1])[::-1]  # loudest level from a frame on
    audible = level > level.max() - FLOOR_DB + DROP_DB
    for frame in range(first, len(level)):
        usual = max(float(np.median(falls[first // 2 : max(frame - reach, first)])), 0.0)
        steep = falls[frame] > max(DROP_DB, STEEPER * usual)
        if audible[frame] and steep and later[frame + reach] < level[frame] - BACK_DB:
            near = level[frame : frame + reach] > level[frame] - NEAR_DB
            return frame + int(np.nonzero(near)[0][-1])
    return None


def _slope_db_per_s(level: Floats) -> float:
    """Slope between the first and the last third of what lies between attack and end."""
    heard = np.nonzero(level > level.max() - FLOOR_DB + BACK_DB)[0]
    body = level[_frames(ATTACK_S) // 2 : int(BODY * heard[-1])]
    third = len(body) // 3
    if third < 2:
        return 0.0
    fall = np.median(body[-third:]) - np.median(body[:third])
    return float(fall / (len(body) - third) * SAMPLE_RATE / HOP)


def _frames(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE / HOP)
