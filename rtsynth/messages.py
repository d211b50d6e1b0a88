"""Words of MIDI 1.0: what the bytes of a channel message are called."""

from typing import Final

CHANNELS: Final = 16
PROGRAMS: Final = 128
DRUM_CHANNEL: Final = 9  # channel 10 to a musician

NOTE_OFF: Final = 0x80
NOTE_ON: Final = 0x90
KEY_PRESSURE: Final = 0xA0
CONTROL: Final = 0xB0
PROGRAM: Final = 0xC0
PRESSURE: Final = 0xD0
BEND: Final = 0xE0
SYSEX: Final = 0xF0
SYSTEM_RESET: Final = 0xFF, 0, 0  # a host ended what was played (Link.heard)
REAL_TIME: Final = 0xF8  # and above: one byte, allowed inside other messages

CC_BANK: Final = 0
CC_DATA_ENTRY: Final = 6
CC_BANK_LOW: Final = 32
CC_DATA_ENTRY_LOW: Final = 38
CC_SUSTAIN: Final = 64
CC_SOSTENUTO: Final = 66
CC_SOFT: Final = 67
CC_BRIGHT: Final = 74
CC_NRPN_LOW: Final = 98
CC_NRPN_HIGH: Final = 99
CC_RPN_LOW: Final = 100
CC_RPN_HIGH: Final = 101
CC_SOUND_OFF: Final = 120
CC_RESET: Final = 121
CC_NOTES_OFF: Final = 123  # and above: the others choose a mode and let go as well
CC_MONO: Final = 126
CC_POLY: Final = 127

Message = tuple[int, int, int]  # status, data1, data2 (0 where the message has one data byte)
AnyMessage = Message | bytes  # bytes: system exclusive, from F0 to F7


def centred(value: int) -> float:
    """-1..1 of a data byte: 64 is neutral."""
    return max(-1.0, (value - 64) / 63.0)


def is_note_on(message: Message) -> bool:
    """Whether a note begins."""
    return message[0] & 0xF0 == NOTE_ON and message[2] > 0
