"""MIDI input from ports that misbehave, and from real ones on JACK."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rtmidi
from conftest import JackServer

from rtsynth import instrument, ports
from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.errors import RtsynthError
from rtsynth.generator import Generator
from rtsynth.midi import MidiInput
from rtsynth.midi_port import MESSAGES_A_POLL, ArrivalClock, Port

WAIT_S = 30.0


class FakeClient:
    """An RtMidi input that has messages ready."""

    def __init__(self, *messages: tuple[list[int], float]) -> None:
        self.messages = list(messages)
        self.deleted = False

    def get_message(self) -> tuple[list[int], float] | None:
        return self.messages.pop(0) if self.messages else None

    def delete(self) -> None:
        self.deleted = True


class Listener:
    """Stands for Controls: keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, int, int]] = []
        self.exclusive: list[bytes] = []
        self.full = False

    def live(self, message: tuple[int, int, int], time_ns: int) -> bool:
        assert time_ns <= time.monotonic_ns()
        return self.at(message)

    def sysex(self, data: bytes, at_sample: int = -1) -> bool:
        if not self.full:
            self.exclusive.append(data)
        return not self.full

    def at(self, message: tuple[int, int, int], at_sample: int = -1) -> bool:
        if not self.full:
            self.heard.append(message)
        return not self.full


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.01)
    return found


def test_a_port_that_goes_away_lets_its_notes_go() -> None:
    client, listener = FakeClient(([0x90, 60, 100], 0.0), ([0xB0, 64, 127], 0.01)), Listener()
    port: Any = Port(client, "keys")
    port.poll(listener)
    port.close(listener)
    assert listener.heard[2:] == [(0xB0, 64, 0), (0x80, 60, 0)]
    assert client.deleted


def test_random_bytes_and_floods_do_not_stop_the_port() -> None:
    rng = np.random.default_rng(0)
    noise = [(rng.integers(0, 256, 50).tolist(), 0.0) for _ in range(2000)]
    client, listener = FakeClient(*noise), Listener()
    port: Any = Port(client, "noise")
    while client.messages:
        assert port.poll(listener) <= MESSAGES_A_POLL
    client.messages = [([0xF0, *([1] * 100_000), 0xF7], 0.0), ([0x90, 60, 100], 0.0)]
    listener.heard.clear()
    port.poll(listener)
    assert listener.heard == [(0x90, 60, 100)]


def test_a_note_off_that_was_lost_in_a_flood_leaves_no_note_on() -> None:
    flood = [([0xB0, 1, 5], 0.0)] * ports.QUEUE_MESSAGES  # RtMidi drops what comes behind it
    client, listener = FakeClient(([0x90, 60, 100], 0.0), *flood), Listener()
    port: Any = Port(client, "keys")
    while client.messages:
        port.poll(listener)
    port.poll(listener)
    assert listener.heard[-1] == (0x80, 60, 0)


def test_a_note_off_that_the_engine_refused_is_sent_again() -> None:
    client, listener = FakeClient(([0x90, 60, 100], 0.0), ([0x90, 62, 100], 0.0)), Listener()
    port: Any = Port(client, "keys")
    port.poll(listener)
    listener.full = True
    client.messages = [([0x80, 60, 0], 0.0)]
    port.poll(listener)
    port.poll(listener)
    assert len(listener.heard) == 2
    listener.full = False
    port.poll(listener)
    assert (0x80, 60, 0) in listener.heard
    heard = len(listener.heard)
    port.poll(listener)
    assert len(listener.heard) == heard


def test_system_exclusive_that_the_engine_refused_is_sent_again() -> None:
    reset = [0xF0, 0x7E, 0x7F, 9, 1, 0xF7]
    client, listener = FakeClient((reset, 0.0)), Listener()
    port: Any = Port(client, "keys")
    listener.full = True
    port.poll(listener)
    assert listener.exclusive == []
    listener.full = False
    port.poll(listener)
    port.poll(listener)
    assert listener.exclusive == [bytes(reset)]


def test_arrival_times_follow_the_differences_not_the_polls() -> None:
    clock = ArrivalClock()
    start_ns = 10**12
    assert clock.stamp(0.0, start_ns) == start_ns
    assert clock.stamp(0.001, start_ns + 1_400_000) == start_ns + 1_000_000
    assert clock.stamp(0.001, start_ns + 2_100_000) == start_ns + 2_000_000


def test_arrival_times_recover_from_lost_messages_and_are_never_ahead() -> None:
    clock = ArrivalClock()
    clock.stamp(0.0, 10**12)
    assert clock.stamp(0.0, 2 * 10**12) == 2 * 10**12
    assert clock.stamp(5.0, 2 * 10**12 + 1000) == 2 * 10**12 + 1000


def test_the_best_input_is_no_through_port() -> None:
    assert ports.best_input(["Midi Through Port-0 14:0", "USB MIDI 20:0"]) == "USB MIDI 20:0"
    assert ports.best_input(["Midi Through Port-0 14:0"]) is None
    assert ports.is_ours("rtsynth:rtsynth 128:0")
    assert ports.stable_name("USB MIDI:USB MIDI MIDI 1 20:0") == "USB MIDI:USB MIDI MIDI 1"


CALLED_BACK = re.compile(
    r"\.set_callback\(|(?<!lib)\.set_\w+_callback|CFUNCTYPE|ffi\.callback|@ffi"
)


