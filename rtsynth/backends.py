"""The ways to a loudspeaker: JACK with its own MIDI, PortAudio, or none; all of one shape."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import rtmidi

from rtsynth import jack_client, ports
from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.errors import RtsynthError
from rtsynth.jack_wiring import Wiring, find_target, source_names

AUTO: Final = "auto"
JACK: Final = "jack"
PORTAUDIO: Final = "portaudio"
NULL: Final = "null"
BACKENDS: Final = (AUTO, JACK, PORTAUDIO, NULL)
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
    midi: str | None  # the MIDI input named: no number where there are inputs to count
    sets_rate: bool  # the engine goes on at the device's rate when that comes back with another
    retry_s: float  # how often to look where there never was a device

    def find(self) -> Device | None:
        """The device to play on, looked for at the start; a RtsynthError: the one named is none."""

    def look_again(self) -> Device | None:
        """The same device, or where there never was one any, once it is there."""

    def open(self, engine: Engine, controls: Controls) -> Stream:
        """A stopped stream on the device that was found last; a RtsynthError: it refuses."""

    def release(self) -> None:
        """Let go of all that was looked at."""


@dataclass(frozen=True)
class OutputConfig:
    """Where to play. None: the best there is."""

    backend: str = AUTO
    audio: str | None = None  # output, by number (from 1) or part of its name
    rate_hz: float | None = None
    block: int | None = None  # samples
    midi: str | None = None  # what plays, by number (from 1) or part of its name
    connect: bool = True  # JACK's ports


class PortAudio:
    """Sound cards, and what else PortAudio knows."""

    brings_midi = False
    sets_rate = False
    retry_s = 5.0

    def __init__(self, config: OutputConfig) -> None:
        from rtsynth import audio  # here, not above: it opens a JACK client as soon as it is loaded

        self._audio = audio
        self._config = config
        self.midi = config.midi
        self._output: Any = None  # an audio.Output
        audio.use_own_name()

    def find(self) -> Device | None:
        """As in `Backend`."""
        wanted = self._config.audio
        if wanted is not None:
            self._output = self._audio.find_output(self._audio.list_outputs(), wanted)
        else:
            self._output = self._audio.default_output()
        return self._output  # type: ignore[no-any-return]

    def look_again(self) -> Device | None:
        """As in `Backend`."""
        self._audio.refresh()
        if self._output is None:
            self._output = self._audio.default_output()
            return self._output  # type: ignore[no-any-return]
        outputs = self._audio.list_outputs()
        found = next((each for each in outputs if each.label == self._output.label), None)
        self._output = found or self._output
        return found

    def open(self, engine: Engine, controls: Controls) -> Stream:
        """As in `Backend`."""
        return self._audio.Stream(engine, self._output, self._config.block)

    def release(self) -> None:
        """As in `Backend`."""
        self._audio.release()


@dataclass(frozen=True)
class JackServer:
    """A running JACK server (or PipeWire in its place)."""

    rate_hz: float
    label: str = "JACK"


class Jack:
    """A JACK client of our own."""

    brings_midi = True
    sets_rate = True
    retry_s = 1.0

    def __init__(self, config: OutputConfig, say: Say) -> None:
        self._config = config
        self.midi = config.midi
        self._say = say
        self._client: Any = None  # open, and not yet a stream's

    def find(self) -> Device | None:
        """As in `Backend`."""
        server = self.look_again()
        if server is None:
            return None
        with jack_client.refusals("JACK's ports cannot be looked at"):
            if self._config.audio is not None:
                find_target(self._client, self._config.audio)
            if self.midi is not None:
                beside = ports.list_inputs(rtmidi.API_UNIX_JACK)[1]
                found = ports.find_input(source_names(self._client) + beside, self.midi)
                self.midi = ports.stable_name(found)
        if self._config.rate_hz not in (None, server.rate_hz):
            raise RtsynthError(
                f"JACK does not play at {self._config.rate_hz:.0f} Hz: it takes "
                f"--rate {server.rate_hz:.0f}"
            )
        period = self._client.blocksize
        if self._config.block not in (None, period):
            self._say(f"JACK's own period of {period} samples is used, whatever --block says")
        return server

    def look_again(self) -> Device | None:
        """As in `Backend`."""
        if self._client is None:
            self._client = jack_client.open_client()
        return JackServer(float(self._client.samplerate)) if self._client is not None else None

    def open(self, engine: Engine, controls: Controls) -> Stream:
        """As in `Backend`."""
        client, self._client = self._client, None
        config = self._config
        wiring = Wiring(config.connect, self.midi, config.audio)
        return jack_client.JackStream(client, engine, controls, wiring, self._say)

    def release(self) -> None:
        """As in `Backend`."""
        if self._client is not None:
            jack_client.close_client(self._client)
            self._client = None


class NoDevice:
    """Nothing is looked for: the null device keeps the clock."""

    brings_midi = False
    sets_rate = False
    retry_s = 60.0

    def __init__(self, config: OutputConfig) -> None:
        self.midi = config.midi

    def find(self) -> Device | None:
        """As in `Backend`."""
        return None

    look_again = find

    def open(self, engine: Engine, controls: Controls) -> Stream:
        """There is nothing to open."""
        raise RtsynthError("there is no device")

    def release(self) -> None:
        """There is nothing to let go of."""


def choose(config: OutputConfig, say: Say) -> tuple[Backend, Device | None]:
    """The way to play, and the device there is now.

    Raises:
        RtsynthError: the device named does not exist, or does not play at the rate.
    """
    if config.backend == NULL:
        return NoDevice(config), None
    if config.backend != PORTAUDIO:
        jack = Jack(config, say)
        try:
            server = jack.find()
        except RtsynthError:
            jack.release()
            if config.backend == JACK or config.audio is None:
                raise
            server = None  # PortAudio may know the output by that name
        if server is not None or config.backend == JACK:
            return jack, server
    portaudio = PortAudio(config)
    return portaudio, portaudio.find()
