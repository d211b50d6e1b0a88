"""Events of CLAP as tests write them: `sample` counts from the block's first."""

import ctypes
from typing import Any

from tests import clap_abi as abi

KINDS = {
    abi.NOTE_ON: abi.Note,
    abi.NOTE_OFF: abi.Note,
    abi.NOTE_CHOKE: abi.Note,
    abi.NOTE_END: abi.Note,
    abi.NOTE_EXPRESSION: abi.NoteExpression,
    abi.PARAM_VALUE: abi.ParamValue,
    abi.MIDI: abi.Midi,
}


def header(kind: Any, sample: int, number: int, space: int = 0) -> Any:
    return abi.Header(ctypes.sizeof(kind), sample, space, number, 0)


def note(
    number: int, key: int, sample: int = 0, velocity: float = 0.8, channel: int = 0,
    note_id: int = -1, port: int = 0,
) -> Any:  # fmt: skip
    """A note on, off or choke, by its number in `clap_abi`."""
    head = header(abi.Note, sample, number)
    return abi.Note(head, note_id, port, channel, key, velocity)


def note_on(key: int, sample: int = 0, velocity: float = 0.8, **more: int) -> Any:
    return note(abi.NOTE_ON, key, sample, velocity, **more)


def note_off(key: int, sample: int = 0, velocity: float = 0.0, **more: int) -> Any:
    return note(abi.NOTE_OFF, key, sample, velocity, **more)


def choke(key: int, sample: int = 0, **more: int) -> Any:
    return note(abi.NOTE_CHOKE, key, sample, 0.0, **more)


def expression(
    kind: int, value: float, key: int = -1, sample: int = 0, channel: int = -1, note_id: int = -1,
    port: int = 0,
) -> Any:  # fmt: skip
    """Of the notes that are meant: all that it does not name otherwise."""
    head = header(abi.NoteExpression, sample, abi.NOTE_EXPRESSION)
    return abi.NoteExpression(head, kind, note_id, port, channel, key, value)


def parameter(
    number: int, value: float, sample: int = 0, cookie: int | None = None, space: int = 0,
    key: int = -1, note_id: int = -1,
) -> Any:  # fmt: skip
    head = header(abi.ParamValue, sample, abi.PARAM_VALUE, space)
    return abi.ParamValue(head, number, cookie, note_id, -1, -1, key, value)


def midi(*data: int, sample: int = 0, port: int = 0) -> Any:
    """A message of up to three bytes."""
    whole = (*data, 0, 0)[:3]
    return abi.Midi(header(abi.Midi, sample, abi.MIDI), port, (ctypes.c_uint8 * 3)(*whole))


def sysex(data: bytes, sample: int = 0) -> Any:
    return abi.Sysex(header(abi.Sysex, sample, abi.MIDI_SYSEX), 0, data, len(data))


def transport(seconds: float, playing: bool = True) -> Any:
    """The song's place at a block's first sample."""
    flags = abi.HAS_SECONDS | (abi.IS_PLAYING if playing else 0)
    place = round(seconds * abi.SECONDS_FACTOR)
    head = header(abi.Transport, 0, abi.TRANSPORT)
    return abi.Transport(header=head, flags=flags, seconds=place)


def copy_of(head: Any) -> Any:
    """What the plugin pushed: an event that lives on."""
    kind = KINDS[head.contents.type]
    assert head.contents.size == ctypes.sizeof(kind)
    copied = kind()
    ctypes.memmove(ctypes.byref(copied), head, ctypes.sizeof(kind))
    return copied
