"""The command on a real audio server: MIDI goes in by a port, sound comes out of one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import rtmidi
import soundfile
from conftest import JackServer

from rtsynth.contract import key_hz

try:
    import jack
except OSError:  # the package is there, the library is not
    pytest.skip("libjack is not installed", allow_module_level=True)

WAIT_S = 60.0
RATE_HZ = 48_000


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.02)
    return found


def cents_off(sound: np.ndarray, key: int) -> float:
    """How far the fundamental of a note lies from equal temperament."""
    length = 1 << 19
    window = np.blackman(len(sound))
    level = np.log(np.abs(np.fft.rfft(sound * window, length)) + 1e-12)
    expected = key_hz(key) * length / RATE_HZ
    near = np.arange(round(expected * 0.97), round(expected * 1.03))
    peak = int(near[np.argmax(level[near])])
    a, b, c = level[peak - 1 : peak + 2]
    found = peak + 0.5 * (a - c) / (a - 2 * b + c)
    return float(1200 * np.log2(found / expected))


class Command:
    """A running rtsynth."""

    def __init__(self, *arguments: str | Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "rtsynth", *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ},
        )  # fmt: skip
        self.lines: list[str] = []
        self.read_until("Ctrl-C")

    def read_until(self, word: str) -> None:
        assert self._process.stdout is not None
        while not self.lines or word not in self.lines[-1]:
            line = self._process.stdout.readline()
            assert line, self.lines
            self.lines.append(line)

    def stop(self) -> int:
        """Ctrl-C; returns the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            output, _ = self._process.communicate(timeout=WAIT_S)
            self.lines += output.splitlines()
        return self._process.returncode


class Listener:
    """A JACK client that keeps what it hears from rtsynth."""

    def __init__(self, client: str = "rtsynth") -> None:
        self._blocks: list[np.ndarray] = []
        self._client = jack.Client("listener", no_start_server=True)
        port = self._client.inports.register("in")
        self._client.set_process_callback(
            lambda frames: self._blocks.append(port.get_array().copy())
        )
        self._client.activate()
        self._client.connect(f"{client}:out_1", port)

    def heard(self) -> np.ndarray:
        return np.concatenate([*self._blocks, np.zeros(1, np.float32)])

    def close(self) -> None:
        self._client.deactivate()
        self._client.close()


@pytest.fixture
def keys(jack_server: JackServer) -> Iterator[rtmidi.MidiOut]:
    """A MIDI keyboard, present before rtsynth starts."""
    out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="keyboard")
    out.open_virtual_port("keys")
    yield out
    out.delete()


def test_a_key_is_heard_and_let_go(
    jack_server: JackServer, keys: rtmidi.MidiOut, bundled: Path
) -> None:
    command = Command()
    listener = Listener()
    try:
        assert "keyboard:keys" in command.lines[-1]
        keys.send_message([0x90, 69, 100])
        assert until(lambda: np.abs(listener.heard()).max() > 0.003)
        before = len(listener.heard())
        assert until(lambda: len(listener.heard()) > before + RATE_HZ // 2)
        heard = listener.heard()
        onset = int(np.argmax(np.abs(heard) > 0.001))
        assert abs(cents_off(heard[onset + 2000 : onset + 18_000], 69)) < 20.0  # it may miss blocks
        keys.send_message([0x80, 69, 0])
        assert until(lambda: np.abs(listener.heard()[-4800:]).max() < 1e-4)
    finally:
        listener.close()
        assert command.stop() == 0
    assert any("1 notes" in line for line in command.lines)


def test_a_song_is_in_tune(
    jack_server: JackServer, bundled: Path, make_song: Callable[..., Path], tmp_path: Path
) -> None:
    notes = [48, 55, 60, 64, 67, 72, 79, 84]
    out = tmp_path / "song.wav"
    song = make_song([(1.0 * i, key, 90, 0.9) for i, key in enumerate(notes)])
    command = Command("--midi-file", song, "--record", out)
    command.read_until("drop-outs")
    assert until(lambda: command._process.poll() is not None)
    assert command.stop() == 0
    sound, rate = soundfile.read(out)
    assert rate == RATE_HZ
    mono = sound[:, 0]
    onset = int(np.argmax(np.abs(mono) > 1e-6))
    for i, key in enumerate(notes):
        start = onset + i * RATE_HZ + 4000
        assert abs(cents_off(mono[start : start + 36_000], key)) < 2.0, key


def test_the_server_dies_and_the_music_goes_on(
    jack_server: JackServer, bundled: Path, tmp_path: Path
) -> None:
    out = tmp_path / "live.wav"
    command = Command("--record", out)
    try:
        jack_server.stop()
        command.read_until("JACK went away")
        jack_server.start()
        command.read_until("is back")
        assert until(lambda: "rtsynth:out_1" in jack_server.ports())
        assert until(lambda: "rtsynth:midi_in" in jack_server.ports())
        keyboard = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="keyboard")
        keyboard.open_virtual_port("keys")
        command.read_until("keyboard:keys")
        listener = Listener()
        keyboard.send_message([0x90, 60, 100])
        assert until(lambda: np.abs(listener.heard()).max() > 0.003)
        listener.close()
        keyboard.delete()
    finally:
        code = command.stop()
    assert code == 0
    assert np.abs(soundfile.read(out)[0]).max() > 0.003
    assert not any("Traceback" in line for line in command.lines)
    assert not any("fail" in line or "Cannot" in line for line in command.lines), command.lines


def test_two_processes_on_one_server_and_one_keyboard_both_play(
    jack_server: JackServer, keys: rtmidi.MidiOut, tiny: Path
) -> None:
    first = Command("--instrument", tiny)
    second = Command("--instrument", tiny, "--device", "keyboard")
    heard = [Listener("rtsynth"), Listener("rtsynth-01")]
    try:
        assert any("another rtsynth plays from keyboard:keys" in line for line in second.lines)
        keys.send_message([0x90, 60, 100])
        for listener in heard:
            assert until(lambda: np.abs(listener.heard()).max() > 0.003)  # noqa: B023
        keys.send_message([0x80, 60, 0])
        for listener in heard:
            assert until(lambda: np.abs(listener.heard()[-4800:]).max() < 1e-4)  # noqa: B023
    finally:
        for listener in heard:
            listener.close()
        codes = [second.stop(), first.stop()]
    assert codes == [0, 0]
    for command in (first, second):
        assert any("1 notes" in line for line in command.lines)
