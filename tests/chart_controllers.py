"""Rows of the MIDI chart: controllers that the core carries out."""

import numpy as np
from chart_rows import (
    CENTS,
    KEY,
    at,
    cc,
    level_change_db,
    note,
    played,
    row,
    rpn,
    song,
)
from listening import Sound, listen

LOW = KEY - 5
KEY_HZ = 440.0 * 2.0 ** ((KEY - 69.0) / 12.0)


def vibrato(sound: Sound, start_s: float = 0.3, end_s: float = 1.0) -> tuple[float, float]:
    """Depth in semitones (of a sine, from the middle) and rate in Hz."""
    course, rate_hz = sound.course(start_s, end_s, KEY)
    swing = course - course.mean()
    levels = np.abs(np.fft.rfft(swing * np.hanning(len(swing)), 16 * len(swing)))
    hz = np.fft.rfftfreq(16 * len(swing), 1.0 / rate_hz)
    inside = (hz > 2.0) & (hz < 20.0)
    return float(np.sqrt(2.0) * swing.std()), float(hz[inside][np.argmax(levels[inside])])


@row("cc 1")
def modulation() -> None:
    depth, hz = vibrato(played(cc(1, 127), seconds=1.0))
    assert 0.4 < depth < 0.6
    assert 4.5 < hz < 6.5
    assert vibrato(played(cc(1, 64), seconds=1.0))[0] < 0.6 * depth
    assert vibrato(played(seconds=1.0))[0] < 0.02


@row("cc 33")
def modulation_low_byte() -> None:
    coarse, fine, next_one = (
        vibrato(played(*each, seconds=1.0))[0]
        for each in ((cc(1, 10),), (cc(1, 10), cc(33, 127)), (cc(1, 11),))
    )
    assert fine > coarse + 0.7 * (next_one - coarse)
    assert next_one > coarse


@row("cc 5", "cc 65")
def portamento() -> None:
    def glide(time: int, on: int) -> float:
        """Where the pitch is 0.1 s after the next note began, in semitones below it."""
        before = at(0.0, cc(5, time), cc(65, on))
        sound = listen(song(before, note(0.0, 0.4, LOW), note(0.5, 1.2)), 1.2)
        course, rate_hz = sound.course(0.5, 1.2, KEY, reach=6.0)
        return KEY - float(course[round(0.1 * rate_hz)])

    assert abs(glide(70, 0)) < 0.2
    assert abs(glide(20, 127)) < 0.2  # it is over
    assert 1.0 < glide(70, 127) < 4.9
    assert glide(90, 127) > glide(70, 127) + 0.3


@row("cc 37")
def portamento_time_low_byte() -> None:
    def pitch(*messages: bytes) -> float:
        before = at(0.0, cc(65, 127), *messages)
        sound = listen(song(before, note(0.0, 0.4, LOW), note(0.5, 1.2)), 1.2)
        course, rate_hz = sound.course(0.5, 1.2, KEY, reach=6.0)
        return float(course[round(0.1 * rate_hz)])

    coarse, fine, next_one = (
        pitch(*each) for each in ((cc(5, 70),), (cc(5, 70), cc(37, 127)), (cc(5, 71),))
    )
    assert next_one < fine + 0.02
    assert fine < coarse - 0.02


@row("cc 84")
def portamento_control() -> None:
    before = at(0.0, cc(5, 70), cc(84, LOW))
    sound = listen(song(before, note(0.0, 0.7), note(0.8, 1.2)), 1.2)
    course, rate_hz = sound.course(0.0, 0.7, KEY, reach=6.0)
    assert course[round(0.08 * rate_hz)] < KEY - 1.0
    assert abs(sound.key(0.4, 0.7, KEY) - KEY) < CENTS
    assert abs(sound.key(0.86, 1.2, KEY) - KEY) < CENTS  # the next note only


@row("cc 7")
def volume() -> None:
    assert abs(level_change_db(cc(7, 50)) - 40.0 * np.log10(50 / 100)) < 0.1
    assert played(cc(7, 0)).silent(0.0, 0.5)


@row("cc 39")
def volume_low_byte() -> None:
    assert abs(level_change_db(cc(7, 10), cc(39, 64)) - 40.0 * np.log10(10.5 / 100)) < 0.1
    assert level_change_db(cc(39, 64), cc(7, 10)) < 40.0 * np.log10(10.2 / 100)


@row("cc 11")
def expression() -> None:
    assert abs(level_change_db(cc(11, 64)) - 40.0 * np.log10(64 / 127)) < 0.1


@row("cc 43")
def expression_low_byte() -> None:
    assert abs(level_change_db(cc(11, 10), cc(43, 64)) - 40.0 * np.log10(10.5 / 127)) < 0.1


