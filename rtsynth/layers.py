"""Layers of a channel: which timbres sound where on the keyboard, and how they are mixed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from rtsynth.errors import RtsynthError

MOST_LAYERS: Final = 4
MOST_TRANSPOSE: Final = 48  # semitones
LEAST_GAIN_DB: Final = -60.0
MOST_GAIN_DB: Final = 24.0
MOST: Final = 1e9  # a larger number is none of ours


@dataclass(frozen=True)
class Layer:
    """One sound of a channel: where on the keyboard it is and how it is mixed.

    Layer 0's timbre is the channel's own, which program changes choose. A split is two layers
    side by side.
    """

    timbre: str  # as typed: a name, a morph, random:SEED
    low: int = 0  # keys as played, both ends included
    high: int = 127
    low_velocity: int = 1
    high_velocity: int = 127
    transpose: int = 0  # semitones
    gain_db: float = 0.0
    pan: float = 0.0  # -1..1, added to the channel's

    def mix(self) -> tuple[float, ...]:
        """Fields 1..7 of `Engine.set_layer`."""
        gain = 10.0 ** (self.gain_db / 20.0)
        return (self.low, self.high, self.low_velocity, self.high_velocity, self.transpose, gain,
                self.pan)  # fmt: skip


_RANGES: Final[dict[str, tuple[float, float]]] = {
    "low": (0, 127),
    "high": (0, 127),
    "low_velocity": (1, 127),
    "high_velocity": (1, 127),
    "transpose": (-MOST_TRANSPOSE, MOST_TRANSPOSE),
    "gain_db": (LEAST_GAIN_DB, MOST_GAIN_DB),
    "pan": (-1, 1),
}


def check_layers(layers: Sequence[Layer]) -> None:
    """Refuse layers that cannot be.

    Raises:
        RtsynthError: none or more than MOST_LAYERS, or one is wrong.
    """
    if not 1 <= len(layers) <= MOST_LAYERS:
        raise RtsynthError(f"a channel has 1 to {MOST_LAYERS} layers, not {len(layers)}")
    for number, layer in enumerate(layers, 1):
        for name, (low, high) in _RANGES.items():
            value = getattr(layer, name)
            if not low <= value <= high:  # what is not a number lies nowhere
                raise RtsynthError(f"layer {number}: {name} is {value:g}, not {low:g} to {high:g}")
        if layer.low > layer.high or layer.low_velocity > layer.high_velocity:
            raise RtsynthError(f"layer {number} ends before it begins")


def read_layer(data: Any, what: str) -> Layer:
    """A layer from plain values, as write_layer() gives them.

    Raises:
        RtsynthError: it is wrong, in words that begin with `what`.
    """
    if not isinstance(data, dict) or not isinstance(data.get("timbre"), str):
        raise RtsynthError(f"{what} has no timbre")
    known = {field.name: field.type for field in fields(Layer)}
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name not in known:
            raise RtsynthError(f"{what}: no field '{name}'")
        if name != "timbre" and not _is_number(value, whole=known[name] is int):
            raise RtsynthError(f"{what}: {name} is {value!r}, not a number")
        values[name] = value
    return Layer(**values)


def write_layer(layer: Layer) -> dict[str, Any]:
    """A layer as plain values: its timbre, and what is not as in a new one."""
    new = asdict(Layer(layer.timbre))
    return {name: value for name, value in asdict(layer).items()
            if name == "timbre" or value != new[name]}  # fmt: skip


def _is_number(value: Any, whole: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < MOST:
        return False
    return not whole or value == int(value)
