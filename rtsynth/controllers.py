"""Parameters as MIDI messages, there and back."""

from typing import Final

from rtsynth.messages import CC_MONO, CC_POLY, CC_RESET, CONTROL, Message
from rtsynth.parameters import PARAMETERS, Parameter, parameter
from rtsynth.registered import Data, Registered, setting
from rtsynth.turns import TURNS

BEND_RANGE, FINE_TUNE, TRANSPOSE = 0, 1, 2  # registered parameters
FINE_CENTRE: Final = 8192
# What controller 121 brings back (recommended practice RP-015, and the directions of the timbre).
RESET: Final = ("modulation", "expression", "sustain", "sostenuto", "soft", "glide", "legato",
                "bright", "hard", "breathy", "long")  # fmt: skip
_OF_CONTROLLER: Final = {p.number: p for p in PARAMETERS.values() if p.home == "cc"}
_OF_REGISTERED: Final = {p.number: p for p in PARAMETERS.values() if p.home == "rpn"}

Value = tuple[str, float]  # of a parameter of the message's channel


def messages_of(known: Parameter, value: float, channel: int) -> list[Message]:
    """What sets a parameter of homes cc, rpn and turn, or the choice of mono, on a channel."""
    status = CONTROL | channel
    if known.name == "mono":
        return [(status, CC_MONO, 1) if value else (status, CC_POLY, 0)]
    if known.home == "rpn":
        return setting(channel, known.number, *_data_of(known.number, value))
    return [(status, known.number, known.to_midi(value))]


def _data_of(number: int, value: float) -> tuple[int, int]:
    """Both data bytes of a registered parameter's value."""
    if number == BEND_RANGE:  # semitones and cents
        cents = round(100.0 * value)
        return cents // 100, cents % 100
    if number == TRANSPOSE:
        return round(value) + 64, 0
    fine = min(FINE_CENTRE + round(value / 100.0 * FINE_CENTRE), 2 * FINE_CENTRE - 1)
    return fine >> 7, fine & 0x7F


def parameter_of(controller: int) -> Parameter | None:
    """The parameter that a controller moves of itself."""
    if controller in TURNS:
        return parameter(TURNS[controller][0])
    return _OF_CONTROLLER.get(controller)


class Followed:
    """What controllers that were played set parameters to."""

    def __init__(self) -> None:
        self._registered = Registered()

    def follow(self, message: Message) -> list[Value]:
        """Parameters of the message's channel that it moves."""
        data = self._registered.follow(message)
        if data is not None and data.number in _OF_REGISTERED:
            known = _OF_REGISTERED[data.number]
            return [(known.name, known.clamped(_value_of(data)))]
        status, controller, value = message
        if status & 0xF0 != CONTROL:
            return []
        if controller in TURNS:
            name, amount = TURNS[controller]
            return [(name, amount(value))]
        if controller in _OF_CONTROLLER:
            known = _OF_CONTROLLER[controller]
            return [(known.name, known.from_midi(value))]
        if controller == CC_RESET:
            return [(name, parameter(name).default) for name in RESET]
        if controller in (CC_MONO, CC_POLY):
            return [("mono", float(controller == CC_MONO))]
        return []


def _value_of(data: Data) -> float:
    if data.number == BEND_RANGE:
        return data.msb + min(data.lsb, 99) / 100.0
    if data.number == TRANSPOSE:
        return data.msb - 64
    return ((data.msb << 7 | data.lsb) - FINE_CENTRE) / FINE_CENTRE * 100.0
