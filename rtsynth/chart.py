"""The MIDI chart: every message that means something here, made from the tables that the code uses.

`rtsynth chart` prints it, docs/midi-chart.md keeps it, and tests/test_chart.py plays every row and
listens.
"""

from dataclasses import dataclass
from typing import Final

from rtsynth import _core
from rtsynth.slots import DRUM_BANKS
from rtsynth.sysex import KINDS
from rtsynth.tuning.tuner import RPN_BANK, RPN_PROGRAM
from rtsynth.turns import TURNS


@dataclass(frozen=True)
class Row:
    """One line of the chart.

    Attributes:
        name: of its test.
        group: the table it stands in.
        message: its bytes, n is the channel.
        what: what the message is called.
        does: what it does here.
        first: its value at the start and after a General MIDI reset; empty: it has none.
        resets: controller 121 brings that value back.
    """

    name: str
    group: str
    message: str
    what: str
    does: str
    first: str = ""
    resets: bool = False


# What the core's controllers do; what they are called and where they begin, the core says itself.
_DOES: Final[dict[int, str]] = {
    1: "vibrato, as deep as RPN 5 says at 127",
    5: "time of a glide from key to key, 5 ms to 5 s",
    6: "sets the chosen registered parameter",
    7: "level by the square law: 40 log10(value / 127) dB",
    10: "0 left, 64 middle, 127 right",
    11: "level by the square law, times the volume",
    64: "notes ring on while it is down; half way (32 to 96) dampers touch lightly",
    65: "from 64 on notes glide from the key before",
    66: "from 64 on holds the keys that are down just then",
    67: "softer and darker, the further down",
    68: "from 64 on one note at a time, and a note that is bound to another is not struck anew",
    74: "turns the timbre along 'bright', and tilts the spectrum at once",
    76: "speed of the vibrato, 64: 5.5 Hz",
    77: "depth of the vibrato beside controller 1",
    78: "time from a note's beginning to its vibrato",
    84: "the next note glides from this key",
    91: "how much goes to the reverb",
    93: "how much goes to the chorus",
    96: "the chosen registered parameter a step up",
    97: "the chosen registered parameter a step down",
    98: "chooses a parameter that means nothing here: data entry is passed over",
    99: "the same",
    100: "chooses a registered parameter, with 101; 127 and 127: none",
    101: "the same",
    120: "silence within 5 ms, whatever the pedals do",
    121: "marked controllers, bend, pressure and turned timbres are as at the start",
    123: "all keys are let go; pedals hold on",
    124: "as 123; channels stay as they are",
    125: "as 123; channels stay as they are",
    126: "as 123, then one note at a time",
    127: "as 123, then as many notes as are played",
}
_NOTES: Final = (
    Row("note on", "Notes", "9n kk vv", "Note on", "begins a note at its own sample"),
    Row("velocity", "Notes", "9n kk vv", "Velocity", "loudness by the square law, and timbre"),
    Row("note off", "Notes", "8n kk vv", "Note off", "lets go of a note"),
    Row("note on 0", "Notes", "9n kk 00", "Note on with velocity 0", "lets go of a note"),
    Row("release velocity", "Notes", "8n kk vv", "Release velocity",
        "how fast the note ends; 64 is its own way", "64"),
    Row("running status", "Notes", "kk vv", "Running status", "the status byte before holds"),
    Row("channels", "Notes", "9n kk vv", "16 channels",
        "each has its own timbre, controllers and tuning; channel 10 (drums) is silent, except as "
        "a member of an MPE zone"),
    Row("key pressure", "Notes", "An kk vv", "Polyphonic aftertouch",
        "louder, brighter, or with vibrato: one note"),
    Row("pressure", "Notes", "Dn vv", "Channel aftertouch",
        "louder, brighter, or with vibrato; turns the timbre towards bright", "0", True),
    Row("bend", "Notes", "En ll mm", "Pitch bend", "by the range of RPN 0, both ways", "64 0",
        True),
    Row("program", "Notes", "Cn pp", "Program change",
        "the timbre of this General MIDI program; held notes keep theirs"),
    Row("cc 0", "Notes", "Bn 00 vv", "Bank select",
        "with the next program change: "
        f"{', '.join(map(str, sorted(DRUM_BANKS)))}: drums, the channel is silent; "
        "all others are variations of the same programs", "0"),
    Row("cc 32", "Notes", "Bn 20 vv", "Bank select, low byte", "no bank differs by it", "0"),
)  # fmt: skip
_REGISTERED: Final = (
    (0, "Bend range", "semitones and cents, 0 to 96", "2 0"),
    (1, "Fine tuning", "14 bits, a semitone down to a semitone up", "64 0"),
    (2, "Coarse tuning", "semitones, 64 is none", "64"),
    (RPN_PROGRAM, "Tuning program", "of the MIDI Tuning Standard, for new notes", "0"),
    (RPN_BANK, "Tuning bank", "of the MIDI Tuning Standard, for new notes", "0"),
    (5, "Vibrato range", "semitones and 128ths, at full modulation", "0 64"),
    (6, "MPE configuration", "on channel 1 or 16: how many channels are members of its zone", "0"),
)
_ZONES: Final = (
    ("mpe lower zone", "B0 65 00, B0 64 06, B0 06 vv", "Lower zone",
     "channel 1 leads channels 2, 3, ...: their notes have its timbre, volume and pedals"),
    ("mpe upper zone", "BF 65 00, BF 64 06, BF 06 vv", "Upper zone",
     "channel 16 leads channels 15, 14, ..."),
    ("mpe bend", "En ll mm", "Member's bend",
     "48 semitones unless RPN 0 says else; the manager's is added"),
    ("mpe bend range", "Bn 65 00, Bn 64 00, Bn 06 vv", "Member's RPN 0",
     "holds for all members of the zone"),
    ("mpe pressure", "Dn vv", "Member's aftertouch",
     "its notes alone, at once, and their timbre within 50 ms"),
    ("mpe slide", "Bn 4A vv", "Member's controller 74", "the same"),
    ("mpe manager", "B0 .., BF ..", "Manager's controllers", "hold for the notes of all members"),
)  # fmt: skip
_SYSTEM: Final = (
    ("real time", "F8 .. FF", "Clock, start, stop, active sensing, reset",
     "tolerated anywhere, inside of other messages too"),
    ("common", "F1 .. F6", "Time code, song position, tune request", "passed over"),
    ("sysex other", "F0 .. F7", "All other system exclusive",
     "passed over, however long, and where it is cut"),
)  # fmt: skip


