"""The mixing desk: every parameter in one place, for the page, OSC, learned knobs and presets.

The desk holds what is set and tells who listens; what carries a value out is the parameter's home.
What MIDI itself moves (a keyboard's controllers) comes to the desk by `follow`.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.parameters import PARAMETERS, parameter
from rtsynth.slots import CHANNELS, Message


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


@dataclass(frozen=True)
class Change:
    """A value that moved; `name` "timbre", "layers" or "preset": ask the desk what it is now."""

    name: str
    channel: int
    value: float


Heard = Callable[[Change], None]
MOST_LAYERS: Final = 4


class Desk:
    """All parameters of one engine. Thread: any, one at a time gets in."""

    def __init__(self, engine: Engine, controls: Controls) -> None:
        self._engine = engine
        self._controls = controls
        self._lock = threading.RLock()
        self._values = {
            (name, channel): p.default
            for name, p in PARAMETERS.items()
            for channel in (range(CHANNELS) if p.of_channel else (0,))
        }
        self._heard: list[Heard] = []

    def get(self, name: str, channel: int = 0) -> float:
        """What a parameter is set to.

        Raises:
            RtsynthError: there is none of that name.
        """
        known = parameter(name)
        return self._values[name, channel if known.of_channel else 0]

    def set(self, name: str, value: float, channel: int = 0) -> float:
        """Move a parameter; returns what it is set to, which lies in its range.

        Raises:
            RtsynthError: there is none of that name, or the value is not a number.
        """
        raise NotImplementedError

    def timbre(self, channel: int = 0) -> str:
        """What a channel plays (its layer 0), as a user would type it."""
        raise NotImplementedError

    def set_timbre(self, text: str, channel: int = 0) -> None:
        """Let a channel play a preset, a morph or a draw (`timbres.choose`); held notes ring out.

        Raises:
            RtsynthError: it names nothing, or nothing that can be made.
        """
        raise NotImplementedError

    def layers(self, channel: int = 0) -> tuple[Layer, ...]:
        """A channel's layers, one at least."""
        raise NotImplementedError

    def set_layers(self, layers: tuple[Layer, ...], channel: int = 0) -> None:
        """Split or layer a channel.

        Raises:
            RtsynthError: none or more than MOST_LAYERS, or one is wrong.
        """
        raise NotImplementedError

    def play(self, message: Message) -> bool:
        """Play a channel message that arrives now, as from a keyboard. False: it was refused."""
        raise NotImplementedError

    def follow(self, message: Message) -> None:
        """Keep up with a message that was played, wherever it came from."""
        raise NotImplementedError

    def panic(self) -> None:
        """Silence everything at once; no note is held afterwards."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """Everything that is not as at the start, as a preset keeps it: plain JSON values."""
        raise NotImplementedError

    def load(self, state: dict[str, Any]) -> None:
        """Set everything as a state says; what it does not name is as at the start.

        Raises:
            RtsynthError: it is wrong, in words that name the field; nothing has changed.
        """
        raise NotImplementedError

    def listen(self, heard: Heard) -> Callable[[], None]:
        """Tell of every change from now on; returns what ends it. `heard` must not wait."""
        with self._lock:
            self._heard.append(heard)
        return lambda: self._heard.remove(heard)
