"""Every parameter a player can move, whoever moves it: what it is called, its range, its home."""

from dataclasses import dataclass
from typing import Final, Literal

from rtsynth import _core
from rtsynth.errors import RtsynthError
from rtsynth.messages import centred

Home = Literal["cc", "rpn", "core", "turn", "desk"]


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    Attributes:
        name: as presets, OSC and the page write it.
        label: for people.
        group: what it stands beside on the page.
        low, high, default: its range in `unit`.
        home: who carries it out: a MIDI controller of the channel (cc), a registered parameter
            (rpn), the core (core), a direction of the timbre space (turn), or the desk itself.
        number: of the controller or registered parameter.
        of_channel: each of the 16 channels has its own.
        switch: only 0 and 1 mean something.
        whole: only whole numbers do.
    """

    name: str
    label: str
    group: str
    low: float
    high: float
    default: float
    unit: str
    home: Home
    number: int = 0
    of_channel: bool = True
    switch: bool = False
    whole: bool = False

    def clamped(self, value: float) -> float:
        """The value within the range.

        Raises:
            RtsynthError: it is not a number.
        """
        if value != value:
            raise RtsynthError(f"{self.name}: not a number")
        inside = float(min(max(value, self.low), self.high))
        if self.switch:
            return float(inside >= 0.5)
        return float(round(inside)) if self.whole else inside

    def to_midi(self, value: float) -> int:
        """The data byte of the controller that means a value."""
        if self.switch:
            return 127 if value >= 0.5 else 0
        return round(64.0 + 63.0 * value if self.low < 0.0 else 127.0 * value)

    def from_midi(self, data: int) -> float:
        """The value that a data byte of the controller means."""
        if self.switch:
            return float(data >= 64)
        return centred(data) if self.low < 0.0 else data / 127.0

    def at(self, part: float) -> float:
        """The value at a part (0..1) of the range: where a knob stands."""
        return self.low + min(max(part, 0.0), 1.0) * (self.high - self.low)

    def part(self, value: float) -> float:
        """Where a value lies in the range, 0..1."""
        return (value - self.low) / (self.high - self.low)


def _controllers() -> list[Parameter]:
    p = Parameter
    return [
        p("volume", "Volume", "channel", 0, 1, 100 / 127, "", "cc", 7),
        p("expression", "Expression", "channel", 0, 1, 1, "", "cc", 11),
        p("pan", "Pan", "channel", -1, 1, 0, "", "cc", 10),
        p("reverb_send", "Reverb", "channel", 0, 1, 0, "", "cc", 91),
        p("chorus_send", "Chorus", "channel", 0, 1, 0, "", "cc", 93),
        p("modulation", "Vibrato", "expression", 0, 1, 0, "", "cc", 1),
        p("vibrato_rate", "Vibrato rate", "expression", -1, 1, 0, "", "cc", 76),
        p("vibrato_depth", "Vibrato depth", "expression", -1, 1, 0, "", "cc", 77),
        p("vibrato_delay", "Vibrato delay", "expression", -1, 1, 0, "", "cc", 78),
        p("sustain", "Sustain pedal", "pedals", 0, 1, 0, "", "cc", 64),
        p("sostenuto", "Sostenuto pedal", "pedals", 0, 1, 0, "", "cc", 66, switch=True),
        p("soft", "Soft pedal", "pedals", 0, 1, 0, "", "cc", 67),
        p("glide", "Glide", "expression", 0, 1, 0, "", "cc", 65, switch=True),
        p("glide_time", "Glide time", "expression", 0, 1, 0, "", "cc", 5),
        p("legato", "Legato", "expression", 0, 1, 0, "", "cc", 68, switch=True),
        p("mono", "One note at a time", "expression", 0, 1, 0, "", "desk", switch=True),
        p("bright", "Bright", "timbre", -1, 1, 0, "", "turn", 74),
        p("hard", "Hard", "timbre", -1, 1, 0, "", "turn", 17),
        p("breathy", "Breathy", "timbre", -1, 1, 0, "", "turn", 18),
        p("long", "Long", "timbre", -1, 1, 0, "", "turn", 72),
        p("bend_range", "Bend range", "pitch", 0, 96, 2, "semitones", "rpn", 0),
        p("fine_tune", "Fine tuning", "pitch", -100, 100, 0, "cents", "rpn", 1),
        p("transpose", "Transposition", "pitch", -64, 63, 0, "semitones", "rpn", 2, whole=True),
        p("pressure_turn", "Aftertouch: towards bright", "expression", -1, 1, 0.5, "", "desk"),
        p("gain", "Gain", "master", -60, 24, 0, "dB", "desk", of_channel=False),
        p("reference", "Concert pitch", "master", 392, 494, 440, "Hz", "desk", of_channel=False),
        p("stretch", "Stretched octaves", "master", 0, 1, 0, "", "desk", of_channel=False),
        p("touch", "Touch: light to heavy", "master", -1, 1, 0, "", "desk", of_channel=False),
        p(
            "fixed_velocity",
            "Fixed velocity",
            "master",
            0,
            127,
            0,
            "",
            "desk",
            of_channel=False,
            whole=True,
        ),
    ]


# Group, label and unit of the core's parameters, whose ranges are the core's.
_CORE: Final[dict[str, tuple[str, str, str]]] = {
    "width": ("channel", "Stereo width", ""),
    "pressure_tilt": ("expression", "Aftertouch: brightness", "dB an octave"),
    "pressure_gain": ("expression", "Aftertouch: loudness", "dB"),
    "pressure_vibrato": ("expression", "Aftertouch: vibrato", "semitones"),
    "bright_tilt": ("expression", "Controller 74: brightness at once", "dB an octave"),
    "volume": ("master", "Master volume", ""),
    "reverb_time": ("reverb", "Time", "s"),
    "reverb_size": ("reverb", "Size", ""),
    "reverb_damping": ("reverb", "Damping", ""),
    "reverb_delay": ("reverb", "Delay before", "ms"),
    "reverb_level": ("reverb", "Level", ""),
    "chorus_rate": ("chorus", "Rate", "Hz"),
    "chorus_depth": ("chorus", "Depth", "ms"),
    "chorus_level": ("chorus", "Level", ""),
    "balance": ("master", "Balance", ""),
}
CORE_NAMES: Final = {"volume": "master_volume"}  # a channel has a volume, too


def _of_core() -> list[Parameter]:
    found = []
    for name, low, high, preset, of_channel in _core.PARAMETERS:
        group, label, unit = _CORE[name]
        ours = CORE_NAMES.get(name, name)
        found.append(Parameter(ours, label, group, low, high, preset, unit, "core",
                               of_channel=of_channel))  # fmt: skip
    return found


def core_name(known: Parameter) -> str:
    """What the core calls a parameter of its own."""
    return next((name for name, ours in CORE_NAMES.items() if ours == known.name), known.name)


PARAMETERS: Final[dict[str, Parameter]] = {p.name: p for p in [*_controllers(), *_of_core()]}


def parameter(name: str) -> Parameter:
    """A parameter by its name.

    Raises:
        RtsynthError: there is none.
    """
    found = PARAMETERS.get(name)
    if found is None:
        raise RtsynthError(f"no parameter '{name}': one of {', '.join(PARAMETERS)}")
    return found
