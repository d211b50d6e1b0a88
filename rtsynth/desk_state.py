"""What a desk is set to as plain JSON values, and back: what presets keep."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rtsynth.errors import RtsynthError
from rtsynth.layers import Layer, check_layers, read_layer, write_layer
from rtsynth.messages import CHANNELS
from rtsynth.metadata import DIRECTIONS
from rtsynth.parameters import PARAMETERS, parameter
from rtsynth.timbres import Turns
from rtsynth.turns import TURNS

MOMENTARY: Final = ("pedals",)  # groups that no preset keeps: what a foot holds down now
NUMBERS: Final = frozenset(str(channel + 1) for channel in range(CHANNELS))
FIELDS: Final = ("parameters", "channels", "tuning", "learned")
Values = dict[tuple[str, int], float]  # by name and channel (0 where there is one for all)


@dataclass(frozen=True)
class State:
    """What is not as at the start."""

    values: Values = field(default_factory=dict)
    layers: dict[int, tuple[Layer, ...]] = field(default_factory=dict)  # by channel
    tuning: Any = None  # the tuner's own; None: as at the start
    learned: Any = None  # the learned controllers' own; None: they stay


def timbres_of(data: Any) -> list[tuple[str, Turns]]:
    """Timbres that a state names, as typed, and how each is turned; none where it is wrong."""
    with contextlib.suppress(RtsynthError):
        state = read_state(data)
        return [(layer.timbre, turns_of(state.values, channel))
                for channel, layers in state.layers.items() for layer in layers]  # fmt: skip
    return []


def write_state(state: State) -> dict[str, Any]:
    """Plain values; channels are counted from 1, as musicians do."""
    channels: dict[str, Any] = {}
    for channel in range(CHANNELS):
        found: dict[str, Any] = {}
        if channel in state.layers:
            found["layers"] = [write_layer(layer) for layer in state.layers[channel]]
        values = _of_channel(state.values, channel, of_channel=True)
        if values:
            found["parameters"] = values
        if found:
            channels[str(channel + 1)] = found
    whole: dict[str, Any] = {"parameters": _of_channel(state.values, 0, of_channel=False),
                             "channels": channels, "tuning": state.tuning,
                             "learned": state.learned}  # fmt: skip
    return {name: value for name, value in whole.items() if value}


def read_state(data: Any) -> State:
    """A state from plain values.

    Raises:
        RtsynthError: it is wrong, in words that name the field.
    """
    _object(data, "the state")
    for name in data:
        if name not in FIELDS:
            raise RtsynthError(f"the state has no field '{name}': one of {', '.join(FIELDS)}")
    values = _values(data.get("parameters", {}), "parameters", None)
    layers: dict[int, tuple[Layer, ...]] = {}
    for number, found in _object(data.get("channels", {}), "channels").items():
        if number not in NUMBERS:
            raise RtsynthError(f"channels: there is no channel '{number}': 1 to {CHANNELS}")
        channel, what = int(number) - 1, f"channel {number}"
        for name in _object(found, what):
            if name not in ("layers", "parameters"):
                raise RtsynthError(f"{what}: no field '{name}': layers or parameters")
        values |= _values(found.get("parameters", {}), what, channel)
        if "layers" in found:
            layers[channel] = _layers(found["layers"], what)
    return State(values, layers, data.get("tuning"), data.get("learned"))


def turns_of(values: Mapping[tuple[str, int], float], channel: int) -> Turns:
    """How far a channel's timbres are turned along each of DIRECTIONS, as its controllers tell."""
    turning = [PARAMETERS[name] for name in DIRECTIONS]
    return tuple(TURNS[p.number][1](p.to_midi(values.get((p.name, channel), p.default)))
                 for p in turning)  # fmt: skip


def _of_channel(values: Mapping[tuple[str, int], float], channel: int,
                of_channel: bool) -> dict[str, float]:  # fmt: skip
    return {name: value for (name, each), value in values.items()
            if each == channel and PARAMETERS[name].of_channel is of_channel}  # fmt: skip


def _object(data: Any, what: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise RtsynthError(f"{what}: not an object")
    return data


def _values(data: Any, what: str, channel: int | None) -> Values:
    """Parameters by name, of a channel (None: of all)."""
    found: Values = {}
    for name, value in _object(data, what).items():
        known = parameter(name)
        if known.of_channel is (channel is None):
            owner = "a channel's" if known.of_channel else "no channel's"
            raise RtsynthError(f"{what}: {name} is {owner} parameter")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RtsynthError(f"{what}: {name} is {value!r}, not a number")
        if not known.low <= value <= known.high:  # what is not a number lies nowhere
            raise RtsynthError(f"{what}: {name} is {value}, not {known.low:g} to {known.high:g}")
        found[name, channel or 0] = float(value)
    return found


def _layers(data: Any, what: str) -> tuple[Layer, ...]:
    if not isinstance(data, list):
        raise RtsynthError(f"{what}: layers: not a list")
    found = tuple(read_layer(each, f"{what}, layer {i}") for i, each in enumerate(data, 1))
    try:
        check_layers(found)
    except RtsynthError as error:
        raise RtsynthError(f"{what}: {error}") from error
    return found