@row("cc 10")
def pan() -> None:
    for value, lean in ((0, -1), (64, 0), (127, 1)):
        sound = played(cc(10, value))
        change_db = sound.level_db(0.1, 0.5, 1) - sound.level_db(0.1, 0.5, 0)
        assert abs(change_db) < 2.0 if lean == 0 else lean * change_db > 20.0


@row("cc 42")
def pan_low_byte() -> None:
    def lean_db(*messages: bytes) -> float:
        sound = played(*messages)
        return sound.level_db(0.1, 0.5, 1) - sound.level_db(0.1, 0.5, 0)

    coarse, fine, next_one = (
        lean_db(*each) for each in ((cc(10, 30),), (cc(10, 30), cc(42, 64)), (cc(10, 31),))
    )
    assert coarse + 0.02 < fine < next_one - 0.02


def rings_db(sound: Sound) -> float:
    """What is left of a note that was let go at 0.3 s."""
    return sound.level_db(0.9, 1.0) - sound.level_db(0.2, 0.3)


@row("cc 64")
def sustain_pedal() -> None:
    up, half, down = (
        listen(song(at(0.0, cc(64, each)), note(0.0, 0.3)), 1.0) for each in (0, 64, 127)
    )
    assert rings_db(up) < -45.0
    assert -40.0 < rings_db(half) < -3.0
    assert rings_db(down) > -1.5
    lifted = listen(song(at(0.0, cc(64, 127)), note(0.0, 0.3), at(0.5, cc(64, 0))), 1.5)
    assert lifted.level_db(0.4, 0.5) > -45.0
    assert lifted.silent(1.3, 1.5)


@row("cc 66")
def sostenuto_pedal() -> None:
    """It holds the key that is down when it goes down, not the one after."""
    pedal = song(note(0.0, 0.3), at(0.2, cc(66, 127)), note(0.35, 0.5, KEY + 6))
    sound = listen(pedal, 1.5)
    assert abs(sound.key(1.1, 1.5, KEY) - KEY) < CENTS
    first_db, second_db = (sound.partial_db(1.1, 1.5, hz) for hz in (KEY_HZ, KEY_HZ * 2**0.5))
    assert second_db < first_db - 30.0
    assert listen(song(pedal, at(0.6, cc(66, 0))), 1.5).silent(1.3, 1.5)


@row("cc 67")
def soft_pedal() -> None:
    plain = played(timbre="piano", seconds=0.5)
    soft = played(cc(67, 127), timbre="piano", seconds=0.5)
    half = played(cc(67, 64), timbre="piano", seconds=0.5)
    assert soft.level_db(0.05, 0.5) < half.level_db(0.05, 0.5) < plain.level_db(0.05, 0.5) - 0.3
    assert soft.centroid_hz(0.05, 0.5) < 0.98 * plain.centroid_hz(0.05, 0.5)


@row("cc 68")
def legato() -> None:
    """Bound notes: one sounds, and it is not struck again."""
    tied = song(note(0.0, 0.5), note(0.3, 1.0, KEY + 4))
    sound = listen(song(at(0.0, cc(68, 127)), tied), 1.0, timbre="piano")
    struck = listen(tied, 1.0, timbre="piano")
    assert abs(sound.key(0.4, 0.9, KEY + 4) - KEY - 4) < 4 * CENTS
    assert sound.partial_db(0.35, 0.5, KEY_HZ) < struck.partial_db(0.35, 0.5, KEY_HZ) - 20.0
    assert struck.level_db(0.31, 0.36) > sound.level_db(0.31, 0.36) + 2.0


@row("cc 76")
def vibrato_rate() -> None:
    slow, usual, fast = (
        vibrato(played(cc(1, 127), cc(76, each), seconds=1.3), 0.3, 1.3)[1] for each in (0, 64, 127)
    )
    assert slow < usual - 0.8
    assert usual < fast - 0.8


@row("cc 77")
def vibrato_depth() -> None:
    less, usual, more = (
        vibrato(played(cc(1, 64), cc(77, each), seconds=1.0))[0] for each in (0, 64, 127)
    )
    assert less < 0.7 * usual
    assert more > 1.3 * usual


@row("cc 78")
def vibrato_delay() -> None:
    at_once, late = (
        vibrato(played(cc(1, 127), cc(78, each), seconds=0.7), 0.05, 0.45)[0] for each in (64, 127)
    )
    assert late < 0.3 * at_once


