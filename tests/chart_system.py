"""Rows of the MIDI chart: registered parameters, MPE, system messages."""

import math

import numpy as np
from chart_controllers import vibrato
from chart_rows import CENTS, KEY, at, cc, level_change_db, note, played, row, rpn, song
from listening import Sound, listen
from tuning_data import bulk, frequency, sysex

from rtsynth.parser import Parser

UP = bytes((0xE0, 127, 127))
OTHER = KEY + 6  # which shares no low partial with it
GM_ON, GM_OFF, GM2_ON = (sysex(0x7E, 0x7F, 9, level) for level in (1, 2, 3))


def is_at(sound: Sound, key: float, start_s: float = 0.1, end_s: float = 0.5) -> bool:
    """Whether a pitch is there, within half a cent."""
    return abs(sound.key(start_s, end_s, key) - key) < CENTS


@row("rpn 0")
def bend_range() -> None:
    assert is_at(played(*rpn(0, 12), UP), KEY + 12)
    assert is_at(played(*rpn(0, 1, 50), bytes((0xE0, 0, 0))), KEY - 1.5)


@row("rpn 1")
def fine_tuning() -> None:
    for msb, semitones in ((0, -1.0), (32, -0.5), (64, 0.0), (96, 0.5)):
        assert is_at(played(*rpn(1, msb, 0)), KEY + semitones)


@row("rpn 2")
def coarse_tuning() -> None:
    for msb in (52, 64, 71):
        assert is_at(played(*rpn(2, msb)), KEY + msb - 64)


@row("rpn 3", "rpn 4")
def tuning_program_and_bank() -> None:
    """Key 60 has a pitch of its own in program 5 of bank 0 and of bank 2."""
    tunings = [sysex(0x7F, 0x7F, 8, 7, bank, 5, 1, KEY, frequency(KEY + shift))
               for bank, shift in ((0, 0.3), (2, 0.6))]  # fmt: skip
    assert is_at(played(*tunings), KEY)
    assert is_at(played(*tunings, *rpn(3, 5)), KEY + 0.3)
    assert is_at(played(*tunings, *rpn(3, 5), *rpn(4, 2)), KEY + 0.6)


@row("rpn 5")
def vibrato_range() -> None:
    depth = [vibrato(played(*rpn(5, 0, lsb), cc(1, 127), seconds=1.0))[0] for lsb in (32, 64)]
    assert abs(depth[0] - 0.25) < 0.06
    assert abs(depth[1] - 0.5) < 0.1


@row("rpn 6", "mpe lower zone")
def lower_zone() -> None:
    """Channel 3 plays at the volume and place of channel 1, with its own bend."""
    zone = [*rpn(6, 5), cc(7, 50), cc(10, 0)]
    messages = at(0.0, *zone, bytes((0xE2, 127, 95)))
    sound = listen(song(messages, note(0.0, 0.5, channel=2)), 0.5)
    alone = listen(song(at(0.0, cc(7, 50), cc(10, 0)), note(0.0, 0.5, KEY + 24)), 0.5)
    wanted = KEY + 48.0 * (95 * 128 + 127 - 8192) / 8191
    assert is_at(sound, wanted)
    assert sound.level_db(0.1, 0.5, 0) > sound.level_db(0.1, 0.5, 1) + 20.0
    assert abs(sound.level_db(0.1, 0.5) - alone.level_db(0.1, 0.5)) < 6.0
    off = listen(song(at(0.0, *rpn(6, 5), *rpn(6, 0), cc(10, 0)), note(0.0, 0.5, channel=2)), 0.5)
    assert abs(off.level_db(0.1, 0.5, 0) - off.level_db(0.1, 0.5, 1)) < 2.0


@row("mpe upper zone")
def upper_zone() -> None:
    """Channel 10 is a member as any other."""
    zone = at(0.0, *rpn(6, 10, channel=15), cc(10, 127, 15))
    for channel, member in ((9, True), (6, True), (3, False)):
        sound = listen(song(zone, note(0.0, 0.5, channel=channel)), 0.5)
        assert not sound.silent(0.1, 0.5)
        lean_db = sound.level_db(0.1, 0.5, 1) - sound.level_db(0.1, 0.5, 0)
        assert (lean_db > 20.0) == member


@row("mpe bend")
def member_bend() -> None:
    """Added to the manager's, whose range is 2 semitones."""
    messages = at(0.0, *rpn(6, 5), UP, bytes((0xE1, 0, 80)))
    wanted = KEY + 2.0 + 48.0 * (80 * 128 - 8192) / 8191
    assert is_at(listen(song(messages, note(0.0, 0.5, channel=1)), 0.5), wanted)


@row("mpe bend range")
def member_bend_range() -> None:
    messages = at(0.0, *rpn(6, 5), *rpn(0, 24, channel=1), bytes((0xE3, 127, 127)))
    assert is_at(listen(song(messages, note(0.0, 0.5, channel=3)), 0.5), KEY + 24)


def members(touch: bytes) -> Sound:
    """A key on each of two member channels; channel 2 is touched at 0.3 s."""
    keys = song(at(0.0, *rpn(6, 5)), note(0.0, 0.8, KEY, channel=1),
                note(0.0, 0.8, OTHER, channel=2))  # fmt: skip
    return listen(song(keys, at(0.3, touch)), 0.8)


