"""Rows of the MIDI chart: controllers that turn timbres along the named directions."""

import numpy as np
from chart_rows import at, cc, note, row, song
from listening import Sound, listen

from rtsynth.turns import TURNS

NOTE_S = 0.6
PLAIN = {"timbre": "trumpet"}


def turned(controller: int, value: int) -> Sound:
    """A note that begins once the timbre was turned."""
    begin = at(0.0, cc(controller, value))
    return listen(song(begin, note(1.0, 1.0 + NOTE_S)), 2.0, **PLAIN)


def brightness(sound: Sound) -> float:
    return sound.centroid_hz(1.15, 1.55)


def hardness(sound: Sound) -> float:
    """How much of its level a note has at its beginning."""
    return sound.level_db(1.0, 1.04) - sound.level_db(1.2, 1.5)


def breath(sound: Sound) -> float:
    """How much lies between the partials."""
    cut = sound.cut(1.15, 1.55).mean(axis=1)
    power = np.square(np.abs(np.fft.rfft(cut * np.blackman(len(cut)))))
    hz = np.fft.rfftfreq(len(cut), 1.0 / 24_000)
    place = hz / 261.6256
    between = (np.abs(place - np.round(place)) > 0.2) & (hz > 400.0)
    return float(10.0 * np.log10(power[between].sum() / power.sum()))


def length(sound: Sound) -> float:
    return sound.level_db(1.7, 1.85) - sound.level_db(1.2, 1.5)


MEASURES = {"bright": brightness, "hard": hardness, "breathy": breath, "long": length}


def listen_to(controller: int) -> None:
    """Both ends of a controller differ by its direction, and its neutral value changes nothing."""
    direction, amount = TURNS[controller]
    measure = MEASURES[direction]
    low, high = (measure(turned(controller, value)) for value in (0, 127))
    more, less = (low, high) if amount(0) > amount(127) else (high, low)
    assert more > less + 0.02 * abs(less), (direction, less, more)
    neutral = next(value for value in (0, 64) if amount(value) == 0.0)
    plain = listen(note(1.0, 1.0 + NOTE_S), 2.0, **PLAIN)
    assert abs(measure(turned(controller, neutral)) - measure(plain)) < 0.01 * abs(measure(plain))


for _controller in sorted(TURNS):
    row(f"cc {_controller}")(lambda controller=_controller: listen_to(controller))
