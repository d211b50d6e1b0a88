"""Cycles of the LV2 plugin in jalv: each a process on JACK, which is closed or killed."""

import errno
import os
import random
import shutil
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import jack
import numpy as np

from benchmarks import jackserver
from benchmarks.plugin_host_cycles import messages
from benchmarks.plugin_host_watch import Watch
from benchmarks.plugin_jalv_state import PRESETS, save
from benchmarks.plugin_products import Product
from rtsynth.serve.host_parameters import HOST_PARAMETERS

WAIT_S: Final = 60.0
AUDIBLE: Final = 1e-4
NAME: Final = "cycled"
NOTE: Final = (b"\x80\x3c\x40", b"\x90\x3c\x64")
NOTE_S: Final = 0.5
ENDS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL, None)  # None: its input ends
FINE: Final = ("rtsynth: channel 10 (drums) is silent", "rtsynth: preset ")
BAD: Final = ("rtsynth: ", "Failed", "error:")  # what the plugin or jalv say where all is not well


def missing() -> str | None:
    """Why jalv cannot be run here, in words, or None."""
    if shutil.which("jalv") is None:
        return "jalv is not installed (Debian: apt install jalv)"
    return jackserver.missing()


class Cable:
    """A client of JACK that plays into a host and hears it."""

    def __init__(self, server: str) -> None:
        self.client = jack.Client("cable", use_exact_name=True, servername=server)
        self._midi = self.client.midi_outports.register("midi")
        self._sound = self.client.inports.register("sound")
        self._waiting: deque[bytes] = deque()
        self.loudest = 0.0
        self._next_note = 0.0
        self.client.set_process_callback(self._process)
        self.client.activate()

    def _process(self, frames: int) -> None:
        self._midi.clear_buffer()
        for at in range(min(frames, len(self._waiting))):
            self._midi.write_midi_event(at, self._waiting.popleft())
        self.loudest = max(self.loudest, float(np.abs(self._sound.get_array()).max()))

    def plugged(self) -> bool:
        """Connect the host's ports; whether they are there and take it, as running ones do."""
        pairs = [(self._midi.name, f"{NAME}:control")]
        pairs += [(f"{NAME}:{side}", self._sound.name) for side in ("left", "right")]
        for source, target in pairs:
            try:
                self.client.connect(source, target)
            except jack.JackErrorCode as error:
                if error.code != errno.EEXIST:
                    return False
        return True

    def play(self, chance: random.Random) -> None:
        """Random messages."""
        for _, status, *data in messages(chance, 1):
            self._waiting.append(bytes((status, *data))[: 2 if 0xC0 <= status < 0xE0 else 3])

    def close(self) -> None:
        """Leave JACK."""
        self.client.close()

    def heard(self) -> bool:
        """Whether a note sounds, which is played anew every so often."""
        if time.monotonic() > self._next_note:
            self._waiting.extend(NOTE)
            self._next_note = time.monotonic() + NOTE_S
        return self.loudest > AUDIBLE


def _wait(done: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + WAIT_S
    while not done():
        if time.monotonic() > until:
            raise TimeoutError(what)
        time.sleep(0.01)


def cycles(product: Product, count: int, watch: Watch, folder: Path) -> None:
    """Start, restore, play, turn, choose, end; `count` times.

    Raises:
        RuntimeError: jalv crashed, or said that something is wrong.
        TimeoutError: it did not start, sound or end.
    """
    states = [
        save(product.lv2 / "rtsynth.so", random.Random(seed), folder / f"state{seed}")
        for seed in range(5)
    ]
    with jackserver.JackServer(period_samples=256) as server:
        os.environ.update(server.env)
        with closing(Cable(server.name)) as cable:
            for seed in range(count):
                cycle(product.uri, random.Random(seed), cable, states, folder / "said")
                watch.look(None)


def cycle(uri: str, chance: random.Random, cable: Cable, states: list[Path], said: Path) -> None:
    """One of them."""
    options = ["-n", NAME, "-x"]
    options += ["-l", str(chance.choice(states))] if chance.random() < 0.5 else []
    for line in _settings(chance, 3):
        options += ["-c", line.replace(" ", "")]
    with said.open("wb") as out:
        host = subprocess.Popen(["jalv", *options, uri], stdin=subprocess.PIPE, stdout=out,
                                stderr=subprocess.STDOUT)  # fmt: skip
        try:
            _use(host, chance, cable)
            end = chance.choice(ENDS)
            _end(host, end)
        finally:
            host.kill()
            host.wait()
    lines = [line.lstrip("> ") for line in said.read_text(errors="replace").splitlines()]
    wrong = [line for line in lines if line.startswith(BAD) and not line.startswith(FINE)]
    right = -signal.SIGKILL if end == signal.SIGKILL else 0
    if host.returncode != right or wrong:
        raise RuntimeError(f"jalv, ended by {end}: {host.returncode}: {wrong or lines[-5:]}")


def _settings(chance: random.Random, most: int) -> list[str]:
    found = chance.sample(HOST_PARAMETERS, chance.randrange(most + 1))
    return [f"{each.known.name} = {chance.uniform(each.known.low, each.known.high):.4f}"
            for each in found]  # fmt: skip


def _use(host: "subprocess.Popen[bytes]", chance: random.Random, cable: Cable) -> None:
    """Hear it, play it and turn it."""
    _wait(lambda: host.poll() is not None or cable.plugged(), "jalv does not start")
    if chance.random() < 0.3:
        cable.loudest = 0.0
        _type(host, ["presets", f"preset {PRESETS[0]}"])  # which jalv reads first
        _wait(cable.heard, "jalv is silent")
    for _ in range(chance.randrange(4)):
        lines = _settings(chance, 4)
        if chance.random() < 0.3:
            lines += ["presets", f"preset {chance.choice(PRESETS)}"]
        _type(host, lines)
        cable.play(chance)
        time.sleep(chance.uniform(0.0, 0.1))


def _type(host: "subprocess.Popen[bytes]", lines: list[str]) -> None:
    """In its console."""
    assert host.stdin is not None
    host.stdin.write("".join(f"{line}\n" for line in lines).encode())
    host.stdin.flush()


def _end(host: "subprocess.Popen[bytes]", end: signal.Signals | None) -> None:
    """Raises subprocess.TimeoutExpired: it does not end."""
    assert host.stdin is not None
    if end is None:
        host.stdin.close()
    else:
        host.send_signal(end)
    host.wait(WAIT_S)
    host.stdin.close()