@row("cc 91")
def reverb_send() -> None:
    """What is heard after the dry note has ended."""
    dry, wet, more = (
        listen(song(at(0.0, cc(91, each)), note(0.0, 0.3)), 1.5) for each in (0, 40, 127)
    )
    assert dry.silent(1.0, 1.5)
    assert wet.level_db(1.0, 1.5) > -75.0
    assert more.level_db(1.0, 1.5) > wet.level_db(1.0, 1.5) + 6.0


@row("cc 93")
def chorus_send() -> None:
    """Delayed copies whose pitch moves: the partials beat."""

    def unrest(value: int) -> float:
        sound = played(cc(93, value), seconds=1.5)
        return float(np.std([sound.level_db(0.3 + 0.1 * i, 0.4 + 0.1 * i, 0) for i in range(12)]))

    assert unrest(127) > unrest(0) + 0.3


@row("cc 6", "cc 100", "cc 101", "cc 38")
def data_entry() -> None:
    """Bend ranges by both bytes, and none once no parameter is chosen."""
    up = bytes((0xE0, 127, 127))
    for data, semitones in (((7,), 7.0), ((7, 50), 7.5)):
        sound = played(*rpn(0, *data), up)
        assert abs(sound.key(0.1, 0.5, KEY + semitones) - KEY - semitones) < CENTS
    sound = played(*rpn(0, 7), cc(6, 12), up)
    assert abs(sound.key(0.1, 0.5, KEY + 7) - KEY - 7) < CENTS


@row("cc 96", "cc 97")
def data_steps() -> None:
    """Coarse tuning a semitone up and two down."""
    chosen = rpn(2, 64, end=False)
    for steps, semitones in (([cc(96, 0)], 1.0), ([cc(96, 0)] * 2 + [cc(97, 0)] * 4, -2.0)):
        sound = played(*chosen, *steps)
        assert abs(sound.key(0.1, 0.5, KEY + semitones) - KEY - semitones) < CENTS


@row("cc 98", "cc 99")
def not_registered() -> None:
    """Data for parameters that are not registered changes nothing, even behind a registered one."""
    messages = [*rpn(0, 12, end=False), cc(99, 0), cc(98, 0), cc(6, 1), cc(38, 1), cc(96, 0)]
    sound = played(*messages, bytes((0xE0, 127, 127)))
    assert abs(sound.key(0.1, 0.5, KEY + 12) - KEY - 12) < CENTS


@row("cc 120")
def all_sound_off() -> None:
    held = song(at(0.0, cc(64, 127)), note(0.0, 0.2), note(0.1, 1.0, KEY + 4))
    sound = listen(song(held, at(0.3, cc(120, 0))), 0.8)
    assert sound.level_db(0.2, 0.3) > -45.0
    assert sound.silent(0.31, 0.8)


@row("cc 121")
def reset_controllers() -> None:
    """Bend, modulation, expression, pedal, pressure; not the volume, not the pan (RP-015)."""
    turned = [bytes((0xE0, 127, 127)), cc(1, 127), cc(11, 20), cc(64, 127), bytes((0xD0, 127))]
    kept = [cc(7, 50), cc(10, 0)]
    sound = listen(song(at(0.0, *turned, *kept, cc(121, 0)), note(0.0, 0.5)), 1.5)
    plain = listen(song(at(0.0, *kept), note(0.0, 0.5)), 1.5)
    assert abs(sound.key(0.1, 0.5, KEY) - KEY) < CENTS
    assert abs(sound.level_db(0.1, 0.5) - plain.level_db(0.1, 0.5)) < 0.1
    assert sound.level_db(0.1, 0.5, 0) > sound.level_db(0.1, 0.5, 1) + 20.0
    assert sound.silent(1.3, 1.5)


@row("cc 123", "cc 124", "cc 125")
def all_notes_off() -> None:
    chord = song(*(note(0.0, 2.0, key) for key in (KEY, KEY + 4)))
    for controller in (123, 124, 125):
        sound = listen(song(chord, at(0.3, cc(controller, 0))), 1.3)
        assert sound.level_db(0.2, 0.3) > -45.0
        assert sound.silent(1.1, 1.3)
        pedal = listen(song(at(0.0, cc(64, 127)), chord, at(0.3, cc(controller, 0))), 1.3)
        assert not pedal.silent(1.1, 1.3)


@row("cc 126", "cc 127")
def mono_and_poly() -> None:
    tied = song(note(0.1, 1.5, KEY), note(0.5, 1.5, KEY + 6))
    for modes, alone in (([cc(126, 1)], True), ([cc(126, 1), cc(127, 0)], False)):
        sound = listen(song(at(0.0, *modes), tied), 1.5)
        low, high = (sound.partial_db(1.0, 1.5, hz) for hz in (KEY_HZ, KEY_HZ * 2**0.5))
        assert high > -60.0
        assert (low < high - 30.0) == alone
