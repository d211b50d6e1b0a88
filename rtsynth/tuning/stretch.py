"""Stretched octaves of an average piano: how far tuners leave equal temperament at both ends.

Strings are stiff, so their partials are sharp, and octaves are tuned until partials agree. How
stiff: the average piano of F. Rigaud, B. David and L. Daudet, "A Parametric Model of Piano Tuning"
(DAFx-11, Paris 2011), two straight lines on a logarithmic scale, one for the wound strings of the
bass and one for the treble. As there, partial 2 p of the lower note meets partial p of the upper
one, and p falls smoothly from the bass to the treble, here from 3 to 1: octaves of type 6:3, 4:2
and 2:1. A0 is then 23 cents flat and C8 39 cents sharp, as in Railsback's curve (J. Acoust. Soc.
Am. 9, 1938, 274).
"""

import math
from functools import cache
from itertools import accumulate
from typing import Final

CONCERT_A: Final = 69
LOW, HIGH = 21, 108  # a piano's keys; beyond them the stretch stays as it is there
BASS: Final = (-8.47e-2, -5.82)  # slope a semitone and level of ln B
TREBLE: Final = (9.26e-2, -13.64)
MOST_PARTIAL, LEAST_PARTIAL = 3.0, 1.0
MIDDLE_KEY: Final = 64.0  # where p is half way
REACH_KEYS: Final = 24.0


def inharmonicity(key: float) -> float:
    """B of a stiff string, whose partial k lies at k f sqrt(1 + B k^2)."""
    return sum(math.exp(slope * key + level) for slope, level in (BASS, TREBLE))


def octave_cents(key: float) -> float:
    """By how much the octave above a key exceeds 1200 cents, counted between first partials."""
    fall = math.tanh((key - MIDDLE_KEY) / REACH_KEYS)
    p = LEAST_PARTIAL + 0.5 * (MOST_PARTIAL - LEAST_PARTIAL) * (1.0 - fall)
    lower, upper = inharmonicity(key), inharmonicity(key + 12.0)
    meet = (1.0 + 4.0 * p * p * lower) / (1.0 + p * p * upper)
    firsts = (1.0 + upper) / (1.0 + lower)
    return 600.0 * math.log2(meet * firsts)


@cache
def _curve() -> tuple[float, ...]:
    """Of the piano's keys. Each semitone has a twelfth of the excess of the octave around it."""
    steps = [octave_cents(key + 0.5 - 6.0) / 12.0 for key in range(LOW, HIGH)]
    sums = list(accumulate(steps, initial=0.0))
    return tuple(each - sums[CONCERT_A - LOW] for each in sums)


def stretch_cents(pitch: float) -> float:
    """By how much a piano's key is sharp of equal temperament; A4 is not.

    Args:
        pitch: in semitones, 69 is A4; between keys the curve is a straight line.
    """
    place = min(max(pitch, LOW), HIGH) - LOW
    below = min(int(place), HIGH - LOW - 1)
    curve = _curve()
    return curve[below] + (place - below) * (curve[below + 1] - curve[below])
