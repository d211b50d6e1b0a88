"""How long MIDI waits in RtMidi's queue: rtsynth's own input, on JACK, without an engine.

Run as a program this is the receiving half: it polls as rtsynth does and prints, as JSON, when it
got each note-on. It is a process of its own because a JACK client finds its server by the
environment in which it starts.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray

from benchmarks import probe
from benchmarks.jackserver import JackServer

_NOTE_ON = 0x90


class _Log:
    """Stands where Controls stands; keeps when each note-on came."""

    def __init__(self) -> None:
        self.polled_ns: list[int] = []
        self.stamped_ns: list[int] = []

    def live(self, message: Any, arrived_ns: int) -> None:
        data = tuple(message)
        if data[0] & 0xF0 == _NOTE_ON and data[2] > 0:
            self.polled_ns.append(time.monotonic_ns())
            self.stamped_ns.append(arrived_ns)

    def at(self, message: Any, *_: Any) -> None:
        """Ignore what is not live."""


def measure(
    server: JackServer, notes: int, spacing_ms: float = 20.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Time in ms from the note's hand-over to JACK until it was polled, and the stamp's error.

    The stamp is what rtsynth takes for the note's arrival; only the spread of its error is heard.

    Raises:
        probe.ProbeError: nobody answered.
    """
    command = [sys.executable, str(Path(__file__).resolve())]
    receiver = subprocess.Popen(
        command, env=server.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        sent = probe.run("send", server.env, notes=notes, spacing_ms=spacing_ms + 43, hold_ms=5)
        output, _ = receiver.communicate("stop\n", timeout=20)
    finally:
        if receiver.poll() is None:
            receiver.kill()
            receiver.wait()
    got = json.loads(output)
    sent_ns = np.array([note.sent_ns for note in sent.notes], np.float64)
    if len(got["polled_ns"]) != len(sent_ns):
        raise probe.ProbeError(f"{len(sent_ns)} notes sent, {len(got['polled_ns'])} arrived")
    polled = (np.array(got["polled_ns"], np.float64) - sent_ns) * 1e-6
    stamped = (np.array(got["stamped_ns"], np.float64) - sent_ns) * 1e-6
    return polled, stamped


def _receive() -> None:
    from rtsynth.midi import MidiInput

    log = _Log()
    midi: Any = MidiInput(log, (), lambda line: None)  # type: ignore[arg-type]
    midi.start()
    sys.stdin.readline()
    midi.stop()
    sys.stdout.write(json.dumps({"polled_ns": log.polled_ns, "stamped_ns": log.stamped_ns}))


if __name__ == "__main__":
    _receive()