def rows() -> list[Row]:
    """The whole chart.

    Raises:
        KeyError: the core knows a controller that has no words here.
    """
    found = [*_NOTES, *_controllers()]
    for number, what, does, first in _REGISTERED:
        found.append(
            Row(f"rpn {number}", "Registered parameters",
                f"Bn 65 00, Bn 64 {number:02X}, Bn 06 vv", what, does, first)
        )  # fmt: skip
    found += [Row(name, "MPE", message, what, does) for name, message, what, does in _ZONES]
    for (manufacturer, group, number), kind in KINDS.items():
        message = f"F0 {manufacturer:02X} id {group:02X} {number:02X} {kind.form} F7"
        found.append(Row(f"sysex {kind.name}", "System", " ".join(message.split()), kind.what,
                         kind.does))  # fmt: skip
    found += [Row(name, "System", message, what, does) for name, message, what, does in _SYSTEM]
    return found


def _controllers() -> list[Row]:
    """What the core carries out, its low bytes, and what turns timbres."""
    found: dict[int, Row] = {}
    for number, name, preset, resets, low in _core.CONTROLLERS:
        first = "" if preset is None else str(preset)
        found[number] = _controller(number, name.capitalize(), _DOES[number], first, resets)
        if low is not None:
            what = f"{name.capitalize()}, low byte"
            found[low] = _controller(low, what, f"14 bits with {number}", "0", resets)
    for number, (direction, amount) in TURNS.items():
        if number not in found:
            way = " (backwards)" if amount(0) > amount(127) else ""
            neutral = next(value for value in (0, 64) if amount(value) == 0.0)
            found[number] = _controller(number, _TURN_NAMES[number],
                                        f"turns the timbre along '{direction}'{way}",
                                        str(neutral), True)  # fmt: skip
    return [found[number] for number in sorted(found)]


_TURN_NAMES: Final = {2: "Breath", 16: "General purpose 1", 17: "General purpose 2",
                      18: "General purpose 3", 19: "General purpose 4",
                      71: "Harmonic intensity", 72: "Release time", 73: "Attack time"}  # fmt: skip


def _controller(number: int, what: str, does: str, first: str, resets: bool) -> Row:
    message = f"Bn {number:02X} vv"
    return Row(f"cc {number}", "Controllers", message, f"{number} {what}", does, first, resets)


def text() -> str:
    """The chart as Markdown, with a newline at its end."""
    lines = [
        "# The MIDI chart",
        "",
        "Made by `rtsynth chart` from the tables that the code uses; every row has a test that",
        "plays it and listens (`tests/test_chart.py`). Bytes are hexadecimal, n is the channel,",
        "values are decimal. *First*: the value at the start and after a General MIDI reset; with",
        "an asterisk controller 121 brings it back.",
    ]
    everything = rows()
    for group in dict.fromkeys(row.group for row in everything):
        lines += ["", f"## {group}", "", "| Message | Bytes | What it does | First |",
                  "| --- | --- | --- | --- |"]  # fmt: skip
        for row in (each for each in everything if each.group == group):
            first = row.first + (" *" if row.resets else "")
            lines.append(f"| {row.what} | {row.message} | {row.does} | {first} |")
    return "\n".join(lines) + "\n"
