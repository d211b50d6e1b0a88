"""What a host can automate: every parameter of the desk, where the timbre lies, the program."""

from dataclasses import dataclass, replace
from typing import Final

from rtsynth import _core
from rtsynth.parameters import PARAMETERS, Parameter, core_name

TIMBRE_X, TIMBRE_Y, PROGRAM = "timbre_x", "timbre_y", "program"
# What a host knows a parameter by is its place in here, counted from 1, and stays so in projects:
# new ones go to the end, and one that is gone leaves its name behind.
IDS: Final = (
    "gain", TIMBRE_X, TIMBRE_Y, PROGRAM, "bright", "hard", "breathy", "long",
    "volume", "expression", "pan", "width", "reverb_send", "chorus_send",
    "modulation", "vibrato_rate", "vibrato_depth", "vibrato_delay",
    "sustain", "sostenuto", "soft", "glide", "glide_time", "legato", "mono",
    "bend_range", "fine_tune", "transpose",
    "pressure_turn", "pressure_tilt", "pressure_gain", "pressure_vibrato", "bright_tilt",
    "master_volume", "balance", "reference", "stretch", "touch", "fixed_velocity",
    "reverb_time", "reverb_size", "reverb_damping", "reverb_delay", "reverb_level",
    "chorus_rate", "chorus_depth", "chorus_level",
)  # fmt: skip
# On the page a label stands below its group's title; in a host it stands alone.
_LABELS: Final = {"reverb_send": "Reverb send", "chorus_send": "Chorus send"}
_GROUPS_IN_LABELS: Final = ("reverb", "chorus")


@dataclass(frozen=True)
class HostParameter:
    """A parameter as a host sees it; those of channels are channel 1's.

    Attributes:
        id: what projects know it by.
        known: its name, range and home. A label is unique among all.
        number: of the controller or registered parameter, or its place in the core's parameters.
    """

    id: int
    known: Parameter
    number: int


def _own() -> dict[str, Parameter]:
    """Those that the desk has no parameter for."""
    p = Parameter
    found = [
        p(TIMBRE_X, "Timbre, across the map", "timbre", 0, 1, 0.5, "", "desk"),
        p(TIMBRE_Y, "Timbre, down the map", "timbre", 0, 1, 0.5, "", "desk"),
        p(PROGRAM, "Program", "timbre", 0, 127, 0, "", "desk", whole=True),
    ]
    return {each.name: each for each in found}


def _made() -> tuple[HostParameter, ...]:
    core = [name for name, *_ in _core.PARAMETERS]
    everything = {**PARAMETERS, **_own()}
    found = []
    for place, name in enumerate(IDS, 1):
        known = everything.get(name)
        if known is not None:
            number = core.index(core_name(known)) if known.home == "core" else known.number
            found.append(HostParameter(place, replace(known, label=_label(known)), number))
    return tuple(found)


def _label(known: Parameter) -> str:
    label = _LABELS.get(known.name, known.label)
    if known.group in _GROUPS_IN_LABELS:
        return f"{known.group.capitalize()} {label[0].lower()}{label[1:]}"
    return label


HOST_PARAMETERS: Final = _made()
PLACES: Final = {each.known.name: place for place, each in enumerate(HOST_PARAMETERS)}
