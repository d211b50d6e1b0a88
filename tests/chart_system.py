"""Rows of the MIDI chart: system messages."""

import math

import numpy as np
from chart_rows import (
    KEY,
    UP,
    at,
    cc,
    is_at,
    level_change_db,
    note,
    played,
    row,
    rpn,
    song,
)
from listening import listen
from tuning_data import frequency, sysex

from rtsynth.parser import Parser

GM_ON, GM_OFF, GM2_ON = (sysex(0x7E, 0x7F, 9, level) for level in (1, 2, 3))


@row("sysex gm_on", "sysex gm_off", "sysex gm2_on")
def general_midi_reset() -> None:
    """Everything that was turned is as at the start, and what sounded ends."""
    turned = [cc(7, 60), cc(10, 0), *rpn(0, 12), *rpn(2, 60), UP, bytes((0xC0, 56)),
              sysex(0x7F, 0x7F, 4, 1, 0, 90), sysex(0x7F, 0x7F, 4, 4, 0, 70),
              sysex(0x7F, 0x7F, 8, 2, 0, 1, KEY, frequency(KEY + 0.5))]  # fmt: skip
    plain = listen(note(1.0, 1.5), 1.5)
    for reset in (GM_ON, GM_OFF, GM2_ON):
        messages = song(at(0.0, *turned), note(0.0, 1.5, KEY + 3), at(0.3, reset), note(1.0, 1.5))
        sound = listen(messages, 1.5)
        assert not sound.silent(0.1, 0.3)
        assert sound.silent(0.9, 1.0)
        assert is_at(sound, KEY, 1.1, 1.5)
        assert abs(sound.level_db(1.1, 1.5) - plain.level_db(1.1, 1.5)) < 0.1
        assert abs(sound.centroid_hz(1.1, 1.5) / plain.centroid_hz(1.1, 1.5) - 1.0) < 0.02
        sends = at(0.0, cc(91, 127), cc(93, 127), reset)
        assert listen(song(sends, note(0.0, 0.3)), 1.2).silent(1.0, 1.2)


@row("sysex volume")
def master_volume() -> None:
    half = sysex(0x7F, 0x7F, 4, 1, 0, 64)
    assert abs(level_change_db(half) - 40.0 * np.log10(8192 / 16383)) < 0.1
    assert played(sysex(0x7F, 0x05, 4, 1, 0, 0)).silent(0.1, 0.5)


@row("sysex balance")
def master_balance() -> None:
    for value, lean in ((0, -1), (64, 0), (127, 1)):
        sound = played(sysex(0x7F, 0x7F, 4, 2, value if value != 64 else 0, value))
        change_db = sound.level_db(0.1, 0.5, 1) - sound.level_db(0.1, 0.5, 0)
        assert abs(change_db) < 2.0 if lean == 0 else lean * change_db > 40.0


@row("sysex fine")
def master_fine_tuning() -> None:
    """What sounds follows."""
    sound = listen(song(note(0.0, 0.8), at(0.4, sysex(0x7F, 0x7F, 4, 3, 0, 96))), 0.8)
    assert is_at(sound, KEY, 0.1, 0.39)
    assert is_at(sound, KEY + 0.5, 0.5, 0.8)


@row("sysex coarse")
def master_coarse_tuning() -> None:
    assert is_at(played(sysex(0x7F, 0x7F, 4, 4, 0, 61)), KEY - 3)


@row("sysex effects")
def reverb_and_chorus() -> None:
    def tail_db(time: int) -> float:
        effect = sysex(0x7F, 0x7F, 4, 5, 1, 1, 1, 1, 1, 1, time)
        sound = listen(song(at(0.0, cc(91, 127), effect), note(0.0, 0.3)), 1.5)
        return sound.level_db(1.2, 1.5)

    assert tail_db(80) > tail_db(20) + 10.0

    def spread(depth: int) -> float:
        effect = sysex(0x7F, 0x7F, 4, 5, 1, 1, 1, 1, 2, 1, 20, 2, depth)
        course, _ = played(cc(93, 127), effect, seconds=1.5).course(0.3, 1.5, KEY)
        return float(np.std(course))

    assert spread(30) > 2.0 * spread(0)


def the_same(stream: bytes) -> None:
    """A port that brings this besides a note gives the note's own sound, sample for sample."""
    parsed = [(0.0, message) for message in Parser().feed(stream)]
    wanted = listen(note(0.0, 0.4), 0.4).samples
    assert np.array_equal(listen(song(parsed, [(0.4, (0x80, KEY, 64))]), 0.4).samples, wanted)
    assert not math.isclose(float(np.abs(wanted).max()), 0.0)


@row("real time")
def real_time_bytes() -> None:
    ticks = bytes((0xF8, 0xFA, 0xFB, 0xFC, 0xFE, 0xFF))
    the_same(ticks + b"\x90" + ticks + bytes((KEY,)) + ticks + bytes((90,)) + ticks)


@row("common")
def system_common() -> None:
    the_same(bytes((0xF1, 5, 0xF2, 1, 2, 0xF3, 3, 0xF6, 0xF4, 9, 0xF5, 0x90, KEY, 90)))


@row("sysex other")
def other_system_exclusive() -> None:
    roland = sysex(0x41, 0x10, 0x42, 0x12, 0x40, 0, 0x7F, 0, 0x41)
    endless = sysex(bytes(100_000))
    cut = GM_ON[:-1]
    the_same(roland + endless + bytes((0x90, KEY, 90)) + cut + roland + cut)
