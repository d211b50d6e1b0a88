"""The MIDI Tuning Standard's messages: tunings of single keys, of all keys, of an octave's steps.

MIDI 1.0 Detailed Specification, "MIDI Tuning", with the extensions CA-020 (banks) and CA-021/RP-020
(scale/octave). A message that is cut short, or too long, is no message. Checksums of dumps are not
looked at: senders do not agree on what they cover.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

KEYS: Final = 128
STEPS: Final = 12  # of an octave
NO_CHANGE: Final = (0x7F, 0x7F, 0x7F)
NAME_BYTES: Final = 16
FINE: Final = 1 << 14  # parts of a semitone

Program = tuple[int, int]  # bank, program; as selected by registered parameters 4 and 3


@dataclass(frozen=True)
class KeyTuning:
    """Pitches of some keys of a tuning program.

    Attributes:
        program: bank and number of the tuning program.
        pitches: keys and their pitches in semitones, where 69 is 440 Hz.
        live: notes that sound follow; else only new ones.
    """

    program: Program
    pitches: tuple[tuple[int, float], ...]
    live: bool


@dataclass(frozen=True)
class OctaveTuning:
    """Offsets of an octave's twelve steps, from C on, added to what a channel plays.

    Attributes:
        channels: that are tuned (0..15).
        cents: 12 offsets.
        live: notes that sound follow; else only new ones.
    """

    channels: tuple[int, ...]
    cents: tuple[float, ...]
    live: bool


@dataclass(frozen=True)
class OctaveProgram:
    """The same kept under a tuning program, for the channels that select it."""

    program: Program
    cents: tuple[float, ...]
    live: bool = False


Change = KeyTuning | OctaveTuning | OctaveProgram


def single_notes(data: bytes, live: bool) -> Change | None:
    """`tt ll [kk xx yy zz]...`, of bank 0."""
    return single_notes_of_bank(b"\0" + data, live)


def single_notes_of_bank(data: bytes, live: bool) -> Change | None:
    """`bb tt ll [kk xx yy zz]...`."""
    if len(data) < 3 or len(data) != 3 + 4 * data[2]:
        return None
    found = []
    for at in range(3, len(data), 4):
        pitch = _pitch(data[at + 1 : at + 4])
        if pitch is not None:
            found.append((data[at], pitch))
    return KeyTuning((data[0], data[1]), tuple(found), live)


def bulk_dump(data: bytes, live: bool) -> Change | None:
    """`tt name [xx yy zz]x128 checksum`, of bank 0."""
    return bulk_dump_of_bank(b"\0" + data, live)


def bulk_dump_of_bank(data: bytes, live: bool) -> Change | None:
    """`bb tt name [xx yy zz]x128 checksum`."""
    values = _dumped(data, 3 * KEYS)
    if values is None:
        return None
    pitches = [(key, _pitch(values[3 * key : 3 * key + 3])) for key in range(KEYS)]
    known = tuple((key, pitch) for key, pitch in pitches if pitch is not None)
    return KeyTuning((data[0], data[1]), known, live)


def octave_dump_1(data: bytes, live: bool) -> Change | None:
    """`bb tt name [ss]x12 checksum`."""
    values = _dumped(data, STEPS)
    return None if values is None else OctaveProgram((data[0], data[1]), _cents_1(values))


def octave_dump_2(data: bytes, live: bool) -> Change | None:
    """`bb tt name [ss tt]x12 checksum`."""
    values = _dumped(data, 2 * STEPS)
    return None if values is None else OctaveProgram((data[0], data[1]), _cents_2(values))


def octave_1(data: bytes, live: bool) -> Change | None:
    """`ff gg hh [ss]x12`."""
    if len(data) != 3 + STEPS:
        return None
    return OctaveTuning(_channels(data), _cents_1(data[3:]), live)


def octave_2(data: bytes, live: bool) -> Change | None:
    """`ff gg hh [ss tt]x12`."""
    if len(data) != 3 + 2 * STEPS:
        return None
    return OctaveTuning(_channels(data), _cents_2(data[3:]), live)


Reader = Callable[[bytes, bool], Change | None]


def _dumped(data: bytes, size: int) -> bytes | None:
    """A dump's values, where it is whole."""
    begin = 2 + NAME_BYTES
    return data[begin:-1] if len(data) == begin + size + 1 else None


def _pitch(data: bytes) -> float | None:
    """Semitone and 14 bits of a semitone; None: as it is."""
    if tuple(data) == NO_CHANGE:
        return None
    return data[0] + (data[1] << 7 | data[2]) / FINE


def _channels(data: bytes) -> tuple[int, ...]:
    """Channels 16 and 15, 14 to 8, 7 to 1 in three bytes, the highest first."""
    bits = (data[0] & 0x03) << 14 | data[1] << 7 | data[2]
    return tuple(channel for channel in range(16) if bits >> channel & 1)


def _cents_1(data: bytes) -> tuple[float, ...]:
    return tuple(float(value - 64) for value in data)


def _cents_2(data: bytes) -> tuple[float, ...]:
    return tuple(
        100.0 * ((data[at] << 7 | data[at + 1]) - 8192) / 8192.0 for at in range(0, len(data), 2)
    )
