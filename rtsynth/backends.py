"""The ways to a loudspeaker: JACK with its own MIDI, PortAudio, or none."""

from typing import Any, Final

from rtsynth._core import Engine
from rtsynth.backend import AUTO, Backend, Device, OutputConfig, Say, Stream
from rtsynth.controls import Controls
from rtsynth.errors import RtsynthError
from rtsynth.jack_backend import Jack

JACK: Final = "jack"
PORTAUDIO: Final = "portaudio"
NULL: Final = "null"
BACKENDS: Final = (AUTO, JACK, PORTAUDIO, NULL)


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

    def outputs(self, stream: Stream | None) -> list[str]:
        """As in `Backend`."""
        return self._audio.labels_now()

    def choose(self, audio: str) -> Device:
        """As in `Backend`."""
        self._audio.refresh()
        self._output = self._audio.find_output(self._audio.list_outputs(), audio)
        return self._output  # type: ignore[no-any-return]

    def rewire(self, stream: Stream | None, config: OutputConfig) -> bool:
        """It cannot."""
        return False

    def release(self) -> None:
        """As in `Backend`."""
        self._audio.release()


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

    def outputs(self, stream: Stream | None) -> list[str]:
        """There are none."""
        return []

    def choose(self, audio: str) -> Device:
        """There is nothing to choose from."""
        raise RtsynthError(f"no audio output '{audio}': rtsynth was started with --backend null")

    def rewire(self, stream: Stream | None, config: OutputConfig) -> bool:
        """It cannot."""
        return False

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
