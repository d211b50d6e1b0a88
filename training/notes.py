"""Say which notes are rendered: timbres, keys, velocities, hold times and what is held out."""

import math
from dataclasses import dataclass
from typing import Final

from rtsynth.contract import KEY_HIGH, KEY_LOW

HELD_OUT_EVERY: Final = 6  # every sixth pitch is kept from training
HELD_OUT_REMAINDER: Final = 3
SUSTAINED_HOLD_S: Final = 5.0
DECAYING_HOLD_S: Final = 10.0
SHORT_HOLD_S: Final = 0.3  # a decaying timbre's release is measured on a note let go this early
RELEASE_S: Final = 1.2
STIFFNESS_KEY: Final = 52
MAX_STIFFNESS: Final = 6e-3

# (lowest velocity, how many, stride) of a key's soft, medium and loud note. A stride has no
# divisor in common with its count, so that the keyboard as a whole covers all of 1..127.
VELOCITY_GRID: Final = ((1, 48, 29), (49, 40, 17), (89, 39, 16))


@dataclass(frozen=True)
class TimbreSpec:
    """One preset of the soundfont."""

    name: str
    program: int  # General MIDI program, 0..127
    sustained: bool  # sounds for as long as the key is held
    stiffness: float = 0.0  # inharmonicity (contract.partial_hz) usual at STIFFNESS_KEY; 0: none
    stiffness_growth: float = 1.0  # times an octave above that key

    def usual_inharmonicity(self, key: int) -> float:
        """Return the inharmonicity that a key of this timbre usually has."""
        octaves = max(0.0, (key - STIFFNESS_KEY) / 12.0)
        return min(MAX_STIFFNESS, self.stiffness * math.pow(self.stiffness_growth, octaves))


@dataclass(frozen=True)
class NotePlan:
    """One note to render."""

    key: int
    velocity: int
    hold_s: float


TIMBRES: Final = (
    TimbreSpec("piano", 0, sustained=False, stiffness=1.2e-4, stiffness_growth=3.2),
    TimbreSpec("guitar", 24, sustained=False, stiffness=5e-5),
    TimbreSpec("strings", 48, sustained=True),
    TimbreSpec("trumpet", 56, sustained=True),
    TimbreSpec("flute", 73, sustained=True),
    TimbreSpec("marimba", 12, sustained=False),
    TimbreSpec("organ", 20, sustained=True),
    TimbreSpec("choir", 52, sustained=True),
)


def is_held_out(key: int) -> bool:
    """Whether a pitch is kept from training, with all its velocities."""
    return key % HELD_OUT_EVERY == HELD_OUT_REMAINDER


def velocities(key: int) -> list[int]:
    """Give the soft, medium and loud velocity of a key, 1..127."""
    index = key - KEY_LOW
    return [low + index * stride % count for low, count, stride in VELOCITY_GRID]


def plan(spec: TimbreSpec) -> list[NotePlan]:
    """Every note of a timbre, low keys first."""
    hold_s = SUSTAINED_HOLD_S if spec.sustained else DECAYING_HOLD_S
    return [
        NotePlan(key, velocity, hold_s)
        for key in range(KEY_LOW, KEY_HIGH + 1)
        for velocity in velocities(key)
    ]
