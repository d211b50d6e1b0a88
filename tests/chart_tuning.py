"""Rows of the MIDI chart: the MIDI Tuning Standard."""

from chart_rows import KEY, at, is_at, note, played, row, song
from listening import listen
from tuning_data import bulk, frequency, sysex

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
