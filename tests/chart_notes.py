"""Rows of the MIDI chart: notes, aftertouch, bend, programs, channels."""

import numpy as np
from chart_rows import BEND, CENTS, HARD, KEY, OFF, ON, PRESS, at, cc, note, played, row, song
from listening import RATE_HZ, listen

from rtsynth.contract import velocity_gain_db
from rtsynth.parser import Parser


@row("note on")
def note_on() -> None:
    sound = listen(note(0.25, 0.5), 0.5)
    first = np.flatnonzero(np.abs(sound.samples).max(axis=1))[0]
    assert 0 <= first - 0.25 * RATE_HZ <= 2
    assert abs(sound.key(0.3, 0.5, KEY) - KEY) < CENTS


@row("velocity")
def velocity() -> None:
    soft, hard = (listen(note(0.0, 0.5, velocity=each), 0.5) for each in (40, 110))
    change_db = hard.level_db(0.1, 0.5) - soft.level_db(0.1, 0.5)
    law_db = velocity_gain_db(110) - velocity_gain_db(40)
    assert abs(change_db - law_db) < 3.0  # layers differ in timbre, and a little in level
    piano = [listen(note(0.0, 0.5, velocity=each), 0.5, timbre="piano") for each in (30, 120)]
    assert piano[1].centroid_hz(0.05, 0.5) > 1.1 * piano[0].centroid_hz(0.05, 0.5)


@row("note off")
def note_off() -> None:
    sound = listen(note(0.0, 0.3), 1.2)
    assert sound.level_db(0.2, 0.3) > -45.0
    assert sound.silent(1.0, 1.2)
    held = listen(note(0.0, 1.2), 1.2)
    assert not held.silent(1.0, 1.2)


@row("note on 0")
def note_on_with_velocity_0() -> None:
    sound = listen([(0.0, (ON, KEY, HARD)), (0.3, (ON, KEY, 0))], 1.2)
    assert sound.level_db(0.2, 0.3) > -45.0
    assert sound.silent(1.0, 1.2)


@row("release velocity")
def release_velocity() -> None:
    slow, own, quick = (
        listen([(0.0, (ON, KEY, HARD)), (0.3, (OFF, KEY, each))], 0.6) for each in (1, 64, 127)
    )
    assert slow.level_db(0.4, 0.45) > own.level_db(0.4, 0.45) + 3.0
    assert own.level_db(0.4, 0.45) > quick.level_db(0.4, 0.45) + 3.0
    assert slow.level_db(0.2, 0.3) == quick.level_db(0.2, 0.3)


@row("running status")
def running_status() -> None:
    stream = bytes((ON, KEY, HARD, KEY + 4, HARD, 0xF8, KEY + 7, HARD))
    chord = [(0.0, message) for message in Parser().feed(stream)]
    plain = [(0.0, (ON, KEY + step, HARD)) for step in (0, 4, 7)]
    heard, wanted = (listen(each, 0.4).samples for each in (chord, plain))
    assert np.array_equal(heard, wanted)
    assert np.abs(heard).max() > 0.01


@row("channels")
def sixteen_channels() -> None:
    """Each with its own place in the stereo image and its own key; channel 10 is silent."""
    for channel in range(16):
        pan, bend = (0, 0x7F) if channel % 2 else (127, 0)
        before = [cc(10, pan, channel), bytes((BEND | channel, bend, bend))]
        sound = listen(song(at(0.0, *before), note(0.0, 0.3, channel=channel)), 0.3)
        if channel == 9:
            assert sound.silent(0.0, 0.3)
            continue
        left, right = (sound.level_db(0.1, 0.3, side) for side in (0, 1))
        assert (left > right + 20.0) == (pan == 0)
        wanted = KEY + (2.0 if bend else -2.0)
        assert abs(sound.key(0.1, 0.3, wanted) - wanted) < CENTS
    timbres = song(at(0.0, bytes((0xC3, 56)), cc(10, 0, 3)), at(0.0, cc(10, 127, 4)),
                   note(0.0, 0.4, channel=3), note(0.0, 0.4, channel=4))  # fmt: skip
    both = listen(timbres, 0.4)
    trumpet, organ = (both.samples[:, side] for side in (0, 1))
    likeness = np.corrcoef(*(np.abs(np.fft.rfft(each)) for each in (trumpet, organ)))[0, 1]
    assert likeness < 0.98


@row("key pressure")
def key_pressure() -> None:
    keys = (KEY, KEY + 6)  # they share no low partial
    chord = song(*(note(0.0, 0.8, key) for key in keys))
    pressed = listen(song(chord, [(0.3, (0xA0, KEY, 127))]), 0.8)
    plain = listen(chord, 0.8)
    hz = [440.0 * 2.0 ** ((key - 69.0) / 12.0) for key in keys]
    change_db = [pressed.partial_db(0.4, 0.8, each) - plain.partial_db(0.4, 0.8, each)
                 for each in hz]  # fmt: skip
    assert change_db[0] > 2.0
    assert abs(change_db[1]) < 0.3
    tilts = [pressed.tilt_db(0.4, 0.8, key) - plain.tilt_db(0.4, 0.8, key) for key in keys]
    assert tilts[0] > 1.0
    assert abs(tilts[1]) < 0.3


@row("pressure")
def channel_pressure() -> None:
    pressed = listen(song(note(0.0, 1.0), at(0.3, bytes((PRESS, 127)))), 1.0)
    plain = listen(note(0.0, 1.0), 1.0)
    assert abs(pressed.level_db(0.1, 0.3) - plain.level_db(0.1, 0.3)) < 0.1
    assert pressed.level_db(0.6, 1.0) > plain.level_db(0.6, 1.0) + 2.0
    assert pressed.centroid_hz(0.6, 1.0) > 1.1 * plain.centroid_hz(0.6, 1.0)


@row("bend")
def bend() -> None:
    for value, semitones in ((0, -2.0), (4096, -1.0), (8192, 0.0), (16383, 2.0)):
        sound = played(bytes((BEND, value & 127, value >> 7)))
        assert abs(sound.key(0.1, 0.5, KEY + semitones) - KEY - semitones) < CENTS


@row("program")
def program_change() -> None:
    """The next note has the new timbre, the one that is held keeps its own."""
    trumpet = played(timbre="trumpet").centroid_hz(0.1, 0.4)
    organ = played().centroid_hz(0.1, 0.4)
    changed = listen(song(note(0.0, 0.4), at(0.2, bytes((0xC0, 56))), note(1.0, 1.5)), 1.5)
    assert abs(changed.centroid_hz(0.1, 0.4) / organ - 1.0) < 0.02
    assert abs(changed.centroid_hz(1.1, 1.4) / trumpet - 1.0) < 0.05
    assert abs(organ / trumpet - 1.0) > 0.15


@row("cc 0", "cc 32")
def bank_select() -> None:
    program = bytes((0xC0, 56))
    trumpet = played(timbre="trumpet").centroid_hz(0.1, 0.4)
    for bank in ((0, 0), (121, 3), (8, 0), (0, 100)):
        sound = played(cc(0, bank[0]), cc(32, bank[1]), program)
        assert abs(sound.centroid_hz(0.1, 0.4) / trumpet - 1.0) < 0.05, bank
    for bank in (120, 126, 127):
        assert played(cc(0, bank), program).silent(0.0, 0.5), bank
        assert not played(cc(0, bank)).silent(0.0, 0.5)  # it waits for a program change
        assert not played(cc(0, bank), program, cc(0, 0), program).silent(0.0, 0.5)