def test_no_function_of_python_s_is_called_by_an_audio_or_midi_server() -> None:
    for path in Path(ports.__file__).parent.rglob("*.py"):
        assert not CALLED_BACK.search(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize(
    "line",
    ["midi_in.set_callback(heard)", "client.set_process_callback(play)", "@ffi.callback('f')"],
)
def test_the_search_finds_such_a_function(line: str) -> None:
    assert CALLED_BACK.search(line)


def test_inputs_are_found_by_number_and_part_of_the_name() -> None:
    names = ["Pedal 1", "USB MIDI Keys"]
    assert ports.find_input(names, "2") == names[1]
    assert ports.find_input(names, "usb") == names[1]
    with pytest.raises(RtsynthError, match=r"no MIDI input 'organ'.*1 Pedal 1; 2 USB MIDI Keys"):
        ports.find_input(names, "organ")
    with pytest.raises(RtsynthError, match="none at all"):
        ports.find_input([], "3")


def test_without_midi_it_says_so_and_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "choose_api", lambda *_: None)
    lines: list[str] = []
    listener: Any = Listener()
    source = MidiInput(listener, (), lines.append)
    source.start()
    source.stop()
    assert len(lines) == 1
    with pytest.raises(RtsynthError, match="no MIDI input 'USB'"):
        MidiInput(listener, ("USB",), lines.append)


class Keyboard:
    """A MIDI output on JACK that others can connect to."""

    def __init__(self, name: str = "keyboard") -> None:
        self._out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)
        self._out.open_virtual_port("keys")

    def send(self, *message: int) -> None:
        self._out.send_message(list(message))

    def unplug(self) -> None:
        self._out.delete()


def test_a_keyboard_that_is_unplugged_and_comes_back(jack_server: JackServer) -> None:
    keyboard = Keyboard()
    lines: list[str] = []
    listener: Any = Listener()
    source = MidiInput(listener, ("keyb",), lines.append)
    source.start()
    try:
        assert source.description == "keyboard:keys"
        keyboard.send(0x90, 60, 100)
        assert until(lambda: listener.heard == [(0x90, 60, 100)])
        keyboard.unplug()
        assert until(lambda: len(lines) == 1)
        assert (0x80, 60, 0) in listener.heard
        assert "went away" in lines[0]
        keyboard = Keyboard()
        assert until(lambda: len(lines) == 2)
        assert "is back" in lines[1]
        keyboard.send(0x90, 61, 100)
        assert until(lambda: (0x90, 61, 100) in listener.heard)
    finally:
        source.stop()
        keyboard.unplug()


def test_the_virtual_port_plays_and_a_keyboard_may_come_later(jack_server: JackServer) -> None:
    lines: list[str] = []
    listener: Any = Listener()
    source = MidiInput(listener, (), lines.append)
    source.start()
    try:
        assert lines == [ports.CONNECT_HELP]
        player = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="player")
        names = player.get_ports()
        player.open_port(names.index("rtsynth:rtsynth"))
        player.send_message([0x90, 64, 90])
        assert until(lambda: listener.heard == [(0x90, 64, 90)])
        player.delete()
        keyboard = Keyboard()
        assert until(lambda: any("connected" in line for line in lines))
        keyboard.unplug()
    finally:
        source.stop()


def test_looking_for_ports_takes_no_client_of_its_own(
    jack_server: JackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    really_open = ports.open_client

    def open_client(api: int, name: str = ports.CLIENT_NAME) -> Any:
        opened.append(name)
        return really_open(api, name)

    monkeypatch.setattr(ports, "open_client", open_client)
    listener: Any = Listener()
    source = MidiInput(listener, (), lambda line: None)
    source.start()
    try:
        keyboard = Keyboard()
        assert until(lambda: "rtsynth-in" in opened)  # the keyboard was seen
        keyboard.unplug()
    finally:
        source.stop()
    assert [name for name in opened if "probe" not in name] == ["rtsynth", "rtsynth-in"]


def test_a_server_that_dies_and_returns(jack_server: JackServer) -> None:
    keyboard = Keyboard()
    lines: list[str] = []
    listener: Any = Listener()
    source = MidiInput(listener, (), lines.append)
    source.start()
    try:
        keyboard.send(0x90, 60, 100)
        assert until(lambda: len(listener.heard) == 1)
        jack_server.stop()
        keyboard.unplug()
        assert until(lambda: (0x80, 60, 0) in listener.heard)
        jack_server.start()
        assert until(lambda: source.description == "port 'rtsynth'")
        keyboard = Keyboard()
        assert until(lambda: source.description == "keyboard:keys")
        keyboard.send(0x90, 62, 100)
        assert until(lambda: (0x90, 62, 100) in listener.heard)
    finally:
        source.stop()
        keyboard.unplug()
    assert sum("JACK server went away" in line for line in lines) == 1


def test_a_flood_through_a_real_port_leaves_the_engine_playable(
    jack_server: JackServer, tiny: Path
) -> None:
    engine = Engine(48000.0)
    loaded = instrument.load(tiny)
    Generator(engine, loaded).prime(0)
    controls = Controls(engine, loaded.metadata)
    keyboard = Keyboard()
    source = MidiInput(controls, ("keyb",), lambda line: None)
    source.start()
    out = np.zeros((256, 2), np.float32)
    try:
        for i in range(2000):
            keyboard.send(0xF0, *([i % 128] * 30), 0xF7)
            if i % 10 == 0:
                time.sleep(0.001)  # RtMidi's sender loses what its ring cannot hold
        keyboard.send(0x90, 60, 100)

        def played() -> bool:
            engine.render(out)
            return engine.stats().notes == 1

        assert until(played)
    finally:
        source.stop()
        keyboard.unplug()
