"""The instrument on a real JACK server, as a client of its own: exact, whatever else goes on."""

import ctypes
import os
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import JackServer

from benchmarks import probe
from rtsynth import contract
from rtsynth.player import Player, PlayerConfig

try:
    import jack
except OSError:  # the package is there, the library is not
    pytest.skip("libjack is not installed", allow_module_level=True)
if probe.missing():
    pytest.skip(str(probe.missing()), allow_module_level=True)

WAIT_S = 30.0
RATE_HZ = 48_000
SOUND = "^rtsynth:out_"
NOTES = 8


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.02)
    return found


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def player(jack_server: JackServer, tiny: Path, lines: list[str]) -> Iterator[Player]:
    with Player(PlayerConfig(instrument=str(tiny), backend="jack"), lines.append) as player:
        yield player


def lateness(notes: int = NOTES) -> list[int]:
    """Samples from note-ons at random offsets to their first sounds, where JACK lost nothing."""
    run = probe.run(
        "latency", os.environ, audio_from=SOUND, notes=notes, spacing_ms=120.0, hold_ms=20.0
    )
    return [note.first - note.sent for note in run.notes if not note.disturbed]


def test_a_note_sounds_at_its_own_sample(player: Player) -> None:
    late = lateness()
    assert len(late) > NOTES // 2
    assert set(late) == {0}
    assert player.stats().core.notes == NOTES
    assert player.stats().core.cache_misses == 0
    assert "JACK, period 64" in player.stats().audio


def test_a_note_sounds_at_its_own_sample_while_python_is_kept_busy(player: Player) -> None:
    stop = threading.Event()
    sleep = ctypes.PyDLL(None).usleep  # keeps the GIL

    def hog() -> None:
        while not stop.is_set():
            sleep(100_000)

    busy = threading.Thread(target=hog)
    busy.start()
    try:
        late = lateness()
    finally:
        stop.set()
        busy.join()
    assert len(late) > NOTES // 2
    assert set(late) == {0}


def test_the_period_may_change_while_it_plays(player: Player) -> None:
    for period in (256, 32, 128):
        subprocess.run(["jack_bufsize", str(period)], check=True, capture_output=True)
        assert until(lambda: player.stats().core.block_samples == period)  # noqa: B023
        assert f"period {period}" in player.stats().audio
    late = lateness()
    assert len(late) > NOTES // 2
    assert set(late) == {0}


def put_octave(player: Player, slot: int, key: int) -> None:
    """Takes that sound an octave higher, whatever the instrument would make."""
    pages = contract.TAKE_PAGES
    frames = np.full((pages * contract.PAGE_FRAMES, contract.FRAME_VALUES), -100.0, np.float32)
    frames[:, [1, contract.FRAME_PITCH]] = 0.0
    note = np.zeros(contract.NOTE_VALUES, np.float32)
    note[:4] = (-8.0, -20.0, 0.0, -100.0)
    for layer in range(contract.VELOCITY_LAYERS):
        assert player.engine.put(slot, key, layer, 0, frames, note)


def test_a_program_change_holds_for_the_note_in_the_same_period(
    jack_server: JackServer, tiny: Path
) -> None:
    at = 64 * 750 + 17  # of its period; frames of the recording begin with one
    events = [(at - 1, 0xC0, 100, 0), (at, 0x90, 60, 100)]
    player = Player(PlayerConfig(instrument=str(tiny), backend="jack"))
    put_octave(player, 1, 60)
    with player:
        run, sound = probe.record(os.environ, events, 2.0, audio_from=SOUND)
        assert until(lambda: player.controls.slot_of(0) == 1)  # and Python follows
    onset = int(np.argmax(sound[:, 0] != 0.0))
    heard = sound[onset : onset + 8192, 0]
    assert abs(onset - at) <= run.gap_frames  # JACK may skip periods
    level = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    hz = float(np.argmax(level)) * RATE_HZ / len(heard)
    assert hz == pytest.approx(2 * contract.key_hz(60), rel=0.02)


class Keyboard:
    """A client with a MIDI output like a keyboard's."""

    def __init__(self, name: str = "keyboard") -> None:
        self._client = jack.Client(name, no_start_server=True)
        self._port = self._client.midi_outports.register("keys", is_physical=True)
        self._next: deque[bytes] = deque()
        self._client.set_process_callback(self._play)
        self._client.activate()

    def _play(self, _frames: int) -> None:
        self._port.clear_buffer()
        while self._next:
            self._port.write_midi_event(0, self._next.popleft())

    def send(self, *message: int) -> None:
        self._next.append(bytes(message))

    def unplug(self) -> None:
        self._client.deactivate()
        self._client.close()


def connections(server: JackServer) -> dict[str, list[str]]:
    """What each port is connected to."""
    found: dict[str, list[str]] = {}
    for line in server.ports():
        if line.startswith(" "):
            found[list(found)[-1]].append(line.strip())
        else:
            found[line] = []
    return found


