"""What the desk's parameters are set to, and who hears of what moves."""

from collections.abc import Callable
from dataclasses import dataclass

from rtsynth.desk_state import MOMENTARY, Values
from rtsynth.errors import RtsynthError
from rtsynth.listeners import Listeners
from rtsynth.messages import CHANNELS
from rtsynth.parameters import PARAMETERS, Parameter, parameter


@dataclass(frozen=True)
class Change:
    """A value that moved.

    "timbre", "layers", "tuning", "preset" and "learned" say: ask the desk what it is now.
    """

    name: str
    channel: int
    value: float
    played: bool = False  # by messages, and not set: a host's reset takes it back


Heard = Callable[[Change], None]


class DeskValues:
    """All parameters as at the start. Thread: any; who sets, one at a time.

    Attributes:
        all: what they are.
        standing: what they were set to, whatever is played.
    """

    def __init__(self) -> None:
        self.all: Values = {
            (name, channel): p.default
            for name, p in PARAMETERS.items()
            for channel in (range(CHANNELS) if p.of_channel else (0,))
        }
        self.standing: Values = dict(self.all)
        self._listeners = Listeners[[Change]]()

    def get(self, name: str, channel: int) -> float:
        """What a parameter is set to.

        Raises:
            RtsynthError: there is none of that name, or no such channel.
        """
        return self.all[name, place_of(parameter(name), channel)]

    def keep(self, name: str, channel: int, value: float, played: bool = True) -> None:
        """Write a value down that was played, and tell of it if it is another one."""
        if self.all[name, channel] != value:
            self.all[name, channel] = value
            self.tell(name, channel, value, played)

    def changed(self, played: bool = True) -> Values:
        """Those that are not as at the start, but for what is of the moment; or that stand so."""
        found = self.all if played else self.standing
        return {(name, channel): value for (name, channel), value in found.items()
                if PARAMETERS[name].group not in MOMENTARY
                and value != PARAMETERS[name].default}  # fmt: skip

    def tell(self, name: str, channel: int, value: float, played: bool = False) -> None:
        """Tell who listens."""
        self._listeners.tell(Change(name, channel, value, played))

    def listen(self, heard: Heard) -> Callable[[], None]:
        """Tell of every change from now on; returns what ends it."""
        return self._listeners.add(heard)


def known_channel(channel: int) -> int:
    """A channel that there is. Raises RtsynthError where it is none."""
    if not 0 <= channel < CHANNELS:
        raise RtsynthError(f"there is no channel {channel + 1}: 1 to {CHANNELS}")
    return channel


def place_of(known: Parameter, channel: int) -> int:
    """The channel of which a parameter's value is kept: 0 where there is one for all."""
    return known_channel(channel) if known.of_channel else 0
