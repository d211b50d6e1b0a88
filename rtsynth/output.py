"""Where an engine plays: a device, or a clock without one; it follows devices as they go."""

import contextlib
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rtsynth import backends
from rtsynth._core import Engine, NullDevice
from rtsynth.backend import Device, OutputConfig, Say, Stream
from rtsynth.controls import Controls
from rtsynth.errors import RtsynthError, one_line

WATCH_S: Final = 0.25
RETRY_S: Final = 1.0
NULL_RATE_HZ: Final = 48_000.0
DEFAULT_BLOCK: Final = 64
NO_DEVICE: Final = {
    backends.JACK: "no JACK server: playing into a null device until there is one",
    backends.NULL: "playing into a null device (nothing is heard)",
}
NO_OUTPUT: Final = "no audio output: playing into a null device (nothing is heard)"


class AudioOutput:
    """Keeps one engine playing, whatever happens to the device. [control] but for the watch."""

    def __init__(self, config: OutputConfig, say: Say) -> None:
        """Choose the device, before there is an engine: the engine is made for its rate.

        Raises:
            RtsynthError: the device named does not exist.
        """
        self._say = say
        self._config = config
        self._backend, self._device = backends.choose(config, say)
        default_hz = self._device.rate_hz if self._device is not None else NULL_RATE_HZ
        self.rate_hz = config.rate_hz or default_hz
        self._stream: Stream | None = None
        self._null: NullDevice | None = None
        self._stop = threading.Event()
        self._lock = threading.Lock()  # who has it opens and closes
        self._watch: threading.Thread | None = None
        self._player: tuple[Engine, Controls] | None = None  # once it was started
        self._trouble = ""  # of the watch, told last
        self.losses = 0

    @property
    def description(self) -> str:
        """The device that plays now, for people."""
        stream = self._stream
        return stream.label if stream is not None else "no sound card (null device)"

    @property
    def brings_midi(self) -> bool:
        """Whether the device plays MIDI by itself."""
        return self._backend.brings_midi

    @property
    def midi(self) -> str:
        """What MIDI comes from where the device plays it, for people."""
        return getattr(self._stream, "midi", "none")

    @property
    def midi_wanted(self) -> tuple[str, ...]:
        """The MIDI inputs named, by parts of their names where that could be found out."""
        return self._backend.midi

    def has_input(self, name: str | None = None) -> bool:
        """Whether the device plays that MIDI input now (None: any keyboard) by itself."""
        has = getattr(self._stream, "has_input", None)
        return self.brings_midi and (
            not self._config.connect or (has is not None and bool(has(name)))
        )

    @property
    def inputs(self) -> list[str]:
        """MIDI inputs that the device could play by itself."""
        return list(getattr(self._stream, "inputs", []))

    def outputs(self) -> list[str]:
        """Names that choose() takes, of what there is now. It may take a second."""
        return self._backend.outputs(self._stream)

    def choose(self, audio: str) -> None:
        """[any] Play on another output from now on. The clock goes on; notes may end.

        Raises:
            RtsynthError: it does not exist, or refuses; what played before plays on.
        """
        config = replace(self._config, audio=audio)
        with self._lock:
            if not self._backend.rewire(self._stream, config):
                self._change(audio)
            self._config = config

    def choose_inputs(self, midi: Sequence[str]) -> None:
        """[any] Let the device play those MIDI inputs, of its own, from now on."""
        config = replace(self._config, midi=tuple(midi))
        with self._lock:
            self._backend.rewire(self._stream, config)
            self._config = config

    @property
    def block(self) -> int:
        """Samples in a block, as far as it is known before the first one came."""
        return self._config.block or DEFAULT_BLOCK

    @property
    def latency_s(self) -> float:
        """What the device adds after a block is rendered; 0 for the null device."""
        stream = self._stream
        return stream.latency_s if stream is not None else 0.0

    def start(self, engine: Engine, controls: Controls) -> None:
        """Play the engine from now on, until stop(); `controls` follow what the device plays.

        Raises:
            RtsynthError: the device refuses the rate or the block.
        """
        self._player = engine, controls
        if self._device is None:
            self._say(NO_DEVICE.get(self._config.backend, NO_OUTPUT))
            self._start_null(engine)
        else:
            self._start_stream(engine, controls, self._device)
        self._watch = threading.Thread(
            target=self._run, args=(engine, controls), name="audio watch", daemon=True
        )
        self._watch.start()

    def stop(self) -> None:
        """Stop playing; the engine may go away afterwards."""
        self._stop.set()
        if self._watch is not None:
            self._watch.join()
        with self._lock:
            stream, self._stream = self._stream, None
            if stream is not None:
                stream.close()
            self._stop_null()
            self._backend.release()

    def _start_stream(self, engine: Engine, controls: Controls, device: Device) -> None:
        stream = self._backend.open(engine, controls)
        self._stop_null()  # one device at a time calls the engine
        try:
            if self._backend.sets_rate and device.rate_hz != engine.rate_hz:
                engine.set_rate(device.rate_hz)
                self.rate_hz = device.rate_hz
            self._stream = stream  # first: has_input() holds before any keyboard is heard
            stream.start()
        except BaseException:
            self._stream = None
            stream.close()
            raise

    def _start_null(self, engine: Engine) -> None:
        self._null = NullDevice(engine, self.block)
        self._null.start()

    def _stop_null(self) -> None:
        if self._null is not None:
            self._null.stop()
            self._null = None

    def _change(self, audio: str) -> None:
        """Let go of the device, and play on another one, or else on the same again."""
        if self._player is None:
            raise RtsynthError("nothing plays yet")
        engine, _ = self._player
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
        if self._null is None:
            self._start_null(engine)
        before = self._device
        try:
            self._device = self._open_chosen(audio)
        except RtsynthError:
            if before is not None:
                with contextlib.suppress(RtsynthError):  # the watch goes on looking for it
                    self._open_chosen(before.label)
            raise
        finally:
            if self._stream is None and self._null is None:
                self._start_null(engine)

    def _open_chosen(self, audio: str) -> Device:
        """Play on a device, at its own rate where it takes no other and none was asked for."""
        assert self._player is not None
        engine, controls = self._player
        device = self._backend.choose(audio)
        try:
            self._start_stream(engine, controls, device)
        except RtsynthError:
            if self._config.rate_hz is not None or device.rate_hz == engine.rate_hz:
                raise
            self._stop_null()
            engine.set_rate(device.rate_hz)
            self.rate_hz = device.rate_hz
            self._start_stream(engine, controls, device)
        return device

    # --- the watch --------------------------------------------------------------------------
    def _run(self, engine: Engine, controls: Controls) -> None:
        while not self._stop.wait(self._pause_s):
            try:
                with self._lock:
                    self._look(engine, controls)
            except Exception as error:  # the watch goes on: nothing else brings a device back
                self._tell(one_line(error))
                if self._stream is None and self._null is None:
                    self._start_null(engine)

    @property
    def _pause_s(self) -> float:
        if self._stream is not None:
            return WATCH_S
        return RETRY_S if self._device is not None else self._backend.retry_s

    def _tell(self, trouble: str) -> None:
        """Once, however often it comes again."""
        if trouble != self._trouble:
            self._trouble = trouble
            self._say(f"audio: {trouble}")

    def _look(self, engine: Engine, controls: Controls) -> None:
        stream = self._stream
        if stream is None:
            self._try_again(engine, controls)
        elif not stream.active:
            self._lose(stream, engine)

    def _lose(self, stream: Stream, engine: Engine) -> None:
        """The device went away: keep the engine's clock going, so that notes end as they should."""
        self.losses += 1
        self._stream = None
        how = getattr(stream, "ended", "went away")
        stream.close()
        if self._device is not None:
            self._say(f"{self._device.label} {how}: waiting for it")
        self._start_null(engine)

    def _try_again(self, engine: Engine, controls: Controls) -> None:
        found = self._backend.look_again()
        if found is None:
            return
        try:
            self._start_stream(engine, controls, found)
        except RtsynthError:
            if self._null is None:
                self._start_null(engine)
            return
        self._say(f"{found.label} is {'back' if self._device is not None else 'there: playing'}")
        self._device = found


def wait_for_block(engine: Engine, timeout_s: float) -> bool:
    """Whether a device has asked for a block; waits up to timeout_s."""
    until_s = time.monotonic() + timeout_s
    while engine.stats().callbacks == 0:
        if time.monotonic() > until_s:
            return False
        time.sleep(0.002)
    return True
