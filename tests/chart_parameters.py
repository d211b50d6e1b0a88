"""Rows of the MIDI chart: registered parameters, MPE."""

import numpy as np
from chart_rows import (
    KEY,
    UP,
    at,
    cc,
    is_at,
    note,
    played,
    row,
    rpn,
    song,
    vibrato,
)
from listening import Sound, listen
from tuning_data import frequency, sysex

OTHER = KEY + 6  # which shares no low partial with it


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
