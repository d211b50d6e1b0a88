"""Say which notes of a timbre are rendered: keys, velocities, hold times and what is held out."""

import math
from dataclasses import dataclass
from typing import Final

from rtsynth.codec.analysis import Kind
from rtsynth.contract import KEY_HIGH, KEY_LOW

HELD_OUT_EVERY: Final = 6  # every sixth pitch is kept from training
HELD_OUT_REMAINDER: Final = 3
HELD_OUT_VELOCITIES: Final = range(73, 85)  # kept from training, between two layers of the player
MARGIN_KEYS: Final = 2  # are rendered on either side of a timbre's range
NOTES_A_KEY: Final = 0.8
FURTHER_NOTES: Final = 32  # of each timbre, however many keys it has
VELOCITIES: Final = 127
GOLDEN: Final = 0.6180339887498949
SUSTAINED_HOLD_S: Final = 5.0
DECAYING_HOLD_S: Final = 10.0
SHORT_HOLD_S: Final = 0.3  # a decaying timbre's release is measured on a note let go this early
RELEASE_S: Final = 1.2
STIFFNESS_KEY: Final = 52
MAX_STIFFNESS: Final = 6e-3


@dataclass(frozen=True)
class SoundFont:
    """A soundfont that timbres are rendered from."""

    name: str
    files: tuple[str, ...]  # names it goes by, the best first
    package: str  # the Debian package that brings it
    gain_db: float = 0.0  # makes it as loud as the others


@dataclass(frozen=True)
class TimbreSpec:
    """One preset of a soundfont, and how it is played."""

    name: str
    soundfont: SoundFont
    program: int  # General MIDI program, 0..127
    low: int  # keys on which the real instrument is played
    high: int
    sustained: bool  # sounds for as long as the key is held
    kind: Kind = "harmonic"
    stiffness: float = 0.0  # inharmonicity (contract.partial_hz) usual at STIFFNESS_KEY; 0: none
    stiffness_growth: float = 1.0  # times an octave above that key
    transpose: int = 0  # semitones from a key to the soundfont's key that sounds its pitch
    decay_s: float = DECAYING_HOLD_S  # a decaying note is held for so long
    more_notes: int = 0  # than others have
    bank: int = 0  # of the soundfont; 128: drums

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


def is_held_out_key(key: int) -> bool:
    """Whether a pitch is kept from training, with all its velocities."""
    return key % HELD_OUT_EVERY == HELD_OUT_REMAINDER


def is_held_out_velocity(velocity: int) -> bool:
    """Whether a velocity is kept from training, on all keys."""
    return velocity in HELD_OUT_VELOCITIES


def plan(spec: TimbreSpec) -> list[NotePlan]:
    """Every note of a timbre, low keys first.

    Keys and velocities lie on a lattice: each key has its turn, and the velocity goes on by the
    golden ratio, so that both, and also their pairs, are covered evenly.
    """
    low, high = max(KEY_LOW, spec.low - MARGIN_KEYS), min(KEY_HIGH, spec.high + MARGIN_KEYS)
    keys = high - low + 1
    count = round(NOTES_A_KEY * keys) + FURTHER_NOTES + spec.more_notes
    hold_s = SUSTAINED_HOLD_S if spec.sustained else spec.decay_s
    return [
        NotePlan(
            key=low + index * keys // count,
            velocity=1 + int(VELOCITIES * math.modf((index + 0.5) * GOLDEN)[0]),
            hold_s=hold_s,
        )
        for index in range(count)
    ]
