"""Where an engine plays: a sound card, or a clock without one; it follows them as they go."""

import threading
import time
from collections.abc import Callable
from typing import Final

from rtsynth import audio
from rtsynth._core import Engine, NullDevice
from rtsynth.errors import RtsynthError

WATCH_S: Final = 0.25
RETRY_S: Final = 1.0
RETRY_WITHOUT_S: Final = 5.0  # where there never was a device
NULL_RATE_HZ: Final = 48_000.0
Say = Callable[[str], None]


class AudioOutput:
    """Keeps one engine playing, whatever happens to the device. [control] but for the watch."""

    def __init__(self, wanted: str | None, rate_hz: float | None, block: int | None, say: Say):
        """Choose the device, before there is an engine: the engine is made for its rate.

        Raises:
            RtsynthError: the device named does not exist.
        """
        audio.use_own_name()
        self._say = say
        self._block = block
        self._wanted = wanted
        if wanted is not None:
            self._output: audio.Output | None = audio.find_output(audio.list_outputs(), wanted)
        else:
            self._output = audio.default_output()
        default_hz = self._output.rate_hz if self._output is not None else NULL_RATE_HZ
        self.rate_hz = rate_hz or default_hz
        self._engine: Engine | None = None
        self._stream: audio.Stream | None = None
        self._null: NullDevice | None = None
        self._stop = threading.Event()
        self._watch = threading.Thread(target=self._run, name="audio watch", daemon=True)
        self.losses = 0

    @property
    def description(self) -> str:
        """The device that plays now, for people."""
        stream = self._stream
        return stream.output.label if stream is not None else "no sound card (null device)"

    @property
    def block(self) -> int:
        """Samples in a block, as far as it is known before the first one came."""
        return self._block or audio.DEFAULT_BLOCK

    @property
    def latency_s(self) -> float:
        """What the device adds after a block is rendered; 0 for the null device."""
        stream = self._stream
        return stream.latency_s if stream is not None else 0.0

    def start(self, engine: Engine) -> None:
        """Play the engine from now on, until stop().

        Raises:
            RtsynthError: the device refuses the rate or the block.
        """
        self._engine = engine
        if self._output is None:
            self._say("no audio output: playing into a null device (nothing is heard)")
            self._start_null(engine)
        else:
            self._start_stream(engine, self._output)
        self._watch.start()

    def stop(self) -> None:
        """Stop playing; the engine may go away afterwards."""
        self._stop.set()
        if self._watch.is_alive():
            self._watch.join()
        if self._stream is not None:
            self._stream.close()
        self._stream = None
        self._stop_null()
        audio.release()

    def _start_stream(self, engine: Engine, output: audio.Output) -> None:
        stream = audio.Stream(engine, output, self._block)
        self._stop_null()  # one device at a time calls the engine
        try:
            stream.start()
        except RtsynthError:
            stream.close()
            raise
        self._stream = stream

    def _start_null(self, engine: Engine) -> None:
        self._null = NullDevice(engine, self.block)
        self._null.start()

    def _stop_null(self) -> None:
        if self._null is not None:
            self._null.stop()
            self._null = None

    # --- the watch --------------------------------------------------------------------------
    def _run(self) -> None:
        while not self._stop.wait(WATCH_S):
            stream = self._stream
            if stream is not None and not stream.active:
                self._lose(stream)
            elif stream is None:
                self._stop.wait(RETRY_S if self._output is not None else RETRY_WITHOUT_S)
                if not self._stop.is_set():
                    self._try_again()

    def _lose(self, stream: audio.Stream) -> None:
        """The device went away: keep the engine's clock going, so that notes end as they should."""
        self.losses += 1
        self._stream = None
        stream.close()
        self._say(f"{stream.output.label} went away: waiting for it")
        if self._engine is not None:
            self._start_null(self._engine)

    def _try_again(self) -> None:
        audio.refresh()
        found = self._returned()
        if self._engine is None or found is None:
            return
        try:
            self._start_stream(self._engine, found)
        except RtsynthError:
            if self._null is None:
                self._start_null(self._engine)
            return
        self._say(f"{found.label} is {'back' if self._output is not None else 'there: playing'}")
        self._output = found

    def _returned(self) -> audio.Output | None:
        """The device that was lost, or the first one that ever came."""
        if self._output is None:
            return audio.default_output()
        label = self._output.label
        return next((each for each in audio.list_outputs() if each.label == label), None)


def wait_for_block(engine: Engine, timeout_s: float) -> bool:
    """Whether a device has asked for a block; waits up to timeout_s."""
    until_s = time.monotonic() + timeout_s
    while engine.stats().callbacks == 0:
        if time.monotonic() > until_s:
            return False
        time.sleep(0.002)
    return True
