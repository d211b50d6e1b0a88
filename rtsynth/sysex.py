"""System Exclusive messages: bytes to what they ask for. What is not known here is passed over.

Universal messages only (manufacturer 7E and 7F), whatever device they are addressed to: an
instrument that is played through ports of its own is the one that is meant.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from rtsynth import _core
from rtsynth.tuning import mts

START: Final = 0xF0
END: Final = 0xF7
MOST_BYTES: Final = 1024  # start and end included; a longer message is none of those known
NON_REAL_TIME: Final = 0x7E
REAL_TIME: Final = 0x7F
HALF_14: Final = 8192
_RANGES: Final = {name: (low, high) for name, low, high, *_ in _core.PARAMETERS}


@dataclass(frozen=True)
class Reset:
    """Everything that MIDI can set is to be as at the start."""

    level: Literal["off", "gm", "gm2"]


@dataclass(frozen=True)
class Setting:
    """A parameter of the whole instrument, by its name in the core, in its unit."""

    name: str
    value: float


@dataclass(frozen=True)
class MasterTuning:
    """Tuning of the whole instrument; None: as it is."""

    cents: float | None = None
    semitones: float | None = None


Action = Reset | Setting | MasterTuning | mts.Change
Actions = tuple[Action, ...]


@dataclass(frozen=True)
class Kind:
    """A message that is understood: a row of the MIDI chart."""

    name: str
    what: str
    does: str
    form: str  # its bytes behind the two sub-IDs
    read: Callable[[bytes, bool], Actions]  # those bytes, and whether it is a real-time message


def resets(data: bytes) -> bool:
    """Whether a message is one of those after which all is as at the start."""
    return any(isinstance(action, Reset) for action in actions(data))


def actions(data: bytes) -> Actions:
    """What a message asks for, in this order; nothing where it is not known, or is cut short.

    `data` is the whole message, from F0 to F7.
    """
    if not 6 <= len(data) <= MOST_BYTES or data[0] != START or data[-1] != END:
        return ()
    manufacturer, _, group, number = data[1:5]
    body = data[5:-1]
    kind = KINDS.get((manufacturer, group, number))
    if kind is None or any(byte > 0x7F for byte in body):
        return ()
    return kind.read(body, manufacturer == REAL_TIME)


def _reset(level: Literal["off", "gm", "gm2"]) -> Callable[[bytes, bool], Actions]:
    return lambda body, live: (Reset(level),) if not body else ()


def _of_14_bits(make: Callable[[int], Action]) -> Callable[[bytes, bool], Actions]:
    """Low seven bits first."""
    return lambda body, live: (make(body[0] | body[1] << 7),) if len(body) == 2 else ()


def _tuning(reader: mts.Reader) -> Callable[[bytes, bool], Actions]:
    def read(body: bytes, live: bool) -> Actions:
        change = reader(body, live)
        return () if change is None else (change,)

    return read


def _setting(name: str, value: float) -> Action:
    """Within the parameter's range."""
    low, high = _RANGES[name]
    return Setting(name, min(max(value, low), high))


def _volume(value: int) -> Action:
    """By the square law of all volumes (General MIDI 2)."""
    return _setting("volume", (value / (2 * HALF_14 - 1)) ** 2)


def _balance(value: int) -> Action:
    side = HALF_14 if value < HALF_14 else HALF_14 - 1  # both ends are whole
    return _setting("balance", (value - HALF_14) / side)


def _fine(value: int) -> Action:
    return MasterTuning(cents=100.0 * (value - HALF_14) / HALF_14)


def _coarse(value: int) -> Action:
    return MasterTuning(semitones=float((value >> 7) - 64))


# General MIDI 2: a kind of reverb has its time, a kind of chorus its rate and depth. How large a
# room is stands in no specification.
REVERBS: Final = {0: (44, 0.25), 1: (50, 0.4), 2: (56, 0.55), 3: (64, 0.6), 4: (64, 0.8),
                  8: (50, 0.5)}  # fmt: skip
CHORUSES: Final = {0: (3, 5), 1: (9, 19), 2: (3, 19), 3: (9, 16), 4: (2, 24), 5: (1, 5)}


def _reverb_time(value: int) -> Action:
    return _setting("reverb_time", math.exp(0.025 * (value - 40)))


def _chorus_rate(value: int) -> Action:
    return _setting("chorus_rate", 0.122 * value)


def _chorus_depth(value: int) -> Action:
    """To either side, where the specification counts from end to end."""
    return _setting("chorus_depth", (value + 1) / 3.2 / 2.0)


