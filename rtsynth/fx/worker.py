"""The effects' own process: a plugin that crashes, or changes how numbers are rounded, hurts none
but itself.

Both sides send pickled pairs of a word and what belongs to it, through the process's standard
input and output. The first pair that comes in says what to load; each further one brings a sound.
"""

import os
import pickle
import signal
import subprocess
import sys
from typing import Any, BinaryIO, Final

from rtsynth.errors import RtsynthError, one_line
from rtsynth.instrument import Floats

BEGINS, READY, SOUND, FAILS = "begins", "ready", "sound", "fails"
END_S: Final = 5.0  # for plugins to go by themselves


class Worker:
    """The process, as the one that renders sees it. Thread: any one, never a live one."""

    def __init__(self, chain: str, rate_hz: int, block: int) -> None:
        """Start it, and load the effects there; arguments as those of Rack.

        Raises:
            RtsynthError: as Rack, or an effect crashed.
        """
        command = [sys.executable, "-m", "rtsynth.fx.worker"]
        self._begun = ""  # the effect that is being loaded
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            raise RtsynthError(f"--fx: no process for effects ({one_line(error)})") from error
        try:
            self._send((chain, rate_hz, block))
            self._receive(READY)
        except BaseException:
            self.close()
            raise
        self._begun = ""

    def run(self, sound: Floats) -> Floats:
        """As Rack.run.

        Raises:
            RtsynthError: an effect fails, or it crashed.
        """
        self._send(sound)
        samples: Floats = self._receive(SOUND)
        return samples

    def close(self) -> None:
        """End the process; it may be called again."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                _close(stream)
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, thing: Any) -> None:
        assert self._process.stdin is not None
        try:
            pickle.dump(thing, self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
        except OSError:
            return  # it ended: what it said before is read first

    def _receive(self, wanted: str) -> Any:
        assert self._process.stdout is not None
        while True:
            try:
                word, thing = pickle.load(self._process.stdout)  # of our own process
            except (EOFError, OSError, pickle.UnpicklingError) as error:
                raise self._crashed() from error
            if word == FAILS:
                raise RtsynthError(thing)
            if word == wanted:
                return thing
            self._begun = thing

    def _crashed(self) -> RtsynthError:
        code = self._process.wait()
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        if self._begun:
            return RtsynthError(f"--fx: {self._begun} crashed as it was loaded ({how})")
        return RtsynthError(f"--fx: an effect crashed ({how}): leave out one after the other")


def _close(stream: Any) -> None:
    try:
        stream.close()
    except OSError:
        return


def main() -> None:
    """[the effects' process] Load effects, and send sounds through them until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who renders ends this
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # plugins write to it
    try:
        _work(sys.stdin.buffer, out)
    except (EOFError, BrokenPipeError):
        return
    except RtsynthError as error:
        _say(out, FAILS, str(error))
    except Exception as error:
        _say(out, FAILS, f"--fx: {one_line(error)}")
    finally:
        os._exit(0)  # plugins that go may crash: nobody needs to hear of it


def _work(source: BinaryIO, out: BinaryIO) -> None:
    from rtsynth.fx.rack import Rack  # within what catches errors: it loads pedalboard

    chain, rate_hz, block = pickle.load(source)
    rack = Rack(chain, rate_hz, block, lambda name: _say(out, BEGINS, name))
    _say(out, READY, None)
    while True:
        _say(out, SOUND, rack.run(pickle.load(source)))


def _say(out: BinaryIO, word: str, thing: Any) -> None:
    pickle.dump((word, thing), out, pickle.HIGHEST_PROTOCOL)
    out.flush()


if __name__ == "__main__":
    main()