def test_keyboards_are_connected_as_they_come(
    jack_server: JackServer, player: Player, lines: list[str]
) -> None:
    found = connections(jack_server)
    assert found["rtsynth:out_1"] == ["system:playback_1"]
    assert found["rtsynth:out_2"] == ["system:playback_2"]
    assert found["rtsynth:midi_in"] == []
    keyboard = Keyboard()
    try:
        assert until(lambda: player.stats().midi == "keyboard:keys")
        keyboard.send(0x90, 60, 100)
        assert until(lambda: player.stats().core.voices == 1)
    finally:
        keyboard.unplug()
    assert until(lambda: player.stats().core.voices == 0)  # what it held is released
    assert any("keyboard:keys went away: its notes are released" in line for line in lines)
    for _ in range(3):
        again = Keyboard()
        try:
            assert until(lambda: player.stats().midi == "keyboard:keys")
        finally:
            again.unplug()


def test_what_a_user_parts_stays_parted(jack_server: JackServer, player: Player) -> None:
    first, second = Keyboard("first"), None
    try:
        assert until(lambda: player.stats().midi == "first:keys")
        subprocess.run(["jack_disconnect", "first:keys", "rtsynth:midi_in"], check=True)
        assert until(lambda: player.stats().midi != "first:keys")
        second = Keyboard("second")  # a reason to look at the ports
        assert until(lambda: "second:keys" in player.stats().midi)
        assert player.stats().midi == "second:keys"
    finally:
        for keyboard in (first, second):
            if keyboard is not None:
                keyboard.unplug()


def test_no_connect_leaves_the_ports_alone(jack_server: JackServer, tiny: Path) -> None:
    keyboard = Keyboard()
    config = PlayerConfig(instrument=str(tiny), backend="jack", connect=False)
    try:
        with Player(config) as player:
            found = connections(jack_server)
            assert [found[f"rtsynth:{port}"] for port in ("midi_in", "out_1", "out_2")] == [[]] * 3
            subprocess.run(["jack_connect", "keyboard:keys", "rtsynth:midi_in"], check=True)
            assert until(lambda: player.stats().midi == "keyboard:keys")
    finally:
        keyboard.unplug()


def test_the_server_restarts_and_notes_are_exact_again(
    jack_server: JackServer, player: Player, lines: list[str]
) -> None:
    for times in (1, 2):
        clock = player.stats().core.clock_samples
        jack_server.stop()
        assert until(lambda: "null device" in player.stats().audio)
        assert until(lambda: player.stats().core.clock_samples > clock + RATE_HZ // 10)  # noqa: B023
        jack_server.start()
        # Said once it plays: while it starts, a server that ends once more was never back.
        assert until(lambda: lines.count("JACK is back") == times)  # noqa: B023
    late = lateness()
    assert len(late) > NOTES // 2
    assert set(late) == {0}
    assert [line for line in lines if line.startswith("JACK")] == [
        "JACK went away: waiting for it", "JACK is back"] * 2  # fmt: skip


def test_a_server_that_comes_back_at_another_rate(jack_server: JackServer, player: Player) -> None:
    jack_server.stop()
    assert until(lambda: "null device" in player.stats().audio)
    jack_server.start(44_100)
    assert until(lambda: "JACK" in player.stats().audio)
    assert player.engine.rate_hz == 44_100.0
    run, sound = probe.record(
        os.environ, [(8192, 0x90, 60, 100)], 1.0, audio_from=SOUND, midi_to=None
    )
    onset = int(np.argmax(sound[:, 0] != 0.0))
    assert abs(onset - 8192) <= run.gap_frames
    level = np.abs(np.fft.rfft(sound[onset : onset + 16384, 0] * np.hanning(16384)))
    hz = float(np.argmax(level)) * 44_100 / 16384
    assert hz == pytest.approx(contract.key_hz(60), rel=0.02)


def test_the_client_comes_when_the_server_does(jack_server: JackServer, tiny: Path) -> None:
    jack_server.stop()
    with Player(PlayerConfig(instrument=str(tiny), backend="jack")) as player:
        assert "null device" in player.stats().audio
        jack_server.start()
        assert until(lambda: "JACK" in player.stats().audio)
        assert "rtsynth:midi_in" in jack_server.ports()


def test_the_status_tells_the_latency_that_jack_tells(player: Player) -> None:
    told = subprocess.run(
        ["jack_lsp", "-l", "rtsynth:out_1"], check=True, capture_output=True, text=True
    ).stdout
    samples = int(told.split("port playback latency = [ ")[1].split()[0])
    assert samples > 0
    assert until(lambda: player.output.latency_s == samples / RATE_HZ)
    assert player.stats().latency_ms == pytest.approx(1e3 * (64 + samples) / RATE_HZ)


def test_a_server_that_goes_over_to_another_rate(
    player: Player, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell(rate_hz: int) -> None:  # as PipeWire does; jackd cannot
        stream: Any = player.output._stream
        process = stream._process
        callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint32, ctypes.c_void_p)
        callback(process.callbacks()["sample_rate"])(rate_hz, process.user_data())

    with monkeypatch.context() as server:
        server.setattr(jack.Client, "samplerate", 44_100)
        tell(44_100)
        assert until(lambda: player.engine.rate_hz == 44_100.0)
        assert any("JACK plays at 44100 Hz now" in line for line in lines)
    assert until(lambda: "JACK is back" in lines)  # and tells its true rate as it starts
    assert until(lambda: player.engine.rate_hz == 48_000.0 and "JACK" in player.stats().audio)