def _reverb(parameter: int, value: int) -> Actions:
    if parameter == 0 and value in REVERBS:
        time, size = REVERBS[value]
        return _setting("reverb_size", size), _reverb_time(time)
    return (_reverb_time(value),) if parameter == 1 else ()


def _chorus(parameter: int, value: int) -> Actions:
    if parameter == 0 and value in CHORUSES:
        rate, depth = CHORUSES[value]
        return _chorus_rate(rate), _chorus_depth(depth)
    if parameter == 1:
        return (_chorus_rate(value),)
    return (_chorus_depth(value),) if parameter == 2 else ()


EFFECTS: Final = {b"\x01\x01": _reverb, b"\x01\x02": _chorus}  # by their slot


def _global_parameters(body: bytes, live: bool) -> Actions:
    """Slot path, and pairs of parameter and value, each of one byte."""
    effect = EFFECTS.get(body[3:5])
    if body[:3] != b"\x01\x01\x01" or effect is None or len(body) % 2 == 0:
        return ()
    return tuple(action for at in range(5, len(body), 2) for action in effect(*body[at : at + 2]))


_RESETS: Final = "notes end; controllers, programs, tuning and volume are as at the start"
_NOW, _LATER = "sounding notes follow", "for new notes"


def _kinds() -> dict[tuple[int, int, int], Kind]:
    """By manufacturer and both sub-IDs."""
    late, now = NON_REAL_TIME, REAL_TIME
    dump, program = "tt name keys sum", "kept under a tuning program, "
    found = {
        (late, 9, 1): Kind("gm_on", "General MIDI on", _RESETS, "", _reset("gm")),
        (late, 9, 2): Kind("gm_off", "General MIDI off", _RESETS, "", _reset("off")),
        (late, 9, 3): Kind("gm2_on", "General MIDI 2 on", _RESETS, "", _reset("gm2")),
        (now, 4, 1): Kind("volume", "Master volume", "by the square law", "ll mm",
                          _of_14_bits(_volume)),
        (now, 4, 2): Kind("balance", "Master balance", "of left and right", "ll mm",
                          _of_14_bits(_balance)),
        (now, 4, 3): Kind("fine", "Master fine tuning", "a semitone to either side", "ll mm",
                          _of_14_bits(_fine)),
        (now, 4, 4): Kind("coarse", "Master coarse tuning", "semitones, mm 64 is none", "ll mm",
                          _of_14_bits(_coarse)),
        (now, 4, 5): Kind("effects", "Reverb and chorus (General MIDI 2)",
                          "type and time of the reverb; type, rate and depth of the chorus",
                          "01 01 01 01 ss pp vv", _global_parameters),
        (late, 8, 1): Kind("bulk", "Bulk tuning dump", program + _LATER, dump,
                           _tuning(mts.bulk_dump)),
        (late, 8, 4): Kind("bulk_bank", "Key-based tuning dump", program + _LATER, f"bb {dump}",
                           _tuning(mts.bulk_dump_of_bank)),
        (late, 8, 5): Kind("octave_dump_1", "Scale/octave tuning dump, 1 byte", program + _LATER,
                           "bb tt name steps sum", _tuning(mts.octave_dump_1)),
        (late, 8, 6): Kind("octave_dump_2", "Scale/octave tuning dump, 2 bytes", program + _LATER,
                           "bb tt name steps sum", _tuning(mts.octave_dump_2)),
        (now, 8, 2): Kind("notes", "Single note tuning", program + _NOW, "tt ll keys",
                          _tuning(mts.single_notes)),
    }  # fmt: skip
    for manufacturer, does, suffix in ((now, _NOW, ""), (late, _LATER, "_later")):
        found |= {
            (manufacturer, 8, 7): Kind(
                f"notes_bank{suffix}", "Single note tuning, with a bank", program + does,
                "bb tt ll keys", _tuning(mts.single_notes_of_bank)),
            (manufacturer, 8, 8): Kind(
                f"octave_1{suffix}", "Scale/octave tuning, 1 byte", f"cents of 12 steps, {does}",
                "ff gg hh steps", _tuning(mts.octave_1)),
            (manufacturer, 8, 9): Kind(
                f"octave_2{suffix}", "Scale/octave tuning, 2 bytes", f"cents of 12 steps, {does}",
                "ff gg hh steps", _tuning(mts.octave_2)),
        }  # fmt: skip
    return found


KINDS: Final = _kinds()
