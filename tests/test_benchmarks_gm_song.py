"""What a song asks for is held against what is heard; a wrong sound is told from a right one."""

import numpy as np
import pytest

from benchmarks import chroma, gm_song
from rtsynth.song import Event

RATE_HZ = 48000.0
CHORD = (60, 64, 67)


def song(keys=CHORD, seconds=2.0, more=()):
    events = [Event(0.0, (0x90, key, 100)) for key in keys]
    events += [Event(seconds, (0x80, key, 0)) for key in keys]
    return sorted([*more, *events], key=lambda event: event.time_s)


def sines(keys, seconds=2.0):
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    tones = [np.sin(2 * np.pi * 440.0 * 2 ** ((key - 69) / 12) * k * time_s) / k
             for key in keys for k in range(1, chroma.OVERTONES + 1)]  # fmt: skip
    return np.repeat((0.1 * np.sum(tones, axis=0))[:, None], 2, axis=1).astype(np.float32)


def test_a_chord_is_like_itself_and_unlike_another():
    wanted = chroma.asked(song(), 2.0, RATE_HZ)
    assert chroma.likeness(wanted, chroma.heard(sines(CHORD), RATE_HZ)) > 0.97
    other = chroma.heard(sines([key + 1 for key in CHORD]), RATE_HZ)
    assert chroma.likeness(wanted, other) < 0.6


@pytest.mark.parametrize(
    ("message", "key"),
    [((0xE0, 0x7F, 0x7F), 62), ((0xB0, 7, 0), None), ((0xB0, 120, 0), None)],
)
def test_controllers_are_followed(message, key):
    found = chroma.asked(song([60], more=[Event(0.1, message)]), 2.0, RATE_HZ)[-1]
    if key is None:
        assert found.max() == 0.0
    else:
        assert np.argmax(found) == key % 12


def test_the_pedal_holds_a_note():
    pedal = [Event(0.0, (0xB0, 64, 127))]
    found = chroma.asked(song([60], seconds=0.3, more=pedal), 2.0, RATE_HZ)
    assert np.argmax(found[-1]) == 0
    assert found[-1].max() > 0.0


def test_levels_that_differ_are_seen():
    sound = sines(CHORD)
    assert gm_song.difference_db(sound, sound) == 0.0
    assert gm_song.difference_db(sound, sines([key + 12 for key in CHORD])) > 2.0
