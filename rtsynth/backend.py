"""What every way to a loudspeaker is to its player: a backend finds devices and opens streams."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from rtsynth._core import Engine
from rtsynth.controls import Controls

AUTO: Final = "auto"  # JACK where a server runs, else PortAudio
Say = Callable[[str], None]


class Device(Protocol):
    """What can be opened."""

    @property
    def label(self) -> str:
        """Name for people."""

    @property
    def rate_hz(self) -> float:
        """Its own sample rate."""


class Stream(Protocol):
    """What calls an engine. Thread: control."""

    @property
    def label(self) -> str:
        """Name for people."""

    @property
    def active(self) -> bool:
        """False when it stopped by itself."""

    @property
    def latency_s(self) -> float:
        """What it adds after a block is rendered."""

    def start(self) -> None:
        """Start the callbacks; a RtsynthError where that fails."""

    def close(self) -> None:
        """Stop them and let go of the device."""


class Backend(Protocol):
    """Finds a device and opens it. Thread: one at a time."""

    brings_midi: bool  # its streams play JACK's MIDI by themselves
    midi: tuple[str, ...]  # the MIDI inputs named: no numbers where there are inputs to count
    sets_rate: bool  # the engine goes on at the device's rate when that comes back with another
    retry_s: float  # how often to look where there never was a device

    def find(self) -> Device | None:
        """The device to play on, looked for at the start; a RtsynthError: the one named is none."""

    def look_again(self) -> Device | None:
        """The same device, or where there never was one any, once it is there."""

    def open(self, engine: Engine, controls: Controls) -> Stream:
        """A stopped stream on the device that was found last; a RtsynthError: it refuses."""

    def outputs(self, stream: Stream | None) -> list[str]:
        """Names that choose() takes, of what there is now."""

    def choose(self, audio: str) -> Device:
        """Find another device, while no stream is open; a RtsynthError: there is none."""

    def rewire(self, stream: Stream | None, config: "OutputConfig") -> bool:
        """Go over to what a config says with an open stream; False: this way cannot do that.

        A RtsynthError: the output that is named does not exist.
        """

    def release(self) -> None:
        """Let go of all that was looked at."""


@dataclass(frozen=True)
class OutputConfig:
    """Where to play. None: the best there is."""

    backend: str = AUTO
    audio: str | None = None  # output, by number (from 1) or part of its name
    rate_hz: float | None = None
    block: int | None = None  # samples
    midi: tuple[str, ...] = ()  # what plays, by numbers (from 1) or parts of names
    connect: bool = True  # JACK's ports