def first_db(sound: Sound, key: int) -> float:
    return sound.partial_db(0.4, 0.8, 440.0 * 2.0 ** ((key - 69.0) / 12.0))


@row("mpe pressure")
def member_pressure() -> None:
    """Louder and brighter, the touched note alone."""
    plain, pressed = (members(bytes((0xD1, value))) for value in (0, 127))
    assert first_db(pressed, KEY) > first_db(plain, KEY) + 2.0
    assert abs(first_db(pressed, OTHER) - first_db(plain, OTHER)) < 0.3
    assert pressed.tilt_db(0.4, 0.8, KEY) > plain.tilt_db(0.4, 0.8, KEY) + 1.0
    assert abs(pressed.tilt_db(0.4, 0.8, OTHER) - plain.tilt_db(0.4, 0.8, OTHER)) < 0.3


@row("mpe slide")
def member_slide() -> None:
    dark, bright = (members(cc(74, value, 1)) for value in (0, 127))
    assert bright.tilt_db(0.4, 0.8, KEY) > dark.tilt_db(0.4, 0.8, KEY) + 3.0
    assert abs(bright.tilt_db(0.4, 0.8, OTHER) - dark.tilt_db(0.4, 0.8, OTHER)) < 0.3


@row("mpe manager")
def manager() -> None:
    """The manager's pedal holds a member's note, its volume turns it down."""
    zone = at(0.0, *rpn(6, 5), cc(64, 127))
    sound = listen(song(zone, note(0.0, 0.3, channel=4), at(0.6, cc(7, 50))), 1.2)
    plain = listen(song(zone, note(0.0, 0.3, channel=4)), 1.2)
    assert not sound.silent(0.9, 1.2)
    change_db = sound.level_db(0.8, 1.2) - plain.level_db(0.8, 1.2)
    assert abs(change_db - 40.0 * np.log10(50 / 100)) < 0.3


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


OWN = KEY + 0.4
KEYS = [float(key) for key in range(128)]
DUMP = [*KEYS[:KEY], OWN, *KEYS[KEY + 1 :]]
STEPS_1 = [64 + 40, *[64] * 11]
STEPS_2 = [0x40 + 26, 0, *[0x40, 0] * 11]
STEP_2 = 26 / 64
NAME = b"a name".ljust(16)
ALL = (3, 127, 127)


def tunes(message: bytes, shift: float, live: bool) -> None:
    """A key that sounds follows, or only the next one does; the keys beside it stay."""
    sound = listen(song(note(0.0, 0.8), at(0.4, message), note(1.0, 1.5)), 1.5)
    assert is_at(sound, KEY, 0.1, 0.39)
    assert is_at(sound, KEY + (shift if live else 0.0), 0.5, 0.8)
    assert is_at(sound, KEY + shift, 1.1, 1.5)
    beside = listen(song(at(0.0, message), note(0.0, 0.5, KEY + 1)), 0.5)
    assert is_at(beside, KEY + 1)


@row("sysex bulk")
def bulk_dump() -> None:
    tunes(bulk(DUMP), 0.4, live=False)


@row("sysex bulk_bank")
def key_based_dump() -> None:
    keys = b"".join(frequency(key) for key in DUMP)
    tunes(sysex(0x7E, 0x7F, 8, 4, 0, 0, NAME, keys, 0), 0.4, live=False)


@row("sysex octave_dump_1")
def octave_dump_1() -> None:
    tunes(sysex(0x7E, 0x7F, 8, 5, 0, 0, NAME, STEPS_1, 0), 0.4, live=False)


@row("sysex octave_dump_2")
def octave_dump_2() -> None:
    tunes(sysex(0x7E, 0x7F, 8, 6, 0, 0, NAME, STEPS_2, 0), STEP_2, live=False)


@row("sysex notes")
def single_notes() -> None:
    tunes(sysex(0x7F, 0x7F, 8, 2, 0, 1, KEY, frequency(OWN)), 0.4, live=True)


@row("sysex notes_bank")
def single_notes_with_a_bank() -> None:
    tunes(sysex(0x7F, 0x7F, 8, 7, 0, 0, 1, KEY, frequency(OWN)), 0.4, live=True)


@row("sysex notes_bank_later")
def single_notes_later() -> None:
    tunes(sysex(0x7E, 0x7F, 8, 7, 0, 0, 1, KEY, frequency(OWN)), 0.4, live=False)


@row("sysex octave_1", "sysex octave_1_later")
def octave_1() -> None:
    for manufacturer, live in ((0x7F, True), (0x7E, False)):
        tunes(sysex(manufacturer, 0x7F, 8, 8, ALL, STEPS_1), 0.4, live)


@row("sysex octave_2", "sysex octave_2_later")
def octave_2() -> None:
    for manufacturer, live in ((0x7F, True), (0x7E, False)):
        tunes(sysex(manufacturer, 0x7F, 8, 9, ALL, STEPS_2), STEP_2, live)
    others = sysex(0x7F, 0x7F, 8, 9, 0, 0, 2, STEPS_2)  # channel 2 alone
    assert is_at(played(others), KEY)


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
