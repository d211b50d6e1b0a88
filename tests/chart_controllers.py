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
    vibrato,
)
from listening import listen


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
