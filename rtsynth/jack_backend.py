"""JACK as a way to a loudspeaker, which brings its MIDI with it."""

from dataclasses import dataclass
from typing import Any

import rtmidi

from rtsynth import jack_client, ports
from rtsynth._core import Engine
from rtsynth.backend import Device, OutputConfig, Say, Stream
from rtsynth.controls import Controls
from rtsynth.errors import RtsynthError
from rtsynth.jack_wiring import Wiring, find_target, source_names


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
            if self.midi:
                beside = ports.list_inputs(rtmidi.API_UNIX_JACK)[1]
                self.midi = ports.find_inputs(source_names(self._client) + beside, self.midi)
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
        return jack_client.JackStream(client, engine, controls, self._wiring(), self._say)

    def _wiring(self) -> Wiring:
        return Wiring(self._config.connect, self.midi, self._config.audio)

    def outputs(self, stream: Stream | None) -> list[str]:
        """As in `Backend`: the clients whose ports take sound."""
        return stream.outputs if isinstance(stream, jack_client.JackStream) else []

    def choose(self, audio: str) -> Device:
        """Only a server that runs can be asked."""
        raise RtsynthError(f"no audio output '{audio}': there is no JACK server")

    def rewire(self, stream: Stream | None, config: OutputConfig) -> bool:
        """As in `Backend`: other ports are connected."""
        before = self._config, self.midi
        self._config, self.midi = config, config.midi
        if isinstance(stream, jack_client.JackStream):
            try:
                stream.choose(self._wiring())
            except RtsynthError:
                self._config, self.midi = before
                raise
        return stream is not None or config.audio == before[0].audio

    def release(self) -> None:
        """As in `Backend`."""
        if self._client is not None:
            jack_client.close_client(self._client)
            self._client = None
