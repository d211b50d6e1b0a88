"""Read the note and the velocity out of a sound file's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from rtsynth.contract import KEY_HIGH, KEY_LOW

LETTERS: Final = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
SIGNS: Final = {"": 0, "#": 1, "♯": 1, "s": 1, "b": -1, "♭": -1}
SEPARATORS: Final = re.compile(r"[\s_.,;()\[\]{}+=-]+")
NOTE: Final = re.compile(r"([A-Ga-g])([#♯♭sb]?)(-?\d)(?:v(\d{1,3}))?")
NUMBER: Final = re.compile(r"(?:midi|note|key|pitch|n|k)(\d{1,3})|(\d{3})", re.IGNORECASE)
VELOCITY: Final = re.compile(r"(?:velocity|vel|v)(\d{1,3})", re.IGNORECASE)
NUMBERED: Final = re.compile(r".*?(\d{3})-(\d{3})")  # as NSynth writes it: key, velocity
# MIDI velocities that notation programs give to dynamics.
DYNAMICS: Final = {
    "ppp": 16, "pp": 33, "p": 49, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 126,
    "pianissimo": 33, "mezzopiano": 64, "mezzoforte": 80, "forte": 96, "fortissimo": 112,
}  # fmt: skip
PIANO: Final = 49  # also an instrument: counts behind the note only
LAYERS: Final = 32  # v1, v2 ... are layers, not velocities, if there are no more


class Named(NamedTuple):
    """What a file's name says; None: nothing."""

    key: int | None
    velocity: int | None
    layer: bool = False  # the velocity was written as a number that may be a layer's


def parse(stem: str) -> Named:
    """Read a file's name without its suffix: "A#3", "piano_C4_ff", "a3_v100", "060"."""
    numbered = NUMBERED.fullmatch(stem)
    if numbered and KEY_LOW <= int(numbered[1]) <= KEY_HIGH and 1 <= int(numbered[2]) <= 127:
        return Named(int(numbered[1]), int(numbered[2]))
    joined = re.sub(r"(?i)mezzo[\s_-]*(piano|forte)", r"mezzo\1", stem)
    key: int | None = None
    velocity: int | None = None
    layer = False
    behind = False  # the note's name
    for word in SEPARATORS.split(joined):
        note = NOTE.fullmatch(word)
        said = VELOCITY.fullmatch(word)
        if note:
            key, behind = key_of(word), True
            velocity, layer = (int(note[4]), True) if note[4] else (velocity, layer)
        elif said:
            velocity, layer = int(said[1]), True
        elif word.lower() in DYNAMICS:
            velocity, layer = DYNAMICS[word.lower()], False
        elif word.lower() == "piano" and behind:
            velocity, layer = PIANO, False
    if key is None:
        key = _number(joined)
    return Named(key, velocity if velocity is not None and velocity <= 127 else None, layer)


def key_of(name: str) -> int | None:
    """The key of a note's name such as "A#3" (C4 is 60), or of a MIDI number; else None."""
    if re.fullmatch(r"\d{1,3}", name):
        return int(name)
    note = NOTE.fullmatch(name)
    if note is None:
        return None
    return 12 * (int(note[3]) + 1) + LETTERS[note[1].lower()] + SIGNS[note[2]]


def _number(stem: str) -> int | None:
    """A MIDI key among the words of a name: three digits, or "midi60", or nothing else at all."""
    if re.fullmatch(r"\d{1,3}", stem) and KEY_LOW <= int(stem) <= KEY_HIGH:
        return int(stem)
    for word in SEPARATORS.split(stem):
        found = NUMBER.fullmatch(word)
        if found and KEY_LOW <= int(found[1] or found[2]) <= KEY_HIGH:
            return int(found[1] or found[2])
    return None


def with_layers(names: Sequence[Named]) -> list[tuple[int, int] | None]:
    """Lowest and highest velocity of each file of a timbre; None where nothing is said.

    Files numbered v1, v2 ... v16 are layers, of which each takes its share of 1..127.
    """
    numbers = {n.velocity for n in names if n.layer and n.velocity is not None}
    count = max(numbers, default=0)
    layers = 2 <= count <= LAYERS and 1 in numbers
    result: list[tuple[int, int] | None] = []
    for named in names:
        velocity = named.velocity
        if velocity is None:
            result.append(None)
        elif layers and named.layer:
            result.append((1 + 127 * (velocity - 1) // count, 127 * velocity // count))
        else:
            result.append((max(velocity, 1), max(velocity, 1)))
    return result
